import { describe, expect, it } from '@jest/globals';
import type { Account } from '../../src/core/account.js';
import type { Principal } from '../../src/core/authenticate.js';
import { findOwnedOrganization } from '../../src/core/find-owned-organization.js';
import type { Policy } from '../../src/core/policy.js';
import { ada, contextOf, fakePorts, POLICY } from '../support/fake-ports.js';

const { organization } = ada();
const OTHER_ID = '1b4e28ba-2fa1-41d2-883f-0016d3cca427';
const FORBIDDEN = { ok: false, refusal: 'forbidden' };

describe('findOwnedOrganization', () => {
  const principal: Principal = { accountId: ada().id, account: null, session: { id: 'session 1' }, accessToken: null, rights: null };
  const find = (id?: string, changes: Partial<Account> = {}, who: Partial<Principal> = {}, policy: Partial<Policy> = {}) => {
    const { ports } = fakePorts([ada(changes)]);
    return findOwnedOrganization(contextOf(ports, { policy: { ...POLICY, ...policy } }), { ...principal, ...who }, id);
  };

  it.each([undefined, organization.id, organization.id.toUpperCase()])('finds it for its owner (%s)', async (id) => {
    expect(await find(id)).toEqual({ ok: true, value: organization });
  });

  it('is forbidden when the organisation is another one', async () => {
    expect(await find(OTHER_ID)).toEqual(FORBIDDEN);
  });

  it.each(['admin', 'member'] as const)('is forbidden to a %s of it', async (organizationRole) => {
    expect(await find(organization.id, { organizationRole })).toEqual(FORBIDDEN);
  });

  it('takes no API key for its owner, whatever the key may do', async () => {
    const rights: Principal['rights'] = ['read account', 'write account'];
    expect(await find(organization.id, {}, { session: null, rights })).toEqual({ ok: false, refusal: 'unauthorized' });
  });

  it('asks for a verified address before all else, where the dialect does', async () => {
    const unverified = await find(OTHER_ID, { emailVerified: false }, {}, { verifiedEmailNeededTo: 'write' });
    expect(unverified).toEqual({ ok: false, refusal: 'email_not_verified' });
  });
});
