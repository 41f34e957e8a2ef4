import type { OperationsOf } from '../dialect.js';
import { toLoginResponse, toUser } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'px0'> = {
  async login({ body }, core) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password });
    return signedIn.ok ? { status: 200, body: toLoginResponse(signedIn.value) } : signedIn;
  },

  async logout(_request, core, { bearer }) {
    if (bearer) await core.signOutWithOpaqueToken(bearer);
    return { status: 204, body: undefined };
  },

  async getMe(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: { user: toUser(own.value) } } : own;
  },
};
