import type {
  FlashbackDeviceInfo,
  FlashbackHealthResponse,
  FlashbackListedToken,
  FlashbackLoginResponse,
  FlashbackPreVerifyEmailResponse,
  FlashbackProfile,
  FlashbackRefreshRequest,
  FlashbackRefreshResponse,
  FlashbackRegisterRequest,
  FlashbackRegisterResponse,
  FlashbackSession,
  FlashbackUser,
} from '../../../generated/client/types.gen.js';
import type { Account, OrganizationRole } from '../../core/account.js';
import type { Principal } from '../../core/authenticate.js';
import type { SignedIn } from '../../core/open-session.js';
import { unixSeconds, type Session } from '../../core/session.js';
import type { SentVerification } from '../../core/verify-email.js';

const MAX_DEVICE_NAME_LENGTH = 200;

/** The vendor's numbers and names of the roles that there are here. */
const ROLES: Record<OrganizationRole, [number: number, name: string]> = {
  member: [0, 'USER'],
  admin: [254, 'ADMINISTRATORS'],
  owner: [255, 'OWNER'],
};

/** Every role number of the vendor: a higher role has what the lower ones have. */
const ROLE_NUMBERS = [0, 1, 2, 254, 255];

/** `Chrome on Linux`, or as much of it as the client tells; null where that is nothing. */
export function deviceNameOf({ browser = '', os = '' }: FlashbackDeviceInfo = {}): string | null {
  const parts = [browser.trim(), os.trim()].filter((part) => part !== '');
  return [...parts.join(' on ')].slice(0, MAX_DEVICE_NAME_LENGTH).join('') || null;
}

/** A person's names, as the account keeps them. */
export function namesIn({ firstName, lastName }: FlashbackRegisterRequest): { name: string; givenName: string; familyName: string } {
  return { name: `${firstName} ${lastName}`.trim(), givenName: firstName.trim(), familyName: lastName.trim() };
}

/** Both tokens, the session's id as `tokenId`, and whose they are. */
export function toLoginResponse({ account, session, accessToken, accessExpiresAt, refreshToken }: SignedIn): FlashbackLoginResponse {
  return {
    success: true,
    accessToken,
    refreshToken,
    tokenId: session.id,
    expiresAt: unixSeconds(accessExpiresAt),
    user: toUser(account),
  };
}

/** The next tokens; `token` is what the vendor's client reads. */
export function toRefreshResponse({ accessToken, accessExpiresAt, refreshToken }: SignedIn): FlashbackRefreshResponse {
  return { success: true, accessToken, refreshToken, expiresAt: unixSeconds(accessExpiresAt), token: accessToken };
}

/** The same as for a login, with the picture that nobody has, and the verification that was mailed, where one was. */
export function toRegisterResponse(signedIn: SignedIn, verification?: SentVerification): FlashbackRegisterResponse {
  const { user, ...login } = toLoginResponse(signedIn);
  return { ...login, ...(verification && { verificationTokenId: verification.id }), user: { ...user, image_url: null } };
}

/** Says that a token is good, and what its account has already. */
export function toPreVerifyEmailResponse({ passwordHash }: Account): FlashbackPreVerifyEmailResponse {
  return { success: true, message: 'The token is valid', authMethod: 'password', hasPassword: passwordHash !== null };
}

/** The account; its whole name is the first one where nobody has told its parts apart. */
export function toProfile({
  id,
  name,
  givenName,
  familyName,
  email,
  organization,
  organizationRole,
  emailVerified,
}: Account): FlashbackProfile {
  const [orgRole, orgRoleDescription] = ROLES[organizationRole];
  return {
    id,
    name: givenName ?? name,
    lastName: familyName ?? '',
    email,
    orgId: organization.id,
    orgRole,
    orgRoleDescription,
    orgRoles: ROLE_NUMBERS.filter((number) => number <= orgRole),
    validated: emailVerified,
    mfaRequired: false,
  };
}

/** A session's refresh token: the session has one at a time, and each refresh makes the next generation. */
export function toListedToken(session: Session, { session: asking }: Principal): FlashbackListedToken {
  return {
    id: session.id,
    createdAt: session.createdAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    lastUsedAt: session.generation > 1 ? session.renewedAt.toISOString() : null,
    current: session.id === asking?.id,
  };
}

/** A session; nobody looks up where its address is. */
export function toListedSession({ id, deviceName, ipAddress, createdAt, lastActiveAt, expiresAt }: Session): FlashbackSession {
  return {
    id,
    deviceName,
    ipAddress,
    location: null,
    startedAt: createdAt.toISOString(),
    lastActivity: lastActiveAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    loginMethod: 'password',
  };
}

/** Good now, or why not. */
export function toHealthResponse(now: Date, error: string | null): FlashbackHealthResponse {
  const timestamp = now.toISOString();
  return error === null ? { status: 'ok', timestamp } : { status: 'error', timestamp, error };
}

/** The refresh token under either of its two names; null where both are there and differ. */
export function refreshTokenIn({ refreshToken, refresh_token }: FlashbackRefreshRequest): string | null {
  // eslint-disable-next-line no-restricted-syntax -- both are the client's own
  if (refreshToken !== undefined && refresh_token !== undefined && refreshToken !== refresh_token) return null;
  return refreshToken ?? refresh_token ?? '';
}

function toUser(account: Account): FlashbackUser {
  const [orgRole] = ROLES[account.organizationRole];
  return { id: account.id, email: account.email, name: account.name, orgId: account.organization.id, orgRole };
}
