import { openedTokens, type SignedIn } from './open-session.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { Policy } from './policy.js';
import type { Ports } from './ports.js';

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
 * the token is in two hands.
 *
 * @param request.accessToken where the client shows one, too: it may have expired, but must be the same account's.
 * @returns the session with its new tokens; or `refresh_token_invalid` (not ours, another dialect's, or its session has ended),
 *   `refresh_token_expired`, `refresh_token_reused` (the session has ended now).
 * @throws when a port does.
 * @see RFC 9700, section 4.14.2
 */
export async function refreshSession(ports: Ports, dialect: string, policy: Policy, request: RefreshRequest): Promise<Outcome<SignedIn>> {
  const claims = ports.tokens.readRefreshToken(request.refreshToken, dialect);
  if (!claims || !belongsTo(ports, dialect, claims.accountId, request.accessToken)) return refuse('refresh_token_invalid');
  if (claims.expired) return refuse('refresh_token_expired');

  const { sessionId, generation } = claims;
  const live =
    (await ports.sessions.rotate(sessionId, generation)) ??
    (await ports.sessions.findJustRotated(sessionId, generation, REPLAY_GRACE_SECONDS));
  if (live) return done(openedTokens(ports, policy, live));
  return refuse((await ports.sessions.end(sessionId)) ? 'refresh_token_reused' : 'refresh_token_invalid');
}

function belongsTo(ports: Ports, dialect: string, accountId: string, accessToken: string | null = null): boolean {
  return accessToken === null || ports.tokens.ownerOfAccessToken(accessToken, dialect) === accountId;
}

/**
 * Gives a fresh access token to whoever shows a good one, for dialects that have no refresh tokens.
 *
 * @returns the session with its new token; or `refresh_token_invalid` when it has ended meanwhile.
 * @throws when a port does.
 */
export async function renewSession(ports: Ports, policy: Policy, sessionId: string): Promise<Outcome<SignedIn>> {
  const live = await ports.sessions.renew(sessionId);
  return live ? done(openedTokens(ports, policy, live)) : refuse('refresh_token_invalid');
}
