import type { Issue, OperationsOf } from '../dialect.js';
import { refreshTokenIn, toLoginResponse, toRefreshResponse } from './wire.js';

const TWO_TOKENS: Issue[] = [{ in: 'body', path: ['refresh_token'], rule: 'const' }];

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'flashback'> = {
  async checkOnline() {
    return { status: 200, body: { success: true, message: 'Online' } };
  },

  async login({ body }, core) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password });
    return signedIn.ok ? { status: 200, body: toLoginResponse(signedIn.value) } : signedIn;
  },

  async refresh({ body }, core) {
    const token = refreshTokenIn(body);
    if (token === null) return { issues: TWO_TOKENS };
    const refreshed = await core.refreshSession({ refreshToken: token });
    return refreshed.ok ? { status: 200, body: toRefreshResponse(refreshed.value) } : refreshed;
  },

  async logout({ body }, core) {
    const token = refreshTokenIn(body);
    if (token === null) return { issues: TWO_TOKENS };
    const signedOut = await core.signOutWithRefreshToken(token);
    return signedOut.ok ? { status: 200, body: { success: true } } : signedOut;
  },
};
