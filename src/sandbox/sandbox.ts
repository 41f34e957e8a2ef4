import os from 'node:os';
import pLimit from 'p-limit';
import { Overloaded, Unavailable } from '../core/faults.js';
import { done } from '../core/outcome.js';
import type { Sandbox, SandboxHealth } from '../workbench/sandbox.js';
import type { SandboxProvider } from './provider.js';
import { selfTest } from './self-test.js';

const WAITING = 16;
/** A self-test that failed is not repeated for each job that comes. */
const RETEST_SECONDS = 60;
/** What a run is thought to take before one has ended, and how much the last one counts from then on. */
const GUESSED_RUN_SECONDS = 2;
const LAST_RUN_WEIGHT = 0.2;
const LONGEST_RETRY_AFTER_SECONDS = 60;

export interface SandboxOptions {
  /** How many programs run at once; as many as there are cores, unless told otherwise. */
  concurrency?: number;
  /** How many more may wait; 16 unless told otherwise. */
  queueLength?: number;
  /** Hears why a program never began: for the log. */
  onFault?(fault: string): void;
}

/** A sandbox around a provider, which tries its walls before the first job; null: none is wanted. */
export function createSandbox(provider: SandboxProvider | null, options: SandboxOptions = {}): Sandbox {
  if (!provider) return switchedOff();
  const walls = watchWalls(provider);
  const queue = createQueue(options.concurrency ?? os.availableParallelism(), options.queueLength ?? WAITING);
  let closed = false;
  return {
    health: walls.health,
    test: walls.test,
    run: (prepare, signal, onOutput) =>
      queue.run(signal, async () => {
        if (closed) throw new Unavailable('the sandbox is closed');
        await walls.mustHold();
        const job = await prepare();
        if (!job.ok) return job;
        signal.throwIfAborted();
        const result = await provider.run(job.value, signal, onOutput);
        if (result.fault !== undefined) options.onFault?.(result.fault);
        return done(result);
      }),
    async close() {
      closed = true;
      await provider.close();
    },
  };
}

function switchedOff(): Sandbox {
  const health = (): SandboxHealth => ({ provider: 'off', state: 'off', reason: null });
  return {
    health,
    test: async () => health(),
    run: async () => {
      throw new Unavailable('the sandbox is switched off');
    },
    close: async () => {},
  };
}

/** Knows whether the walls hold. */
function watchWalls(provider: SandboxProvider) {
  let health: SandboxHealth = { provider: provider.name, state: 'untested', reason: null };
  let testing: Promise<SandboxHealth> | null = null;
  let testedAt = 0;

  async function tryWalls(): Promise<SandboxHealth> {
    const reason = await selfTest(provider);
    testedAt = performance.now();
    return (health = { provider: provider.name, state: reason === null ? 'ready' : 'failed', reason });
  }

  const test = () => (testing ??= tryWalls().finally(() => (testing = null)));
  return {
    health: () => health,
    test,
    /** @throws Unavailable */
    async mustHold(): Promise<void> {
      const knownToFail = health.state === 'failed' && performance.now() - testedAt < RETEST_SECONDS * 1000;
      if (health.state !== 'ready' && !knownToFail) await test();
      if (health.state !== 'ready') throw new Unavailable(`the sandbox does not hold: ${health.reason}`);
    },
  };
}

/** So many at once, so many more in a row behind them. */
function createQueue(concurrency: number, queueLength: number) {
  const limit = pLimit(concurrency);
  let places = 0; // who runs or waits; p-limit itself would count those too who have left
  let runSeconds = GUESSED_RUN_SECONDS;

  async function timed<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      runSeconds += LAST_RUN_WEIGHT * ((performance.now() - startedAt) / 1000 - runSeconds);
    }
  }

  function inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      void limit(async () => {
        signal.removeEventListener('abort', leave);
        if (!signal.aborted) await timed(work).then(resolve, reject);
      });
    });
  }

  return {
    /** @throws Overloaded; the signal's reason. */
    async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
      signal.throwIfAborted();
      if (places >= concurrency + queueLength) {
        const seconds = Math.min(Math.ceil((runSeconds * queueLength) / concurrency), LONGEST_RETRY_AFTER_SECONDS);
        throw new Overloaded('too many programs wait to be run', Math.max(seconds, 1));
      }
      places += 1;
      try {
        return await inTurn(signal, work);
      } finally {
        places -= 1;
      }
    },
  };
}
