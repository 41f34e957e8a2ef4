import type { Account, ProfileChanges } from './account.js';
import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { normalizedEmail, parseEmailAddress } from './email-address.js';
import { findOwnAccount } from './find-own-account.js';
import { postMail } from './mail.js';
import { done, refuse, type Outcome } from './outcome.js';
import { sendVerification } from './verify-email.js';

/**
 * Changes what people may change of their own account as they like.
 *
 * @returns the account as it is now; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function changeProfile(context: Context, principal: Principal, changes: ProfileChanges): Promise<Outcome<Account>> {
  const own = await findOwnAccount(context, principal, { right: 'write account' });
  if (!own.ok) return own;
  await context.ports.accounts.updateProfile(own.value.id, changes);
  return done({ ...own.value, ...changes });
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
  const { ports, dialect } = context;
  const own = await findOwnAccount(context, principal, { right: 'write account' });
  if (!own.ok) return own;
  const email = parseEmailAddress(change.email);
  if (!email) return refuse('invalid_email');
  if (change.currentPassword !== undefined && !(await knowsPassword(context, own.value, change.currentPassword)))
    return refuse('wrong_current_password');
  const old = own.value;
  if (normalizedEmail(email) === normalizedEmail(old.email)) return done(old);
  const changed = await ports.atomically<Account>(async (stored) => {
    if (!(await stored.accounts.setEmail(old.id, email))) return refuse('new_email_taken');
    await stored.codes.deleteAll(old.id); // what went to the old address proves nothing of the new one
    const account: Account = { ...old, email, emailVerified: false };
    await sendVerification(context, account, stored);
    await postMail(context, { to: old.email, dialect, kind: 'email changed', newAddress: email }, stored);
    await record(context, { action: 'email.changed', accountId: old.id }, stored);
    return done(account);
  });
  ports.mails.deliverSoon();
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
  const own = await findOwnAccount(context, principal, { right: 'write account' });
  if (!own.ok) return own;
  if (currentPassword !== undefined && !(await knowsPassword(context, own.value, currentPassword))) return refuse('wrong_current_password');
  return context.ports.atomically(async (stored) => {
    await stored.accounts.delete(own.value.id);
    await record(context, { action: 'account.deleted', accountId: own.value.id }, stored);
    return done(null);
  });
}

async function knowsPassword({ ports }: Context, account: Account, password: string): Promise<boolean> {
  return account.passwordHash !== null && ports.passwords.verify(password, account.passwordHash);
}
