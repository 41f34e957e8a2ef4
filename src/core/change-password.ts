import type { Principal } from './authenticate.js';
import { record, recordRefusal, type Context, type Happened } from './context.js';
import { changeOwnAccount, findOwnAccount, type Want } from './find-own-account.js';
import { postMail } from './mail.js';
import { done, refuse, type Outcome } from './outcome.js';
import { passwordGuess } from './password-guesses.js';
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
 * Changes one's own password. Every other session ends, and the owner is told by mail, where the address is theirs for sure.
 *
 * @returns nothing; or `wrong_current_password`, what `passwordFault` finds, and what `findOwnAccount` refuses.
 * @throws RateLimited, and what ports throw.
 * @see OWASP ASVS 5.0, 7.4.3 and 6.3.7
 */
export async function changePassword(context: Context, principal: Principal, change: PasswordChange): Promise<Outcome<null>> {
  const { ports, rules, dialect } = context;
  const own = await findOwnAccount(context, principal, WANT);
  if (!own.ok) return own;
  const account = own.value;
  const fault = await passwordFault(change.newPassword, rules, account);
  if (fault) return refuse(fault);
  const attempted: Happened = { action: 'password.changed', accountId: account.id };
  const guess = passwordGuess(context, { accountId: account.id });
  await guess.begin();
  const isKnown = account.passwordHash !== null && (await ports.passwords.verify(change.currentPassword, account.passwordHash));
  await guess.end(isKnown);
  if (!isKnown) return recordRefusal(context, refuse('wrong_current_password'), attempted);
  const hash = await ports.passwords.hash(change.newPassword);
  const changed = await changeOwnAccount<null>(context, principal, WANT, async (_now, stored) => {
    if (!(await stored.accounts.setPassword(account.id, account.passwordVersion, hash))) return refuse('wrong_current_password');
    await stored.sessions.endAll(account.id, principal.session?.id ?? null);
    if (change.revokeDerivedApiKey) await stored.accounts.revokeDerivedApiKey(account.id);
    if (account.emailVerified) await postMail(context, { to: account.email, dialect, kind: 'password changed' }, stored); // else to a stranger, perhaps
    await record(context, attempted, stored);
    return done(null);
  });
  ports.mails.deliverSoon();
  return recordRefusal(context, changed, attempted);
}
