import { record, type Context } from './context.js';
import { done, refuse, type Outcome } from './outcome.js';

/**
 * Ends the session of a refresh token, whichever of its generations that is.
 *
 * @returns nothing; or `refresh_token_invalid` when it is none of this dialect's or its session has ended already.
 * @throws when a port does.
 */
export async function signOutWithRefreshToken(context: Context, refreshToken: string): Promise<Outcome<null>> {
  const { ports, dialect } = context;
  const claims = ports.tokens.readRefreshToken(refreshToken, dialect);
  if (!claims || !(await ports.sessions.end(claims.sessionId))) return refuse('refresh_token_invalid');
  await record(context, { action: 'session.ended', accountId: claims.accountId });
  return done(null);
}

/** Ends the session of an opaque token. What is no token, or none any more, is no error: who signs out is signed out. */
export async function signOutWithOpaqueToken({ ports }: Context, token: string): Promise<void> {
  const hash = ports.tokens.opaqueTokenHash(token);
  if (hash) await ports.sessions.endByOpaqueToken(hash);
}
