import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { RefreshTokenClaims, StoredPorts } from './ports.js';
import { unixSeconds } from './session.js';
import { isAccessTokenLive } from './token-liveness.js';

/** What is told of a live token. @see RFC 7662, section 2.2 */
export interface LiveToken {
  accountId: string;
  dialect: string;
  /** Null where the token is an opaque one or a refresh token: it has no id of its own. */
  tokenId: string | null;
  sessionId: string;
  /** In Unix seconds. */
  issuedAt: number;
  expiresAt: number;
}

/**
 * Tells another service whether an access token, of whichever dialect, is good now, and whose it is.
 *
 * @returns null where it is not: expired, ended, none of ours; or `insufficient_scope`.
 * @throws when a port does.
 * @see RFC 7662
 */
export async function introspectToken(context: Context, principal: Principal, token: string): Promise<Outcome<LiveToken | null>> {
  if (!principal.rights?.includes('introspect tokens')) return refuse('insufficient_scope');
  const { ports } = context;
  const hash = ports.tokens.opaqueTokenHash(token);
  if (hash) return done(await inspectOpaqueToken(context, hash));
  const claims = await ports.tokens.readAccessToken(token);
  if (!claims || !(await isAccessTokenLive(ports, claims.sid, claims.jti))) return done(null);
  const { sub, aud, jti, sid, iat, exp } = claims;
  return done({ accountId: sub, dialect: aud, tokenId: jti, sessionId: sid, issuedAt: iat, expiresAt: exp });
}

async function inspectOpaqueToken({ ports }: Context, hash: Buffer): Promise<LiveToken | null> {
  const live = await ports.sessions.findLiveByOpaqueToken(hash);
  if (!live) return null;
  const { id: sessionId, accountId, dialect, createdAt, idleExpiresAt, expiresAt } = live.session;
  const end = idleExpiresAt < expiresAt ? idleExpiresAt : expiresAt;
  return { accountId, dialect, tokenId: null, sessionId, issuedAt: unixSeconds(createdAt), expiresAt: unixSeconds(end) };
}

/**
 * Ends a token, of whichever dialect, in the name of another service: an access token alone, a refresh token or an opaque one with its
 * whole session. What is no token, or none any more, is no error. The caller is an operator's program: nothing ends that cannot be recorded.
 *
 * @returns nothing; or `insufficient_scope`.
 * @throws when a port does.
 * @see RFC 7009, sections 2.1 and 2.2
 */
export async function revokeToken(context: Context, principal: Principal, token: string): Promise<Outcome<null>> {
  if (!principal.rights?.includes('revoke tokens')) return refuse('insufficient_scope');
  const { accountId: actorId } = principal;
  const { tokens, atomically } = context.ports;
  const access = await tokens.readAccessToken(token);
  const refresh = access ? null : await tokens.readRefreshToken(token); // before the transaction: it may have to look for a key
  return atomically(async (stored) => {
    if (access) {
      await stored.sessions.revokeAccessToken(access.jti, new Date(access.exp * 1000));
      await record(context, { action: 'access_token.revoked', accountId: access.sub, actorId }, stored);
      return done(null);
    }
    const accountId = refresh ? await endSessionOf(refresh, stored) : await endOpaqueSession(context, token, stored);
    if (accountId !== null) await record(context, { action: 'session.ended', accountId, actorId }, stored);
    return done(null);
  });
}

/** Ends the session of a refresh token. @returns whose it was; null where none ended. */
async function endSessionOf({ sessionId, accountId }: RefreshTokenClaims, { sessions }: StoredPorts): Promise<string | null> {
  return (await sessions.end(sessionId)) ? accountId : null;
}

/** The same, of an opaque token. */
async function endOpaqueSession({ ports }: Context, token: string, { sessions }: StoredPorts): Promise<string | null> {
  const hash = ports.tokens.opaqueTokenHash(token);
  return hash && sessions.endByOpaqueToken(hash);
}
