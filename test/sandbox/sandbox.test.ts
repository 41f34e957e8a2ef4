import { afterAll, describe, expect, it } from '@jest/globals';
import { Overloaded, Unavailable } from '../../src/core/faults.js';
import { done, refuse } from '../../src/core/outcome.js';
import { createDenoProvider } from '../../src/sandbox/deno/provider.js';
import { RUN_LIMITS, type SandboxProvider } from '../../src/sandbox/provider.js';
import { createSandbox } from '../../src/sandbox/sandbox.js';
import { until } from '../support/until.js';
import { unsandboxed } from './bad-provider.js';
import { descendants, jobOf, runJob } from './harness.js';

import type { Sandbox, SandboxJob } from '../../src/workbench/sandbox.js';

const HELLO = jobOf('javascript', `console.log('hello')`);

/** Runs a job to its end, in a sandbox. */
function runIn(sandbox: Sandbox, job: SandboxJob, caller?: AbortSignal) {
  const run: SandboxProvider['run'] = async (each, signal, onOutput) => {
    const ran = await sandbox.run(async () => done(each), signal, onOutput);
    if (!ran.ok) throw new Error(ran.refusal);
    return ran.value;
  };
  return runJob({ run }, job, caller);
}

/** Counts the runs of a provider. */
function counted(provider: SandboxProvider): SandboxProvider & { runs: () => number } {
  let runs = 0;
  return {
    ...provider,
    runs: () => runs,
    run(...args) {
      runs += 1;
      return provider.run(...args);
    },
  };
}

describe('a sandbox that is switched off', () => {
  it('says so, and runs nothing', async () => {
    const off = createSandbox(null);
    expect(off.health()).toEqual({ provider: 'off', state: 'off', reason: null });
    expect(await off.test()).toEqual(off.health());
    await expect(runIn(off, HELLO)).rejects.toThrow(Unavailable);
    await off.close();
  });
});

describe('a sandbox', () => {
  const provider = counted(createDenoProvider({ warmWorkers: 0 }));
  const sandbox = createSandbox(provider, { concurrency: 1, queueLength: 2 });
  afterAll(() => sandbox.close());

  it('is untested, and has started nothing, until somebody asks for a run; then all who ask wait for one test', async () => {
    expect(sandbox.health()).toEqual({ provider: 'deno', state: 'untested', reason: null });
    expect(descendants()).toEqual([]);

    const both = await Promise.all([runIn(sandbox, HELLO), runIn(sandbox, HELLO)]);
    expect(both.map(({ stdout }) => stdout)).toEqual(['hello\n', 'hello\n']);
    expect(sandbox.health()).toEqual({ provider: 'deno', state: 'ready', reason: null });
    const runsWithTest = provider.runs();
    await runIn(sandbox, HELLO);
    expect(provider.runs()).toBe(runsWithTest + 1);
  });

  it('runs nothing where its turn has come and there is a refusal in place of the job', async () => {
    const runs = provider.runs();
    const ran = await sandbox.run(
      async () => refuse('unauthorized'),
      new AbortController().signal,
      () => {},
    );

    expect(ran).toEqual({ ok: false, refusal: 'unauthorized' });
    expect(provider.runs()).toBe(runs);
  });

  it('lets so many wait, refuses the next one, and who leaves makes room', async () => {
    const [running, waiting] = [new AbortController(), new AbortController()];
    let output = '';
    const endless = jobOf('javascript', `console.log('begun'); setInterval(() => {}, 1000)`);
    const first = sandbox.run(
      async () => done(endless),
      running.signal,
      (_stream, text) => (output += text),
    );
    await until(() => output !== '');
    const second = runIn(sandbox, HELLO, waiting.signal);
    const third = runIn(sandbox, HELLO);

    const refused = await runIn(sandbox, HELLO).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Overloaded);
    expect((refused as Overloaded).retryAfterSeconds).toBeGreaterThanOrEqual(1);

    const runs = provider.runs();
    waiting.abort(new Error('nobody waits'));
    await expect(second).rejects.toThrow('nobody waits');
    const fourth = runIn(sandbox, HELLO);
    running.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect((await Promise.all([third, fourth])).map(({ stdout }) => stdout)).toEqual(['hello\n', 'hello\n']);
    expect(provider.runs()).toBe(runs + 2); // the one who left never ran
  });

  it('does not run for who has left already', async () => {
    const runs = provider.runs();
    await expect(runIn(sandbox, HELLO, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(provider.runs()).toBe(runs);
  });
});

describe('a sandbox whose walls do not hold', () => {
  it('names them and runs nothing, until a test finds that they hold', async () => {
    const good = createDenoProvider({ warmWorkers: 0 });
    let current = unsandboxed();
    const provider = counted({ ...good, run: (...args) => current.run(...args) });
    const sandbox = createSandbox(provider);
    await expect(runIn(sandbox, HELLO)).rejects.toThrow(Unavailable);

    const { state, reason } = sandbox.health();
    expect(state).toBe('failed');
    for (const language of ['Python', 'JavaScript']) {
      expect(reason).toContain(`a ${language} program read a file of the host`);
      expect(reason).toContain(`a ${language} program read the service's environment`);
      expect(reason).toContain(`a ${language} program reached the network`);
      expect(reason).toContain(`a ${language} program took memory without limit`);
      expect(reason).not.toContain(`a ${language} program ran without limit`);
    }
    const runs = provider.runs();
    await expect(runIn(sandbox, HELLO)).rejects.toThrow('read a file of the host');
    expect(provider.runs()).toBe(runs); // it is not tested again for each job

    current = good;
    expect(await sandbox.test()).toMatchObject({ state: 'ready', reason: null });
    expect(await runIn(sandbox, HELLO)).toMatchObject({ stdout: 'hello\n' });
    current = unsandboxed();
    expect(await sandbox.test()).toMatchObject({ state: 'failed' });
    await expect(runIn(sandbox, HELLO)).rejects.toThrow(Unavailable);
    await sandbox.close();
    await expect(runIn(sandbox, HELLO)).rejects.toThrow('closed');
  });

  it('is told where output has no end', async () => {
    const sandbox = createSandbox(createDenoProvider({ warmWorkers: 0, limits: { ...RUN_LIMITS, outputBytes: 1e9 } }));
    expect(await sandbox.test()).toMatchObject({
      state: 'failed',
      reason: 'a Python program wrote without limit; a JavaScript program wrote without limit',
    });
    await sandbox.close();
  });

  it('is told where no program runs at all', async () => {
    const nothing: SandboxProvider = { ...unsandboxed(), run: async () => Promise.reject(new Error('there is no Deno here')) };
    expect(await createSandbox(nothing).test()).toMatchObject({ state: 'failed', reason: 'there is no Deno here' });
  });
});
