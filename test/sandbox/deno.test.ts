import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from 'hash-wasm';
import { afterAll, describe, expect, it } from '@jest/globals';
import { layOutAssets } from '../../src/sandbox/deno/assets.js';
import { findDeno } from '../../src/sandbox/deno/binary.js';
import { launchWorker } from '../../src/sandbox/deno/launch.js';
import { createDenoProvider } from '../../src/sandbox/deno/provider.js';
import { jobFrame } from '../../src/sandbox/job-frame.js';
import { runProcess } from '../../src/sandbox/process-run.js';
import { RUN_LIMITS } from '../../src/sandbox/provider.js';
import type { EncryptedCode } from '../../src/workbench/encrypted-code.js';
import type { Language, SandboxJob } from '../../src/workbench/sandbox.js';
import { until } from '../support/until.js';
import { descendants, isAlive, jobOf, runJob } from './harness.js';
import { makeWheel } from '../support/wheels.js';

const SECRET = `secret-${crypto.randomUUID()}`;

const sandbox = createDenoProvider({ warmWorkers: 0 });
afterAll(() => sandbox.close());

const run = (language: Language, source: string, wanted?: Partial<SandboxJob>) => runJob(sandbox, jobOf(language, source, wanted));
const python = (source: string, wanted?: Partial<SandboxJob>) => run('python', source, wanted);
const javascript = (source: string, wanted?: Partial<SandboxJob>) => run('javascript', source, wanted);

/** Encrypts as the format says, by hand. */
async function encrypted(source: string, password: string, language: Language): Promise<EncryptedCode> {
  const kdf = { alg: 'argon2id', v: 19, m: 19456, t: 2, p: 1, salt: Buffer.alloc(16, 7).toString('base64') } as const;
  const salt = Buffer.from(kdf.salt, 'base64');
  const hashing = { password: password.normalize('NFC'), salt, memorySize: kdf.m, iterations: kdf.t, parallelism: 1, hashLength: 32 };
  const key = await argon2id({ ...hashing, outputType: 'binary' });
  const nonce = Buffer.alloc(24, 9);
  const bound = `zk1\nargon2id\n19\n19456\n2\n1\n${kdf.salt}\nxchacha20poly1305-ietf\n${language}\njob`;
  const ct = xchacha20poly1305(key, nonce, Buffer.from(bound)).encrypt(Buffer.from(source));
  const sealed = { nonce: nonce.toString('base64'), ct: Buffer.from(ct).toString('base64') };
  return { v: 1, name: 'job', language, kdf, cipher: 'xchacha20poly1305-ietf', ...sealed };
}

describe('a Python program', () => {
  it('reads its input and its variables, and nothing else of either', async () => {
    const source = `import os, sys\nprint(input(), sys.stdin.read(), sorted(os.environ.items()), sys.argv, __name__)`;
    const ran = await python(source, { stdin: 'first\nrest ä', environment: { KEY: SECRET } });

    expect(ran).toMatchObject({ status: 'ok', exitCode: 0, truncated: [], stderr: '' });
    expect(ran.stdout).toBe(`first rest ä [('HOME', '/home/pyodide'), ('KEY', '${SECRET}')] ['main.py'] __main__\n`);
  });

  it('imports its wheels, and they know their version', async () => {
    const wheels = [makeWheel('greeting', '1.2', { source: `def greet(): return 'hello'` })];
    const source = `import greeting, importlib.metadata\nprint(greeting.greet(), importlib.metadata.version('greeting'))`;
    expect(await python(source, { wheels })).toMatchObject({ status: 'ok', stdout: 'hello 1.2\n' });
  });

  it('never begins with a wheel that is none', async () => {
    const wheels = [{ filename: 'broken-1.0-py3-none-any.whl', bytes: Buffer.from('no archive') }];
    expect(await python(`print(1)`, { wheels })).toMatchObject({ status: 'setup_error', stdout: '' });
  });

  it.each([
    [`raise SystemExit(3)`, 3, ''],
    [`import sys; sys.exit('bye')`, 1, 'bye\n'],
    [`import os; os._exit(4)`, 4, ''],
    [`raise SystemExit`, 0, ''],
  ])('%s: exit code %i', async (source, exitCode, stderr) => {
    expect(await python(source)).toMatchObject({ status: exitCode === 0 ? 'ok' : 'error', exitCode, stderr });
  });

  it('shows of a traceback what is its own', async () => {
    const ran = await python(`def f():\n    return 1 / 0\nf()\n`);

    expect(ran).toMatchObject({ status: 'error', exitCode: 1 });
    expect(ran.stderr.match(/File "[^"]+", line \d+, in \S+/g)).toEqual([
      'File "main.py", line 3, in <module>',
      'File "main.py", line 2, in f',
    ]);
    expect(ran.stderr).toMatch(/\nZeroDivisionError: division by zero\n$/);
    expect((await python(`x = = 1`)).stderr).toMatch(/^ {2}File "main\.py", line 1\n[^]*SyntaxError/);
  });

  it('may await at its top', async () => {
    expect(await python(`import asyncio\nawait asyncio.sleep(0.01)\nprint('slept')`)).toMatchObject({ status: 'ok', stdout: 'slept\n' });
  });

  it('draws other random numbers than the one before it', async () => {
    const source = `import random, secrets, uuid\nprint(random.random(), secrets.token_hex(8), uuid.uuid4())`;
    const [one, other] = [await python(source), await python(source)];
    expect(one.stdout.split(' ').filter((drawn) => other.stdout.split(' ').includes(drawn))).toEqual([]);
  });

  it('is stopped at its limit of memory', async () => {
    expect(await python(`taken = bytearray(700 * 1024 * 1024)`)).toMatchObject({ status: 'memory_limit', exitCode: 1 });
    const all = await python(`taken = []\nwhile True: taken.append('x' * 1_000_000)`);
    expect(all).toMatchObject({ status: 'memory_limit' });
    expect(all.stderr).not.toContain('node_modules');
  });
});

describe('a JavaScript program', () => {
  it.each([
    ['process.stdin', `let read = ''; for await (const chunk of process.stdin) read += chunk; console.log(read)`],
    ['Deno.stdin', `console.log(await new Response(Deno.stdin.readable).text())`],
    ['node:fs', `import { readFileSync } from 'node:fs'; console.log(readFileSync(0, 'utf8'))`],
  ])('reads its input by %s', async (_way, source) => {
    expect(await javascript(source, { stdin: 'first\nrest ä' })).toMatchObject({ status: 'ok', exitCode: 0, stdout: 'first\nrest ä\n' });
  });

  it('has variables of whatever names, those of every object included', async () => {
    const environment = { constructor: 'one', __proto__x: 'two', toString: 'three', length: 'four', then: 'five' };
    const names = JSON.stringify(Object.keys(environment));
    const inPython = await python(`import os\nprint([os.environ[name] for name in ${names}])`, { environment });
    const inJavascript = await javascript(`console.log(${names}.map((name) => process.env[name]).join())`, { environment });

    expect(inPython).toMatchObject({ status: 'ok', stdout: "['one', 'two', 'three', 'four', 'five']\n" });
    expect(inJavascript).toMatchObject({ status: 'ok', stdout: 'one,two,three,four,five\n' });
  });

  it('sees its variables, and no others', async () => {
    const ran = await javascript(`console.log(JSON.stringify([process.env, Deno.env.toObject()]))`, { environment: { KEY: SECRET } });
    expect(JSON.parse(ran.stdout)).toEqual([{ KEY: SECRET }, { KEY: SECRET }]);
  });

  it('ends when nothing is left to do, with the exit code that it sets', async () => {
    const source = `setTimeout(() => console.log('later'), 20); process.exitCode = 4`;
    expect(await javascript(source)).toMatchObject({ status: 'error', exitCode: 4, stdout: 'later\n' });
    expect(await javascript(`process.exit(64)`)).toMatchObject({ status: 'error', exitCode: 64 });
  });

  it('shows of a stack what is its own', async () => {
    const ran = await javascript(`function f() { throw new TypeError('no') }\nf()`);
    expect(ran).toMatchObject({ status: 'error', exitCode: 1, stderr: 'TypeError: no\n    at f (main.js:1:22)\n    at main.js:2:1\n' });
    expect(await javascript(`not a program`)).toMatchObject({ status: 'error', exitCode: 1 });
  });

  it.each([
    ['typed arrays', `const taken = []; for (;;) taken.push(new Uint8Array(1e7).fill(1))`],
    ['its heap', `const taken = []; for (;;) taken.push(new Array(1e5).fill({}))`],
    ['shared memory', `const taken = []; for (;;) taken.push(new SharedArrayBuffer(1e8))`],
    ['memory of WebAssembly', `const taken = []; for (;;) taken.push(new WebAssembly.Memory({ initial: 1000 }))`],
    ['workers', `for (;;) new Worker('data:text/javascript,for(;;);', { type: 'module' })`],
  ])('is stopped at its limit of memory, taken as %s', async (_what, source) => {
    const ran = await javascript(source);
    expect(ran).toMatchObject({ status: 'memory_limit' });
    expect(ran.stderr).not.toContain('node_modules');
  });
});

describe('an encrypted program', () => {
  it.each([
    ['python', `print('opened ä')`],
    ['javascript', `console.log('opened ä')`],
  ] as const)('in %s is opened inside, with the password alone that sealed it', async (language, source) => {
    const sealed = await encrypted(source, 'päss', language);
    const job = (password: string, changed = {}) => ({
      ...jobOf(language, ''),
      program: { encrypted: { ...sealed, ...changed }, password },
    });

    expect(await runJob(sandbox, job('päss'.normalize('NFD')))).toMatchObject({ status: 'ok', stdout: 'opened ä\n' });
    expect(await runJob(sandbox, job('pass'))).toMatchObject({ status: 'decryption_failed', exitCode: null, stdout: '', stderr: '' });
    expect(await runJob(sandbox, job('päss', { name: 'other' }))).toMatchObject({ status: 'decryption_failed' });
    expect(await runJob(sandbox, job('päss', { kdf: { ...sealed.kdf, t: 3 } }))).toMatchObject({ status: 'decryption_failed' });
  });

  it('has more memory for its opening than for itself', async () => {
    const sealed = await encrypted('', 'x', 'javascript');
    const program = { encrypted: { ...sealed, kdf: { ...sealed.kdf, m: 262144 } }, password: 'x' };
    expect(await runJob(sandbox, { ...jobOf('javascript', ''), program })).toMatchObject({ status: 'decryption_failed' });
  });
});

describe('a process', () => {
  it('is killed where its program has used up its processor time', async () => {
    const folder = await layOutAssets();
    const started = launchWorker(findDeno(), folder, 'javascript', { cpuSeconds: 1, memoryMegabytes: 256 });
    const wanted = { input: jobFrame(jobOf('javascript', 'for (;;);')), timeoutSeconds: 50, outputBytes: 1000, onOutput: () => {} };
    const result = await runProcess(started, wanted, new AbortController().signal);
    fs.rmSync(folder, { recursive: true });

    expect(result).toMatchObject({ status: 'cpu_limit', exitCode: null });
  });

  it.each([
    ['python', `import time\nprint('begun', flush=True)\ntime.sleep(60)`],
    ['javascript', `console.log('begun'); setInterval(() => {}, 1000); process.on('SIGTERM', () => {})`],
  ] as const)('of %s shows no secret to who lists processes, runs as nobody, and is gone with its caller', async (language, source) => {
    const caller = new AbortController();
    let output = '';
    const job = jobOf(language, `${source}\n`, { environment: { KEY: SECRET }, stdin: SECRET });
    const running = sandbox.run(job, caller.signal, (_stream, text) => (output += text));
    await until(() => output.includes('begun'));

    const ids = descendants();
    expect(ids).toHaveLength(1);
    for (const id of ids) {
      const shown = fs.readFileSync(`/proc/${id}/cmdline`, 'utf8') + fs.readFileSync(`/proc/${id}/environ`, 'utf8');
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toContain('begun');
      expect(
        fs
          .readFileSync(`/proc/${id}/environ`, 'utf8')
          .split('\0')
          .filter(Boolean)
          .map((line) => line.split('=')[0])
          .sort(),
      ).toEqual(
        // PWD comes from the shell that sets the limits
        ['DENO_DIR', 'DENO_NO_UPDATE_CHECK', 'NO_COLOR', 'PWD'],
      );
      if (process.getuid?.() === 0) expect(fs.readFileSync(`/proc/${id}/status`, 'utf8')).toMatch(/^Uid:\s+65534\s+65534/m);
    }
    caller.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
    expect(ids.filter(isAlive)).toEqual([]);
  });

  it('is gone after its time', async () => {
    const running = javascript(`setInterval(() => {}, 1000)`, { timeoutSeconds: 1 });
    await until(() => descendants().length > 0);
    const ids = descendants();

    expect(await running).toMatchObject({ status: 'timeout', exitCode: null });
    expect(ids.filter(isAlive)).toEqual([]);
  });
});

describe('workers that wait warm', () => {
  const warm = createDenoProvider({ warmWorkers: 1 });
  afterAll(() => warm.close());

  it('are not there before the first job; after it so many wait; each takes one job', async () => {
    const before = descendants();
    const first = await runJob(warm, jobOf('javascript', `globalThis.left = 1; console.log(Deno.pid)`));
    const waiting = descendants().filter((id) => !before.includes(id));
    expect(waiting).toHaveLength(1);

    const second = await runJob(warm, jobOf('javascript', `console.log(Deno.pid, globalThis.left)`));
    expect(second.stdout).toBe(`${waiting[0]} undefined\n`);
    expect(first.stdout).not.toBe(`${waiting[0]}\n`);
    expect(isAlive(Number(waiting[0]))).toBe(false);
  });

  it('leave nothing of one job to the next', async () => {
    const leave = `import sys, os, builtins\nopen('/tmp/left', 'w').write('x')\nsys.modules['left'] = sys\nbuiltins.left = 1\nos.environ['LEFT'] = '1'`;
    const look = `import sys, os, builtins\nprint(os.path.exists('/tmp/left'), 'left' in sys.modules, hasattr(builtins, 'left'), 'LEFT' in os.environ)`;
    const tmp = `import os\nos.makedirs('/tmp', exist_ok=True)\n`;
    expect(await runJob(warm, jobOf('python', tmp + leave))).toMatchObject({ status: 'ok' });
    expect(await runJob(warm, jobOf('python', look))).toMatchObject({ status: 'ok', stdout: 'False False False False\n' });
  });

  it('do not take a job that may use more than they', async () => {
    await runJob(warm, jobOf('javascript', ''));
    const waiting = descendants();
    const ran = await runJob(warm, jobOf('javascript', `console.log(Deno.pid)`, { timeoutSeconds: RUN_LIMITS.cpuSeconds + 1 }));
    expect(waiting.map((id) => `${id}\n`)).not.toContain(ran.stdout);
  });
});

it('leaves no process and no file behind when it is closed, and removes what a service left that was killed', async () => {
  const [dead, living] = ['latchkey-sandbox-4194304-left', `latchkey-sandbox-${process.ppid}-other`].map((name) =>
    path.join(os.tmpdir(), name),
  );
  for (const folder of [dead, living]) fs.mkdirSync(String(folder), { recursive: true });
  const foldersOfOwn = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`latchkey-sandbox-${process.pid}-`));
  const [before, foldersBefore] = [descendants(), foldersOfOwn()];
  const own = createDenoProvider({ warmWorkers: 2 });
  await runJob(own, jobOf('javascript', ''));
  expect(fs.existsSync(String(dead))).toBe(false);
  expect(fs.existsSync(String(living))).toBe(true);
  fs.rmSync(String(living), { recursive: true });

  const running = runJob(own, jobOf('javascript', 'setInterval(() => {}, 1000)'));
  await Promise.all([expect(running).rejects.toThrow('closed'), own.close()]);
  expect(descendants().filter((id) => !before.includes(id))).toEqual([]);
  expect(foldersOfOwn()).toEqual(foldersBefore);
});
