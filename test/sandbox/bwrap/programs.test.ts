import fs from 'node:fs';
import os from 'node:os';
import { afterAll, expect, it } from '@jest/globals';
import { createBwrapProvider } from '../../../src/sandbox/bwrap/provider.js';
import type { SandboxJob } from '../../../src/workbench/sandbox.js';
import { describeBwrap } from './here.js';
import { jobOf, runJob } from '../harness.js';
import { makeWheel } from '../../support/wheels.js';

const sandbox = createBwrapProvider();
afterAll(() => sandbox.close());

const python = (source: string, wanted?: Partial<SandboxJob>) => runJob(sandbox, jobOf('python', source, wanted));
const javascript = (source: string, wanted?: Partial<SandboxJob>) => runJob(sandbox, jobOf('javascript', source, wanted));
const packageFolders = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`latchkey-sandbox-${process.pid}-`));

describeBwrap('a Python program behind bubblewrap', () => {
  it('reads standard input, and both its streams are handed over', async () => {
    const source = 'import sys\nprint(input() + "!")\nprint(sys.stdin.read(), file=sys.stderr)';
    expect(await python(source, { stdin: 'grüß dich\nund du' })).toMatchObject({
      ...{ status: 'ok', exitCode: 0, truncated: [], stdout: 'grüß dich!\n', stderr: 'und du\n' },
    });
  });

  it('has the variables that it is given, and three that every program needs', async () => {
    const { stdout } = await python('import json, os\nprint(json.dumps(dict(os.environ)))', {
      environment: { TOKEN: 'é = "1"\n', HOME: '/' },
    });
    expect(JSON.parse(stdout)).toEqual({ TOKEN: 'é = "1"\n', HOME: '/', PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' });
  });

  it.each([
    ['sys.exit(3)', 3],
    ['sys.exit("gone")', 1],
    ['os._exit(64)', 64],
    ['raise SystemExit', 0],
  ])('that ends with %s: its exit code is kept', async (ending, exitCode) => {
    expect(await python(`import os, sys\n${ending}`)).toMatchObject({ exitCode, status: exitCode === 0 ? 'ok' : 'error' });
  });

  it('that fails is shown its own lines only', async () => {
    const ended = await python('def half(x):\n    return 1 / x\n\nhalf(0)');
    expect(ended).toMatchObject({ status: 'error', exitCode: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "main.py", line 4, in <module>\n {4}half\(0\)\n {2}File "main.py", line 2, in half\n {4}return 1 \/ x\n(?: +[~^]+\n)?ZeroDivisionError: division by zero\n$/,
    );
    expect((await python('x = [')).stderr).toContain('  File "main.py", line 1\n');
  });

  it('is __main__, has threads, the loop of asyncio, a database in memory, and what was printed before it was killed', async () => {
    const source = `
import asyncio, sqlite3, sys, __main__
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
@dataclass
class Point:
    x: int
async def later():
    await asyncio.sleep(0)
    return 3
with ThreadPoolExecutor() as pool:
    doubled = list(pool.map(lambda x: x * 2, [1, 2]))
rows = sqlite3.connect(':memory:').execute('select 1').fetchall()
print(__name__, __main__.Point(1), sys.argv, doubled, asyncio.run(later()), rows)
while True: pass`;
    expect(await python(source, { timeoutSeconds: 1 })).toMatchObject({
      ...{ status: 'timeout', stderr: '', stdout: "__main__ Point(x=1) ['main.py'] [2, 4] 3 [(1,)]\n" },
    });
  });

  it('imports its packages, knows their versions, cannot change them, and leaves none behind', async () => {
    const wheels = [
      makeWheel('latchkey_one', '1.2', { source: 'word = "one"' }),
      makeWheel('latchkey_two', '2.0', { source: 'from latchkey_one import word' }),
    ];
    const source = `
import os
from importlib.metadata import version
import latchkey_two
print(latchkey_two.word, version('latchkey_one'), version('latchkey_two'), *sorted(os.listdir('/packages')))
open('/packages/' + os.listdir('/packages')[0], 'ab')`;
    const ended = await python(source, { wheels });

    expect(ended.stdout).toBe(`one 1.2 2.0 ${wheels.map(({ filename }) => filename).join(' ')}\n`);
    expect(ended.stderr).toMatch(/Read-only file system|Permission denied/); // it is another user's file where the service is root
    expect(packageFolders()).toEqual([]);
  });

  it('can say a marker as anything else, but only once it runs', async () => {
    const ended = await python('print("DECRYPTION_FAILED")\nprint("RUN")\nraise SystemExit(1)');
    expect(ended).toMatchObject({ status: 'error', exitCode: 1, stdout: 'DECRYPTION_FAILED\nRUN\n' });
  });
});

describeBwrap('a JavaScript program behind bubblewrap', () => {
  it('reads standard input, and both its streams are handed over', async () => {
    const source = 'for await (const chunk of process.stdin.setEncoding("utf8")) console.log(chunk + "!"); console.error("end")';
    expect(await javascript(source, { stdin: 'grüß dich' })).toMatchObject({
      ...{ status: 'ok', exitCode: 0, truncated: [], stdout: 'grüß dich!\n', stderr: 'end\n' },
    });
  });

  it('has the variables that it is given, and three that every program needs', async () => {
    const { stdout } = await javascript('console.log(JSON.stringify(process.env))', { environment: { TOKEN: 'é = "1"\n' } });
    expect(JSON.parse(stdout)).toEqual({ TOKEN: 'é = "1"\n', HOME: '/tmp', PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' });
  });

  it.each([
    ['process.exit(3)', 3],
    ['process.exitCode = 64', 64],
    ['await new Promise(() => {})', 13],
    ['throw new Error("no")', 1],
    ['setTimeout(() => { throw new Error("no") })', 1],
  ])('that ends with %s: its exit code is kept', async (ending, exitCode) => {
    expect(await javascript(ending)).toMatchObject({ exitCode, status: 'error' });
  });

  it('may leave at once after it has written much', async () => {
    const ended = await javascript('console.log("x".repeat(900_000)); process.exit(0)');
    expect([ended.status, ended.stdout.length]).toEqual(['ok', 900_001]);
  });

  it('that fails is shown where', async () => {
    const thrown = await javascript('function fail() {\n  throw new TypeError("no");\n}\nfail();');
    expect(thrown.stderr).toMatch(
      /^main\.js:2\n {2}throw new TypeError\("no"\);\n {8}\^\n\nTypeError: no\n {4}at fail \(main\.js:2:9\)\n {4}at main\.js:4:1\n/,
    );
    expect((await javascript('let a =\n  ;')).stderr).toMatch(/^main\.js:2\n {2};\n {2}\^\n\nSyntaxError: Unexpected token ';'\n/);
  });

  it("imports what is Node's own, and nothing else", async () => {
    const source = `
import fs, { existsSync } from 'node:fs';
import { join } from 'path';
const { once } = await import('node:events');
const missing = await import('express').catch((error) => error.message);
const relative = await import('./main.mjs').catch((error) => error.message);
console.log(fs.existsSync === existsSync, join('a', 'b'), typeof once, process.argv[1], import.meta.url, missing, relative);`;
    expect((await javascript(source)).stdout).toBe(
      "true a/b function main.js file:///main.js Cannot find module 'express' Cannot find module './main.mjs'\n",
    );
  });

  it('has threads', async () => {
    const source = `
import { Worker } from 'node:worker_threads';
const worker = new Worker('require("node:worker_threads").parentPort.postMessage(6 * 7)', { eval: true });
worker.once('message', (answer) => console.log(answer));`;
    expect(await javascript(source)).toMatchObject({ status: 'ok', stdout: '42\n' });
  });
});
