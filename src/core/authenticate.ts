import type { Account } from './account.js';
import { OPERATOR_RIGHTS, type Right } from './api-key.js';
import type { Context } from './context.js';
import type { ShownClaims } from './ports.js';
import { isAccessTokenLive } from './token-liveness.js';

/** Who makes a request, proven. */
export interface Principal {
  accountId: string;
  /** The account, where finding out who asks has read it already. */
  account: Account | null;
  /** Null where an API key was shown: it belongs to no session. */
  session: { id: string } | null;
  /** Null where something else than a signed access token was shown. */
  accessToken: { id: string; expiresAt: Date; claims: ShownClaims } | null;
  /** What an API key may do; null: all that its owner may. */
  rights: Right[] | null;
  /** The API key that was shown, where somebody made it. */
  apiKeyId?: string;
}

/**
 * Finds who shows an access token whose signature, audience and times are good already.
 *
 * @returns null when its session has ended, the token was revoked by itself, or the account is not active.
 * @throws when a port does.
 */
export async function authenticateSession({ ports }: Context, claims: ShownClaims): Promise<Principal | null> {
  const { sub, sid, jti, exp } = claims;
  if (!(await isAccessTokenLive(ports, sid, jti))) return null;
  const accessToken = { id: jti, expiresAt: new Date(exp * 1000), claims };
  return { accountId: sub, account: null, session: { id: sid }, accessToken, rights: null };
}

/**
 * Finds who shows an opaque token: that of a session, or an API key that somebody made.
 *
 * @returns null when it is none, has ended, belongs to another dialect, or its account is not active.
 * @throws when a port does.
 */
export async function authenticateOpaqueToken(context: Context, token: string): Promise<Principal | null> {
  const { ports, dialect } = context;
  const hash = ports.tokens.opaqueTokenHash(token);
  if (!hash) return authenticateStoredApiKey(context, token);
  const found = await ports.sessions.findLiveByOpaqueToken(hash);
  if (found?.session.dialect !== dialect) return null;
  const { account, session } = found;
  return { accountId: account.id, account, session, accessToken: null, rights: null };
}

async function authenticateStoredApiKey({ ports, dialect, policy }: Context, key: string): Promise<Principal | null> {
  const hash = policy.apiKeys && ports.tokens.storedApiKeyHash(key, policy.apiKeys.prefix);
  const found = hash && (await ports.apiKeys.findLiveByHash(hash));
  if (found?.key.dialect !== dialect) return null;
  const granted = found.key.scopes.flatMap((scope) => policy.apiKeys?.scopes[scope] ?? []);
  const rights = granted.filter((right) => found.account.operator || !OPERATOR_RIGHTS.has(right)); // its owner may be none any more
  return { accountId: found.account.id, account: found.account, session: null, accessToken: null, rights, apiKeyId: found.key.id };
}

/**
 * Finds who shows an account's derived API key.
 *
 * @returns null when the key is none, was revoked, or belongs to an account that is not active.
 * @throws when a port does.
 */
export async function authenticateDerivedApiKey({ ports }: Context, key: string): Promise<Principal | null> {
  const accountId = ports.tokens.accountIdOfApiKey(key);
  const account = accountId && (await ports.accounts.findById(accountId));
  if (!account || account.status !== 'active' || !ports.tokens.isApiKeyOf(key, account)) return null;
  return { accountId, account, session: null, accessToken: null, rights: null };
}
