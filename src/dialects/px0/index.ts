import type { Dialect, OperationsOf } from '../dialect.js';
import { renderFailure } from './failures.js';
import { operations } from './operations.js';

const DAY_SECONDS = 24 * 3600;

/** The account part of the px0 API: opaque tokens that live a day and cannot be renewed, and API keys beside them. */
export const px0: Dialect<OperationsOf<'px0'>> = {
  name: 'px0',
  ownPrefixes: ['/v1'],
  policy: {
    accessTokens: 'opaque',
    sessions: { accessTtlSeconds: DAY_SECONDS, idleTtlSeconds: null, absoluteTtlSeconds: DAY_SECONDS },
    emailVerification: 'code',
    verifiedEmailNeededBy: 'everybody',
    verifiedEmailNeededTo: 'read',
    apiKeys: {
      prefix: 'ak_',
      scopes: { read_render: [], all: ['read account', 'write account'], admin: ['read account', 'write account'] },
    },
  },
  errorMediaType: 'application/json',
  operations,
  renderFailure,
};
