import type { OperationsOf } from '../../dialect.js';
import { ACCEPTED, DONE } from '../replies.js';
import { toAccount, toMembership, toSignedIn } from '../wire.js';

type Handled =
  | 'signUp'
  | 'requestEmailVerification'
  | 'confirmEmail'
  | 'requestPasswordReset'
  | 'resetPassword'
  | 'activateAccount'
  | 'getAccount'
  | 'changeAccount'
  | 'changeEmail'
  | 'changePassword'
  | 'deleteAccount'
  | 'getOrganization';

/** From sign-up to deletion, by an account's owner. */
export const account: Pick<OperationsOf<'latchkey'>, Handled> = {
  async signUp({ body }, core) {
    const { email, password, name } = body;
    const signedUp = await core.signUpQuietly({ email, password, name });
    return signedUp.ok ? ACCEPTED : signedUp;
  },

  async requestEmailVerification({ body }, core) {
    await core.requestVerification({ email: body.email }); // whose address it is, and whether it is verified, is not told
    return ACCEPTED;
  },

  async confirmEmail({ body }, core) {
    const verified = await core.verifyEmailWithToken(body.token);
    return verified.ok ? DONE : verified;
  },

  async requestPasswordReset({ body }, core) {
    await core.requestPasswordReset(body.email); // nor whether anybody has it
    return ACCEPTED;
  },

  async resetPassword({ body }, core) {
    const reset = await core.resetPassword({ token: body.token, newPassword: body.newPassword });
    return reset.ok ? DONE : reset;
  },

  async activateAccount({ body }, core) {
    const { accountId, token, password, name } = body;
    const signedIn = await core.activateAccount({ accountId, token, password, name });
    return signedIn.ok ? { status: 200, body: toSignedIn(signedIn.value) } : signedIn;
  },

  async getAccount(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: toAccount(own.value) } : own;
  },

  async changeAccount({ body }, core, { principal }) {
    const changed = await core.changeProfile(principal, { name: body.name });
    return changed.ok ? { status: 200, body: toAccount(changed.value) } : changed;
  },

  async changeEmail({ body }, core, { principal }) {
    const changed = await core.changeEmail(principal, { email: body.email, currentPassword: body.currentPassword });
    return changed.ok ? { status: 200, body: toAccount(changed.value) } : changed;
  },

  async changePassword({ body }, core, { principal }) {
    const { currentPassword, newPassword, revokePythOnApiKey: revokeDerivedApiKey } = body;
    const changed = await core.changePassword(principal, { currentPassword, newPassword, revokeDerivedApiKey });
    return changed.ok ? DONE : changed;
  },

  async deleteAccount({ body }, core, { principal }) {
    const deleted = await core.deleteOwnAccount(principal, { currentPassword: body.currentPassword });
    return deleted.ok ? DONE : deleted;
  },

  async getOrganization(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: toMembership(own.value) } : own;
  },
};
