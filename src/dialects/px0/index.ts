import type { Dialect, OperationsOf } from '../dialect.js';
import { renderFailure } from './failures.js';
import { operations } from './operations.js';

const DAY_SECONDS = 24 * 3600;

/** The account part of the px0 API: opaque tokens that live a day and cannot be renewed. */
export const px0: Dialect<OperationsOf<'px0'>> = {
  name: 'px0',
  ownPrefixes: ['/v1'],
  policy: {
    accessTokens: 'opaque',
    sessions: { accessTtlSeconds: DAY_SECONDS, idleTtlSeconds: null, absoluteTtlSeconds: DAY_SECONDS },
    emailVerification: 'link',
    verifiedEmailNeededBy: 'everybody',
  },
  errorMediaType: 'application/json',
  operations,
  renderFailure,
};
