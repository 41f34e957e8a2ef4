import type { Account } from './account.js';
import { record, type Context } from './context.js';
import { done, refuse } from './outcome.js';
import type { LiveSession } from './ports.js';
import { accessExpiresAt, unixSeconds, type Session } from './session.js';

/** What a person who signed in gets. Which of it is shown, and under which names, is for the dialect. */
export interface SignedIn {
  account: Account;
  session: Session;
  accessToken: string;
  accessExpiresAt: Date;
  refreshToken: string;
}

/** What kind of session is wanted. */
export interface SessionWish {
  /** One that lives longer, where the dialect has such. */
  long?: boolean;
  /** What the client calls itself. */
  deviceName?: string | null;
}

/**
 * Opens a session for somebody who has just proven who they are, and makes its tokens. It opens with its record or not at all.
 *
 * @returns null when the account's password or status changed since `account` was read.
 * @throws when a port does.
 */
export async function openSession(context: Context, account: Account, wish: SessionWish = {}): Promise<SignedIn | null> {
  const { ports, dialect, policy, origin } = context;
  const lives = wish.long && policy.longSessions ? policy.longSessions : policy.sessions;
  const opaque = policy.accessTokens === 'opaque' ? ports.tokens.createOpaqueToken() : null;
  const deviceName = wish.deviceName ?? null;
  const opened = await ports.atomically<Session>(async (stored) => {
    const session = await stored.sessions.open({ account, dialect, lives, origin, deviceName, opaqueTokenHash: opaque?.hash ?? null });
    if (!session) return refuse('unauthorized');
    await record(context, { action: 'session.opened', accountId: account.id }, stored);
    return done(session);
  });
  return opened.ok ? openedTokens(context, { account, session: opened.value }, opaque?.token) : null;
}

/** The tokens of a session's present generation. An opaque one is made at the login and never again. */
export function openedTokens(context: Context, { account, session }: LiveSession, opaqueToken?: string): SignedIn {
  const expiresAt = accessExpiresAt(session, context.policy.sessions);
  return {
    account,
    session,
    accessToken: opaqueToken ?? signAccessToken(context, account, session, expiresAt),
    accessExpiresAt: expiresAt,
    refreshToken: context.ports.tokens.signRefreshToken(session),
  };
}

function signAccessToken({ ports, policy }: Context, account: Account, session: Session, expiresAt: Date): string {
  return ports.tokens.signAccessToken({
    ...policy.accessTokenClaims?.(account),
    aud: session.dialect,
    sub: account.id,
    sid: session.id,
    iat: unixSeconds(session.renewedAt),
    exp: unixSeconds(expiresAt),
  });
}
