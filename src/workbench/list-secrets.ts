import type { Principal } from '../core/authenticate.js';
import { findOwnAccount } from '../core/find-own-account.js';
import { done, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import type { SecretMetadata } from './ports.js';

/**
 * One's own secrets by name, without their values.
 *
 * @returns all of them; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function listSecrets(context: WorkbenchContext, principal: Principal): Promise<Outcome<SecretMetadata[]>> {
  const own = await findOwnAccount(context, principal);
  return own.ok ? done(await context.ports.secrets.list(own.value.id)) : own;
}
