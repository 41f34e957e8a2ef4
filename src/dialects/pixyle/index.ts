import type { Dialect, OperationsOf } from '../dialect.js';
import { renderFailure } from './failures.js';
import { operations } from './operations.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** The authentication API of Pixyle AI. Lives of its tokens: our completion. */
export const pixyle: Dialect<OperationsOf<'pixyle'>> = {
  name: 'pixyle',
  ownPrefixes: ['/auth/v1'],
  policy: {
    accessTokens: 'signed',
    sessions: { accessTtlSeconds: HOUR_SECONDS, idleTtlSeconds: 30 * DAY_SECONDS, absoluteTtlSeconds: 30 * DAY_SECONDS },
    longSessions: { accessTtlSeconds: HOUR_SECONDS, idleTtlSeconds: 365 * DAY_SECONDS, absoluteTtlSeconds: 365 * DAY_SECONDS },
    emailVerification: 'link',
    verifiedEmailNeededBy: 'demo accounts',
  },
  errorMediaType: 'application/json',
  operations,
  renderFailure,
};
