import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { changeOwnAccount, findOwnAccount, type Want } from './find-own-account.js';
import { postMail } from './mail.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordFault } from './password-rules.js';

const WANT: Want = { right: 'write account' };

/** What somebody who wants another password sends. */
export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
  /** Make the derived API key good for nothing, too. */
  revokeDerivedApiKey?: boolean;
}

/**
 * Changes one's own password. Every other session ends, and the owner is told by mail.
 *
 * @returns nothing; or `wrong_current_password`, `password_too_short`, `password_too_long`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 * @see OWASP ASVS 5.0, 7.4.3 and 6.3.7
 */
export async function changePassword(context: Context, principal: Principal, change: PasswordChange): Promise<Outcome<null>> {
  const { ports, rules, dialect } = context;
  const own = await findOwnAccount(context, principal, WANT);
  if (!own.ok) return own;
  const account = own.value;
  const fault = passwordFault(change.newPassword, rules);
  if (fault) return refuse(fault);
  const isKnown = account.passwordHash !== null && (await ports.passwords.verify(change.currentPassword, account.passwordHash));
  if (!isKnown) return refuse('wrong_current_password');
  const hash = await ports.passwords.hash(change.newPassword);
  const changed = await changeOwnAccount<null>(context, principal, WANT, async (_now, stored) => {
    if (!(await stored.accounts.setPassword(account.id, account.passwordVersion, hash))) return refuse('wrong_current_password');
    await stored.sessions.endAll(account.id, principal.session?.id ?? null);
    if (change.revokeDerivedApiKey) await stored.accounts.revokeDerivedApiKey(account.id);
    await postMail(context, { to: account.email, dialect, kind: 'password changed' }, stored);
    await record(context, { action: 'password.changed', accountId: account.id }, stored);
    return done(null);
  });
  ports.mails.deliverSoon();
  return changed;
}
