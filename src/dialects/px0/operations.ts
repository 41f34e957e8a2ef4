import type { Issue, OperationsOf } from '../dialect.js';
import { toApiKey, toCreatedKey, toLoginResponse, toOrganization, toSession, toUser } from './wire.js';

/** The API's lists have no pages: what lies beyond nobody sees. */
const WHOLE_LIST = { after: null, limit: 1000 };

/** What px0 calls the organisation that comes with an account. */
const ORGANIZATION_NAME = 'Default Org';

/** There are no teams, and so none of any id. */
const UNKNOWN_TEAM: Issue = { in: 'body', path: ['team_id'], rule: 'unknown' };
const UNKNOWN_TEAMS: Issue = { in: 'body', path: ['team_ids'], rule: 'unknown' };
const TEAM_WITHOUT_ADMIN: Issue = { in: 'body', path: ['team_id'], rule: 'adminsOnly' };

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'px0'> = {
  async register({ body }, core, { principal, showsCredential }) {
    if (showsCredential) {
      const admin = principal ? await core.findOwnedOrganization(principal) : ({ ok: false, refusal: 'unauthorized' } as const);
      if (!admin.ok) return admin;
    }
    if (body.team_id !== undefined) return { issues: [showsCredential ? UNKNOWN_TEAM : TEAM_WITHOUT_ADMIN] };
    const signedUp = await core.signUp({ email: body.email, password: body.password, organizationName: ORGANIZATION_NAME });
    return signedUp.ok ? { status: 201, body: { user: toUser(signedUp.value.account) } } : signedUp;
  },

  async login({ body }, core) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password });
    return signedIn.ok ? { status: 200, body: toLoginResponse(signedIn.value) } : signedIn;
  },

  async logout(_request, core, { bearer }) {
    if (bearer) await core.signOutWithOpaqueToken(bearer);
    return { status: 204, body: undefined };
  },

  async triggerVerificationEmail({ query }, core) {
    const sent = await core.requestVerification({ email: query.email });
    return sent.ok ? { status: 200, body: { message: 'verification email sent successfully' } } : sent;
  },

  async verifyEmail({ body }, core) {
    const verified = await core.verifyEmailWithCode({ email: body.email, code: body.code });
    if (!verified.ok) return verified;
    return { status: 200, body: { message: verified.value.before ? 'user is already verified' : 'email verified successfully' } };
  },

  async triggerPasswordReset({ body }, core) {
    const sent = await core.requestPasswordReset(body.email);
    return sent.ok ? { status: 200, body: { message: 'password reset email sent successfully' } } : sent;
  },

  async resetPassword({ body }, core) {
    const reset = await core.resetPassword({ token: body.code, newPassword: body.new_password });
    return reset.ok ? { status: 200, body: { message: 'password reset successfully', email: reset.value.email } } : reset;
  },

  async listSessions(_request, core, { principal }) {
    const listed = await core.listOwnSessions(principal, WHOLE_LIST);
    return listed.ok ? { status: 200, body: { sessions: listed.value.map(toSession) } } : listed;
  },

  async revokeSession({ path }, core, { principal }) {
    const ended = await core.endOwnSession(principal, path.sessionID);
    return ended.ok ? { status: 204, body: undefined } : ended;
  },

  async getMe(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: { user: toUser(own.value) } } : own;
  },

  async updateMe({ body }, core, { principal }) {
    const changed = await core.changeEmail(principal, { email: body.email });
    return changed.ok ? { status: 200, body: { user: toUser(changed.value) } } : changed;
  },

  async deleteMe(_request, core, { principal }) {
    const deleted = await core.deleteOwnAccount(principal);
    return deleted.ok ? { status: 204, body: undefined } : deleted;
  },

  async changePassword({ body }, core, { principal }) {
    const change = { currentPassword: body.current_password, newPassword: body.new_password };
    const changed = await core.changePassword(principal, change);
    return changed.ok ? { status: 200, body: { message: 'password changed successfully' } } : changed;
  },

  async listUserOrgs(_request, core, { principal }) {
    const own = await core.findOwnAccount(principal);
    return own.ok ? { status: 200, body: { organizations: [toOrganization(own.value)] } } : own;
  },

  async createApiKey({ body }, core, { principal }) {
    const owned = await core.findOwnedOrganization(principal, body.org_id);
    if (!owned.ok) return owned;
    if (body.team_ids?.length) return { issues: [UNKNOWN_TEAMS] };
    const created = await core.createApiKey(principal, { name: body.name, scopes: [body.operation ?? 'read_render'] });
    return created.ok ? { status: 201, body: toCreatedKey(created.value) } : created;
  },

  async listApiKeys({ query }, core, { principal }) {
    const owned = await core.findOwnedOrganization(principal, query.org_id);
    if (!owned.ok) return owned;
    const listed = await core.listApiKeys(principal, WHOLE_LIST);
    return listed.ok ? { status: 200, body: { api_keys: listed.value.map(toApiKey) } } : listed;
  },

  async updateApiKey({ path, body }, core, { principal }) {
    const owned = await core.findOwnedOrganization(principal);
    if (!owned.ok) return owned;
    if (body.team_ids?.length) return { issues: [UNKNOWN_TEAMS] };
    const changes = { ...(body.name !== undefined && { name: body.name }), ...(body.operation && { scopes: [body.operation] }) };
    const changed = await core.changeApiKey(principal, path.id, changes);
    return changed.ok ? { status: 200, body: { api_key: toApiKey(changed.value) } } : changed;
  },

  async deleteApiKey({ path }, core, { principal }) {
    const owned = await core.findOwnedOrganization(principal);
    const deleted = owned.ok ? await core.deleteApiKey(principal, path.id) : owned;
    return deleted.ok ? { status: 204, body: undefined } : deleted;
  },

  async regenerateApiKey({ path }, core, { principal }) {
    const owned = await core.findOwnedOrganization(principal);
    const regenerated = owned.ok ? await core.regenerateApiKey(principal, path.id) : owned;
    return regenerated.ok ? { status: 200, body: toCreatedKey(regenerated.value) } : regenerated;
  },

  async healthCheck() {
    return { status: 200, body: { status: 'OK' } };
  },
};
