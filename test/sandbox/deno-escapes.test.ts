import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { layOutAssets } from '../../src/sandbox/deno/assets.js';
import { createDenoProvider } from '../../src/sandbox/deno/provider.js';
import { RUN_LIMITS, type SandboxProvider } from '../../src/sandbox/provider.js';
import { LANGUAGES, type Language } from '../../src/workbench/sandbox.js';
import { jobOf, runJob, setCanaries, type Canaries } from './harness.js';
import { probeProgram, PROBES, REACHED } from './probes.js';
import { wallLessDeno } from './wall-less-deno.js';

const ENDED = 'it ended the program';

// With more memory than usual: a worker of JavaScript's must be held by its permissions, and not by the lack of it.
const sandbox = createDenoProvider({ warmWorkers: 0, limits: { ...RUN_LIMITS, memoryMegabytes: 1024 } });
let canaries: Canaries;

beforeAll(async () => {
  canaries = await setCanaries();
  const { folder, file, word } = canaries;
  fs.writeFileSync(`${folder}/file.json`, JSON.stringify(file.value));
  fs.writeFileSync(`${folder}/file.mjs`, `export default ${JSON.stringify(file.value)}; process.send?.(${JSON.stringify(file.value)});`);
  fs.writeFileSync(`${folder}/worker.mjs`, `postMessage(${JSON.stringify(word)});`);
  fs.writeFileSync(`${folder}/package.json`, JSON.stringify({ main: 'file.json' }));
});
afterAll(async () => {
  await sandbox.close();
  await canaries.close();
});

/** Whether something brings home what must stay outside. */
function isReach(answer: string): boolean {
  return [canaries.file.value, canaries.variable.value, canaries.word, REACHED].some((value) => answer.includes(value));
}

/** Tries every probe; where one ends its program, the next one goes on with those behind it. @returns what each of them answers. */
async function tried(provider: Pick<SandboxProvider, 'run'>, language: Language): Promise<[string, string][]> {
  const probes = Object.entries(PROBES[language]);
  const answers: [string, string][] = [];
  while (answers.length < probes.length) {
    const ran = await runJob(
      provider,
      jobOf(language, probeProgram(language, probes.slice(answers.length), canaries), { timeoutSeconds: 30 }),
    );
    expect(ran.status).not.toBe('setup_error');
    const lines = ran.stdout.split('\n').filter((line) => line.startsWith('["'));
    answers.push(...lines.map((line) => JSON.parse(line) as [string, string]));
    const next = probes[answers.length]?.[0];
    if (next) answers.push([next, `${ENDED}: ${ran.status} ${ran.stderr}`]);
  }
  return answers;
}

const reachedBy = (answers: [string, string][]) => answers.filter(([, answer]) => isReach(answer)).map(([name]) => name);

/**
 * Ways that lead nowhere even with every permission: Python's own file system, sockets and processes have no host behind them; what the worker
 * takes away is away; Deno leaves some undone. Of a WebSocket, an event source and TLS the count of connections alone tells.
 */
const NO_WAYS: Record<Language, string[]> = {
  python: [
    ...[
      'a file',
      'a folder',
      'a symbolic link to a file',
      'a new file',
      'its own /proc environment',
      'the environment of process 1',
      'os.environ',
    ],
    ...['os.popen', 'subprocess', 'os.fork', 'os.posix_spawn', 'open of the C library', 'a class of os found by a walk'],
    ...['a TCP connection', 'a datagram', 'a unix socket', 'urllib', 'open_url', 'a package from the network'],
  ],
  javascript: [
    ...[
      'a binding',
      'a report',
      'an extension of a database',
      'a variable of the process',
      'a variable of Deno',
      'a variable of the module',
    ],
    ...["the service's /proc environment", 'a native module', 'the inside of Deno', 'the graphics processor'],
    ...['an event source', 'a WebSocket', 'a connection of node:tls', 'import from npm', 'import from JSR'],
  ],
};

it('the canaries can be reached from outside', async () => {
  const { file, variable, httpUrl, word } = canaries;
  const script = `fetch(process.argv[2]).then(async (answer) =>
    console.log(require('fs').readFileSync(process.argv[1], 'utf8'), process.env[process.argv[3]], await answer.text()))`;
  const before = canaries.connections();
  const node = await promisify(execFile)(process.execPath, ['-e', script, file.path, httpUrl, variable.name], { env: process.env });
  const python = await promisify(execFile)('python3', ['-c', 'import sys; print(open(sys.argv[1]).read())', file.path]);

  expect(node.stdout.trim().split(' ')).toEqual([file.value, variable.value, word]);
  expect(python.stdout.trim()).toBe(file.value);
  expect(canaries.connections()).toBe(before + 1);
});

describe.each(LANGUAGES)('a program in %s', (language) => {
  it('reaches no file, variable, listener or process, by no way that reaches them without the walls', async () => {
    const before = { connections: canaries.connections(), files: fs.readdirSync(canaries.folder) };
    const answers = await tried(sandbox, language);

    expect(answers.map(([name]) => name)).toEqual(Object.keys(PROBES[language]));
    expect(reachedBy(answers)).toEqual([]);
    expect({ connections: canaries.connections(), files: fs.readdirSync(canaries.folder) }).toEqual(before);

    const folder = await layOutAssets();
    const without = await tried(wallLessDeno(folder), language);
    fs.rmSync(folder, { recursive: true });
    const noWays = answers.map(([name]) => name).filter((name) => !reachedBy(without).includes(name));
    expect(noWays).toEqual(NO_WAYS[language]);
    expect(canaries.connections()).toBeGreaterThan(before.connections);
  });
});
