import type { Account } from './account.js';
import type { Right } from './api-key.js';
import type { Principal } from './authenticate.js';
import { recordRefusal, type Context, type Happened } from './context.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import type { Ports, StoredPorts } from './ports.js';

/** A context whose transactions have those ports. */
interface ContextOver<Stored extends StoredPorts> extends Context {
  ports: Omit<Ports, 'atomically'> & { atomically<T>(work: (stored: Stored) => Promise<Outcome<T>>): Promise<Outcome<T>> };
}

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
  const refusal = credentialRefusal(principal, want);
  if (refusal) return refuse(refusal);
  return judged(context, principal.account ?? (await context.ports.accounts.findById(principal.accountId)), want);
}

/**
 * Changes the account of who asks, or what is its own, in one transaction during which nobody else changes it. Who asks is looked at once
 * more there: what ended meanwhile, by a new password or a ban, changes nothing any more.
 *
 * @param change what to do, with the account as it is now.
 * @returns what `change` does; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function changeOwnAccount<T, Stored extends StoredPorts = StoredPorts>(
  context: ContextOver<Stored>,
  principal: Principal,
  want: Want,
  change: (account: Account, stored: Stored) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const refusal = credentialRefusal(principal, want);
  if (refusal) return refuse(refusal);
  return context.ports.atomically<T>(async (stored) => {
    const account = await stored.accounts.lock(principal.accountId);
    if (!(await isStillGood(principal, stored))) return refuse('unauthorized');
    const own = judged(context, account, want);
    return own.ok ? change(own.value, stored) : own;
  });
}

async function isStillGood({ session, apiKeyId }: Principal, { sessions, apiKeys }: StoredPorts): Promise<boolean> {
  if (session) return sessions.isOpen(session.id);
  return apiKeyId === undefined || apiKeys.isLive(apiKeyId);
}

function credentialRefusal(principal: Principal, { right = 'read account', session = false }: Want): Refusal | null {
  if (session && !principal.session) return 'unauthorized';
  return principal.rights && !principal.rights.includes(right) ? 'insufficient_scope' : null;
}

function judged(context: Context, account: Account | null, { right = 'read account' }: Want): Outcome<Account> {
  if (account?.status !== 'active') return refuse('unauthorized');
  const barred = context.policy.verifiedEmailNeededTo;
  const isBarred = barred === 'read' || (barred === 'write' && right === 'write account');
  return isBarred && !account.emailVerified ? refuse('email_not_verified') : done(account);
}

/**
 * Finds the account of who asks, if it is an operator's: the mark that only the command line sets. Anybody else's attempt is recorded.
 *
 * @param attempted what they want to do, and to whose account.
 * @returns the account; or `forbidden`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function findOperator(context: Context, principal: Principal, attempted: Happened): Promise<Outcome<Account>> {
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  return own.value.operator ? own : recordRefusal(context, refuse('forbidden'), { ...attempted, actorId: own.value.id });
}
