import type { Account } from './account.js';
import { TYPED_CODE_GUESSES, TYPED_CODE_TTL_SECONDS, VERIFICATION_TOKEN_TTL_SECONDS } from './code.js';
import { record, recordRefusal, type Context, type Happened } from './context.js';
import { parseEmailAddress, normalizedEmail } from './email-address.js';
import { countFailure, countMail, refuseFailingNetwork } from './limits.js';
import { NOBODY, postMail } from './mail.js';
import { openSession, type SessionWish, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome } from './outcome.js';
import { forgetFailures } from './password-guesses.js';
import { passwordFault } from './password-rules.js';
import type { Ports, StoredPorts } from './ports.js';
import { setNewPassword } from './reset-password.js';

/** A code or token that went out to verify an address; its id is good for asking for the next one. */
export interface SentVerification {
  id: string;
}

/**
 * Mails an account's address, or nobody, what verifies it, in place of what was mailed before: six digits or a long token, as the dialect wants.
 * A part of a transaction; `deliverSoon` comes after it.
 *
 * @returns what went out; null where there is no such account.
 * @throws when a port does.
 */
export async function sendVerification(
  context: Context,
  account: Pick<Account, 'id' | 'email'>,
  stored: StoredPorts,
): Promise<SentVerification | null> {
  const { ports, dialect, policy } = context;
  const { id: accountId } = account;
  const email = normalizedEmail(account.email);
  const { hash, mail, guesses, ttlSeconds } = policy.emailVerification === 'code' ? newCode(ports, accountId, email) : newToken(ports);
  const id = await stored.codes.replace({ accountId, purpose: 'email verification', email, hash, guesses, ttlSeconds });
  await postMail(context, { to: id === null ? NOBODY.email : account.email, dialect, ...mail }, stored, ttlSeconds);
  return id === null ? null : { id };
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
 * Mails an address that is not verified yet what verifies it. The same work is done where there is none to verify.
 *
 * @param of the address, or the id of what was mailed before.
 * @returns nothing; or `unknown_email`, `email_already_verified`. Whether to tell is for the dialect.
 * @throws RateLimited, and what ports throw.
 */
export async function requestVerification(context: Context, of: { email: string } | { id: string }): Promise<Outcome<null>> {
  const { ports } = context;
  const found = 'email' in of ? await findForMail(context, of.email) : await findByCodeId(context, of.id);
  const account = found?.status === 'active' ? found : null;
  const recipient = account && !account.emailVerified ? account : NOBODY;
  const sent = await ports.atomically(async (stored) => done(await sendVerification(context, recipient, stored)));
  ports.mails.deliverSoon();
  if (account?.emailVerified) return refuse('email_already_verified');
  return sent.ok && sent.value ? done(null) : refuse('unknown_email');
}

async function findByEmail({ ports }: Context, text: string): Promise<Account | null> {
  const email = parseEmailAddress(text);
  return email && ports.accounts.findByEmail(email);
}

async function findForMail(context: Context, text: string): Promise<Account | null> {
  await countMail(context, text);
  return findByEmail(context, text);
}

async function findByCodeId(context: Context, id: string): Promise<Account | null> {
  const code = await context.ports.codes.findById(id, 'email verification');
  if (!code) return null;
  await countMail(context, code.email);
  return context.ports.accounts.findById(code.accountId);
}

/**
 * Verifies an address with the six digits that were mailed to it. Five wrong guesses end them.
 *
 * @returns whether it was verified before already; or `unknown_account`, `verification_code_invalid` (wrong, used, expired, guessed at too often).
 * @throws RateLimited, and what ports throw.
 * @see OWASP ASVS 5.0, 6.5.1 to 6.5.5
 */
export async function verifyEmailWithCode(
  context: Context,
  { email, code }: { email: string; code: string },
): Promise<Outcome<{ before: boolean }>> {
  const { ports } = context;
  await refuseFailingNetwork(context);
  const account = await findByEmail(context, email);
  const attempted: Happened = { action: 'email.verified', accountId: account?.id ?? null, address: email };
  const failed = async (refusal: 'unknown_account' | 'verification_code_invalid') => {
    await countFailure(context);
    return recordRefusal(context, refuse(refusal), attempted);
  };
  if (account?.status !== 'active') return failed('unknown_account');
  if (account.emailVerified) return countFailure(context).then(() => done({ before: true })); // proves nothing, and tells something
  const address = normalizedEmail(account.email);
  const expected = await ports.codes.countGuess(account.id, 'email verification');
  if (!expected || !ports.tokens.isTypedCodeHash(expected.hash, code, account.id, address)) return failed('verification_code_invalid');
  const verified = await ports.atomically<{ before: boolean }>(async (stored) => {
    const held = await stored.accounts.lock(account.id);
    const isTaken = held?.status === 'active' && (await stored.codes.takeById(expected.id));
    if (!isTaken || !(await stored.accounts.verifyEmail(account.id, address))) return refuse('verification_code_invalid');
    await record(context, attempted, stored);
    return done({ before: false });
  });
  return recordRefusal(context, verified, attempted);
}

/**
 * Looks whose address a mailed token would verify, and leaves the token as it is. A bad one is recorded.
 *
 * @returns the account; or `verification_token_invalid`.
 * @throws when a port does.
 */
export async function findVerification(context: Context, token: string): Promise<Outcome<Account>> {
  const { ports } = context;
  const code = await ports.codes.findByHash(ports.tokens.mailedTokenHash(token), 'email verification');
  const account = code && (await ports.accounts.findById(code.accountId));
  if (account?.status === 'active') return done(account);
  return recordRefusal(context, refuse('verification_token_invalid'), { action: 'email.verified', accountId: account?.id ?? null });
}

/**
 * Verifies an address with the token that was mailed to it, once.
 *
 * @param newPassword a password to be set with it: who has the mail is the owner, and so every earlier session and key ends.
 * @returns the account as it is now; or `verification_token_invalid`, what `passwordFault` finds.
 * @throws when a port does.
 */
export async function verifyEmailWithToken(context: Context, token: string, newPassword?: string): Promise<Outcome<Account>> {
  const { ports, rules } = context;
  const found = await findVerification(context, token);
  if (!found.ok) return found;
  const attempted: Happened = { action: 'email.verified', accountId: found.value.id };
  const fault = newPassword === undefined ? null : await passwordFault(newPassword, rules, found.value);
  if (fault) return refuse(fault);
  const hash = newPassword === undefined ? null : await ports.passwords.hash(newPassword);
  const verified = await ports.atomically<Account>(async (stored) => {
    const held = await stored.accounts.lock(found.value.id); // before its code: whoever changes an account begins with it
    const code = await stored.codes.take(ports.tokens.mailedTokenHash(token), 'email verification');
    const isVerified = held?.status === 'active' && code && (await stored.accounts.verifyEmail(code.accountId, code.email));
    if (!isVerified) return refuse('verification_token_invalid');
    if (hash && !(await setNewPassword(context, found.value, hash, stored))) return refuse('verification_token_invalid');
    await record(context, attempted, stored);
    const account = await stored.accounts.findById(code.accountId);
    return account ? done(account) : refuse('verification_token_invalid');
  });
  ports.mails.deliverSoon();
  if (verified.ok && hash) await forgetFailures(context, verified.value);
  return recordRefusal(context, verified, attempted);
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
