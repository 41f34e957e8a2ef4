import type { Principal } from '../core/authenticate.js';
import { record } from '../core/context.js';
import { changeOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';

/**
 * Deletes one of one's own encrypted programs.
 *
 * @returns nothing; or `program_not_found`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function deleteEncryptedCode(context: WorkbenchContext, principal: Principal, name: string): Promise<Outcome<null>> {
  return changeOwnAccount(context, principal, { right: 'write account' }, async ({ id: accountId }, stored) => {
    if (!(await stored.encryptedCode.delete(accountId, name))) return refuse('program_not_found');
    await record(context, { action: 'encrypted_code.deleted', accountId, resource: name }, stored);
    return done(null);
  });
}
