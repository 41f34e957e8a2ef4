// @ts-check
// What a login costs, beside what its password hash alone costs on this machine in the same run. `make bench`; the environment
// variable BENCH_DATABASE_URL adds the figures on a PostgreSQL server (give it an empty database).
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import bcrypt from 'bcryptjs';
import { Piscina } from 'piscina';
import { command, residentMib, SECRET, serve } from './support.mjs';

const CREDENTIALS = { email: 'bench@example.com', password: 'correct horse battery' };
const SECONDS = 8;
const COST = 10;

/** Hashes a second in as many threads as cores, with nothing around them. */
async function hashesPerSecond() {
  const threads = os.availableParallelism();
  const pool = new Piscina({ filename: path.resolve('dist/src/crypto/hash-worker.js'), minThreads: threads, maxThreads: threads });
  const task = { work: 'bcrypt', input: 'x'.repeat(44), salt: bcrypt.genSaltSync(COST) };
  await Promise.all(Array.from({ length: threads * 2 }, () => pool.run(task)));
  const startedAt = performance.now();
  let done = 0;
  const one = async () => {
    while (performance.now() - startedAt < SECONDS * 1000) {
      await pool.run(task);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: 16 }, one));
  const perSecond = (done * 1000) / (performance.now() - startedAt);
  await pool.destroy();
  return perSecond;
}

/** Logins a second from 16 clients, and how long GET /livez takes meanwhile. @param {string} url */
async function loginsUnderLoad(url) {
  /** @type {number[]} */
  const latenciesMs = [];
  let running = true;
  const probe = (async () => {
    while (running) {
      const startedAt = performance.now();
      await (await fetch(`${url}/livez`)).text();
      latenciesMs.push(performance.now() - startedAt);
      await sleep(10);
    }
  })();
  const result = await autocannon({
    url: `${url}/api/login`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(CREDENTIALS),
    connections: 16,
    duration: SECONDS,
  });
  running = false;
  await probe;
  latenciesMs.sort((a, b) => a - b);
  if (result.non2xx > 0) throw new Error(`${result.non2xx} logins were refused`);
  return { perSecond: result['2xx'] / result.duration, livezP99Ms: latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? NaN };
}

/** @param {string} title @param {Record<string, string>} environment */
async function measure(title, environment) {
  const cold = await serve(environment);
  await sleep(2000);
  const coldMib = residentMib(cold.pid);
  await command(['accounts', 'create', '--email', CREDENTIALS.email, '--password-stdin'], environment, CREDENTIALS.password);
  await cold.stop();

  const warm = await serve(environment);
  await sleep(2000);
  const warmMib = residentMib(warm.pid);
  const baseline = await hashesPerSecond();
  const { perSecond, livezP99Ms } = await loginsUnderLoad(warm.url);
  await warm.stop();

  console.log(`\n${title}`);
  console.log(
    `  ready after                    ${Math.round(cold.readyMs)} ms on new data, ${Math.round(warm.readyMs)} ms on data that is there`,
  );
  console.log(`  resident memory, idle          ${Math.round(coldMib)} MiB on new data, ${Math.round(warmMib)} MiB on data that is there`);
  console.log(`  bcryptjs alone, cost ${COST}        ${baseline.toFixed(1)} hashes/s in ${os.availableParallelism()} threads`);
  console.log(
    `  logins over HTTP, cost ${COST}      ${perSecond.toFixed(1)} /s, that is ${(perSecond / baseline).toFixed(2)} of bcryptjs alone`,
  );
  console.log(`  GET /livez p99 under that load ${livezP99Ms.toFixed(1)} ms`);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-bench-'));
await measure('Embedded database', { DATA_DIR: folder });
fs.rmSync(folder, { recursive: true });
const { BENCH_DATABASE_URL } = process.env;
if (BENCH_DATABASE_URL) {
  const environment = { DATABASE_URL: BENCH_DATABASE_URL, LATCHKEY_SECRET: SECRET };
  await command(['migrate'], environment);
  await measure('PostgreSQL', environment);
}
