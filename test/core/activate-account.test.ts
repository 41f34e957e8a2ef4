import { describe, expect, it } from '@jest/globals';
import { activateAccount, inviteAccount } from '../../src/core/invite-account.js';
import { contextOf, fakePorts } from '../support/fake-ports.js';

describe('activateAccount', () => {
  const invited = async () => {
    const { ports, accounts, codes, sessions } = fakePorts([]);
    await inviteAccount(contextOf(ports), { email: 'Grace@example.com' });
    const activate = (email?: string) =>
      activateAccount(contextOf(ports), {
        accountId: accounts[0]?.id ?? '',
        token: codes[0]?.hash.toString() ?? '',
        ...(email !== undefined && { email }),
        password: 'long enough',
        name: 'Grace Hopper',
      });
    return { accounts, sessions, activate };
  };

  it.each([undefined, 'grace@example.com', 'GRACE@Example.com'])(
    'completes the account where the address is said to be %s',
    async (email) => {
      const { accounts, sessions, activate } = await invited();

      expect(await activate(email)).toMatchObject({ ok: true });
      expect(accounts).toMatchObject([{ status: 'active', name: 'Grace Hopper' }]);
      expect(sessions).toHaveLength(1);
    },
  );

  it('refuses with activation_token_invalid for another address, and the token stays good', async () => {
    const { accounts, sessions, activate } = await invited();

    expect(await activate('ada@example.com')).toEqual({ ok: false, refusal: 'activation_token_invalid' });
    expect(accounts).toMatchObject([{ status: 'inactive', passwordHash: null }]);
    expect(sessions).toEqual([]);
    expect(await activate('grace@example.com')).toMatchObject({ ok: true });
  });
});
