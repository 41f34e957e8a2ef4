import { describe, expect, it } from '@jest/globals';
import { Overloaded } from '../../src/core/faults.js';
import { signInWithPassword } from '../../src/core/sign-in-with-password.js';
import { ada, contextOf, fakePorts, NOW, POLICY } from '../support/fake-ports.js';

const DEVICE = { userAgent: 'test', ipAddress: '127.0.0.1' };
const GOOD = { email: 'ada@example.com', password: 'open sesame' };

describe('signInWithPassword', () => {
  it('opens a session whose access token ends with its own life', async () => {
    const { ports, sessions } = fakePorts([ada()]);

    const signedIn = await signInWithPassword(contextOf(ports), GOOD);

    expect(signedIn).toMatchObject({
      ok: true,
      value: { accessExpiresAt: new Date(NOW.getTime() + 3_600_000), refreshToken: expect.stringContaining('session 1') },
    });
    expect(sessions).toMatchObject([{ accountId: ada().id, dialect: 'pixyle', ...DEVICE }]);
  });

  it.each([
    ['its idle end', { accessTtlSeconds: 9_000, idleTtlSeconds: 7_200, absoluteTtlSeconds: 10_000 }, 7_200],
    ['its absolute end', { accessTtlSeconds: 90_000, idleTtlSeconds: null, absoluteTtlSeconds: 10_000 }, 10_000],
  ])('gives out no access token that outlives its session: %s', async (_end, sessions, seconds) => {
    const { ports } = fakePorts([ada()]);

    const signedIn = await signInWithPassword(contextOf(ports, { policy: { ...POLICY, sessions } }), GOOD);

    expect(signedIn).toMatchObject({ value: { accessExpiresAt: new Date(NOW.getTime() + seconds * 1000) } });
  });

  it('S04: verifies a hash for an unknown address and for an account without a password, too, so that the time taken tells nothing', async () => {
    const { ports, verified } = fakePorts([ada(), ada({ id: 'bob', email: 'bob@example.com', passwordHash: null })]);

    for (const email of ['nobody@example.com', 'no address at all', 'bob@example.com', 'ada@example.com']) {
      await signInWithPassword(contextOf(ports), { ...GOOD, email, password: 'wrong' });
    }

    expect(verified).toEqual(['hash(decoy)', 'hash(decoy)', 'hash(decoy)', 'hash(open sesame)']);
  });

  it('nobody can sign in with what the decoy is a hash of', async () => {
    const { ports, sessions } = fakePorts([ada({ passwordHash: null })]);

    for (const email of ['nobody@example.com', 'ada@example.com']) {
      expect(await signInWithPassword(contextOf(ports), { ...GOOD, email, password: 'decoy' })).toMatchObject({ ok: false });
    }
    expect(sessions).toEqual([]);
  });

  it.each([
    ['unknown_account', 'unknown_account', null],
    ['no_password_set', 'no_password_set', ada({ passwordHash: null })],
    ['account_inactive', 'wrong_password', ada({ status: 'inactive' })],
    ['account_banned', 'wrong_password', ada({ status: 'banned' })],
    ['account_deleted', 'wrong_password', ada({ status: 'deleted' })],
    ['email_not_verified', 'wrong_password', ada({ emailVerified: false })],
  ])('refuses with %s; to a stranger it says %s', async (toOwner, toStranger, account) => {
    const { ports, sessions } = fakePorts(account ? [account] : []);
    const policy = { ...POLICY, verifiedEmailNeededBy: 'everybody' as const };

    expect(await signInWithPassword(contextOf(ports, { policy }), GOOD)).toEqual({ ok: false, refusal: toOwner });
    expect(await signInWithPassword(contextOf(ports, { policy }), { ...GOOD, password: 'a guess' })).toEqual({
      ok: false,
      refusal: toStranger,
    });
    expect(sessions).toEqual([]);
  });

  it('says wrong_password for an unknown address and for no password, where the policy hides accounts', async () => {
    const { ports } = fakePorts([ada({ passwordHash: null })]);
    const policy = { ...POLICY, hidesAccounts: true };

    for (const email of ['nobody@example.com', 'ada@example.com']) {
      expect(await signInWithPassword(contextOf(ports, { dialect: 'flashback', policy }), { ...GOOD, email })).toEqual({
        ok: false,
        refusal: 'wrong_password',
      });
    }
  });

  it.each([
    ['nobody', true, 'signs in'],
    ['demo accounts', false, 'signs in'],
    ['demo accounts', true, 'refuses'],
    ['everybody', false, 'refuses'],
  ] as const)('unverified, needed by %s, demo %s: %s', async (verifiedEmailNeededBy, demo, result) => {
    const { ports } = fakePorts([ada({ emailVerified: false, demo })]);

    const { ok } = await signInWithPassword(contextOf(ports, { policy: { ...POLICY, verifiedEmailNeededBy } }), GOOD);

    expect(ok ? 'signs in' : 'refuses').toBe(result);
  });

  it.each([
    ['its password was changed', { passwordVersion: 2 }],
    ['it was banned', { status: 'banned' as const }],
  ])('opens no session for an account when %s while the password was being verified', async (_event, change) => {
    const { ports, accounts, sessions } = fakePorts([ada()]);
    const verify = ports.passwords.verify;
    ports.passwords.verify = async (password, hash) => {
      const matches = await verify(password, hash);
      accounts[0] = ada(change);
      return matches;
    };

    expect(await signInWithPassword(contextOf(ports), GOOD)).toEqual({ ok: false, refusal: 'wrong_password' });
    expect(sessions).toEqual([]);
  });

  it('S11: stores a better hash of a password that was hashed in an older way', async () => {
    const { ports, accounts } = fakePorts([ada({ passwordHash: 'old hash(open sesame)' })]);

    await signInWithPassword(contextOf(ports), { ...GOOD, password: 'wrong' });
    expect(accounts[0]?.passwordHash).toBe('old hash(open sesame)');
    await signInWithPassword(contextOf(ports), GOOD);
    expect(accounts[0]?.passwordHash).toBe('hash(open sesame)');
  });

  it('turns nobody away because there is no room to hash anew', async () => {
    const { ports, accounts } = fakePorts([ada({ passwordHash: 'old hash(open sesame)' })]);
    ports.passwords.hash = () => Promise.reject(new Overloaded('full', 3));

    expect(await signInWithPassword(contextOf(ports), GOOD)).toMatchObject({ ok: true });
    expect(accounts[0]?.passwordHash).toBe('old hash(open sesame)');
  });

  it('gives a long session only where the dialect has such, and an opaque token only where its tokens are', async () => {
    const { ports } = fakePorts([ada()]);
    const longSessions = { ...POLICY.sessions, idleTtlSeconds: 20_000, absoluteTtlSeconds: 20_000 };
    const long = (policy: typeof POLICY) => signInWithPassword(contextOf(ports, { policy }), { ...GOOD, long: true });

    expect(await long({ ...POLICY, longSessions })).toMatchObject({
      value: { session: { expiresAt: new Date(NOW.getTime() + 20_000_000) } },
    });
    expect(await long(POLICY)).toMatchObject({ value: { session: { expiresAt: new Date(NOW.getTime() + 10_000_000) } } });
    expect(await long({ ...POLICY, accessTokens: 'opaque' })).toMatchObject({ value: { accessToken: 'opaque' } });
  });
});
