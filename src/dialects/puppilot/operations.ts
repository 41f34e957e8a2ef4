import type { OperationsOf } from '../dialect.js';
import { toTokenResponse, toUser } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'puppilot'> = {
  async login({ body }, core, { device }) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password, device });
    return signedIn.ok ? { status: 200, body: toTokenResponse(signedIn.value) } : signedIn;
  },

  async refreshToken({ body }, core, { bearer }) {
    const refreshed = await core.refreshSession({ refreshToken: body.token, accessToken: bearer });
    return refreshed.ok ? { status: 200, body: toTokenResponse(refreshed.value) } : refreshed;
  },

  async getMe(_request, _core, { principal }) {
    return { status: 200, body: toUser(principal.account) };
  },
};
