import type { OperationsOf } from '../dialect.js';
import { toTokenResponse, toUser } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'puppilot'> = {
  async login({ body }, core) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password });
    return signedIn.ok ? { status: 200, body: toTokenResponse(signedIn.value) } : signedIn;
  },

  async refreshToken({ body }, core, { bearer }) {
    const refreshed = await core.refreshSession({ refreshToken: body.token, accessToken: bearer });
    return refreshed.ok ? { status: 200, body: toTokenResponse(refreshed.value) } : refreshed;
  },

  async getMe(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: toUser(own.value) } : own;
  },
};
