import fs from 'node:fs/promises';
import { Unavailable } from '../../core/faults.js';
import type { Language, SandboxJob } from '../../workbench/sandbox.js';
import { jobFrame } from '../job-frame.js';
import { runProcess, type SandboxProcess } from '../process-run.js';
import { limitsFor, openingSeconds, RUN_LIMITS, type RunLimits, type SandboxProvider } from '../provider.js';
import { layOutAssets, makeSnapshot } from './assets.js';
import { findDeno } from './binary.js';
import { CRASH_REPORT, launchWorker, type WorkerLimits } from './launch.js';
import { keepWarmWorkers } from './warm-workers.js';

/** Processor time that a worker takes before its program begins, and what Python takes where there is no snapshot of it. */
const BOOT_CPU_SECONDS = 2;
const PLAIN_PYTHON_CPU_SECONDS = 10;

export interface DenoOptions {
  /** How many workers wait for a job, of each language that was used: one for Python takes some 215 MB. 0: none. */
  warmWorkers: number;
  limits?: RunLimits;
}

/**
 * Runs each program in a process of Deno's, without any permission: JavaScript as it is, Python in Pyodide, which is no wall itself. Nothing is
 * started and nothing lies on the disk before the first job.
 */
export function createDenoProvider({ warmWorkers, limits = RUN_LIMITS }: DenoOptions): SandboxProvider {
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  const runtime = prepareOnce(stopping.signal);
  const start = (language: Language, wanted: WorkerLimits) => {
    const { deno, folder, hasSnapshot } = runtime.prepared();
    const bootSeconds = language === 'python' && !hasSnapshot ? PLAIN_PYTHON_CPU_SECONDS : BOOT_CPU_SECONDS;
    return launchWorker(deno, folder, language, { ...wanted, cpuSeconds: Math.ceil(wanted.cpuSeconds + bootSeconds) });
  };
  const warm = keepWarmWorkers(warmWorkers, (language) => start(language, limits));

  async function run(job: SandboxJob, signal: AbortSignal, use: (worker: SandboxProcess) => ReturnType<typeof runProcess>) {
    await runtime.prepare(job.language);
    signal.throwIfAborted();
    const needed = limitsFor(job, limits);
    if (needed !== limits) return use(start(job.language, needed));
    const result = await use(warm.take(job.language) ?? start(job.language, limits));
    if (!signal.aborted) warm.fill(job.language);
    return result;
  }

  return {
    name: 'deno',
    async run(job, caller, onOutput) {
      const signal = AbortSignal.any([caller, stopping.signal]);
      const { outputBytes } = limits;
      const times = { openingSeconds: openingSeconds(job), timeoutSeconds: job.timeoutSeconds };
      const wanted = { input: jobFrame(job), ...times, outputBytes, crashReport: CRASH_REPORT, onOutput };
      const result = run(job, signal, (worker) => runProcess(worker, wanted, signal));
      running.add(result);
      return result.finally(() => running.delete(result));
    },
    async close() {
      stopping.abort(new Unavailable('the sandbox is closed'));
      await Promise.allSettled(running);
      await warm.close();
      await runtime.remove();
    },
  };
}

interface Prepared {
  deno: string;
  folder: string;
  hasSnapshot: boolean;
}

/** Lays everything out when the first job comes, once; for Python there is more to do. */
function prepareOnce(stopping: AbortSignal) {
  let prepared: Promise<Prepared> | null = null;
  let python: Promise<void> | null = null;
  let now: Prepared | null = null;
  const lay = async () => (now = { deno: findDeno(), folder: await layOutAssets(), hasSnapshot: false });
  const snap = async ({ deno, folder }: Prepared) => {
    const hasSnapshot = await makeSnapshot(deno, folder, stopping);
    now = { deno, folder, hasSnapshot };
  };
  return {
    async prepare(language: Language): Promise<void> {
      prepared ??= lay().catch((error) => {
        prepared = null; // it may be mended until the next job
        throw error;
      });
      const laid = await prepared;
      if (language !== 'python') return;
      await (python ??= snap(laid).catch((error) => {
        python = null;
        throw error;
      }));
    },
    prepared(): Prepared {
      if (!now) throw new Error('the sandbox is not prepared');
      return now;
    },
    async remove(): Promise<void> {
      if (now) await fs.rm(now.folder, { recursive: true, force: true });
    },
  };
}
