import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { done, refuse, type Outcome } from './outcome.js';
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
  const claims = ports.tokens.readAccessToken(token);
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
 * whole session. What is no token, or none any more, is no error.
 *
 * @returns nothing; or `insufficient_scope`.
 * @throws when a port does.
 * @see RFC 7009, sections 2.1 and 2.2
 */
export async function revokeToken(context: Context, principal: Principal, token: string): Promise<Outcome<null>> {
  if (!principal.rights?.includes('revoke tokens')) return refuse('insufficient_scope');
  const { sessions, tokens } = context.ports;
  const access = tokens.readAccessToken(token);
  if (access) {
    await sessions.revokeAccessToken(access.jti, new Date(access.exp * 1000));
    return done(null);
  }
  const refresh = tokens.readRefreshToken(token);
  const hash = tokens.opaqueTokenHash(token);
  const hasEnded = (refresh && (await sessions.end(refresh.sessionId))) || (hash && (await sessions.endByOpaqueToken(hash)));
  if (hasEnded) await record(context, { action: 'session.ended', accountId: refresh?.accountId ?? null, actorId: principal.accountId });
  return done(null);
}
