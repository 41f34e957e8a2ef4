import type { OperationsOf } from '../dialect.js';
import { toAgentsTokenResponse, toOrganization, toTokenResponse, toUser } from './wire.js';

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

  async agentsSignIn({ body }, core) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password });
    return signedIn.ok ? { status: 200, body: toAgentsTokenResponse(signedIn.value) } : signedIn;
  },

  async requestPasswordReset({ body }, core) {
    const requested = await core.requestPasswordReset(body.email);
    if (!requested.ok && requested.refusal !== 'unknown_email') return requested; // who has an address is not told
    return { status: 200, body: { message: 'Password reset token sent to the provided email.' } };
  },

  async resetPassword({ body }, core) {
    const reset = await core.resetPassword({ token: body.token, newPassword: body.new_password });
    return reset.ok ? { status: 200, body: { message: 'Password has been reset successfully.' } } : reset;
  },

  async changePassword({ body }, core, { principal }) {
    const { old_password: currentPassword, new_password: newPassword } = body;
    const changed = await core.changePassword(principal, { currentPassword, newPassword });
    return changed.ok ? { status: 200, body: { message: 'Password changed successfully' } } : changed;
  },

  async getOrganization(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: toOrganization(own.value.organization) } : own;
  },

  async getMe(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: toUser(own.value) } : own;
  },
};
