import type { Account } from './account.js';
import { RESET_TOKEN_TTL_SECONDS } from './code.js';
import { record, type Context } from './context.js';
import { normalizedEmail, parseEmailAddress } from './email-address.js';
import { postMail } from './mail.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordFault } from './password-rules.js';
import type { StoredPorts } from './ports.js';

/**
 * Mails an account's owner a token that sets a new password, in place of the one that was mailed before. A part of a transaction.
 *
 * @throws when a port does.
 */
export async function sendPasswordReset(
  context: Context,
  account: Account,
  kind: 'password reset' | 'address has an account',
  stored: StoredPorts,
): Promise<void> {
  const { ports, dialect } = context;
  const { token, hash } = ports.tokens.createMailedToken();
  const email = normalizedEmail(account.email);
  const ttlSeconds = RESET_TOKEN_TTL_SECONDS;
  await stored.codes.replace({ accountId: account.id, purpose: 'password reset', email, hash, guesses: null, ttlSeconds });
  await stored.outbox.insert(ports.mails.seal({ to: account.email, dialect, kind, token }), ttlSeconds);
}

/**
 * Mails the owner of an address a token that sets a new password.
 *
 * @returns nothing; or `unknown_email` (nobody has it, or the account is not active). Whether to tell is for the dialect.
 * @throws when a port does.
 * @see OWASP Forgot Password Cheat Sheet
 */
export async function requestPasswordReset(context: Context, text: string): Promise<Outcome<null>> {
  const { ports } = context;
  const email = parseEmailAddress(text);
  const account = email && (await ports.accounts.findByEmail(email));
  if (account?.status !== 'active') return refuse('unknown_email');
  await ports.atomically(async (stored) => {
    await sendPasswordReset(context, account, 'password reset', stored);
    await record(context, { action: 'password.reset_requested', accountId: account.id }, stored);
    return done(null);
  });
  ports.mails.deliverSoon();
  return done(null);
}

/**
 * Sets a new password with the token that was mailed for it, once. Who has the mail is the owner: the address is verified with it, and
 * every session and API key that there was ends, whoever had them.
 *
 * @returns the account; or `reset_token_invalid` (none, used, expired, or for an address that the account has no more),
 *   `password_too_short`, `password_too_long` (the token stays good then).
 * @throws when a port does.
 */
export async function resetPassword(
  context: Context,
  { token, newPassword }: { token: string; newPassword: string },
): Promise<Outcome<Account>> {
  const { ports, rules } = context;
  const fault = passwordFault(newPassword, rules);
  if (fault) return refuse(fault);
  const tokenHash = ports.tokens.mailedTokenHash(token);
  const waiting = await ports.codes.findByHash(tokenHash, 'password reset');
  if (!waiting) return refuse('reset_token_invalid'); // before anything is hashed
  const hash = await ports.passwords.hash(newPassword);
  const reset = await ports.atomically<Account>(async (stored) => {
    const account = await stored.accounts.lock(waiting.accountId); // before its code: whoever changes an account begins with it
    const code = await stored.codes.take(tokenHash, 'password reset');
    const isVerified = code && account && (await stored.accounts.verifyEmail(account.id, code.email));
    if (!isVerified || !(await setNewPassword(context, account, hash, stored))) return refuse('reset_token_invalid');
    return done({ ...account, emailVerified: true });
  });
  ports.mails.deliverSoon();
  return reset;
}

/**
 * Gives an account a new password in the name of who has its mail: all that could be somebody else's way in ends. A part of a transaction.
 *
 * @returns whether the account was still as it was read.
 * @throws when a port does.
 */
export async function setNewPassword(context: Context, account: Account, hash: string, stored: StoredPorts): Promise<boolean> {
  if (!(await stored.accounts.setPassword(account.id, account.passwordVersion, hash))) return false;
  await stored.sessions.endAll(account.id, null);
  await stored.apiKeys.deleteAll(account.id);
  await stored.accounts.revokeDerivedApiKey(account.id);
  await stored.codes.deleteAll(account.id);
  await postMail(context, { to: account.email, dialect: context.dialect, kind: 'password was reset' }, stored);
  await record(context, { action: 'password.reset', accountId: account.id }, stored);
  return true;
}
