import type { Ports } from './ports.js';

/** Placeholder until the feed lands. */
export async function isAccessTokenLive(ports: Ports, sessionId: string, accessTokenId: string): Promise<boolean> {
  const hasEnded = ports.revocations.hasEnded(sessionId, accessTokenId);
  return hasEnded === null ? ports.sessions.isLive(sessionId, accessTokenId) : !hasEnded;
}
