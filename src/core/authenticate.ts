import type { Account } from './account.js';
import type { Ports } from './ports.js';
import type { Session } from './session.js';

/** Who makes a request, proven. */
export interface Principal {
  account: Account;
  /** Null where an API key was shown: it belongs to no session. */
  session: Session | null;
  /** Null where something else than a signed access token was shown. */
  accessToken: { id: string; expiresAt: Date } | null;
}

/** What a signed access token says of itself. */
export interface ShownClaims {
  sub: string;
  sid: string;
  jti: string;
  exp: number;
}

/**
 * Finds who shows an access token whose signature, audience and times are good already.
 *
 * @returns null when its session has ended, the token was revoked by itself, or the session was opened by another dialect, or belongs to somebody else or to an account that is
 *   not active.
 * @throws when a port does.
 */
export async function authenticateSession(ports: Ports, dialect: string, { sub, sid, jti, exp }: ShownClaims): Promise<Principal | null> {
  const found = await ports.sessions.findLive(sid, jti);
  if (found?.session.dialect !== dialect || found.account.id !== sub) return null;
  return { ...found, accessToken: { id: jti, expiresAt: new Date(exp * 1000) } };
}

/**
 * Finds who shows an opaque token.
 *
 * @returns null when it is none, its session has ended or was opened by another dialect, or its account is not active.
 * @throws when a port does.
 */
export async function authenticateOpaqueToken(ports: Ports, dialect: string, token: string): Promise<Principal | null> {
  const hash = ports.tokens.opaqueTokenHash(token);
  const found = hash && (await ports.sessions.findLiveByOpaqueToken(hash));
  return found?.session.dialect === dialect ? { ...found, accessToken: null } : null;
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
  return { account, session: null, accessToken: null };
}
