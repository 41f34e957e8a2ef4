import type { Dialect, OperationsOf } from '../dialect.js';
import { renderFailure } from './failures.js';
import { operations } from './operations.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** The user-account part of the Flashback platform API. The refresh token's life is our completion. */
export const flashback: Dialect<OperationsOf<'flashback'>> = {
  name: 'flashback',
  ownPrefixes: ['/user', '/token', '/sessions', '/health'],
  policy: {
    accessTokens: 'signed',
    sessions: { accessTtlSeconds: HOUR_SECONDS, idleTtlSeconds: 30 * DAY_SECONDS, absoluteTtlSeconds: 30 * DAY_SECONDS },
    emailVerification: 'link',
    verifiedEmailNeededBy: 'nobody',
    verifiedEmailNeededTo: 'write',
    accessTokenClaims: (account) => ({ userId: account.id, email: account.email, orgId: account.organization.id, type: 'access' }),
  },
  errorMediaType: 'application/json', // its client reads no other
  operations,
  renderFailure,
};
