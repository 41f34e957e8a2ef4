import type { PythOnAuthResponse, PythOnHealthResponse, PythOnInfoResponse, PythOnUserInfo } from '../../../generated/client/types.gen.js';
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

const API_VERSION = '1.0.0';

/** Which API this is. */
export const INFO: PythOnInfoResponse = { name: 'Pyth-On API', version: API_VERSION, documentation: '/docs' };

/** That the service is well. */
export function toHealth(now: Date, uptimeSeconds: number): PythOnHealthResponse {
  return { status: 'ok', version: API_VERSION, uptime: Math.floor(uptimeSeconds), timestamp: now.toISOString() };
}
