import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal } from '../core/context.js';
import { changeOwnAccount, findOwnAccount, type Want } from '../core/find-own-account.js';
import { done, type Outcome } from '../core/outcome.js';
import { asJob } from './account-jobs.js';
import type { WorkbenchContext } from './context.js';
import { lockPackages } from './lock-packages.js';
import type { OwnPackage } from './ports.js';

const WANT: Want = { right: 'write account' };

/**
 * Puts a list of packages in place of the one that one's own programs may import: all of it or nothing.
 *
 * @param wanted `name` or `name==version`, each.
 * @returns the list, by name; or what `lockPackages` and `findOwnAccount` refuse: then the list is as it was.
 * @throws what `lockPackages`, `asJob` and ports throw: then, too.
 */
export async function setPackages(context: WorkbenchContext, principal: Principal, wanted: string[]): Promise<Outcome<OwnPackage[]>> {
  const own = await findOwnAccount(context, principal, WANT);
  if (!own.ok) return own;
  const attempted = { action: 'packages.set', accountId: own.value.id } as const;
  return asJob(context, own.value.id, async () => {
    const locked = await lockPackages(context, wanted);
    if (!locked.ok) return recordRefusal(context, locked, attempted);
    const set = await changeOwnAccount(context, principal, WANT, async ({ id }, stored) => {
      await stored.packages.deleteAll(id);
      for (const each of locked.value) await stored.packages.put(id, each);
      await record(context, attempted, stored);
      return done(await stored.packages.list(id));
    });
    return recordRefusal(context, set, attempted);
  });
}
