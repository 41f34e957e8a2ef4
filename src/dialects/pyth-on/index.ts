import type { Dialect, OperationsOf } from '../dialect.js';
import { renderFailure } from './failures.js';
import { operations } from './operations.js';

const DAY_SECONDS = 24 * 3600;

/** The account part of the Pyth-On API. Lives of its tokens: our completion. */
export const pythOn: Dialect<OperationsOf<'pyth-on'>> = {
  name: 'pyth-on',
  ownPrefixes: ['/api'],
  policy: {
    accessTokens: 'signed',
    sessions: { accessTtlSeconds: DAY_SECONDS, idleTtlSeconds: null, absoluteTtlSeconds: 30 * DAY_SECONDS },
    emailVerification: 'link',
    verifiedEmailNeededBy: 'nobody',
    accessTokenClaims: (account) => ({ email: account.email }),
  },
  errorMediaType: 'application/json',
  operations,
  renderFailure,
};
