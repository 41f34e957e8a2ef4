import type { Account } from './account.js';
import type { Right } from './api-key.js';
import type { Principal } from './authenticate.js';
import type { Context } from './context.js';
import { done, refuse, type Outcome } from './outcome.js';

/** What somebody wants with their own account. */
export interface Want {
  right?: Right;
  /** An API key will not do. */
  session?: boolean;
}

/**
 * Finds the account of who asks, if they may do what they want with it.
 *
 * @returns the account as it is now; or `unauthorized` (it cannot be used any more, or a session is wanted and an API key was shown),
 *   `insufficient_scope` (the API key may not do this), `email_not_verified` (where the dialect bars this until the address is verified).
 * @throws when a port does.
 */
export async function findOwnAccount(context: Context, principal: Principal, want: Want = {}): Promise<Outcome<Account>> {
  const { right = 'read account', session = false } = want;
  if (session && !principal.session) return refuse('unauthorized');
  if (principal.rights && !principal.rights.includes(right)) return refuse('insufficient_scope');
  const account = principal.account ?? (await context.ports.accounts.findById(principal.accountId));
  if (account?.status !== 'active') return refuse('unauthorized');
  const barred = context.policy.verifiedEmailNeededTo;
  const isBarred = barred === 'read' || (barred === 'write' && right === 'write account');
  return isBarred && !account.emailVerified ? refuse('email_not_verified') : done(account);
}

/**
 * Finds the account of who asks, if it is an operator's: the mark that only the command line sets.
 *
 * @returns the account; or `forbidden`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function findOperator(context: Context, principal: Principal): Promise<Outcome<Account>> {
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  return own.value.operator ? own : refuse('forbidden');
}
