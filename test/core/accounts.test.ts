import { describe, expect, it } from '@jest/globals';
import { authenticateDerivedApiKey, authenticateSession } from '../../src/core/authenticate.js';
import { createAccount } from '../../src/core/create-account.js';
import { parseEmailAddress } from '../../src/core/email-address.js';
import { setStatusByEmail } from '../../src/core/set-account-status.js';
import { signInWithPassword } from '../../src/core/sign-in-with-password.js';
import { signUpAndIn } from '../../src/core/sign-up.js';
import { ada, contextOf, fakePorts } from '../support/fake-ports.js';

const PASSWORD = 'long enough';

describe('createAccount', () => {
  it('makes an account that is active, not verified, no operator, named after its address', async () => {
    const { ports, accounts } = fakePorts([]);

    expect(await createAccount(contextOf(ports), { email: 'Grace.Hopper@Example.com', password: PASSWORD })).toMatchObject({ ok: true });
    expect(accounts).toMatchObject([
      { email: 'Grace.Hopper@Example.com', name: 'Grace.Hopper', status: 'active', emailVerified: false, operator: false, demo: false },
    ]);
    expect(accounts[0]?.passwordHash).toBe(`hash(${PASSWORD})`);
  });

  it.each([
    ['invalid_email', { email: 'grace', password: PASSWORD }],
    ['password_too_short', { email: 'grace@example.com', password: 'short' }],
    ['password_too_long', { email: 'grace@example.com', password: 'x'.repeat(257) }],
    ['email_taken', { email: 'ADA@example.com', password: PASSWORD }],
  ])('refuses with %s, and stores nothing', async (refusal, request) => {
    const { ports, accounts } = fakePorts([ada()]);

    expect(await createAccount(contextOf(ports), request)).toEqual({ ok: false, refusal });
    expect(accounts).toEqual([ada()]);
  });
});

describe('signUpAndIn', () => {
  it('makes an account and opens its first session', async () => {
    const { ports, sessions } = fakePorts([]);

    const signedUp = await signUpAndIn(contextOf(ports, { dialect: 'pyth-on' }), { email: 'grace@example.com', password: PASSWORD });

    expect(signedUp).toMatchObject({ ok: true, value: { account: { email: 'grace@example.com' } } });
    expect(sessions).toMatchObject([{ dialect: 'pyth-on' }]);
  });

  it('opens no session for an address that is taken', async () => {
    const { ports, sessions } = fakePorts([ada()]);

    const refused = await signUpAndIn(contextOf(ports), { email: 'ada@example.com', password: 'open sesame' });

    expect(refused).toEqual({ ok: false, refusal: 'email_taken' });
    expect(sessions).toEqual([]);
  });
});

describe('setStatusByEmail', () => {
  it('changes the status, or says that nobody has the address', async () => {
    const { ports, accounts } = fakePorts([ada()]);

    expect(await setStatusByEmail(contextOf(ports), 'ADA@example.com', 'banned')).toMatchObject({ ok: true, value: { status: 'banned' } });
    expect(accounts[0]?.status).toBe('banned');
    expect(await setStatusByEmail(contextOf(ports), 'nobody@example.com', 'banned')).toEqual({ ok: false, refusal: 'unknown_account' });
    expect(await setStatusByEmail(contextOf(ports), 'no address', 'banned')).toEqual({ ok: false, refusal: 'unknown_account' });
  });
});

describe('authenticateSession', () => {
  it('finds a session as long as it goes on and its account is active', async () => {
    const { ports, accounts } = fakePorts([ada()]);
    const signedIn = await signInWithPassword(contextOf(ports), { email: 'ada@example.com', password: 'open sesame' });
    const shown = { sub: ada().id, sid: signedIn.ok ? signedIn.value.session.id : '', jti: 'a token', exp: 1_767_326_645 };

    expect(await authenticateSession(contextOf(ports), shown)).toMatchObject({ session: { id: shown.sid }, accountId: ada().id });
    expect(await authenticateSession(contextOf(ports), { ...shown, sid: 'no session' })).toBeNull();
    accounts[0] = ada({ status: 'banned' });
    expect(await authenticateSession(contextOf(ports), shown)).toBeNull();
  });
});

describe('authenticateDerivedApiKey', () => {
  it.each([
    ['the key of an active account', ada(), `key/${ada().id}/1`, true],
    ['a key that was revoked', ada({ apiKeyVersion: 2 }), `key/${ada().id}/1`, false],
    ['the key of a banned account', ada({ status: 'banned' }), `key/${ada().id}/1`, false],
    ['the key of nobody', ada(), 'key/nobody/1', false],
    ['no key', ada(), 'hunter2', false],
  ])('%s', async (_case, account, key, isGood) => {
    const { ports } = fakePorts([account]);

    expect((await authenticateDerivedApiKey(contextOf(ports), key)) !== null).toBe(isGood);
  });
});

describe('parseEmailAddress', () => {
  it.each(['a@b.co', 'Ada.Lovelace+x@Example.Com', "o'brien@a-b.example", `${'x'.repeat(245)}@b.example`.slice(0, 254)])(
    'takes %s',
    (text) => {
      expect(parseEmailAddress(text)).toBe(text);
    },
  );

  it.each([
    '',
    'a',
    'a@b',
    '@b.co',
    'a@.co',
    'a..b@c.de',
    '.a@b.co',
    'a.@b.co',
    ' a@b.co',
    'a@b.co\n',
    'a@-b.co',
    'a b@c.de',
    'ä@b.co',
    'a@b.co\0',
  ])('refuses %j', (text) => {
    expect(parseEmailAddress(text)).toBeNull();
  });

  it('refuses what no mail server carries: more than 254 characters', () => {
    expect(parseEmailAddress(`${'x'.repeat(244)}@example.com`)).toBeNull();
  });
});
