import type { Account, AccountStatus } from './account.js';
import type { AuditAction, AuditFilter, AuditRecord } from './audit.js';
import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { findOperator } from './find-own-account.js';
import { inviteAccount, type Invitation } from './invite-account.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { Page } from './ports.js';
import { sendPasswordReset } from './reset-password.js';
import { setAccountStatus } from './set-account-status.js';

// Whatever an operator changes goes into one transaction with its record: what cannot be recorded is not done.

/**
 * Finds accounts, ordered by address.
 *
 * @returns the accounts; or what `findOperator` refuses.
 * @throws when a port does.
 */
export async function searchAccounts(
  context: Context,
  principal: Principal,
  page: Page,
  filter: { matching?: string; status?: AccountStatus },
): Promise<Outcome<Account[]>> {
  const operator = await findOperator(context, principal, { action: 'account.read', accountId: null });
  return operator.ok ? done(await context.ports.accounts.list(page, filter)) : operator;
}

/** Looks one account up. @returns the account; or `account_not_found`, and what `findOperator` refuses. @throws when a port does. */
export async function findAccount(context: Context, principal: Principal, id: string): Promise<Outcome<Account>> {
  const found = await operated(context, principal, id, 'account.read');
  return found.ok ? done(found.value.account) : found;
}

/** Invites somebody. @returns the account that waits for them; or what `inviteAccount` and `findOperator` refuse. @throws when a port does. */
export async function invite(context: Context, principal: Principal, invitation: Invitation): Promise<Outcome<Account>> {
  const operator = await findOperator(context, principal, { action: 'account.invited', accountId: null, address: invitation.email });
  return operator.ok ? inviteAccount(context, invitation, operator.value.id) : operator;
}

/** Gives an account another status. @returns it as it is now; or `account_not_found`, and what `findOperator` refuses. @throws when a port does. */
export async function changeStatus(context: Context, principal: Principal, id: string, status: AccountStatus): Promise<Outcome<Account>> {
  const found = await operated(context, principal, id, `account.set_${status}`);
  return found.ok ? setAccountStatus(context, found.value.account, status, found.value.operator.id) : found;
}

/**
 * Mails an account's owner a token that sets a new password: an operator neither sets nor sees one.
 *
 * @returns nothing; or `account_not_found` (also one that is not active), and what `findOperator` refuses.
 * @throws when a port does.
 * @see OWASP ASVS 5.0, 6.4.6
 */
export async function startPasswordReset(context: Context, principal: Principal, id: string): Promise<Outcome<null>> {
  const found = await operated(context, principal, id, 'password.reset_requested');
  if (!found.ok) return found;
  const { operator } = found.value;
  const sent = await context.ports.atomically<null>(async (stored) => {
    const held = await stored.accounts.lock(id); // nobody deletes it before its code is there
    if (held?.status !== 'active') return refuse('account_not_found');
    await sendPasswordReset(context, held, 'password reset', stored);
    await record(context, { action: 'password.reset_requested', accountId: id, actorId: operator.id }, stored);
    return done(null);
  });
  context.ports.mails.deliverSoon();
  return sent;
}

/** Ends all sessions of an account. @returns how many there were; or `account_not_found`, and what `findOperator` refuses. @throws when a port does. */
export async function endSessionsOf(context: Context, principal: Principal, id: string): Promise<Outcome<number>> {
  const found = await operated(context, principal, id, 'session.all_ended');
  if (!found.ok) return found;
  return context.ports.atomically(async (stored) => {
    const ended = await stored.sessions.endAll(id, null);
    await record(context, { action: 'session.all_ended', accountId: id, actorId: found.value.operator.id }, stored);
    return done(ended);
  });
}

/** Reads the audit trail, newest first. @returns the records; or what `findOperator` refuses. @throws when a port does. */
export async function readAuditTrail(
  context: Context,
  principal: Principal,
  page: Page,
  filter: AuditFilter,
): Promise<Outcome<AuditRecord[]>> {
  const operator = await findOperator(context, principal, { action: 'audit.read', accountId: null });
  return operator.ok ? done(await context.ports.audit.list(page, filter)) : operator;
}

async function operated(
  context: Context,
  principal: Principal,
  id: string,
  action: AuditAction,
): Promise<Outcome<{ account: Account; operator: Account }>> {
  const operator = await findOperator(context, principal, { action, accountId: id });
  if (!operator.ok) return operator;
  const account = await context.ports.accounts.findById(id);
  return account ? done({ account, operator: operator.value }) : refuse('account_not_found');
}
