import type { OperationsOf } from '../dialect.js';
import { toJsonWebKeySet } from './wire.js';

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'latchkey'> = {
  async getLiveness() {
    return { status: 200, body: { status: 'ok' } };
  },

  async getReadiness(_request, core) {
    await core.checkReadiness();
    return { status: 200, body: { status: 'ok' } };
  },

  async getJwks(_request, core) {
    return { status: 200, body: toJsonWebKeySet(core.publicKeys()), headers: { 'Cache-Control': 'public, max-age=300' } };
  },
};
