import type { Account, EmailAddress, NewAccount } from './account.js';
import { record, type Context } from './context.js';
import { localPart, parseEmailAddress } from './email-address.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordFault, type PasswordRules } from './password-rules.js';
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
 * @returns the account; or `invalid_email`, `password_too_short`, `password_too_long`, `email_taken`.
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
 * @returns what to store; or `invalid_email`, `password_too_short`, `password_too_long`.
 * @throws when a port does.
 */
export async function planAccount({ ports, rules }: Context, request: AccountRequest): Promise<Outcome<NewAccount>> {
  const { email: text, password, ...rest } = request;
  const email = parseEmailAddress(text);
  if (!email) return refuse('invalid_email');
  const fault = passwordFaultOf(password, rules);
  if (fault) return refuse(fault);
  const passwordHash = password === null ? null : await ports.passwords.hash(password);
  return done({ ...asNew(email), ...rest, email, passwordHash });
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

function passwordFaultOf(password: string | null, rules: PasswordRules) {
  return password === null ? null : passwordFault(password, rules);
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
