import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { done, refuse, type Outcome } from './outcome.js';

// Who signs out by themselves is signed out first, and then it is recorded: where that fails, the fault is told and the session is over
// all the same. For what operators end it is the other way round.

/**
 * Ends the session of a refresh token, whichever of its generations that is.
 *
 * @returns nothing; or `refresh_token_invalid` when it is none of this dialect's or its session has ended already.
 * @throws when a port does; when it cannot be recorded, the session has ended.
 */
export async function signOutWithRefreshToken(context: Context, refreshToken: string): Promise<Outcome<null>> {
  const { ports, dialect } = context;
  const claims = await ports.tokens.readRefreshToken(refreshToken, dialect);
  if (!claims || !(await ports.sessions.end(claims.sessionId))) return refuse('refresh_token_invalid');
  await record(context, { action: 'session.ended', accountId: claims.accountId });
  return done(null);
}

/**
 * Ends the session of an opaque token. What is no token, or none any more, is no error: who signs out is signed out.
 *
 * @throws when a port does; when it cannot be recorded, the session has ended.
 */
export async function signOutWithOpaqueToken(context: Context, token: string): Promise<void> {
  const { sessions, tokens } = context.ports;
  const hash = tokens.opaqueTokenHash(token);
  const accountId = hash && (await sessions.endByOpaqueToken(hash));
  if (accountId) await record(context, { action: 'session.ended', accountId });
}

/**
 * Makes the access token that is shown good for nothing; its session goes on.
 *
 * @throws when a port does; when it cannot be recorded, the token is over.
 */
export async function revokeShownAccessToken(context: Context, { accountId, accessToken }: Principal): Promise<void> {
  if (!accessToken) return;
  await context.ports.sessions.revokeAccessToken(accessToken.id, accessToken.expiresAt);
  await record(context, { action: 'access_token.revoked', accountId });
}
