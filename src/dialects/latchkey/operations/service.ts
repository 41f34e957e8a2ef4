import type { OperationsOf } from '../../dialect.js';
import { toJsonWebKeySet } from '../wire.js';

type Handled = 'getLiveness' | 'getReadiness' | 'getJwks';

/** Is the service well, and what are its keys? */
export const service: Pick<OperationsOf<'latchkey'>, Handled> = {
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
