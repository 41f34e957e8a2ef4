import type { Account, EmailAddress, NewAccount } from './account.js';
import { record, type Context } from './context.js';
import { localPart, parseEmailAddress } from './email-address.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordFault } from './password-rules.js';
import type { StoredPorts } from './ports.js';

/** An account to be made. What is left out is as for somebody who has just come: active, not verified, an organisation of its own. */
export interface AccountRequest extends Partial<Omit<NewAccount, 'email' | 'passwordHash'>> {
  email: string;
  /** Null: nobody can sign in with a password until one is set. */
  password: string | null;
}

/**
 * Makes an account.
 *
 * @returns the account; or `invalid_email`, what `passwordFault` finds, `email_taken`.
 * @throws when a port does.
 */
export async function createAccount(context: Context, request: AccountRequest): Promise<Outcome<Account>> {
  const planned = await planAccount(context, request);
  if (!planned.ok) return planned;
  return context.ports.atomically((stored) => insertAccount(context, planned.value, stored));
}

/**
 * Judges an account that is to be made, and hashes its password.
 *
 * @param beforeHashing what is to be done with a request that is good before it costs more.
 * @returns what to store; or `invalid_email`, what `passwordFault` finds.
 * @throws when a port does.
 */
export async function planAccount(
  { ports, rules }: Context,
  request: AccountRequest,
  beforeHashing = async () => {},
): Promise<Outcome<NewAccount>> {
  const { email: text, password, ...rest } = request;
  const email = parseEmailAddress(text);
  if (!email) return refuse('invalid_email');
  const plan = { ...asNew(email), ...rest, email };
  if (password === null) return done({ ...plan, passwordHash: null });
  const fault = await passwordFault(password, rules, plan);
  if (fault) return refuse(fault);
  await beforeHashing();
  return done({ ...plan, passwordHash: await ports.passwords.hash(password) });
}

/**
 * Makes the account that was planned, as a part of a transaction.
 *
 * @returns the account; or `email_taken`.
 * @throws when a port does.
 */
export async function insertAccount(context: Context, plan: NewAccount, stored: StoredPorts): Promise<Outcome<Account>> {
  const account = await stored.accounts.insert(plan);
  if (!account) return refuse('email_taken');
  await record(context, { action: 'account.created', accountId: account.id }, stored);
  return done(account);
}

function asNew(email: EmailAddress): Omit<NewAccount, 'email' | 'passwordHash'> {
  const name = localPart(email);
  return {
    name,
    givenName: null,
    familyName: null,
    organization: { kind: 'own', name },
    status: 'active',
    emailVerified: false,
    demo: false,
    operator: false,
  };
}
