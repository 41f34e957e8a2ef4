import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal } from '../core/context.js';
import { changeOwnAccount, findOwnAccount, type Want } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import { asJob } from './account-jobs.js';
import type { WorkbenchContext } from './context.js';
import { isTooMuch, lockPackage } from './lock-packages.js';
import { parseRequirement } from './package-requirement.js';
import type { OwnPackage } from './ports.js';

const WANT: Want = { right: 'write account' };

/**
 * Adds a package to the list that one's own programs may import, in place of another version of it.
 *
 * @param wanted `name` or `name==version`.
 * @returns the package; or `too_many_packages` (with it, the list would be too long, or its files too large), and what `lockPackage` and
 *   `findOwnAccount` refuse: then the list is as it was.
 * @throws what `lockPackage`, `asJob` and ports throw: then, too.
 */
export async function addPackage(context: WorkbenchContext, principal: Principal, wanted: string): Promise<Outcome<OwnPackage>> {
  const own = await findOwnAccount(context, principal, WANT);
  if (!own.ok) return own;
  const name = parseRequirement(wanted)?.name;
  const attempted = { action: 'package.added', accountId: own.value.id, ...(name && { resource: name }) } as const;
  return asJob(context, own.value.id, async () => {
    const locked = await lockPackage(context, wanted);
    if (!locked.ok) return recordRefusal(context, locked, attempted);
    const added = await changeOwnAccount(context, principal, WANT, async ({ id }, stored) => {
      const put = await stored.packages.put(id, locked.value);
      if (isTooMuch(await stored.packages.list(id))) return refuse('too_many_packages');
      await record(context, attempted, stored);
      return done(put);
    });
    return recordRefusal(context, added, attempted);
  });
}
