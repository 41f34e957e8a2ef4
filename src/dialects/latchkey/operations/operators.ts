import type { OperationsOf } from '../../dialect.js';
import { BAD_CURSOR, BY_ADDRESS, BY_RECORD_ID, toPage, wantedPage } from '../paging.js';
import { ACCEPTED } from '../replies.js';
import { toAccountRecord, toAuditRecord } from '../wire.js';

type Handled =
  'searchAccounts' | 'inviteAccount' | 'findAccount' | 'changeAccountStatus' | 'startPasswordReset' | 'endSessionsOf' | 'readAuditTrail';

/** What operators do. Whether somebody is one, the core finds out. */
export const operators: Pick<OperationsOf<'latchkey'>, Handled> = {
  async searchAccounts({ query = {} }, core, { principal }) {
    const page = wantedPage(query, BY_ADDRESS);
    if (!page) return BAD_CURSOR;
    const { query: matching, status } = query;
    const found = await core.searchAccounts(principal, page, { ...(matching && { matching }), ...(status && { status }) });
    return found.ok ? { status: 200, body: toPage(found.value, page, BY_ADDRESS, toAccountRecord) } : found;
  },

  async inviteAccount({ body }, core, { principal }) {
    const { email, name, organization } = body;
    const shared = organization && { organization: { kind: 'shared' as const, name: organization } };
    const invited = await core.invite(principal, { email, ...(name && { name }), ...shared });
    return invited.ok ? { status: 201, body: toAccountRecord(invited.value) } : invited;
  },

  async findAccount({ path }, core, { principal }) {
    const found = await core.findAccount(principal, path.id);
    return found.ok ? { status: 200, body: toAccountRecord(found.value) } : found;
  },

  async changeAccountStatus({ path, body }, core, { principal }) {
    const changed = await core.changeStatus(principal, path.id, body.status);
    return changed.ok ? { status: 200, body: toAccountRecord(changed.value) } : changed;
  },

  async startPasswordReset({ path }, core, { principal }) {
    const started = await core.startPasswordReset(principal, path.id);
    return started.ok ? ACCEPTED : started;
  },

  async endSessionsOf({ path }, core, { principal }) {
    const ended = await core.endSessionsOf(principal, path.id);
    return ended.ok ? { status: 200, body: { ended: ended.value } } : ended;
  },

  async readAuditTrail({ query = {} }, core, { principal }) {
    const page = wantedPage(query, BY_RECORD_ID);
    if (!page) return BAD_CURSOR;
    const { accountId, action, outcome } = query;
    const filter = { ...(accountId && { accountId }), ...(action && { action }), ...(outcome && { outcome }) };
    const found = await core.readAuditTrail(principal, page, filter);
    return found.ok ? { status: 200, body: toPage(found.value, page, BY_RECORD_ID, toAuditRecord) } : found;
  },
};
