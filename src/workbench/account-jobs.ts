import { RateLimited } from '../core/faults.js';
import { refuseBeyond, shownLimits } from '../core/limits.js';
import type { WorkbenchContext } from './context.js';

/** What one account may have under way at a time, in each process of the service: nobody fills the queue alone. */
const MAX_AT_A_TIME = 4;
const RETRY_AFTER_SECONDS = 1;

/** Counts what is under way for each account. */
export interface AccountJobs {
  /** @returns whether there was room; if so, `leave` must be called when it is over. */
  enter(accountId: string): boolean;
  leave(accountId: string): void;
}

/** Counters in this process's memory. */
export function createAccountJobs(): AccountJobs {
  const underWay = new Map<string, number>();
  return {
    enter(accountId) {
      const already = underWay.get(accountId) ?? 0;
      if (already >= MAX_AT_A_TIME) return false;
      underWay.set(accountId, already + 1);
      return true;
    },
    leave(accountId) {
      const left = (underWay.get(accountId) ?? 1) - 1;
      if (left > 0) underWay.set(accountId, left);
      else underWay.delete(accountId);
    },
  };
}

/**
 * Does something that costs a lot: a run, a generation, an encryption, a look into the package index. An account may have so many of them
 * in a minute, and few at a time.
 *
 * @throws RateLimited, and what `work` and ports throw.
 */
export async function asJob<T>(context: WorkbenchContext, accountId: string, work: () => Promise<T>): Promise<T> {
  const { accountJobs } = context.ports;
  refuseBeyond(await shownLimits(context).take('account-jobs', accountId));
  if (!accountJobs.enter(accountId)) throw new RateLimited('too many jobs of one account at a time', RETRY_AFTER_SECONDS);
  try {
    return await work();
  } finally {
    accountJobs.leave(accountId);
  }
}
