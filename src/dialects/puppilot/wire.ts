import type { PuppilotTokenResponse, PuppilotUser } from '../../../generated/client/types.gen.js';
import type { Account } from '../../core/account.js';
import type { SignedIn } from '../../core/open-session.js';
import { unixSeconds } from '../../core/session.js';

/** Both tokens with their ends, and whose they are. */
export function toTokenResponse({ account, session, accessToken, accessExpiresAt, refreshToken }: SignedIn): PuppilotTokenResponse {
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'bearer',
    expires_at: unixSeconds(accessExpiresAt),
    refresh_expires_at: unixSeconds(session.idleExpiresAt),
    user: toUser(account),
  };
}

/** What this API shows of an account. */
export function toUser(account: Account): PuppilotUser {
  return { public_id: account.id, email: account.email, name: account.name, organization_public_id: account.organization.id };
}
