import type { Account, NewAccount } from './account.js';
import { localPart, parseEmailAddress } from './email-address.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordFault, type PasswordRules } from './password-rules.js';
import type { Ports } from './ports.js';

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
export async function createAccount(ports: Ports, rules: PasswordRules, request: AccountRequest): Promise<Outcome<Account>> {
  const { email: text, password, ...rest } = request;
  const email = parseEmailAddress(text);
  if (!email) return refuse('invalid_email');
  const fault = password === null ? null : passwordFault(password, rules);
  if (fault) return refuse(fault);

  const account = await ports.accounts.insert({
    name: localPart(email),
    organizationName: null,
    status: 'active',
    emailVerified: false,
    demo: false,
    operator: false,
    ...rest,
    email,
    passwordHash: password === null ? null : await ports.passwords.hash(password),
  });
  return account ? done(account) : refuse('email_taken');
}
