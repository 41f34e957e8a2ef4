import { authenticateDerivedApiKey, authenticateOpaqueToken, authenticateSession } from './authenticate.js';
import { changeEmail, changeProfile, deleteOwnAccount } from './change-profile.js';
import { changePassword } from './change-password.js';
import type { Context } from './context.js';
import type { Account } from './account.js';
import { findOwnAccount } from './find-own-account.js';
import { findOwnedOrganization } from './find-owned-organization.js';
import { introspectToken, revokeToken } from './inspect-token.js';
import { activateAccount } from './invite-account.js';
import { changeStatus, endSessionsOf, findAccount, invite, readAuditTrail, searchAccounts, startPasswordReset } from './operate.js';
import { changeApiKey, createApiKey, deleteApiKey, listApiKeys, regenerateApiKey, rotateDerivedApiKey } from './own-api-keys.js';
import { endOwnSession, endOwnSessions, listOwnSessions, touchOwnSession } from './own-sessions.js';
import type { PublicJwk } from './ports.js';
import { refreshSession, renewSession } from './refresh-session.js';
import { requestPasswordReset, resetPassword } from './reset-password.js';
import { deactivateOwnAccount } from './set-account-status.js';
import { signInWithPassword } from './sign-in-with-password.js';
import { revokeShownAccessToken, signOutWithOpaqueToken, signOutWithRefreshToken } from './sign-out.js';
import { signUp, signUpAndIn, signUpQuietly } from './sign-up.js';
import { findVerification, requestVerification, verifyEmailAndSignIn, verifyEmailWithCode, verifyEmailWithToken } from './verify-email.js';

const USE_CASES = {
  signInWithPassword,
  signUp,
  signUpAndIn,
  signUpQuietly,
  refreshSession,
  renewSession,
  signOutWithRefreshToken,
  signOutWithOpaqueToken,
  revokeShownAccessToken,
  listOwnSessions,
  endOwnSession,
  endOwnSessions,
  touchOwnSession,
  requestVerification,
  findVerification,
  verifyEmailWithCode,
  verifyEmailWithToken,
  verifyEmailAndSignIn,
  requestPasswordReset,
  resetPassword,
  changePassword,
  findOwnAccount,
  findOwnedOrganization,
  changeProfile,
  changeEmail,
  deactivateOwnAccount,
  deleteOwnAccount,
  activateAccount,
  createApiKey,
  listApiKeys,
  changeApiKey,
  regenerateApiKey,
  deleteApiKey,
  rotateDerivedApiKey,
  searchAccounts,
  findAccount,
  invite,
  changeStatus,
  startPasswordReset,
  endSessionsOf,
  readAuditTrail,
  introspectToken,
  revokeToken,
  authenticateSession,
  authenticateOpaqueToken,
  authenticateDerivedApiKey,
};

/** What is asked of a port as it is. */
const PLAIN = {
  /** The account's derived API key. */
  apiKeyOf: ({ ports }: Context, account: Account): string => ports.tokens.deriveApiKey(account),
  publicKeys: ({ ports }: Context): PublicJwk[] => ports.tokens.publicKeys(),
  /** The tokens' `iss`. */
  issuer: ({ ports }: Context): string => ports.tokens.issuer,
  now: ({ ports }: Context): Date => ports.clock.now(),
  /** How long the process has been running. */
  uptimeSeconds: ({ ports }: Context): number => ports.clock.uptimeSeconds(),
  /** @throws Unavailable when the service cannot serve. */
  checkReadiness: ({ ports }: Context): Promise<void> => ports.database.ping(),
};

type Functions = Record<string, (context: never, ...rest: never[]) => unknown>;
type WithoutContext<F> = F extends (context: never, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

/** Use cases as one request of one dialect sees them, under that dialect's policy. */
export type Bound<F> = { [Name in keyof F]: WithoutContext<F[Name]> };

/** All that the core does, and what dialects may name. What each does stands where it is written. */
export const CORE = { ...USE_CASES, ...PLAIN };

export type Core = Bound<typeof CORE>;

/**
 * Makes what binds use cases to the world, to one dialect's policy, and to where a request comes from. That is done for each request,
 * and costs next to nothing.
 */
export function binderOf<Ctx extends Context, F extends Functions>(functions: F): (context: Ctx) => Bound<F> {
  const prototype = Object.fromEntries(
    Object.entries(functions).map(([name, useCase]) => [
      name,
      function (this: { context: Ctx }, ...rest: never[]) {
        return useCase(this.context as never, ...rest);
      },
    ]),
  ) as Bound<F>;
  return (context) => Object.assign(Object.create(prototype as object) as Bound<F>, { context });
}
