import type { Account, ProfileChanges } from './account.js';
import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { normalizedEmail, parseEmailAddress } from './email-address.js';
import { changeOwnAccount, findOwnAccount, type Want } from './find-own-account.js';
import { postMail } from './mail.js';
import { done, refuse, type Outcome } from './outcome.js';
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
    return done({ ...account, ...changes });
  });
}

/** A new address, and the password where the dialect asks for it once more. */
export interface EmailChange {
  email: string;
  currentPassword?: string;
}

/**
 * Gives one's own account another address. It is not verified until what is mailed to it comes back, and the old one is told. An
 * address that differs in letter case alone is the same one, and stays as verified as it was.
 *
 * @returns the account as it is now; or `invalid_email`, `new_email_taken`, `wrong_current_password`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 * @see OWASP ASVS 5.0, 7.5.1
 */
export async function changeEmail(context: Context, principal: Principal, change: EmailChange): Promise<Outcome<Account>> {
  const email = parseEmailAddress(change.email);
  if (!email) return refuse('invalid_email');
  const proven = await provePassword(context, principal, change.currentPassword);
  if (!proven.ok) return proven;
  const changed = await changeOwnAccount<Account>(context, principal, WANT, async (old, stored) => {
    if (old.passwordVersion !== proven.value.passwordVersion) return refuse('wrong_current_password');
    if (normalizedEmail(email) === normalizedEmail(old.email)) return done(old);
    if (!(await stored.accounts.setEmail(old.id, email))) return refuse('new_email_taken');
    await stored.codes.deleteAll(old.id); // what went to the old address proves nothing of the new one
    const account: Account = { ...old, email, emailVerified: false };
    await sendVerification(context, account, stored);
    await postMail(context, { to: old.email, dialect: context.dialect, kind: 'email changed', newAddress: email }, stored);
    await record(context, { action: 'email.changed', accountId: old.id }, stored);
    return done(account);
  });
  context.ports.mails.deliverSoon();
  return changed;
}

/**
 * Deletes one's own account with everything that is its own, for good: sessions, keys, codes, and the organisation where nobody else is in it.
 *
 * @param currentPassword where the dialect asks for it once more.
 * @returns nothing; or `wrong_current_password`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function deleteOwnAccount(
  context: Context,
  principal: Principal,
  { currentPassword }: { currentPassword?: string } = {},
): Promise<Outcome<null>> {
  const proven = await provePassword(context, principal, currentPassword);
  if (!proven.ok) return proven;
  return changeOwnAccount(context, principal, WANT, async ({ id, passwordVersion }, stored) => {
    if (passwordVersion !== proven.value.passwordVersion) return refuse('wrong_current_password');
    await stored.accounts.delete(id);
    await record(context, { action: 'account.deleted', accountId: id }, stored);
    return done(null);
  });
}

/** The account of who asks, whose password is the one that was sent, where one was: it takes its time, and so comes before any transaction. */
async function provePassword(context: Context, principal: Principal, password: string | undefined): Promise<Outcome<Account>> {
  const own = await findOwnAccount(context, principal, WANT);
  if (!own.ok || password === undefined) return own;
  const { passwordHash } = own.value;
  const isKnown = passwordHash !== null && (await context.ports.passwords.verify(password, passwordHash));
  return isKnown ? own : refuse('wrong_current_password');
}
