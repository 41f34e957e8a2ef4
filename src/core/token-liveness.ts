import type { Ports } from './ports.js';

/**
 * Whether a signed access token is still good, its signature and times being so: its session has not ended, and it was not revoked
 * by itself. Asks the database only where this process cannot tell.
 *
 * @throws when a port does.
 */
export async function isAccessTokenLive(
  { revocations, sessions }: Pick<Ports, 'revocations' | 'sessions'>,
  sessionId: string,
  accessTokenId: string,
): Promise<boolean> {
  const hasEnded = revocations.hasEnded(sessionId, accessTokenId);
  return hasEnded === null ? sessions.isLive(sessionId, accessTokenId) : !hasEnded;
}
