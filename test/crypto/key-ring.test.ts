import crypto from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Unavailable } from '../../src/core/faults.js';
import { NEEDED_SECONDS } from '../../src/core/key-lives.js';
import type { Mail } from '../../src/core/mail.js';
import type { KeyPurpose } from '../../src/core/ports.js';
import { keyLivesIn, LEAD_SECONDS, PUBLISHED_MAX_AGE_SECONDS, type KeyLives } from '../../src/crypto/key-changes.js';
import { openKeyRing, RELOAD_SECONDS, type KeyRing } from '../../src/crypto/key-ring.js';
import { createMailSealing } from '../../src/crypto/mails.js';
import { createSealer, replaceableSealer, WrongMasterSecret, type ReplaceableSealer } from '../../src/crypto/sealing.js';
import { createTokens, type Tokens } from '../../src/crypto/tokens.js';
import { DIALECTS } from '../../src/dialects/index.js';
import { operations } from '../../src/dialects/latchkey/operations.js';
import { fakeKeyStore, type FakeKeyStore } from '../support/fake-key-store.js';
import { NOW } from '../support/fake-ports.js';
import { decodeJwtHeader } from '../support/jwt.js';
import { TEST_SECRET } from '../support/server.js';

const ISSUER = 'https://id.example.com';
const ACCOUNT = { id: '0f8fad5b-d9cb-469f-a165-70867728950e', apiKeyVersion: 1 };
const CLAIMS = { aud: 'pixyle', sub: ACCOUNT.id, sid: 'a session', iat: 1_767_323_045, exp: 4_000_000_000 };
const LATER = new Date('2090-01-01');
const SESSION = {
  id: 'a session',
  accountId: ACCOUNT.id,
  dialect: 'pixyle',
  generation: 1,
  createdAt: NOW,
  renewedAt: NOW,
  idleExpiresAt: LATER,
  expiresAt: LATER,
  userAgent: null,
  ipAddress: null,
  deviceName: null,
  lastActiveAt: NOW,
};
const MAIL: Mail = { to: 'ada@example.com', dialect: 'pixyle', kind: 'password changed' };
const OTHER_SECRET = 'cm90YXRlZCBieSB0aGUgdGVzdHMgYWxvbmUgLSBubyAx';

/** Another process's view: a ring of its own, with its own clock. */
interface Process {
  ring: KeyRing;
  tokens: Tokens;
  lives: KeyLives;
  sealer: ReplaceableSealer;
  faults: Error[];
}

describe('a key ring', () => {
  let store: FakeKeyStore;
  let clockMs = 0;
  const processes: Process[] = [];
  /** Time goes by, for the database as for every process. */
  const pass = (seconds: number) => {
    store.clockSeconds += seconds;
    clockMs += seconds * 1000;
  };
  async function start(secret = TEST_SECRET): Promise<Process> {
    const sealer = replaceableSealer(createSealer(secret));
    const faults: Error[] = [];
    const ring = await openKeyRing(store, sealer, { onFailure: (error) => void faults.push(error) });
    const process = { ring, tokens: createTokens(ring, ISSUER), lives: keyLivesIn(store, sealer), sealer, faults };
    processes.push(process);
    return process;
  }
  const kidOf = (token: string) => decodeJwtHeader(token).kid;
  const signerOf = ({ tokens }: Process) => kidOf(tokens.port.signAccessToken(CLAIMS));
  const published = ({ tokens }: Process) => tokens.port.publicKeys().map(({ kid }) => kid);
  const isGoodAt = async ({ tokens }: Process, token: string) => (await tokens.port.readAccessToken(token)) !== null;

  beforeEach(() => {
    store = fakeKeyStore();
    jest.spyOn(performance, 'now').mockImplementation(() => clockMs);
  });
  afterEach(() => {
    for (const { ring } of processes.splice(0)) ring.close();
    jest.restoreAllMocks();
  });

  it('S32: publishes a new key before its first use, by the clock of the database, and the old one checks on', async () => {
    const [one, other] = [await start(), await start()];
    const before = one.tokens.port.signAccessToken(CLAIMS);
    await one.lives.rotate(['access-token'], false);
    await Promise.all([one, other].map(({ ring }) => ring.reload()));

    expect(published(one)).toHaveLength(2);
    expect(published(other)).toEqual(published(one));
    expect([signerOf(one), signerOf(other)]).toEqual([kidOf(before), kidOf(before)]);
    pass(LEAD_SECONDS - 1);
    expect([signerOf(one), signerOf(other)]).toEqual([kidOf(before), kidOf(before)]);

    pass(1);
    expect(signerOf(one)).toBe(published(one)[1]);
    expect(signerOf(other)).toBe(signerOf(one)); // without another look
    expect(await isGoodAt(other, before)).toBe(true);
    expect(await isGoodAt(await start(), before)).toBe(true);
  });

  it('S32: has the lead that a published key needs: every process has read it, and what others may have kept has ended', async () => {
    const { headers } = (await operations.getJwks({}, { publicKeys: () => [] } as never, {} as never)) as {
      headers?: Record<string, string>;
    };
    const maxAgeSeconds = Number(/max-age=(\d+)/.exec(headers?.['Cache-Control'] ?? '')?.[1]);

    expect(PUBLISHED_MAX_AGE_SECONDS).toBe(maxAgeSeconds);
    expect(LEAD_SECONDS).toBeGreaterThan(maxAgeSeconds + RELOAD_SECONDS);
  });

  it('S32: keeps keys for as long as the longest life of what they made, in any dialect', () => {
    for (const { policy } of DIALECTS)
      for (const lives of [policy.sessions, policy.longSessions ?? policy.sessions]) {
        expect(NEEDED_SECONDS['access-token']).toBeGreaterThan(lives.accessTtlSeconds);
        expect(NEEDED_SECONDS['refresh-token']).toBeGreaterThan(lives.absoluteTtlSeconds);
      }
    const puppilot = DIALECTS.find(({ name }) => name === 'puppilot'); // whose refresh shows an access token that has expired
    expect(NEEDED_SECONDS['access-token']).toBeGreaterThan(puppilot?.policy.sessions.idleTtlSeconds ?? Infinity);
  });

  it('learns of a key that another process uses already at the first token of it, and refuses none', async () => {
    const [one, other] = [await start(), await start()];
    pass(10);
    await other.ring.reload(); // just before
    await one.lives.rotate(['access-token', 'refresh-token'], true);
    await one.ring.reload();
    const [access, refresh] = [one.tokens.port.signAccessToken(CLAIMS), one.tokens.port.signRefreshToken(SESSION)];

    expect(signerOf(one)).not.toBe(signerOf(other));
    expect(await isGoodAt(other, access)).toBe(true);
    expect(await other.tokens.port.readRefreshToken(refresh, 'pixyle')).toMatchObject({ sessionId: SESSION.id });
    expect(other.tokens.verificationKey(kidOf(access))).not.toBeNull();
  });

  it('looks into the database once in five seconds at the most, however many tokens of unknown keys come, at once or after each other', async () => {
    const { tokens } = await start();
    const looksBefore = store.loads;
    const garbage = () => tokens.learnVerificationKey(crypto.randomUUID());

    await Promise.all(Array.from({ length: 1000 }, garbage));
    for (let i = 0; i < 100; i++) await garbage();
    expect(store.loads).toBe(looksBefore + 1);

    pass(5);
    await garbage();
    expect(store.loads).toBe(looksBefore + 2);
  });

  it('cannot tell of an unknown key while the database is away, and says that rather than no', async () => {
    const { tokens } = await start();
    store.fault = new Unavailable('the database is away');

    await expect(tokens.learnVerificationKey('unknown')).rejects.toThrow(Unavailable);
    await expect(tokens.learnVerificationKey('unknown')).rejects.toThrow(Unavailable); // though it has not looked again
  });

  it('asks nobody for what it knows', async () => {
    const process = await start();
    const [access, refresh] = [process.tokens.port.signAccessToken(CLAIMS), process.tokens.port.signRefreshToken(SESSION)];
    pass(1000);
    store.fault = new Unavailable('the database is away');

    expect(await isGoodAt(process, access)).toBe(true);
    expect(await process.tokens.port.readRefreshToken(refresh)).not.toBeNull();
    expect(signerOf(process)).toBe(kidOf(access));
  });

  it('S32: drops a retired key, and what it signed is good for nothing', async () => {
    const process = await start();
    const [access, refresh] = [process.tokens.port.signAccessToken(CLAIMS), process.tokens.port.signRefreshToken(SESSION)];
    await process.lives.rotate(['access-token', 'refresh-token'], true);
    pass(1);
    for (const token of [access, refresh]) expect(await process.lives.retire(kidOf(token))).toBeNull();
    await process.ring.reload();

    expect(await isGoodAt(process, access)).toBe(false);
    expect(await process.tokens.port.readRefreshToken(refresh)).toBeNull();
    expect(published(process)).toEqual([signerOf(process)]);
    expect(store.recorded).toEqual(['key.rotated', 'key.rotated', 'key.retired', 'key.retired']);
  });

  it('S29: takes a key for nothing but its own purpose', async () => {
    const { ring } = await start();

    expect(ring.find('access-token', ring.current('refresh-token').id)).toBeNull();
    expect(await ring.learn('refresh-token', ring.current('access-token').id)).toBeNull();
  });

  it('reads what keys of before made: typed codes, mails that wait, derived API keys', async () => {
    const process = await start();
    const { port } = process.tokens;
    const code = port.typedCodeHash('123456', ACCOUNT.id, 'ada@example.com');
    const mail = createMailSealing(process.ring).seal(MAIL);
    const apiKey = port.deriveApiKey(ACCOUNT);
    await process.lives.rotate(['code', 'outbox', 'api-key'], true);
    pass(1);
    await process.ring.reload();

    expect(port.typedCodeHash('123456', ACCOUNT.id, 'ada@example.com')).not.toEqual(code);
    expect(port.isTypedCodeHash(code, '123456', ACCOUNT.id, 'ada@example.com')).toBe(true);
    expect(port.isTypedCodeHash(code, '123457', ACCOUNT.id, 'ada@example.com')).toBe(false);
    expect(port.isTypedCodeHash(code, '123456', ACCOUNT.id, 'bob@example.com')).toBe(false);
    expect(createMailSealing(process.ring).open(mail)).toEqual(MAIL);
    expect(port.deriveApiKey(ACCOUNT)).not.toBe(apiKey);
    expect(port.isApiKeyOf(apiKey, ACCOUNT)).toBe(true);
  });

  it.each<KeyPurpose>(['access-token', 'refresh-token', 'api-key', 'address-hash', 'code', 'outbox'])(
    'cannot lose its current key: %s',
    async (purpose) => {
      const { lives, ring } = await start();

      expect(await lives.retire(ring.current(purpose).id)).toBe(purpose === 'address-hash' ? 'never_rotated' : 'current_key');
      expect(await lives.retire(crypto.randomUUID())).toBe('unknown_key');
      expect(store.recorded).toEqual([]);
    },
  );

  it('has one key for addresses, for ever: none of several purposes is rotated with it', async () => {
    const { lives } = await start();
    const before = store.rows;

    expect(await lives.rotate(['access-token', 'address-hash'], true)).toBe('never_rotated');
    expect(store.rows).toEqual(before);
  });

  it('stays as it is while the database is away or has lost its keys, and says so', async () => {
    const process = await start();
    const token = process.tokens.port.signAccessToken(CLAIMS);
    store.fault = new Unavailable('the database is away');
    await process.ring.reload();
    store.fault = null;
    store.rows = [];
    await process.ring.reload();

    expect(process.faults.map(({ message }) => message)).toEqual(['the database is away', expect.stringContaining('no key for')]);
    expect([await isGoodAt(process, token), signerOf(process)]).toEqual([true, kidOf(token)]);
  });

  describe('whose master secret is replaced', () => {
    it('changes no key and no token, and lets nobody start with the old secret', async () => {
      const process = await start();
      const token = process.tokens.port.signAccessToken(CLAIMS);
      const sealedBefore = store.rows.map(({ key }) => key.sealed.toString('hex'));
      await process.lives.reseal(createSealer(OTHER_SECRET));

      expect(store.rows.filter(({ key }) => sealedBefore.includes(key.sealed.toString('hex')))).toEqual([]);
      const restarted = await start(OTHER_SECRET);
      expect([await isGoodAt(restarted, token), signerOf(restarted)]).toEqual([true, kidOf(token)]);
      await expect(start()).rejects.toThrow(WrongMasterSecret);
      expect(store.recorded).toEqual(['master_secret.rotated']);
    });

    it('goes on in a process that has the old secret, which hears of every retired key and makes none', async () => {
      const [rewrapping, running] = [await start(), await start()];
      const old = running.tokens.port.signAccessToken(CLAIMS);
      await running.lives.rotate(['access-token'], true);
      pass(1);
      await Promise.all([rewrapping, running].map(({ ring }) => ring.reload()));
      const token = running.tokens.port.signAccessToken(CLAIMS);
      await rewrapping.lives.reseal(createSealer(OTHER_SECRET));
      await running.ring.reload();

      expect(running.faults).toEqual([expect.any(WrongMasterSecret)]);
      expect([await isGoodAt(running, token), await isGoodAt(running, old), signerOf(running)]).toEqual([true, true, kidOf(token)]);
      const rowsBefore = store.rows;
      await expect(running.lives.rotate(['access-token'], true)).rejects.toThrow(WrongMasterSecret);
      await expect(running.lives.rotateOlderThan(0)).rejects.toThrow(WrongMasterSecret);
      await expect(running.lives.reseal(createSealer(TEST_SECRET))).rejects.toThrow(WrongMasterSecret);
      expect(store.rows).toBe(rowsBefore);

      const restarted = await start(OTHER_SECRET);
      await restarted.lives.retire(kidOf(old));
      await restarted.lives.rotate(['access-token'], false);
      await running.ring.reload();
      expect([await isGoodAt(running, token), await isGoodAt(running, old)]).toEqual([true, false]);
    });

    it('goes on in the process that replaced it, and reads what is made from then on', async () => {
      const process = await start();
      const next = createSealer(OTHER_SECRET);
      await process.lives.reseal(next);
      process.sealer.replaceWith(next);
      await (await start(OTHER_SECRET)).lives.rotate(['access-token'], true);
      pass(1);
      await process.ring.reload();

      expect(process.faults).toEqual([]);
      expect(published(process)).toHaveLength(2);
      expect(signerOf(process)).toBe(published(process)[1]);
    });

    it('gets no new key of the wrong secret, not even where a purpose has none', async () => {
      await start();
      store.rows = store.rows.filter(({ key }) => key.purpose !== 'outbox');
      const before = store.rows;

      await expect(start(OTHER_SECRET)).rejects.toThrow(WrongMasterSecret);
      expect(store.rows).toBe(before);
    });
  });

  it('has old keys replaced, each purpose by itself, once, whoever asks first; young ones not', async () => {
    const [one, other] = [await start(), await start()];
    pass(89 * 24 * 3600);
    expect(await one.lives.rotateOlderThan(90)).toEqual([]);
    await one.lives.rotate(['code'], false);
    pass(2 * 24 * 3600);

    expect(await one.lives.rotateOlderThan(90)).toEqual(['access-token', 'refresh-token', 'outbox', 'secret']);
    expect(await other.lives.rotateOlderThan(90)).toEqual([]);
    const made = (purpose: KeyPurpose) => store.rows.filter(({ key }) => key.purpose === purpose).length;
    expect([made('access-token'), made('code'), made('api-key'), made('address-hash')]).toEqual([2, 2, 1, 1]);
  });
});
