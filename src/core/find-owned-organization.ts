import type { Organization } from './account.js';
import type { Principal } from './authenticate.js';
import type { Context } from './context.js';
import { findOwnAccount } from './find-own-account.js';
import { done, refuse, type Outcome } from './outcome.js';

/**
 * Finds the organisation of who asks, if it is theirs to run: they own it, and show a session.
 *
 * @param id which one they say it is; left out, whichever they are in.
 * @returns the organisation; or `forbidden` (they do not own it, or it is another one), and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function findOwnedOrganization(context: Context, principal: Principal, id?: string): Promise<Outcome<Organization>> {
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  const { organization, organizationRole } = own.value;
  const isMeant = id === undefined || id.toLowerCase() === organization.id;
  return isMeant && organizationRole === 'owner' ? done(organization) : refuse('forbidden');
}
