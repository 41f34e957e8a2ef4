import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal } from '../core/context.js';
import { changeOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import { normalizedPackageName } from './package-requirement.js';

/**
 * Takes a package off the list that one's own programs may import.
 *
 * @param name in any spelling of it (PEP 503).
 * @returns nothing; or `package_not_listed`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function removePackage(context: WorkbenchContext, principal: Principal, name: string): Promise<Outcome<null>> {
  const attempted = { action: 'package.removed', accountId: principal.accountId, resource: normalizedPackageName(name) } as const;
  const removed = await changeOwnAccount(context, principal, { right: 'write account' }, async ({ id }, stored): Promise<Outcome<null>> => {
    if (!(await stored.packages.delete(id, attempted.resource))) return refuse('package_not_listed');
    await record(context, attempted, stored);
    return done(null);
  });
  return recordRefusal(context, removed, attempted);
}
