import type { OperationsOf } from '../dialect.js';
import { toLoginResponse } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'pixyle'> = {
  async login({ body }, core, { device }) {
    const { email, password, permanent_login: long } = body;
    const signedIn = await core.signInWithPassword({ email, password, device, ...(long && { long }) });
    return signedIn.ok ? { status: 200, body: toLoginResponse(signedIn.value) } : signedIn;
  },
};
