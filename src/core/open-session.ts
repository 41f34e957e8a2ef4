import type { Account } from './account.js';
import type { Policy } from './policy.js';
import type { LiveSession, Ports } from './ports.js';
import { accessExpiresAt, unixSeconds, type Device, type Session } from './session.js';

/** What a person who signed in gets. Which of it is shown, and under which names, is for the dialect. */
export interface SignedIn {
  account: Account;
  session: Session;
  accessToken: string;
  accessExpiresAt: Date;
  refreshToken: string;
}

/**
 * Opens a session for somebody who has just proven who they are, and makes its tokens.
 *
 * @returns null when the account's password or status changed since `account` was read.
 * @throws when a port does.
 */
export async function openSession(
  ports: Ports,
  dialect: string,
  policy: Policy,
  account: Account,
  wanted: { device: Device; long: boolean },
): Promise<SignedIn | null> {
  const lives = wanted.long && policy.longSessions ? policy.longSessions : policy.sessions;
  const opaque = policy.accessTokens === 'opaque' ? ports.tokens.createOpaqueToken() : null;
  const session = await ports.sessions.open({ account, dialect, lives, device: wanted.device, opaqueTokenHash: opaque?.hash ?? null });
  return session && openedTokens(ports, policy, { account, session }, opaque?.token);
}

/** The tokens of a session's present generation. An opaque one is made at the login and never again. */
export function openedTokens(ports: Ports, policy: Policy, { account, session }: LiveSession, opaqueToken?: string): SignedIn {
  const expiresAt = accessExpiresAt(session, policy.sessions);
  return {
    account,
    session,
    accessToken: opaqueToken ?? signAccessToken(ports, policy, account, session, expiresAt),
    accessExpiresAt: expiresAt,
    refreshToken: ports.tokens.signRefreshToken(session),
  };
}

function signAccessToken(ports: Ports, policy: Policy, account: Account, session: Session, expiresAt: Date): string {
  return ports.tokens.signAccessToken({
    ...policy.accessTokenClaims?.(account),
    aud: session.dialect,
    sub: account.id,
    sid: session.id,
    iat: unixSeconds(session.renewedAt),
    exp: unixSeconds(expiresAt),
  });
}
