import type { Account } from './account.js';
import type { Context } from './context.js';
import {
  addressKey,
  countFailure,
  isUsedUp,
  refuseBeyond,
  refuseFailingNetwork,
  refuseUsedUp,
  shownLimits,
  type LimitName,
} from './limits.js';

/** Whose password is guessed at: who has an address, at a login; an account, by who has a session of it already. */
export type GuessedAt = { address: string } | { accountId: string };

/** One guess at a password. */
export interface Guess {
  /** Before anything is hashed. @throws RateLimited while a wait lasts. */
  begin(): Promise<void>;
  /**
   * Counts a wrong guess; after a right one, forgets the wrong ones before it. Of many guesses at the same time only as many are answered
   * as would have been one after the other: a right one that came too late looks like any other.
   *
   * @throws RateLimited where this one was too many.
   */
  end(isRight: boolean): Promise<void>;
}

const FREE: LimitName = 'password-failures';
const WAIT: LimitName = 'password-wait';
const AFTER_WAIT: LimitName = 'password-failures-after-wait';

/**
 * A guess at a password, and what it costs to be wrong: the first failures in a row cost nothing, then each brings a wait that doubles
 * from one second to the longest one; after a hundred the password is good for nothing until it is reset or unlocked. Besides, a
 * network has so many failed logins in ten minutes. The counters are the same behind every dialect, whether or not anybody has the
 * address; a session that is open goes on, whatever is counted at its address.
 *
 * @see NIST SP 800-63B-4, section 3.2.2; OWASP Authentication Cheat Sheet, "Protect Against Automated Attacks"
 */
export function passwordGuess(context: Context, at: GuessedAt): Guess {
  const limits = shownLimits(context);
  const key = guessKey(context, at);
  const isAtLogin = 'address' in at; // who has a session is not trying strangers' doors

  const nextWaitSeconds = async () => {
    const wait = await limits.look(WAIT, key);
    refuseUsedUp(wait);
    const afterWait = await limits.look(AFTER_WAIT, key);
    refuseUsedUp(afterWait);
    return Math.min(2 ** afterWait.used, wait.windowSeconds);
  };
  /** Once the free failures are used up, one guess is answered for each wait. */
  const passGate = async () => {
    refuseBeyond(await limits.take(WAIT, key, await nextWaitSeconds()));
    await limits.take(AFTER_WAIT, key);
  };
  return {
    async begin() {
      if (isAtLogin) await refuseFailingNetwork(context);
      if (isUsedUp(await limits.look(FREE, key))) await nextWaitSeconds();
    },
    async end(isRight) {
      if (!isRight) {
        if (isAtLogin) await countFailure(context);
        const failures = await limits.take(FREE, key);
        if (failures.used > failures.quota) await passGate();
        return;
      }
      if (isAtLogin) await refuseFailingNetwork(context);
      const failures = await limits.look(FREE, key);
      if (isUsedUp(failures)) await passGate();
      if (failures.used > 0) await forget(context, key);
    },
  };
}

/** Forgets every failure at an account's password, and the resets that were asked for: it has a new one, or is unlocked. @throws when a port does. */
export async function forgetFailures(context: Context, { id, email }: Account): Promise<void> {
  await context.ports.limits.clear('address-resets', addressKey(context, email));
  for (const at of [{ address: email }, { accountId: id }]) await forget(context, guessKey(context, at));
}

async function forget({ ports: { limits } }: Context, key: string): Promise<void> {
  for (const name of [FREE, WAIT, AFTER_WAIT]) await limits.clear(name, key);
}

function guessKey(context: Context, at: GuessedAt): string {
  return 'address' in at ? `address ${addressKey(context, at.address)}` : `account ${at.accountId}`;
}
