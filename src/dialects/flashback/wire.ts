import type {
  FlashbackLoginResponse,
  FlashbackRefreshRequest,
  FlashbackRefreshResponse,
  FlashbackUser,
} from '../../../generated/client/types.gen.js';
import type { Account } from '../../core/account.js';
import type { SignedIn } from '../../core/open-session.js';
import { unixSeconds } from '../../core/session.js';

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

/** The refresh token under either of its two names; null where both are there and differ. */
export function refreshTokenIn({ refreshToken, refresh_token }: FlashbackRefreshRequest): string | null {
  if (refreshToken !== undefined && refresh_token !== undefined && refreshToken !== refresh_token) return null;
  return refreshToken ?? refresh_token ?? '';
}

function toUser(account: Account): FlashbackUser {
  return { id: account.id, email: account.email, name: account.name, orgId: account.organization.id };
}
