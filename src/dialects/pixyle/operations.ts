import type { OperationsOf } from '../dialect.js';
import { toLoginResponse } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'pixyle'> = {
  async login({ body }, core) {
    const { email, password, permanent_login: long } = body;
    const signedIn = await core.signInWithPassword({ email, password, ...(long && { long }) });
    return signedIn.ok ? { status: 200, body: toLoginResponse(signedIn.value) } : signedIn;
  },

  async revokeAccess(_request, core, { principal }) {
    await core.revokeShownAccessToken(principal);
    return { status: 200, body: { msg: 'Access token revoked' } };
  },

  async refresh(_request, core, { bearer }) {
    const refreshed = await core.refreshSession({ refreshToken: bearer ?? '' });
    return refreshed.ok ? { status: 200, body: toLoginResponse(refreshed.value) } : refreshed;
  },

  async revokeRefresh(_request, core, { bearer }) {
    const signedOut = await core.signOutWithRefreshToken(bearer ?? '');
    return signedOut.ok ? { status: 200, body: { msg: 'Refresh token revoked' } } : signedOut;
  },
};
