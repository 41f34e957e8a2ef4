import type { Principal } from '../core/authenticate.js';
import { record } from '../core/context.js';
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
  return changeOwnAccount(context, principal, { right: 'write account' }, async ({ id: accountId }, stored) => {
    if (!(await stored.secrets.delete(accountId, name))) return refuse('secret_not_found');
    await record(context, { action: 'secret.deleted', accountId, resource: name }, stored);
    return done(null);
  });
}
