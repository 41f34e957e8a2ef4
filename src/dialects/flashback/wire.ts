import type { FlashbackLoginResponse, FlashbackUser } from '../../../generated/client/types.gen.js';
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

function toUser(account: Account): FlashbackUser {
  return { id: account.id, email: account.email, name: account.name, orgId: account.organization.id };
}
