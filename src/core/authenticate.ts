import type { Account } from './account.js';
import type { Ports } from './ports.js';
import type { Session } from './session.js';

/** Who makes a request, proven. */
export interface Principal {
  account: Account;
  /** Null where an API key was shown: it belongs to no session. */
  session: Session | null;
}

/**
 * Finds who shows an access token whose signature, audience and times are good already.
 *
 * @returns null when its session has ended, was opened by another dialect, or belongs to somebody else or to an account that is
 *   not active.
 * @throws when a port does.
 */
export async function authenticateSession(ports: Ports, dialect: string, claims: { sub: string; sid: string }): Promise<Principal | null> {
  const found = await ports.sessions.findLive(claims.sid);
  return found && found.session.dialect === dialect && found.account.id === claims.sub ? found : null;
}

/**
 * Finds who shows an API key.
 *
 * @returns null when the key is none, was revoked, or belongs to an account that is not active.
 * @throws when a port does.
 */
export async function authenticateApiKey(ports: Ports, key: string): Promise<Principal | null> {
  const accountId = ports.tokens.accountIdOfApiKey(key);
  const account = accountId && (await ports.accounts.findById(accountId));
  if (!account || account.status !== 'active' || !ports.tokens.isApiKeyOf(key, account)) return null;
  return { account, session: null };
}
