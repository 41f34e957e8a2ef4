import type { Account } from './account.js';
import { RESET_TOKEN_TTL_SECONDS } from './code.js';
import { record, recordRefusal, type Context, type Happened } from './context.js';
import { normalizedEmail, parseEmailAddress } from './email-address.js';
import { countMail } from './limits.js';
import { NOBODY, postMail } from './mail.js';
import { done, refuse, type Outcome } from './outcome.js';
import { forgetFailures } from './password-guesses.js';
import { passwordFault } from './password-rules.js';
import type { StoredPorts } from './ports.js';

/**
 * Mails an account's owner, or nobody, a token that sets a new password, in place of the one that was mailed before. A part of a transaction.
 *
 * @returns whether there is such an account.
 * @throws when a port does.
 */
export async function sendPasswordReset(
  context: Context,
  account: Pick<Account, 'id' | 'email'>,
  kind: 'password reset' | 'address has an account',
  stored: StoredPorts,
): Promise<boolean> {
  const { ports, dialect } = context;
  const { token, hash } = ports.tokens.createMailedToken();
  const email = normalizedEmail(account.email);
  const ttlSeconds = RESET_TOKEN_TTL_SECONDS;
  const id = await stored.codes.replace({ accountId: account.id, purpose: 'password reset', email, hash, guesses: null, ttlSeconds });
  const to = id === null ? NOBODY.email : account.email;
  await postMail(context, { to, dialect, kind, token }, stored, ttlSeconds);
  return id !== null;
}

/**
 * Mails the owner of an address a token that sets a new password. The same work is done where nobody has it.
 *
 * @returns nothing; or `unknown_email` (nobody has it, or the account is not active). Whether to tell is for the dialect.
 * @throws RateLimited, and what ports throw.
 * @see OWASP Forgot Password Cheat Sheet
 */
export async function requestPasswordReset(context: Context, text: string): Promise<Outcome<null>> {
  const { ports } = context;
  await countMail(context, text, 'address-resets');
  const email = parseEmailAddress(text);
  const found = email && (await ports.accounts.findByEmail(email));
  const account = found?.status === 'active' ? found : null;
  const sent = await ports.atomically(async (stored) => {
    const isSent = await sendPasswordReset(context, account ?? NOBODY, 'password reset', stored);
    const refused = isSent ? {} : { reason: 'unknown_email' as const };
    await record(context, { action: 'password.reset_requested', accountId: found?.id ?? null, address: text, ...refused }, stored);
    return done(isSent);
  });
  ports.mails.deliverSoon();
  return sent.ok && sent.value ? done(null) : refuse('unknown_email');
}

/**
 * Sets a new password with the token that was mailed for it, once. Who has the mail is the owner: the address is verified with it, and
 * every session and API key that there was ends, whoever had them.
 *
 * @returns the account; or `reset_token_invalid` (none, used, expired, or for an address that the account has no more),
 *   what `passwordFault` finds (the token stays good then).
 * @throws when a port does.
 */
export async function resetPassword(
  context: Context,
  { token, newPassword }: { token: string; newPassword: string },
): Promise<Outcome<Account>> {
  const { ports, rules } = context;
  const tokenHash = ports.tokens.mailedTokenHash(token);
  const waiting = await ports.codes.findByHash(tokenHash, 'password reset');
  const attempted: Happened = { action: 'password.reset', accountId: waiting?.accountId ?? null };
  const owner = waiting && (await ports.accounts.findById(waiting.accountId));
  if (!owner) return recordRefusal(context, refuse('reset_token_invalid'), attempted);
  const fault = await passwordFault(newPassword, rules, owner);
  if (fault) return refuse(fault);
  const hash = await ports.passwords.hash(newPassword);
  const reset = await ports.atomically<Account>(async (stored) => {
    const account = await stored.accounts.lock(waiting.accountId); // before its code: whoever changes an account begins with it
    const code = await stored.codes.take(tokenHash, 'password reset');
    const isVerified = code && account && (await stored.accounts.verifyEmail(account.id, code.email));
    if (!isVerified || !(await setNewPassword(context, account, hash, stored))) return refuse('reset_token_invalid');
    return done({ ...account, emailVerified: true });
  });
  ports.mails.deliverSoon();
  if (reset.ok) await forgetFailures(context, reset.value);
  return recordRefusal(context, reset, attempted);
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
