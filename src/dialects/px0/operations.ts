import type { OperationsOf } from '../dialect.js';
import { toLoginResponse, toUser } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'px0'> = {
  async login({ body }, core, { device }) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password, device });
    return signedIn.ok ? { status: 200, body: toLoginResponse(signedIn.value) } : signedIn;
  },

  async logout(_request, core, { bearer }) {
    if (bearer) await core.signOutWithOpaqueToken(bearer);
    return { status: 204, body: undefined };
  },

  async getMe(_request, _core, { principal }) {
    return { status: 200, body: { user: toUser(principal.account) } };
  },
};
