import type { Account, AccountStatus, NewAccount } from './account.js';
import { VERIFICATION_TOKEN_TTL_SECONDS } from './code.js';
import { record, recordRefusal, type Context, type Happened } from './context.js';
import { insertAccount, planAccount } from './create-account.js';
import { normalizedEmail } from './email-address.js';
import { postMail } from './mail.js';
import { openSession, type SessionWish, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome } from './outcome.js';
import { forgetFailures } from './password-guesses.js';
import { passwordFault } from './password-rules.js';
import type { StoredPorts } from './ports.js';

/** Somebody who is to have an account. */
export interface Invitation extends Partial<Pick<NewAccount, 'name' | 'organization'>> {
  email: string;
  /** Whose page the mail leads to; absent: that of the dialect that it comes through. */
  through?: string;
}

const INVITED: AccountStatus = 'inactive';

/**
 * Makes an account that waits for its owner, and mails them the token that completes it. An address whose account waits already gets
 * another mail, in place of the one before.
 *
 * @param actorId the operator whose doing it is; absent: the command line's.
 * @returns the account; or `invalid_email`, `email_taken` (by an account that does not wait).
 * @throws when a port does.
 */
export async function inviteAccount(context: Context, invitation: Invitation, actorId?: string): Promise<Outcome<Account>> {
  const { through = context.dialect, ...request } = invitation;
  const planned = await planAccount(context, { ...request, status: INVITED, password: null });
  if (!planned.ok) return planned;
  const invited = await context.ports.atomically<Account>(async (stored) => {
    const found = await stored.accounts.findByEmail(planned.value.email);
    const before = found && (await stored.accounts.lock(found.id)); // nobody deletes it before its code is there
    const made = before ? done(before) : await insertAccount(context, planned.value, stored);
    if (!made.ok) return made;
    const waiting = made.value;
    if (waiting.status !== INVITED || waiting.passwordHash !== null) return refuse('email_taken');
    await sendInvitation(context, waiting, through, stored);
    const actor = actorId === undefined ? {} : { actorId };
    await record(context, { action: 'account.invited', accountId: waiting.id, ...actor }, stored);
    return done(waiting);
  });
  context.ports.mails.deliverSoon();
  return invited;
}

async function sendInvitation(context: Context, account: Account, dialect: string, stored: StoredPorts): Promise<void> {
  const { token, hash } = context.ports.tokens.createMailedToken();
  const ttlSeconds = VERIFICATION_TOKEN_TTL_SECONDS;
  const { id: accountId, email } = account;
  await stored.codes.replace({ accountId, purpose: 'activation', email: normalizedEmail(email), hash, guesses: null, ttlSeconds });
  await postMail(context, { to: email, dialect, kind: 'invitation', accountId, token }, stored, ttlSeconds);
}

/** What an invited person shows, and tells of themselves. */
export interface Activation {
  accountId: string;
  token: string;
  /** Where the dialect asks for the address, too: the one that the token was mailed to, without regard to letter case. */
  email?: string;
  password: string;
  name: string;
  givenName?: string;
  familyName?: string;
}

/**
 * Completes an account that waits for its owner: it is active and its address verified. Signs them in at once.
 *
 * @returns the open session; or `activation_token_invalid` (none, used, expired, another account's, mailed to another address, or the
 *   account waits no more), what `passwordFault` finds (the token stays good then).
 * @throws when a port does.
 */
export async function activateAccount(context: Context, activation: Activation, wish: SessionWish = {}): Promise<Outcome<SignedIn>> {
  const { ports, rules } = context;
  const tokenHash = ports.tokens.mailedTokenHash(activation.token);
  const waiting = await ports.codes.findByHash(tokenHash, 'activation');
  const attempted: Happened = { action: 'account.activated', accountId: waiting?.accountId ?? null };
  const { accountId, email } = activation;
  const isBad = waiting?.accountId !== accountId || (email !== undefined && normalizedEmail(email) !== waiting.email);
  if (isBad) return recordRefusal(context, refuse('activation_token_invalid'), attempted);
  const { name, givenName = null, familyName = null } = activation;
  const fault = await passwordFault(activation.password, rules, { email: waiting.email, name });
  if (fault) return refuse(fault);
  const completion = { passwordHash: await ports.passwords.hash(activation.password), name, givenName, familyName };
  const activated = await ports.atomically<Account>(async (stored) => {
    await stored.accounts.lock(waiting.accountId); // before its code: whoever changes an account begins with it
    const code = await stored.codes.take(tokenHash, 'activation');
    const isActive = code && (await stored.accounts.activate(code.accountId, completion));
    const account = isActive && (await stored.accounts.findById(code.accountId));
    if (!account) return refuse('activation_token_invalid');
    await record(context, attempted, stored);
    return done(account);
  });
  if (!activated.ok) return recordRefusal(context, activated, attempted);
  await forgetFailures(context, activated.value);
  const signedIn = await openSession(context, activated.value, wish);
  return signedIn ? done(signedIn) : refuse('activation_token_invalid');
}
