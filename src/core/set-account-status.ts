import type { Account, AccountStatus } from './account.js';
import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { parseEmailAddress } from './email-address.js';
import { changeOwnAccount } from './find-own-account.js';
import { forgetFailures } from './password-guesses.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { StoredPorts } from './ports.js';

/**
 * Gives an account another status. Any status but `active` ends the account's sessions with the same commit.
 *
 * @param actorId the operator whose doing it is; absent: the command line's, or the owner's.
 * @returns the account as it is now; or `account_not_found` when it was deleted meanwhile.
 * @throws when a port does.
 */
export async function setAccountStatus(
  context: Context,
  account: Account,
  status: AccountStatus,
  actorId?: string,
): Promise<Outcome<Account>> {
  return context.ports.atomically(async (stored) => {
    const now = await stored.accounts.lock(account.id);
    if (!now) return refuse('account_not_found');
    return setStatus(context, now, status, stored, actorId);
  });
}

async function setStatus(
  context: Context,
  account: Account,
  status: AccountStatus,
  stored: StoredPorts,
  actorId?: string,
): Promise<Outcome<Account>> {
  await stored.accounts.setStatus(account.id, status); // the account first: a session that opens meanwhile waits for this row
  if (status !== 'active') await stored.sessions.endAll(account.id, null);
  const actor = actorId === undefined ? {} : { actorId };
  await record(context, { action: `account.set_${status}`, accountId: account.id, ...actor }, stored);
  return done({ ...account, status });
}

/**
 * The same, for the account of an address.
 *
 * @returns the account as it is now; or `unknown_account`.
 * @throws when a port does.
 */
export async function setStatusByEmail(context: Context, email: string, status: AccountStatus): Promise<Outcome<Account>> {
  const address = parseEmailAddress(email);
  const account = address && (await context.ports.accounts.findByEmail(address));
  return account ? setAccountStatus(context, account, status) : refuse('unknown_account');
}

/**
 * Makes one's own account inactive, until an operator lets it in again. Its sessions end.
 *
 * @returns nothing; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function deactivateOwnAccount(context: Context, principal: Principal): Promise<Outcome<null>> {
  return changeOwnAccount(context, principal, { right: 'write account', session: true }, async (account, stored) => {
    await setStatus(context, account, 'inactive', stored);
    return done(null);
  });
}

/**
 * Forgets every wrong guess at an account's password, so that its owner waits no more.
 *
 * @returns the account; or `unknown_account`.
 * @throws when a port does.
 */
export async function unlockByEmail(context: Context, email: string): Promise<Outcome<Account>> {
  const address = parseEmailAddress(email);
  const account = address && (await context.ports.accounts.findByEmail(address));
  if (!account) return refuse('unknown_account');
  await record(context, { action: 'account.unlocked', accountId: account.id }); // first: what cannot be recorded is not done
  await forgetFailures(context, account);
  return done(account);
}
