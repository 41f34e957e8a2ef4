import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { Overloaded } from '../core/faults.js';
import type { HashTask } from './hash-worker.js';

/** How many hashes may wait for each thread: at cost 10 about three seconds' worth. */
const QUEUE_PER_THREAD = 50;
const RETRY_AFTER_SECONDS = 3;
const WORKER_FILE = fileURLToPath(new URL('./hash-worker.js', import.meta.url));

/** Threads that hash passwords, one for each core, so that the event loop never does. */
export interface HashPool {
  /** @throws Overloaded when too many tasks wait already. */
  run(task: Extract<HashTask, { work: 'argon2 verify' }>): Promise<boolean>;
  run(task: Exclude<HashTask, { work: 'argon2 verify' }>): Promise<string>;
  close(): Promise<void>;
}

/** A pool that starts its threads when the first password comes: a command that hashes nothing has none. */
export function createHashPool(size: { threads?: number; queueLength?: number } = {}): HashPool {
  const threads = size.threads ?? os.availableParallelism();
  const queueLength = size.queueLength ?? threads * QUEUE_PER_THREAD;
  let pool: Piscina<HashTask, string | boolean> | null = null;
  return {
    async run(task: HashTask): Promise<never> {
      pool ??= new Piscina({ filename: WORKER_FILE, minThreads: threads, maxThreads: threads, maxQueue: queueLength, execArgv: [] });
      // Asked beforehand: Piscina's own error for a full queue is told from others by its words alone.
      if (pool.queueSize >= queueLength) throw new Overloaded('too many passwords wait to be hashed', RETRY_AFTER_SECONDS);
      return (await pool.run(task)) as never;
    },
    close: async () => pool?.destroy(),
  };
}
