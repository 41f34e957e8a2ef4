import type { PythOnAuthResponse, PythOnUserInfo } from '../../../generated/client/types.gen.js';
import type { Account } from '../../core/account.js';
import type { Core } from '../../core/core.js';
import type { SignedIn } from '../../core/open-session.js';

/** Who signed in, with the token and the account's lasting API key. */
export function toAuthResponse({ account, accessToken }: SignedIn, core: Core): PythOnAuthResponse {
  return { token: accessToken, apiKey: core.apiKeyOf(account), user: toUserInfo(account) };
}

/** The one thing that this API shows of an account. */
export function toUserInfo(account: Account): PythOnUserInfo {
  return { email: account.email };
}
