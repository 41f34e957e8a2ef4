import { done, refuse, type Outcome } from './outcome.js';
import type { Ports } from './ports.js';

/**
 * Ends the session of a refresh token, whichever of its generations that is.
 *
 * @returns nothing; or `refresh_token_invalid` when it is none of this dialect's or its session has ended already.
 * @throws when a port does.
 */
export async function signOutWithRefreshToken(ports: Ports, dialect: string, refreshToken: string): Promise<Outcome<null>> {
  const claims = ports.tokens.readRefreshToken(refreshToken, dialect);
  const ended = claims && (await ports.sessions.end(claims.sessionId));
  return ended ? done(null) : refuse('refresh_token_invalid');
}

/** Ends the session of an opaque token. What is no token, or none any more, is no error: who signs out is signed out. */
export async function signOutWithOpaqueToken(ports: Ports, token: string): Promise<void> {
  const hash = ports.tokens.opaqueTokenHash(token);
  if (hash) await ports.sessions.endByOpaqueToken(hash);
}
