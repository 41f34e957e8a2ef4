import type { OperationsOf } from '../dialect.js';
import { toLoginResponse } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'flashback'> = {
  async checkOnline() {
    return { status: 200, body: { success: true, message: 'Online' } };
  },

  async login({ body }, core, { device }) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password, device });
    return signedIn.ok ? { status: 200, body: toLoginResponse(signedIn.value) } : signedIn;
  },
};
