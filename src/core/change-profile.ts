import type { Account, ProfileChanges } from './account.js';
import type { Principal } from './authenticate.js';
import { record, recordRefusal, type Context, type Happened } from './context.js';
import { normalizedEmail, parseEmailAddress } from './email-address.js';
import { changeOwnAccount, findOwnAccount, type Want } from './find-own-account.js';
import { countMail } from './limits.js';
import { postMail, type Mail } from './mail.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordGuess } from './password-guesses.js';
import { sendVerification } from './verify-email.js';

const WANT: Want = { right: 'write account' };

/**
 * Changes what people may change of their own account as they like.
 *
 * @returns the account as it is now; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function changeProfile(context: Context, principal: Principal, changes: ProfileChanges): Promise<Outcome<Account>> {
  return changeOwnAccount(context, principal, WANT, async (account, stored) => {
    await stored.accounts.updateProfile(account.id, changes);
    await record(context, { action: 'profile.changed', accountId: account.id }, stored);
    return done({ ...account, ...changes });
  });
}

/** A new address, and the password where the dialect asks for it once more. */
export interface EmailChange {
  email: string;
  currentPassword?: string;
}

/**
 * Gives one's own account another address. It is not verified until what is mailed to it comes back, and the old one is told, where it was verified. An
 * address that differs in letter case alone is the same one, and stays as verified as it was.
 *
 * @returns the account as it is now; or `invalid_email`, `new_email_taken`, `wrong_current_password`, and what `findOwnAccount` refuses.
 * @throws RateLimited, and what ports throw.
 * @see OWASP ASVS 5.0, 7.5.1
 */
export async function changeEmail(context: Context, principal: Principal, change: EmailChange): Promise<Outcome<Account>> {
  const email = parseEmailAddress(change.email);
  if (!email) return refuse('invalid_email');
  const attempted: Happened = { action: 'email.changed', accountId: principal.accountId, address: change.email };
  const proven = await provePassword(context, principal, change.currentPassword, attempted);
  if (!proven.ok) return proven;
  await countMail(context, email);
  const changed = await changeOwnAccount<Account>(context, principal, WANT, async (old, stored) => {
    if (old.passwordVersion !== proven.value.passwordVersion) return refuse('wrong_current_password');
    if (normalizedEmail(email) === normalizedEmail(old.email)) return done(old);
    if (!(await stored.accounts.setEmail(old.id, email))) return refuse('new_email_taken');
    await stored.codes.deleteAll(old.id); // what went to the old address proves nothing of the new one
    const account: Account = { ...old, email, emailVerified: false };
    await sendVerification(context, account, stored);
    const notice: Mail = { to: old.email, dialect: context.dialect, kind: 'email changed', newAddress: email };
    if (old.emailVerified) await postMail(context, notice, stored); // else to a stranger, perhaps
    await record(context, attempted, stored);
    return done(account);
  });
  context.ports.mails.deliverSoon();
  return recordRefusal(context, changed, attempted);
}

/**
 * Deletes one's own account with everything that is its own, for good: sessions, keys, codes, and the organisation where nobody else is in it.
 *
 * @param currentPassword where the dialect asks for it once more.
 * @returns nothing; or `wrong_current_password`, and what `findOwnAccount` refuses.
 * @throws RateLimited, and what ports throw.
 */
export async function deleteOwnAccount(
  context: Context,
  principal: Principal,
  { currentPassword }: { currentPassword?: string } = {},
): Promise<Outcome<null>> {
  const attempted: Happened = { action: 'account.deleted', accountId: principal.accountId };
  const proven = await provePassword(context, principal, currentPassword, attempted);
  if (!proven.ok) return proven;
  const deleted = await changeOwnAccount<null>(context, principal, WANT, async ({ id, passwordVersion }, stored) => {
    if (passwordVersion !== proven.value.passwordVersion) return refuse('wrong_current_password');
    await stored.accounts.delete(id);
    await record(context, attempted, stored);
    return done(null);
  });
  return recordRefusal(context, deleted, attempted);
}

/** The account of who asks, whose password is the one that was sent, where one was: it takes its time, and so comes before any transaction. */
async function provePassword(
  context: Context,
  principal: Principal,
  password: string | undefined,
  attempted: Happened,
): Promise<Outcome<Account>> {
  const own = await findOwnAccount(context, principal, WANT);
  if (!own.ok || password === undefined) return own;
  const { passwordHash } = own.value;
  const guess = passwordGuess(context, { accountId: principal.accountId });
  await guess.begin();
  const isKnown = passwordHash !== null && (await context.ports.passwords.verify(password, passwordHash));
  await guess.end(isKnown);
  return isKnown ? own : recordRefusal(context, refuse('wrong_current_password'), attempted);
}
