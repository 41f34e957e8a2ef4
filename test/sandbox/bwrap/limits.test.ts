import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import { createBwrapProvider } from '../../../src/sandbox/bwrap/provider.js';
import { RUN_LIMITS } from '../../../src/sandbox/provider.js';
import type { Language, SandboxJob } from '../../../src/workbench/sandbox.js';
import { until } from '../../support/until.js';
import { descendants, isAlive, jobOf, runJob, setCanaries } from '../harness.js';
import { describeBwrap } from './here.js';

const sandbox = createBwrapProvider();
const hasty = createBwrapProvider({ limits: { ...RUN_LIMITS, cpuSeconds: 1 } });
afterAll(() => Promise.all([sandbox.close(), hasty.close()]));

const run = (language: Language, source: string, wanted: Partial<SandboxJob> = {}) =>
  runJob(sandbox, jobOf(language, source, { timeoutSeconds: 20, ...wanted }));
/** What runs behind the walls, and what holds them up. */
const left = () => descendants();
const gone = () => until(() => left().length === 0);

describeBwrap('a greedy program', () => {
  it.each<[Language, string, string]>([
    ['python', 'memory at once', 'held = bytearray(1 << 30)'],
    ['python', 'memory bit by bit', 'held = []\nwhile True: held.append(bytes(1 << 20))'],
    [
      'python',
      'memory that is shared',
      'import mmap\ntry:\n    mmap.mmap(-1, 1 << 30)\nexcept OSError as error:\n    raise MemoryError from error',
    ],
    ['javascript', 'memory of its own heap', 'const held = []; for (;;) held.push(new Array(1000).fill(1.5));'],
    ['javascript', 'memory outside of the heap', 'const held = []; for (;;) held.push(new Uint8Array(1e7).fill(1));'],
  ])('in %s has no more %s than it is allowed', async (language, _what, source) => {
    expect(await run(language, `${source}\n`)).toMatchObject({ status: 'memory_limit' });
  });

  it('has no more WebAssembly memory than it is allowed, in threads neither', async () => {
    const source = `
import { Worker } from 'node:worker_threads';
const bomb = 'const held = []; for (;;) held.push(new WebAssembly.Memory({ initial: 500 }), new Uint8Array(1e7).fill(1));';
for (let count = 0; count < 4; count += 1) new Worker(bomb, { eval: true });`;
    expect(['error', 'memory_limit']).toContain((await run('javascript', source)).status);
  });

  it('with all the threads that it may have keeps no other from running', async () => {
    const source = `
import _thread, time
_thread.stack_size(32768)
try:
    while True: _thread.start_new_thread(time.sleep, (20,))
except RuntimeError:
    print('no more', flush=True)
time.sleep(20)`;
    const leaving = new AbortController();
    const greedy = runJob(sandbox, jobOf('python', source, { timeoutSeconds: 30 }), leaving.signal).catch(() => {});
    await until(() => left().length > 0);
    await sleep(1_000); // or later: then this shows less

    expect(await run('javascript', 'console.log(1)')).toMatchObject({ status: 'ok' });
    expect(await run('python', 'print(1)')).toMatchObject({ status: 'ok' });
    leaving.abort(new Error('enough'));
    await greedy;
  });

  it('has a bounded number of threads', async () => {
    const source = `
import threading
threading.stack_size(32768)
stop = threading.Event()
try:
    for count in range(1000): threading.Thread(target=stop.wait).start()
finally:
    print(count)
    stop.set()`;
    const ended = await run('python', source);
    expect(ended.status).toBe('error');
    expect(Number(ended.stdout)).toBeLessThan(400);
  });

  it.each<[Language, string]>([
    ['python', 'while True: pass'],
    ['python', 'import signal\nfor number in set(signal.Signals) - {9, 19}: signal.signal(number, signal.SIG_IGN)\nwhile True: pass'],
    ['javascript', 'for (;;);'],
    ['javascript', 'for (const name of ["SIGTERM", "SIGXCPU"]) process.on(name, () => {}); for (;;);'],
  ])('in %s that computes without end is ended: %s', async (language, source) => {
    const ended = await runJob(hasty, jobOf(language, source, { timeoutSeconds: 1 }));
    expect(ended.exitCode).toBe(null);
    expect(['cpu_limit', 'timeout']).toContain(ended.status); // whichever clock is faster
  });

  it('has as much processor time as it may run for, and no more', async () => {
    const source = `
import resource, time
while time.process_time() < 1.5: pass
print(resource.getrlimit(resource.RLIMIT_CPU))`;
    expect(await runJob(hasty, jobOf('python', source, { timeoutSeconds: 30 }))).toMatchObject({ status: 'ok', stdout: '(30, 30)\n' });
  });

  it.each<[Language, string]>([
    ['python', 'import os, time\nos.close(0); os.close(1); os.close(2)\ntime.sleep(100)'],
    ['javascript', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'],
  ])('in %s that waits without end is ended, and nothing of it is left', async (language, source) => {
    expect(await run(language, source, { timeoutSeconds: 1 })).toMatchObject({ status: 'timeout', exitCode: null });
    await gone();
  });

  it.each<[Language, string]>([
    ['python', 'while True: print("x" * 1000)'],
    ['javascript', 'for (;;) console.error("x".repeat(1000))'],
  ])('in %s that writes without end is ended', async (language, source) => {
    const ended = await run(language, source);
    expect(ended).toMatchObject({ status: 'output_limit' });
    expect(ended.stdout.length + ended.stderr.length).toBe(RUN_LIMITS.outputBytes);
  });

  it('that kills what started it, and all it can see, ends nobody but itself', async () => {
    const source = 'import os\nos.kill(os.getppid(), 9); os.kill(1, 15)\nprint("still here", flush=True)\nos.kill(-1, 9)';
    expect((await run('python', source)).stdout).toBe('still here\n');
  });

  it('that speaks for another architecture is killed', async () => {
    const source = `
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3])) # getpid of i386
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())`;
    if (process.arch === 'x64') expect(await run('python', source)).toMatchObject({ status: 'error', exitCode: null, stdout: '' });
  });
});

describeBwrap('a program that nobody waits for any more', () => {
  it('is gone, with all that held its walls up', async () => {
    const caller = new AbortController();
    const running = sandbox.run(jobOf('python', 'import time\nprint("runs", flush=True)\ntime.sleep(100)'), caller.signal, () =>
      caller.abort(new Error('left')),
    );
    await sleep(0);
    const started = left();
    await expect(running).rejects.toThrow('left');
    expect(started.length).toBeGreaterThan(0);
    await until(() => started.every((id) => !isAlive(id)));
    await gone();
  });

  it('is gone where the sandbox is closed', async () => {
    const own = createBwrapProvider();
    const running = expect(runJob(own, jobOf('javascript', 'setInterval(() => {}, 1000)'))).rejects.toThrow('the sandbox was closed');
    await until(() => left().length >= 3);
    await own.close();
    await running;
    await gone();
  });
});

describeBwrap('what a program can know of the service', () => {
  it('its environment stands nowhere in /proc, and the user is not root', async () => {
    const canaries = await setCanaries();
    const source = `
import glob, os
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/task/*/environ'):
    try: print(path, open(path, 'rb').read())
    except OSError as error: print(path, error)
print('ids', *os.getresuid(), *os.getresgid(), *os.getgroups())
print('descriptors', *[fd for fd in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + fd) or os.path.islink('/proc/self/fd/' + fd)])
print('folders', *sorted(os.listdir('/')), *sorted(os.listdir('/usr')))`;
    const { stdout } = await run('python', source, { environment: { TOKEN: 'own-secret' } });
    await canaries.close();

    expect(stdout).toMatch(/\/proc\/1\/environ /); // it looked there
    expect(stdout).not.toContain('own-secret'); // not even the job's own: they came on standard input
    expect(stdout).not.toContain(canaries.variable.name);
    expect(stdout).not.toContain(canaries.variable.value);
    expect(stdout).toContain(process.getuid?.() === 0 ? 'ids 65534 65534 65534 65534 65534 65534\n' : 'ids ');
    expect(stdout).not.toMatch(/ids .*\b0\b/);
    expect(stdout).toContain('descriptors 0 1 2\n');
    expect(stdout).toMatch(/folders bin dev lib(?: lib64)? proc tmp usr bin lib(?: lib64)? share\n/);
  });
});
