import type { OperationsOf } from '../dialect.js';
import { INFO, toAuthResponse, toHealth } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'pyth-on'> = {
  async register({ body }, core) {
    const signedUp = await core.signUpAndIn({ email: body.email, password: body.password });
    return signedUp.ok ? { status: 201, body: toAuthResponse(signedUp.value, core) } : signedUp;
  },

  async login({ body }, core) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password });
    return signedIn.ok ? { status: 200, body: toAuthResponse(signedIn.value, core) } : signedIn;
  },

  async refreshToken(_request, core, { principal }) {
    const renewed = await core.renewSession(principal);
    return renewed.ok ? { status: 200, body: toAuthResponse(renewed.value, core) } : renewed;
  },

  async verifyToken(_request, _core, { principal }) {
    return { status: 200, body: { valid: true, user: { email: String(principal.accessToken?.claims.email) } } };
  },

  async getHealth(_request, core) {
    await core.checkReadiness();
    return { status: 200, body: toHealth(core.now(), core.uptimeSeconds()) };
  },

  async getInfo() {
    return { status: 200, body: INFO };
  },
};
