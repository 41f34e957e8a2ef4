import type { Principal } from '../core/authenticate.js';
import { findOwnAccount } from '../core/find-own-account.js';
import { done, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import type { EncryptedCodeMetadata } from './ports.js';

/**
 * One's own encrypted programs by name, without their payloads.
 *
 * @returns all of them; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function listEncryptedCode(context: WorkbenchContext, principal: Principal): Promise<Outcome<EncryptedCodeMetadata[]>> {
  const own = await findOwnAccount(context, principal);
  return own.ok ? done(await context.ports.encryptedCode.list(own.value.id)) : own;
}
