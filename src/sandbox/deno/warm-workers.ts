import type { Language } from '../../workbench/sandbox.js';
import type { SandboxProcess } from '../process-run.js';

/** So long workers wait for a job that does not come. */
const IDLE_SECONDS = 300;

/** Workers that have started already and wait for a job: each takes one, and ends with it. */
export interface WarmWorkers {
  take(language: Language): SandboxProcess | undefined;
  /** Starts as many as are missing. */
  fill(language: Language): void;
  close(): Promise<void>;
}

/** @param count of each language that was asked for. @param start one, with the usual limits. */
export function keepWarmWorkers(count: number, start: (language: Language) => SandboxProcess): WarmWorkers {
  const waiting: Record<Language, Set<SandboxProcess>> = { python: new Set(), javascript: new Set() };
  const timers = new Map<Language, NodeJS.Timeout>();

  function giveUp(language: Language): void {
    for (const { child } of waiting[language]) child.kill('SIGKILL');
    waiting[language].clear();
  }

  function started(language: Language): SandboxProcess | null {
    try {
      return start(language);
    } catch {
      return null; // no memory, no process: the job that has just ended well is not to fail for it
    }
  }

  return {
    take(language) {
      const [worker] = waiting[language];
      if (worker) waiting[language].delete(worker);
      return worker;
    },
    fill(language) {
      clearTimeout(timers.get(language));
      timers.set(language, setTimeout(giveUp, IDLE_SECONDS * 1000, language).unref());
      while (waiting[language].size < count) {
        const worker = started(language);
        if (!worker) return;
        waiting[language].add(worker);
        void worker.ended.catch(() => {}).then(() => waiting[language].delete(worker));
      }
    },
    async close() {
      const workers = [...waiting.python, ...waiting.javascript];
      for (const [language, timer] of timers) {
        clearTimeout(timer);
        giveUp(language);
      }
      await Promise.allSettled(workers.map(({ ended }) => ended));
    },
  };
}
