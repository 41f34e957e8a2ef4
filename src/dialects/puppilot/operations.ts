import type { OperationsOf } from '../dialect.js';
import { toTokenResponse } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'puppilot'> = {
  async login({ body }, core, { device }) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password, device });
    return signedIn.ok ? { status: 200, body: toTokenResponse(signedIn.value) } : signedIn;
  },
};
