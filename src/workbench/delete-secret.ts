import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal } from '../core/context.js';
import { changeOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';

/**
 * Deletes one of one's own secrets.
 *
 * @returns nothing; or `secret_not_found`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function deleteSecret(context: WorkbenchContext, principal: Principal, name: string): Promise<Outcome<null>> {
  const attempted = { action: 'secret.deleted', accountId: principal.accountId, resource: name } as const;
  const deleted = await changeOwnAccount(context, principal, { right: 'write account' }, async ({ id }, stored): Promise<Outcome<null>> => {
    if (!(await stored.secrets.delete(id, name))) return refuse('secret_not_found');
    await record(context, attempted, stored);
    return done(null);
  });
  return recordRefusal(context, deleted, attempted);
}
