import type { Principal } from '../core/authenticate.js';
import { findOwnAccount } from '../core/find-own-account.js';
import { done, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import type { OwnPackage } from './ports.js';

/**
 * Lists the packages that one's own programs may import, by name.
 *
 * @returns them; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function listPackages(context: WorkbenchContext, principal: Principal): Promise<Outcome<OwnPackage[]>> {
  const own = await findOwnAccount(context, principal);
  return own.ok ? done(await context.ports.packages.list(own.value.id)) : own;
}
