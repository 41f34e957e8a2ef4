import { describe, expect, it } from '@jest/globals';
import type { ApiKey } from '../../src/core/api-key.js';
import { authenticateOpaqueToken } from '../../src/core/authenticate.js';
import { introspectToken } from '../../src/core/inspect-token.js';
import { signInWithPassword } from '../../src/core/sign-in-with-password.js';
import { ada, contextOf, fakePorts, NOW, POLICY } from '../support/fake-ports.js';

const KEYS = {
  ...POLICY,
  apiKeys: { prefix: 'lk_', scopes: { read: ['read account' as const], inspect: ['introspect tokens' as const] } },
};
const KEY: ApiKey = {
  id: 'a key',
  accountId: ada().id,
  dialect: 'pixyle',
  name: 'CI',
  scopes: ['read', 'inspect', 'a scope of long ago'],
  organizationId: 'organization',
  createdAt: NOW,
  lastUsedAt: null,
  expiresAt: null,
};

describe('an API key', () => {
  it.each([
    [true, ['read account', 'introspect tokens']],
    [false, ['read account']],
  ])('does what its scopes say, and what is for operators only as long as its owner is one: %s', async (operator, rights) => {
    const { ports } = fakePorts([]);
    ports.apiKeys.findLiveByHash = async () => ({ key: KEY, account: ada({ operator }) });

    expect(await authenticateOpaqueToken(contextOf(ports, { policy: KEYS }), 'lk_key')).toMatchObject({ rights });
  });
});

describe('introspectToken', () => {
  it('tells of an opaque token when its session ends, whichever end comes first', async () => {
    const { ports } = fakePorts([ada()]);
    await signInWithPassword(contextOf(ports), { email: 'ada@example.com', password: 'open sesame' });
    const asking = { accountId: 'x', account: null, session: null, accessToken: null, rights: ['introspect tokens' as const] };

    const idleEnd = Math.floor(NOW.getTime() / 1000) + 7200;
    expect(await introspectToken(contextOf(ports), asking, 'opaque')).toMatchObject({ ok: true, value: { expiresAt: idleEnd } });
  });
});
