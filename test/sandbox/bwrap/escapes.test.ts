import { execFile } from 'node:child_process';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBwrapProvider } from '../../../src/sandbox/bwrap/provider.js';
import type { Language } from '../../../src/workbench/sandbox.js';
import { jobOf, runJob, setCanaries, type Canaries } from '../harness.js';
import { describeBwrap } from './here.js';
import { JAVASCRIPT_ESCAPES, JAVASCRIPT_PROBES } from './javascript-escapes.js';
import { PYTHON_ESCAPES, PYTHON_PROBES } from './python-escapes.js';

const asRoot = process.getuid?.() === 0;
const sandbox = createBwrapProvider();
const abstractSocket = `latchkey-canary-${process.pid}`;
let canaries: Canaries;
let abstractListener: net.Server;

beforeAll(async () => {
  canaries = await setCanaries();
  abstractListener = net.createServer((socket) => void socket.on('error', () => {}).end());
  await new Promise<void>((resolve) => abstractListener.listen({ path: `\0${abstractSocket}` }, resolve));
});
afterAll(async () => {
  await sandbox.close();
  abstractListener.close();
  await canaries.close();
});

/** What a probe is told. */
function told(escapes: Record<string, string>): string {
  const { file, folder, httpUrl, tcpPort, unixSocket } = canaries;
  const here = { abstractSocket, escapes, host: os.hostname(), service: process.pid, package: path.resolve('package.json') };
  return JSON.stringify({ ...here, file: file.path, link: path.join(folder, 'link'), httpUrl, tcpPort, unixSocket });
}

/** Runs a program behind no wall, but never as root: it would change the machine. */
function outside(language: Language, source: string, input: string): Promise<string> {
  const [command, args] =
    language === 'python' ? ['/usr/bin/python3', ['-c', source]] : [process.execPath, ['--input-type=module', '-e', source]];
  return new Promise((resolve, reject) => {
    const options = { ...(asRoot && { uid: 65534, gid: 65534 }), cwd: '/', timeout: 30_000 };
    const child = execFile(command, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    child.stdin?.end(input);
  });
}

/** Tries ways out where there are no walls, and then behind them. */
async function triedBoth(language: Language, source: string, escapes: Record<string, string>) {
  const free = JSON.parse(await outside(language, source, told(escapes))) as Record<string, string>;
  const counted = canaries.connections();
  const { stdout } = await runJob(sandbox, jobOf(language, source, { stdin: told(escapes) }));
  const held = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(held)).toEqual(Object.keys(escapes));
  expect(canaries.connections()).toBe(counted);
  return { free, held };
}

const notReached = (outcomes: Record<string, string>, names: string[]) =>
  names.filter((name) => outcomes[name] !== 'reached').map((name) => [name, outcomes[name]]);
const notHeld = (outcomes: Record<string, string>) => Object.entries(outcomes).filter(([, outcome]) => !outcome.startsWith('held'));

describeBwrap('a hostile program gets nowhere on any of the ways that lead out where there are no walls', () => {
  it('in Python', async () => {
    const escapes = Object.fromEntries(Object.entries(PYTHON_ESCAPES).map(([name, [, escape]]) => [name, escape]));
    const { free, held } = await triedBoth('python', PYTHON_PROBES, escapes);
    const provable = Object.entries(PYTHON_ESCAPES).filter(([, [who]]) => who === 'anybody' || (who === 'owner' && !asRoot));

    expect(
      notReached(
        free,
        provable.map(([name]) => name),
      ),
    ).toEqual([]);
    expect(notHeld(held)).toEqual([]);
  });

  it('in JavaScript', async () => {
    const { free, held } = await triedBoth('javascript', JAVASCRIPT_PROBES, JAVASCRIPT_ESCAPES);

    expect(notReached(free, Object.keys(JAVASCRIPT_ESCAPES))).toEqual([]);
    expect(notHeld(held)).toEqual([]);
  });
});
