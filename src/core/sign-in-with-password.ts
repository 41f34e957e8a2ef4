import type { Account } from './account.js';
import type { Context } from './context.js';
import { parseEmailAddress } from './email-address.js';
import { Overloaded } from './faults.js';
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
 * time taken must not tell them apart.
 *
 * @returns the open session; or `unknown_account`, `no_password_set`, `wrong_password` (also when the password or the status
 *   changed while this was under way); or, only to someone who knows the password, `account_inactive`, `account_banned`,
 *   `account_deleted`, `email_not_verified`.
 * @throws when a port does (the database is away, too many passwords wait to be hashed); never for a refusal.
 * @see OWASP Authentication Cheat Sheet, "Authentication and Error Messages"
 */
export async function signInWithPassword(context: Context, credentials: Credentials): Promise<Outcome<SignedIn>> {
  const { ports, policy } = context;
  const email = parseEmailAddress(credentials.email);
  const account = email && (await ports.accounts.findByEmail(email));

  const hash = account?.passwordHash ?? (await ports.passwords.decoyHash(credentials.email));
  const matches = await ports.passwords.verify(credentials.password, hash);

  if (!account) return refuse(policy.hidesAccounts ? 'wrong_password' : 'unknown_account');
  if (!account.passwordHash) return refuse(policy.hidesAccounts ? 'wrong_password' : 'no_password_set');
  if (!matches) return refuse('wrong_password');

  const state = stateRefusal(account, policy);
  if (state) return refuse(state);

  await rehashIfOutdated(ports, account.id, account.passwordHash, credentials.password);
  const signedIn = await openSession(context, account, credentials);
  return signedIn ? done(signedIn) : refuse('wrong_password');
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
