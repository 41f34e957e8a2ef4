// @ts-check
// What the benchmarks share: the built program, as a process of its own.
import { spawn } from 'node:child_process';
import fs from 'node:fs';

const PROGRAM = 'dist/src/main.js';

/** For PostgreSQL, which wants one. */
export const SECRET = 'n1eWqk3vQh0f8zv4mW2Jq7c5Yp6tRbXs';

const LIMITS = ['PASSWORD_FAILURES', 'NETWORK_FAILURES', 'NETWORK_SIGN_UPS', 'NETWORK_MAILS', 'ADDRESS_MAILS', 'SESSION_REFRESHES'];
/** Everything here comes from one network, and more often than anybody would. */
const NO_LIMITS = Object.fromEntries(LIMITS.map((name) => [`LIMIT_${name}`, '1000000000']));

/** @typedef {{ url: string, readyMs: number, pid: number, stop(): Promise<void> }} Running */

/** @param {Record<string, string>} environment @returns {Promise<Running>} */
export async function serve(environment) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'serve'], { env: withPort(environment), stdio: ['ignore', 'pipe', 'ignore'] });
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const found = /API (http:\S+),/.exec(String(chunk));
      if (found) resolve(found[1]);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    url,
    readyMs: performance.now() - startedAt,
    pid: Number(child.pid),
    stop: () => new Promise((resolve) => child.once('exit', () => resolve()) && child.kill('SIGTERM')),
  };
}

/** @param {string[]} args @param {Record<string, string>} environment @param {string} [input] */
export async function command(args, environment, input = '') {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: withPort(environment), stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  await new Promise((resolve) => child.once('exit', resolve));
}

/** @param {Record<string, string>} environment */
function withPort(environment) {
  return { PATH: process.env.PATH ?? '', PORT: '0', LOG_LEVEL: 'silent', ...NO_LIMITS, ...environment };
}

/** Resident memory in MiB. @param {number} pid */
export function residentMib(pid) {
  if (!fs.existsSync(`/proc/${pid}/status`)) return NaN; // Linux alone tells so easily
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Processor time that a process has used, in milliseconds. @param {number} pid */
export function processorMs(pid) {
  if (!fs.existsSync(`/proc/${pid}/stat`)) return NaN;
  const [utime, stime] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
  return (Number(utime) + Number(stime)) * 10; // ticks of a hundredth of a second
}
