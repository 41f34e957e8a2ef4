import type { Account } from './account.js';
import { TYPED_CODE_GUESSES, TYPED_CODE_TTL_SECONDS, VERIFICATION_TOKEN_TTL_SECONDS } from './code.js';
import { record, type Context } from './context.js';
import { parseEmailAddress, normalizedEmail } from './email-address.js';
import { openSession, type SessionWish, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordFault } from './password-rules.js';
import type { Ports, StoredPorts } from './ports.js';
import { setNewPassword } from './reset-password.js';

/** A code or token that went out to verify an address; its id is good for asking for the next one. */
export interface SentVerification {
  id: string;
}

/**
 * Mails an account's address what verifies it, in place of what was mailed before: six digits or a long token, as the dialect wants.
 * A part of a transaction; `deliverSoon` comes after it.
 *
 * @throws when a port does.
 */
export async function sendVerification(context: Context, account: Account, stored: StoredPorts): Promise<SentVerification> {
  const { ports, dialect, policy } = context;
  const { id: accountId, email: to } = account;
  const email = normalizedEmail(to);
  const { hash, mail, guesses, ttlSeconds } = policy.emailVerification === 'code' ? newCode(ports, accountId, email) : newToken(ports);
  const id = await stored.codes.replace({ accountId, purpose: 'email verification', email, hash, guesses, ttlSeconds });
  await stored.outbox.insert(ports.mails.seal({ to, dialect, ...mail }), ttlSeconds);
  return { id };
}

function newCode({ tokens }: Ports, accountId: string, email: string) {
  const code = tokens.createTypedCode();
  const hash = tokens.typedCodeHash(code, accountId, email);
  const mail = { kind: 'email verification code', code } as const;
  return { hash, mail, guesses: TYPED_CODE_GUESSES, ttlSeconds: TYPED_CODE_TTL_SECONDS };
}

function newToken({ tokens }: Ports) {
  const { token, hash } = tokens.createMailedToken();
  const mail = { kind: 'email verification link', token } as const;
  return { hash, mail, guesses: null, ttlSeconds: VERIFICATION_TOKEN_TTL_SECONDS };
}

/**
 * Mails an address that is not verified yet what verifies it.
 *
 * @param of the address, or the id of what was mailed before.
 * @returns nothing; or `unknown_email`, `email_already_verified`. Whether to tell is for the dialect.
 * @throws when a port does.
 */
export async function requestVerification(context: Context, of: { email: string } | { id: string }): Promise<Outcome<SentVerification>> {
  const { ports } = context;
  const account = 'email' in of ? await findByEmail(context, of.email) : await findByCodeId(context, of.id);
  if (account?.status !== 'active') return refuse('unknown_email');
  if (account.emailVerified) return refuse('email_already_verified');
  const sent = await ports.atomically(async (stored) => done(await sendVerification(context, account, stored)));
  ports.mails.deliverSoon();
  return sent;
}

async function findByEmail({ ports }: Context, text: string): Promise<Account | null> {
  const email = parseEmailAddress(text);
  return email && ports.accounts.findByEmail(email);
}

async function findByCodeId({ ports }: Context, id: string): Promise<Account | null> {
  const code = await ports.codes.findById(id, 'email verification');
  return code && ports.accounts.findById(code.accountId);
}

/**
 * Verifies an address with the six digits that were mailed to it. Five wrong guesses end them.
 *
 * @returns whether it was verified before already; or `unknown_account`, `verification_code_invalid` (wrong, used, expired, guessed at too often).
 * @throws when a port does.
 * @see OWASP ASVS 5.0, 6.5.1 to 6.5.5
 */
export async function verifyEmailWithCode(
  context: Context,
  { email, code }: { email: string; code: string },
): Promise<Outcome<{ before: boolean }>> {
  const { ports } = context;
  const account = await findByEmail(context, email);
  if (account?.status !== 'active') return refuse('unknown_account');
  if (account.emailVerified) return done({ before: true });
  const address = normalizedEmail(account.email);
  const expected = await ports.codes.countGuess(account.id, 'email verification');
  const given = ports.tokens.typedCodeHash(code, account.id, address);
  if (!expected || !ports.tokens.equalHashes(expected.hash, given)) return refuse('verification_code_invalid');
  return ports.atomically<{ before: boolean }>(async (stored) => {
    const held = await stored.accounts.lock(account.id);
    const isTaken = held?.status === 'active' && (await stored.codes.takeById(expected.id));
    if (!isTaken || !(await stored.accounts.verifyEmail(account.id, address))) return refuse('verification_code_invalid');
    await record(context, { action: 'email.verified', accountId: account.id }, stored);
    return done({ before: false });
  });
}

/**
 * Looks whose address a mailed token would verify, and leaves the token as it is.
 *
 * @returns the account; or `verification_token_invalid`.
 * @throws when a port does.
 */
export async function findVerification({ ports }: Context, token: string): Promise<Outcome<Account>> {
  const code = await ports.codes.findByHash(ports.tokens.mailedTokenHash(token), 'email verification');
  const account = code && (await ports.accounts.findById(code.accountId));
  return account?.status === 'active' ? done(account) : refuse('verification_token_invalid');
}

/**
 * Verifies an address with the token that was mailed to it, once.
 *
 * @param newPassword a password to be set with it: who has the mail is the owner, and so every earlier session and key ends.
 * @returns the account as it is now; or `verification_token_invalid`, `password_too_short`, `password_too_long`.
 * @throws when a port does.
 */
export async function verifyEmailWithToken(context: Context, token: string, newPassword?: string): Promise<Outcome<Account>> {
  const { ports, rules } = context;
  const found = await findVerification(context, token);
  if (!found.ok) return found;
  const fault = newPassword === undefined ? null : passwordFault(newPassword, rules);
  if (fault) return refuse(fault);
  const hash = newPassword === undefined ? null : await ports.passwords.hash(newPassword);
  const verified = await ports.atomically<Account>(async (stored) => {
    const held = await stored.accounts.lock(found.value.id); // before its code: whoever changes an account begins with it
    const code = await stored.codes.take(ports.tokens.mailedTokenHash(token), 'email verification');
    const isVerified = held?.status === 'active' && code && (await stored.accounts.verifyEmail(code.accountId, code.email));
    if (!isVerified) return refuse('verification_token_invalid');
    if (hash && !(await setNewPassword(context, found.value, hash, stored))) return refuse('verification_token_invalid');
    await record(context, { action: 'email.verified', accountId: code.accountId }, stored);
    const account = await stored.accounts.findById(code.accountId);
    return account ? done(account) : refuse('verification_token_invalid');
  });
  ports.mails.deliverSoon();
  return verified;
}

/**
 * Verifies an address with the token that was mailed to it, and signs its owner in.
 *
 * @returns the open session; or what `verifyEmailWithToken` refuses.
 * @throws when a port does.
 */
export async function verifyEmailAndSignIn(
  context: Context,
  request: { token: string; newPassword?: string },
  wish: SessionWish = {},
): Promise<Outcome<SignedIn>> {
  const verified = await verifyEmailWithToken(context, request.token, request.newPassword);
  if (!verified.ok) return verified;
  const signedIn = await openSession(context, verified.value, wish);
  return signedIn ? done(signedIn) : refuse('verification_token_invalid');
}
