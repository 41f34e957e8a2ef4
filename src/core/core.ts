import type { Account } from './account.js';
import { authenticateApiKey, authenticateOpaqueToken, authenticateSession, type Principal, type ShownClaims } from './authenticate.js';
import type { SignedIn } from './open-session.js';
import type { Outcome } from './outcome.js';
import type { PasswordRules } from './password-rules.js';
import type { Policy } from './policy.js';
import type { Ports, PublicJwk } from './ports.js';
import { refreshSession, renewSession, type RefreshRequest } from './refresh-session.js';
import type { Device } from './session.js';
import { signInWithPassword, type Credentials } from './sign-in-with-password.js';
import { signOutWithOpaqueToken, signOutWithRefreshToken } from './sign-out.js';
import { signUp } from './sign-up.js';

/** The core as one dialect sees it: every use case, under that dialect's policy. */
export interface Core {
  signInWithPassword(credentials: Credentials): Promise<Outcome<SignedIn>>;
  signUp(request: { email: string; password: string; device: Device }): Promise<Outcome<SignedIn>>;
  refreshSession(request: RefreshRequest): Promise<Outcome<SignedIn>>;
  renewSession(sessionId: string): Promise<Outcome<SignedIn>>;
  signOutWithRefreshToken(refreshToken: string): Promise<Outcome<null>>;
  signOutWithOpaqueToken(token: string): Promise<void>;
  revokeAccessToken(token: { id: string; expiresAt: Date }): Promise<void>;
  authenticateSession(claims: ShownClaims): Promise<Principal | null>;
  authenticateOpaqueToken(token: string): Promise<Principal | null>;
  authenticateApiKey(key: string): Promise<Principal | null>;
  apiKeyOf(account: Account): string;
  publicKeys(): PublicJwk[];
  /** @throws Unavailable when the service cannot serve. */
  checkReadiness(): Promise<void>;
}

/** Binds the use cases to the ports and to one dialect's policy. */
export function createCore(ports: Ports, dialect: string, policy: Policy, rules: PasswordRules): Core {
  return {
    signInWithPassword: (credentials) => signInWithPassword(ports, dialect, policy, credentials),
    signUp: (request) => signUp(ports, dialect, policy, rules, request),
    refreshSession: (request) => refreshSession(ports, dialect, policy, request),
    renewSession: (sessionId) => renewSession(ports, policy, sessionId),
    signOutWithRefreshToken: (refreshToken) => signOutWithRefreshToken(ports, dialect, refreshToken),
    signOutWithOpaqueToken: (token) => signOutWithOpaqueToken(ports, token),
    revokeAccessToken: ({ id, expiresAt }) => ports.sessions.revokeAccessToken(id, expiresAt),
    authenticateSession: (claims) => authenticateSession(ports, dialect, claims),
    authenticateOpaqueToken: (token) => authenticateOpaqueToken(ports, dialect, token),
    authenticateApiKey: (key) => authenticateApiKey(ports, key),
    apiKeyOf: (account) => ports.tokens.deriveApiKey(account),
    publicKeys: () => ports.tokens.publicKeys(),
    checkReadiness: () => ports.database.ping(),
  };
}
