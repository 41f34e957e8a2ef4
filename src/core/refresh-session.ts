import type { Principal } from './authenticate.js';
import { record, recordRefusal, type Context, type Happened } from './context.js';
import { openedTokens, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome } from './outcome.js';
import { countRefresh } from './limits.js';
import type { RefreshTokenClaims } from './ports.js';

/** A client that sent a refresh token and lost the answer may send it again for so long. */
const REPLAY_GRACE_SECONDS = 10;

/** What somebody who wants the next tokens shows. */
export interface RefreshRequest {
  refreshToken: string;
  accessToken?: string | null;
}

/**
 * Takes a refresh token for the next generation of its session's tokens. A refresh token is good once: of many requests with the
 * same one, all that come within ten seconds get the same successor, and any that comes later ends the session, as it shows that
 * the token is in two hands. What is refused is recorded, where the token is ours; what succeeds is not.
 *
 * @param request.accessToken where the client shows one, too: it may have expired, but must be the same account's.
 * @returns the session with its new tokens; or `refresh_token_invalid` (not ours, another dialect's, or its session has ended),
 *   `refresh_token_expired`, `refresh_token_reused` (the session has ended now).
 * @throws RateLimited, and what ports throw.
 * @see RFC 9700, section 4.14.2
 */
export async function refreshSession(context: Context, request: RefreshRequest): Promise<Outcome<SignedIn>> {
  const { ports, dialect } = context;
  const claims = await ports.tokens.readRefreshToken(request.refreshToken, dialect);
  if (!claims) return refuse('refresh_token_invalid');
  const { sessionId, accountId, generation } = claims;
  const attempted: Happened = { action: 'session.refreshed', accountId };
  if (!(await belongsTo(context, accountId, request.accessToken)))
    return recordRefusal(context, refuse('refresh_token_invalid'), attempted);
  if (claims.expired) return recordRefusal(context, refuse('refresh_token_expired'), attempted);

  await countRefresh(context, sessionId);
  const live =
    (await ports.sessions.rotate(sessionId, generation)) ??
    (await ports.sessions.findJustRotated(sessionId, generation, REPLAY_GRACE_SECONDS));
  return live ? done(openedTokens(context, live)) : endReusedSession(context, claims, attempted);
}

async function belongsTo({ ports, dialect }: Context, accountId: string, accessToken: string | null = null): Promise<boolean> {
  return accessToken === null || (await ports.tokens.ownerOfAccessToken(accessToken, dialect)) === accountId;
}

/** A session that is there, and whose generation is another one: the token was used before. */
async function endReusedSession(
  context: Context,
  { sessionId, accountId }: RefreshTokenClaims,
  attempted: Happened,
): Promise<Outcome<never>> {
  const ended = await context.ports.atomically(async (stored) => {
    if (!(await stored.sessions.end(sessionId))) return refuse('refresh_token_invalid');
    await record(context, { action: 'refresh_token.reused', accountId, reason: 'refresh_token_reused' }, stored);
    return done(null);
  });
  return ended.ok ? refuse('refresh_token_reused') : recordRefusal(context, ended, attempted);
}

/**
 * Gives a fresh access token to whoever shows a good one, for dialects that have no refresh tokens.
 *
 * @returns the session with its new token; or `unauthorized` when it has ended meanwhile, or no session's token was shown.
 * @throws RateLimited, and what ports throw.
 */
export async function renewSession(context: Context, { session }: Principal): Promise<Outcome<SignedIn>> {
  if (session) await countRefresh(context, session.id);
  const live = session && (await context.ports.sessions.renew(session.id));
  return live ? done(openedTokens(context, live)) : refuse('unauthorized');
}
