import type { AuditFilter, AuditRecord } from '../core/audit.js';
import type { Principal } from '../core/authenticate.js';
import { findOwnAccount } from '../core/find-own-account.js';
import { done, type Outcome } from '../core/outcome.js';
import type { Page } from '../core/ports.js';
import type { WorkbenchContext } from './context.js';

/**
 * What is recorded about one's own account, newest first. Reading it leaves no record.
 *
 * @param page goes on behind a record's id.
 * @returns the records; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function readOwnAuditTrail(
  context: WorkbenchContext,
  principal: Principal,
  page: Page,
  filter: Omit<AuditFilter, 'accountId'>,
): Promise<Outcome<AuditRecord[]>> {
  const own = await findOwnAccount(context, principal);
  return own.ok ? done(await context.ports.audit.list(page, { ...filter, accountId: own.value.id })) : own;
}
