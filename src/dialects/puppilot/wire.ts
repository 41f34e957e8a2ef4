import type {
  PuppilotAgentsTokenResponse,
  PuppilotOrganization,
  PuppilotTokenResponse,
  PuppilotUser,
} from '../../../generated/client/types.gen.js';
import type { Account, Organization } from '../../core/account.js';
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

/** The same under the names of the agents API. */
export function toAgentsTokenResponse(signedIn: SignedIn): PuppilotAgentsTokenResponse {
  const { id, email, name, organization } = signedIn.account;
  return { ...toTokenResponse(signedIn), user: { id, email, name, organization_id: organization.id } };
}

/** An organisation; of what else this API shows nothing is kept. */
export function toOrganization({ id, name }: Organization): PuppilotOrganization {
  return { public_id: id, name, description: '', has_slack_bot_token: false, slack_channel: null, email_notification: null };
}

/** What this API shows of an account. */
export function toUser(account: Account): PuppilotUser {
  return { public_id: account.id, email: account.email, name: account.name, organization_public_id: account.organization.id };
}
