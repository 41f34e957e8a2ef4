import type { Account } from './account.js';
import { record, type Context, type Happened } from './context.js';
import { parseEmailAddress } from './email-address.js';
import { Overloaded, RateLimited } from './faults.js';
import { passwordGuess } from './password-guesses.js';
import { openSession, type SessionWish, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome, type Refusal } from './outcome.js';
import type { Policy } from './policy.js';
import type { Ports } from './ports.js';

/** What somebody who wants to sign in sends. */
export interface Credentials extends SessionWish {
  email: string;
  password: string;
}

/**
 * Signs a person in with an e-mail address and a password, and opens a session.
 *
 * A password is verified even when nobody has that address, against a decoy hash: where a dialect answers alike for both, the
 * time taken must not tell them apart. A refusal is recorded with what is true, by the same statement for all of them.
 *
 * @returns the open session; or `unknown_account`, `no_password_set`, `wrong_password` (also when the password or the status
 *   changed while this was under way); or, only to someone who knows the password, `account_inactive`, `account_banned`,
 *   `account_deleted`, `email_not_verified`.
 * @throws RateLimited while a wait lasts, and what ports throw (the database is away, too many passwords wait to be hashed); never for a
 *   refusal.
 * @see OWASP Authentication Cheat Sheet, "Authentication and Error Messages"
 */
export async function signInWithPassword(context: Context, credentials: Credentials): Promise<Outcome<SignedIn>> {
  const { ports, policy } = context;
  const guess = passwordGuess(context, { address: credentials.email });
  await guess.begin();
  const email = parseEmailAddress(credentials.email);
  const account = email && (await ports.accounts.findByEmail(email));

  const decoy = await ports.passwords.decoyHash(credentials.email); // made for everybody: it may wait for the database
  const matches = await ports.passwords.verify(credentials.password, account?.passwordHash ?? decoy);

  const attempted: Happened = { action: 'session.opened', accountId: account?.id ?? null, address: credentials.email };
  const failed = async (reason: Refusal, shown = reason) => {
    await record(context, { ...attempted, reason });
    return refuse(shown);
  };
  await guess.end(matches && Boolean(account?.passwordHash)).catch(async (tooMany: unknown) => {
    if (tooMany instanceof RateLimited) await record(context, { ...attempted, reason: 'rate_limited' });
    throw tooMany;
  });
  const hidden = policy.hidesAccounts ? 'wrong_password' : undefined;
  if (!account) return failed('unknown_account', hidden);
  if (!account.passwordHash) return failed('no_password_set', hidden);
  if (!matches) return failed('wrong_password');

  const state = stateRefusal(account, policy);
  if (state) return failed(state);

  await rehashIfOutdated(ports, account.id, account.passwordHash, credentials.password);
  const signedIn = await openSession(context, account, credentials);
  return signedIn ? done(signedIn) : failed('wrong_password');
}

function stateRefusal(account: Account, policy: Policy): Refusal | null {
  if (account.status !== 'active') return `account_${account.status}`;
  const needsVerifiedEmail =
    policy.verifiedEmailNeededBy === 'everybody' || (policy.verifiedEmailNeededBy === 'demo accounts' && account.demo);
  return needsVerifiedEmail && !account.emailVerified ? 'email_not_verified' : null;
}

/** A better hash can wait for the next sign-in: a full queue is no reason to turn this one away. */
async function rehashIfOutdated(ports: Ports, accountId: string, hash: string, password: string): Promise<void> {
  if (!ports.passwords.needsRehash(hash)) return;
  try {
    await ports.accounts.replacePasswordHash(accountId, hash, await ports.passwords.hash(password));
  } catch (error) {
    if (!(error instanceof Overloaded)) throw error;
  }
}
