import { Unavailable } from '../../core/faults.js';
import type { Issue, OperationsOf } from '../dialect.js';
import {
  deviceNameOf,
  namesIn,
  refreshTokenIn,
  toHealthResponse,
  toListedSession,
  toListedToken,
  toLoginResponse,
  toPreVerifyEmailResponse,
  toProfile,
  toRefreshResponse,
  toRegisterResponse,
} from './wire.js';

const TWO_TOKENS: Issue[] = [{ in: 'body', path: ['refresh_token'], rule: 'const' }];

/** The lists of this API have no pages: the first of the core's is all there is. */
const WHOLE_LIST = { after: null, limit: 1000 };

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'flashback'> = {
  async checkOnline() {
    return { status: 200, body: { success: true, message: 'Online' } };
  },

  async getHealth(_request, core) {
    try {
      await core.checkReadiness();
      return { status: 200, body: toHealthResponse(core.now(), null) };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return { status: 200, body: toHealthResponse(core.now(), 'The database is not available') };
    }
  },

  async login({ body }, core) {
    const { email, password, deviceInfo } = body;
    const signedIn = await core.signInWithPassword({ email, password, deviceName: deviceNameOf(deviceInfo) });
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

  async register({ body }, core) {
    const { email, password, companyName } = body;
    const signedUp = await core.signUpAndIn({ email, password, ...namesIn(body), organizationName: companyName.trim() });
    return signedUp.ok ? { status: 201, body: toRegisterResponse(signedUp.value, signedUp.value.verification) } : signedUp;
  },

  async getProfile(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    if (own.ok) return { status: 200, body: { success: true, data: toProfile(own.value) } };
    return own.refusal === 'unauthorized' ? { ok: false, refusal: 'account_not_found' } : own; // the token was good a moment ago
  },

  async preVerifyEmail({ body }, core) {
    const found = await core.findVerification(body.token);
    return found.ok ? { status: 200, body: toPreVerifyEmailResponse(found.value) } : found;
  },

  async verifyEmail({ body }, core) {
    const { token, password } = body;
    const verified = await core.verifyEmailAndSignIn({ token, ...(password !== undefined && { newPassword: password }) });
    return verified.ok ? { status: 200, body: toRegisterResponse(verified.value) } : verified;
  },

  async resendVerification({ path }, core) {
    const sent = await core.requestVerification({ id: path.verificationTokenId });
    return sent.ok ? { status: 200, body: { success: true } } : sent;
  },

  async activate({ body }, core) {
    const { uid, token, registrationInfo } = body;
    const { email, password } = registrationInfo;
    const activated = await core.activateAccount({ accountId: uid, token, email, password, ...namesIn(registrationInfo) });
    return activated.ok ? { status: 200, body: toLoginResponse(activated.value) } : activated;
  },

  async deactivate(_request, core, { principal }) {
    const deactivated = await core.deactivateOwnAccount(principal);
    return deactivated.ok ? { status: 200, body: { success: true } } : deactivated;
  },

  async requestResetPassword({ body }, core) {
    await core.requestPasswordReset(body.email); // whether anybody has the address is not told
    return { status: 200, body: { success: true } };
  },

  async resetPassword({ body }, core) {
    const { token, newPassword } = body;
    const reset = await core.resetPassword({ token, newPassword });
    return reset.ok ? { status: 200, body: { success: true } } : reset;
  },

  async listTokens(_request, core, { principal }) {
    const listed = await core.listOwnSessions(principal, WHOLE_LIST);
    if (!listed.ok) return listed;
    return { status: 200, body: { success: true, tokens: listed.value.map((session) => toListedToken(session, principal)) } };
  },

  async revokeToken({ path }, core, { principal }) {
    const revoked = await core.endOwnSession(principal, path.tokenId);
    return revoked.ok ? { status: 200, body: { success: true } } : revoked;
  },

  async listSessions(_request, core, { principal }) {
    const listed = await core.listOwnSessions(principal, WHOLE_LIST);
    return listed.ok ? { status: 200, body: { success: true, sessions: listed.value.map(toListedSession) } } : listed;
  },

  async revokeSession({ path }, core, { principal }) {
    const revoked = await core.endOwnSession(principal, path.id);
    return revoked.ok ? { status: 200, body: { success: true, message: 'Session revoked successfully' } } : revoked;
  },

  async revokeAllSessions(_request, core, { principal }) {
    const revoked = await core.endOwnSessions(principal, { keepThis: false });
    return revoked.ok ? { status: 200, body: { success: true, message: 'All sessions revoked successfully' } } : revoked;
  },

  async heartbeat({ path }, core, { principal }) {
    const touched = await core.touchOwnSession(principal, path.id);
    if (!touched.ok) return touched;
    const newExpiry = touched.value.expiresAt.toISOString();
    return { status: 200, body: { success: true, message: 'Session updated successfully', newExpiry } };
  },
};
