import type { Px0LoginResponse, Px0User } from '../../../generated/client/types.gen.js';
import type { Account } from '../../core/account.js';
import type { SignedIn } from '../../core/open-session.js';

/** Who signed in, with the session's token and its end. */
export function toLoginResponse({ account, accessToken, accessExpiresAt }: SignedIn): Px0LoginResponse {
  return { token: accessToken, expires_at: accessExpiresAt.toISOString(), user: toUser(account) };
}

/** `is_admin` says no more than that the account owns its organisation. */
export function toUser(account: Account): Px0User {
  return {
    id: account.id,
    email: account.email,
    is_verified: account.emailVerified,
    is_admin: account.organizationRole === 'owner',
    created_at: account.createdAt.toISOString(),
  };
}
