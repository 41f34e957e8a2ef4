import type { OperationsOf } from '../../dialect.js';
import { BAD_CURSOR, BY_TIME, toPage, wantedPage } from '../paging.js';
import { DONE } from '../replies.js';
import { toApiKey, toShownApiKey } from '../wire.js';

type Handled = 'createApiKey' | 'listApiKeys' | 'deleteApiKey' | 'rotateApiKey' | 'rotatePythOnApiKey';

/** Keys for one's own programs. */
export const apiKeys: Pick<OperationsOf<'latchkey'>, Handled> = {
  async createApiKey({ body }, core, { principal }) {
    const { name, scopes } = body;
    const expiresAt = body.expiresAt === undefined ? null : new Date(body.expiresAt);
    if (expiresAt && !isToCome(expiresAt, core.now())) return { issues: [{ in: 'body', path: ['expiresAt'], rule: 'future' }] };
    const created = await core.createApiKey(principal, { name, scopes, expiresAt });
    return created.ok ? { status: 201, body: toShownApiKey(created.value) } : created;
  },

  async listApiKeys({ query }, core, { principal }) {
    const page = wantedPage(query, BY_TIME);
    if (!page) return BAD_CURSOR;
    const found = await core.listApiKeys(principal, page);
    return found.ok ? { status: 200, body: toPage(found.value, page, BY_TIME, toApiKey) } : found;
  },

  async deleteApiKey({ path }, core, { principal }) {
    const deleted = await core.deleteApiKey(principal, path.id);
    return deleted.ok ? DONE : deleted;
  },

  async rotateApiKey({ path }, core, { principal }) {
    const rotated = await core.regenerateApiKey(principal, path.id);
    return rotated.ok ? { status: 200, body: toShownApiKey(rotated.value) } : rotated;
  },

  async rotatePythOnApiKey(_request, core, { principal }) {
    const rotated = await core.rotateDerivedApiKey(principal);
    return rotated.ok ? { status: 200, body: { apiKey: rotated.value } } : rotated;
  },
};

/** The contract's `a moment to come`, which its schema cannot say; also not one that no clock shows, as the 60th second of a minute. */
function isToCome(moment: Date, now: Date): boolean {
  return moment.getTime() > now.getTime();
}
