import type { Dialect, OperationsOf } from '../dialect.js';
import { renderFailure } from './failures.js';
import { operations } from './operations.js';

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 24 * 3600;

/** The service's own API. It also answers for every path that is nobody else's. */
export const latchkey: Dialect<OperationsOf<'latchkey'>> = {
  name: 'latchkey',
  ownPrefixes: ['/'],
  policy: {
    accessTokens: 'signed',
    sessions: { accessTtlSeconds: 15 * MINUTE_SECONDS, idleTtlSeconds: 7 * DAY_SECONDS, absoluteTtlSeconds: 30 * DAY_SECONDS },
    emailVerification: 'link',
    verifiedEmailNeededBy: 'everybody',
    apiKeys: {
      prefix: 'lk_',
      scopes: {
        'account:read': ['read account'],
        'tokens:introspect': ['introspect tokens'],
        'tokens:revoke': ['revoke tokens'],
      },
    },
  },
  errorMediaType: 'application/problem+json',
  operations,
  renderFailure,
};
