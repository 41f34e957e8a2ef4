import type { Dialect, OperationsOf } from '../dialect.js';
import { renderFailure } from './failures.js';
import { operations } from './operations.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** The authentication part of the Puppilot Scribe API. The seven days are read off the vendor's examples. */
export const puppilot: Dialect<OperationsOf<'puppilot'>> = {
  name: 'puppilot',
  ownPrefixes: ['/auth', '/users', '/organizations'],
  policy: {
    accessTokens: 'signed',
    sessions: { accessTtlSeconds: HOUR_SECONDS, idleTtlSeconds: 7 * DAY_SECONDS, absoluteTtlSeconds: 30 * DAY_SECONDS },
    emailVerification: 'link',
    verifiedEmailNeededBy: 'nobody',
  },
  errorMediaType: 'application/json',
  operations,
  renderFailure,
};
