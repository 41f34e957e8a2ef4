import type { PixyleLoginResponse } from '../../../generated/client/types.gen.js';
import type { SignedIn } from '../../core/open-session.js';
import { unixSeconds } from '../../core/session.js';

/** Both tokens, and how many seconds the first one lives. */
export function toLoginResponse({ session, accessToken, accessExpiresAt, refreshToken }: SignedIn): PixyleLoginResponse {
  return {
    access_token: accessToken,
    expires_in: unixSeconds(accessExpiresAt) - unixSeconds(session.renewedAt),
    refresh_token: refreshToken,
  };
}
