import { describe, expect, it } from '@jest/globals';
import { CRASH_REPORT as NODE_REPORT } from '../../src/sandbox/bwrap/provider.js';
import { CRASH_REPORT as DENO_REPORT } from '../../src/sandbox/deno/launch.js';
import { readOutput } from '../../src/sandbox/process-output.js';
import { runProcess, startProcess, type ProcessRun } from '../../src/sandbox/process-run.js';
import type { OutputStream } from '../../src/workbench/sandbox.js';
import { isAlive } from './harness.js';

/** Runs JavaScript as a process that is said to be a sandbox's. */
async function ran(script: string, run: Partial<ProcessRun> = {}, signal = new AbortController().signal, env: NodeJS.ProcessEnv = {}) {
  const started = startProcess(process.execPath, ['-e', script], { env });
  const written: Record<OutputStream, string> = { stdout: '', stderr: '' };
  const onOutput = (stream: OutputStream, text: string) => (written[stream] += text);
  const input = Buffer.alloc(0);
  const result = await runProcess(started, { input, timeoutSeconds: 20, outputBytes: 1000, onOutput, ...run }, signal);
  return { ...result, ...written, processId: Number(started.child.pid) };
}

const RUN = `process.stdout.write('READY\\nRUN\\n');`;

describe('a program in a process of its own', () => {
  it('has its output handed over as it wrote it, and its exit code', async () => {
    expect(await ran(`${RUN} console.log('RUN'); console.error('äöü'); process.exitCode = 3`)).toMatchObject({
      ...{ status: 'error', exitCode: 3, truncated: [], stdout: 'RUN\n', stderr: 'äöü\n' },
    });
  });

  it.each([
    ['newlines', '\\n'],
    ['what a report begins with', '='],
    ['the beginning of one after the other', '#\\n'],
  ])('takes no longer to be read for a megabyte of %s', async (_what, unit) => {
    const flood = `${RUN} process.stderr.write('${unit}'.repeat(1e6))`;
    for (const crashReport of [DENO_REPORT, NODE_REPORT]) {
      expect((await ran(flood, { outputBytes: 1e6, crashReport })).stderr.length).toBeGreaterThan(9e5); // squared, it would not end within the time limit
    }
  });

  it('is killed, and nothing else harmed, where whoever takes its output fails', async () => {
    const onOutput = () => {
      throw new Error('no room for it');
    };
    await expect(ran(`${RUN} setInterval(() => console.log(1), 10)`, { onOutput })).rejects.toThrow('no room for it');
  });

  it('reads on standard input what it is handed', async () => {
    const run = { input: Buffer.from('a line') };
    expect(await ran(`${RUN} process.stdin.pipe(process.stdout)`, run)).toMatchObject({ status: 'ok', exitCode: 0, stdout: 'a line' });
  });

  it('may write a character in pieces, and what is no UTF-8 is replaced', async () => {
    const script = `${RUN} process.stdout.write(Buffer.from([0xc3])); setTimeout(() => process.stdout.write(Buffer.from([0xa4, 0xff])), 50)`;
    expect(await ran(script)).toMatchObject({ stdout: 'ä\ufffd' });
  });

  it('never began where it did not say so, whatever its exit code', async () => {
    const ended = await ran(`console.error('no such file'); process.exit(0)`);

    expect(ended).toMatchObject({ status: 'setup_error', exitCode: null, durationMs: 0, stdout: '', stderr: '' });
    expect(ended.fault).toBe('it ended with exit code 0 before the program began\nno such file');
  });

  it('never began where it says something else first', async () => {
    expect(await ran(`console.log('hello'); setInterval(() => {}, 1000)`)).toMatchObject({ status: 'setup_error', stdout: '' });
    expect(await ran(`process.stdout.write('R'.repeat(100)); setInterval(() => {}, 1000)`)).toMatchObject({ status: 'setup_error' });
  });

  it('is told from one that could not be decrypted, which only what runs before the program can say', async () => {
    expect(await ran(`console.log('DECRYPTION_FAILED')`)).toMatchObject({ status: 'decryption_failed', exitCode: null });
    expect(await ran(`${RUN} console.log('DECRYPTION_FAILED')`)).toMatchObject({ status: 'ok', stdout: 'DECRYPTION_FAILED\n' });
  });

  it('is killed where it takes too long, counted from when it begins', async () => {
    const slowToBegin = `setTimeout(() => { process.stdout.write('RUN\\nso far'); setInterval(() => {}, 1000) }, 1500)`;
    const ended = await ran(slowToBegin, { timeoutSeconds: 1 });

    expect(ended).toMatchObject({ status: 'timeout', exitCode: null, stdout: 'so far' });
    expect(isAlive(ended.processId)).toBe(false);
  });

  it('is killed where it writes too much over both streams, and what exceeds is cut', async () => {
    const both = `${RUN} process.stderr.write('e'.repeat(600)); process.stdout.write('o'.repeat(600)); setInterval(() => {}, 1000)`;
    const ended = await ran(both);

    const [whole, cut] = ended.stdout.length < ended.stderr.length ? ['stderr', 'stdout'] : ['stdout', 'stderr'];
    expect(ended).toMatchObject({ status: 'output_limit', exitCode: null, truncated: [cut] });
    expect([ended[whole as 'stdout'].length, ended[cut as 'stdout'].length]).toEqual([600, 400]);
    expect(isAlive(ended.processId)).toBe(false);
  });

  it('may write as much as it is allowed to, to the byte', async () => {
    expect(await ran(`${RUN} process.stdout.write('o'.repeat(1000))`)).toMatchObject({ status: 'ok', truncated: [] });
    expect(await ran(`${RUN} process.stdout.write('o'.repeat(1001))`)).toMatchObject({ status: 'output_limit', truncated: ['stdout'] });
  });

  it('is cut between characters', async () => {
    expect(await ran(`${RUN} process.stdout.write('ä'.repeat(501))`, { outputBytes: 999 })).toMatchObject({ stdout: 'ä'.repeat(499) });
  });

  it.each([
    ['SIGKILL', 'cpu_limit'],
    ['SIGXCPU', 'cpu_limit'],
    ['SIGTRAP', 'memory_limit'],
    ['SIGABRT', 'memory_limit'],
    ['SIGTERM', 'error'],
  ])('ended by %s that nobody here sent: %s', async (name, status) => {
    expect(await ran(`${RUN} process.kill(process.pid, '${name}'); setInterval(() => {}, 1000)`)).toMatchObject({ status, exitCode: null });
  });

  it('is seen through a launcher that turns signals into exit codes', async () => {
    expect(await ran(`${RUN} process.exit(137)`, { launcher: true })).toMatchObject({ status: 'cpu_limit', exitCode: null });
    expect(await ran(`${RUN} process.exit(137)`)).toMatchObject({ status: 'error', exitCode: 137 });
  });

  it('that gave up where there was no more memory is told from one with another error', async () => {
    const ending = (text: string) => ran(`${RUN} process.stderr.write(${JSON.stringify(text)}); process.exitCode = 1`);

    expect(await ending('Traceback\nMemoryError\n')).toMatchObject({ status: 'memory_limit', exitCode: 1 });
    expect(await ending('RangeError: Array buffer allocation failed\n    at main.js:1:1\n')).toMatchObject({ status: 'memory_limit' });
    expect(await ending('MemoryError\nValueError: other\n')).toMatchObject({ status: 'error' });
  });

  it('has the report of its own crash kept back, and only that', async () => {
    const report = `${RUN} process.stderr.write('mine\\n#\\n# Fatal error in /usr/lib/runtime\\n'); setTimeout(() => END, 200)`;
    const run = { crashReport: DENO_REPORT };

    expect(await ran(report.replace('END', 'process.abort()'), run)).toMatchObject({ status: 'memory_limit', stderr: 'mine\n' });
    expect(await ran(report.replace('END', '0'), run)).toMatchObject({
      status: 'ok',
      stderr: 'mine\n#\n# Fatal error in /usr/lib/runtime\n',
    });
  });

  const LINE = '='.repeat(60);
  it.each([
    [
      "Deno's, without memory for its threads",
      DENO_REPORT,
      `MemoryError\n\n${LINE}\nDeno could not start: at /usr/lib/deno\n`,
      'MemoryError\n',
    ],
    ["Deno's panic", DENO_REPORT, `MemoryError\n\n${LINE}\nDeno has panicked. At /usr/lib/deno\n`, 'MemoryError\n'],
    ["V8's in Deno", DENO_REPORT, 'MemoryError\n\n<--- Last few GCs --->\n/usr/lib/deno\n', 'MemoryError\n'],
    ["V8's in Node", NODE_REPORT, 'MemoryError\n\n<--- Last few GCs --->\n/usr/lib/node\n', 'MemoryError\n'],
    ["Node's last words", NODE_REPORT, 'MemoryError\n\nNode.js v20.1.1\n', 'MemoryError\n'],
    ['none, which only looks like one', DENO_REPORT, `MemoryError\n\n${LINE}\nFAIL: main.py\nMemoryError\n`, ''],
    ['none, in the middle of a line', DENO_REPORT, `a #\n# Fat\nMemoryError\n`, ''],
  ] as const)('is known by its report in whichever pieces that comes: %s', (_what, crashReport, said, shown) => {
    for (let cut = 0; cut <= said.length; cut++) {
      for (const pieces of [[said.slice(0, cut), said.slice(cut)], [...said].map((_, i) => said.slice(i, i + 1)).slice(0, cut)]) {
        let stderr = '';
        const use = { outputBytes: 1e6, crashReport, onMarker: () => {}, onTooMuch: () => {} };
        const output = readOutput({ ...use, onOutput: (_stream, text) => (stderr += text) });
        output.take('stdout', Buffer.from('RUN\n'));
        for (const piece of pieces) output.take('stderr', Buffer.from(piece));
        const { lastWords } = output.finish((words) => words.endsWith('MemoryError\n'));
        const whole = pieces.join('');
        if (whole !== said) expect(whole.startsWith(stderr)).toBe(true);
        else expect([stderr, lastWords]).toEqual([shown || said, shown || said]);
      }
    }
  });

  it('is killed where nobody waits for it any more, and gone by the time that is said', async () => {
    const started = startProcess(process.execPath, ['-e', `${RUN} setInterval(() => {}, 1000)`], { env: {} });
    const caller = new AbortController();
    const onOutput = () => {};
    const running = runProcess(started, { input: Buffer.alloc(0), timeoutSeconds: 20, outputBytes: 1000, onOutput }, caller.signal);
    started.child.stdout.once('data', () => caller.abort(new Error('the client went away')));

    await expect(running).rejects.toThrow('the client went away');
    expect(isAlive(Number(started.child.pid))).toBe(false);
  });

  it('does not begin at all where nobody waits for it any more', async () => {
    await expect(ran(`${RUN}`, {}, AbortSignal.abort(new Error('the client went away')))).rejects.toThrow('the client went away');
  });

  it('that cannot be started is a fault', async () => {
    const started = startProcess('/nowhere/program', [], { env: {} });
    const run = { input: Buffer.alloc(0), timeoutSeconds: 20, outputBytes: 1000, onOutput: () => {} };
    await expect(runProcess(started, run, new AbortController().signal)).rejects.toThrow('ENOENT');
  });

  it('has no variable in its environment but those that it is given', async () => {
    process.env['LATCHKEY_TEST_VARIABLE'] = 'not for it';
    const shown = await ran(`${RUN} process.stdout.write(JSON.stringify(process.env))`, {}, undefined, { A: '1' });
    delete process.env['LATCHKEY_TEST_VARIABLE'];
    expect(JSON.parse(shown.stdout)).toEqual({ A: '1' });
  });
});
