import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cleanUp } from '../../src/core/clean-up.js';
import { NEEDED_SECONDS } from '../../src/core/key-lives.js';
import type { KeyPurpose } from '../../src/core/ports.js';
import { keyLivesIn } from '../../src/crypto/key-changes.js';
import { KEY_PURPOSES, openKeyRing, type KeyRing, type KeyRingParts } from '../../src/crypto/key-ring.js';
import { createSealer, WrongMasterSecret } from '../../src/crypto/sealing.js';
import { databasePorts } from '../../src/db/ports.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { TEST_SECRET } from '../support/server.js';

const DAY_SECONDS = 24 * 3600;

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let ports: ReturnType<typeof databasePorts>;
  const rings: KeyRing[] = [];
  const sealer = createSealer(TEST_SECRET);
  const lives = () => keyLivesIn(ports.keys, sealer);
  beforeAll(async () => {
    database = await kind.create();
    ports = databasePorts(database.source);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.source.query('DELETE FROM keys');
    await open();
  });
  afterEach(() => {
    for (const ring of rings.splice(0)) ring.close();
  });

  async function open(secret = TEST_SECRET, parts: KeyRingParts = {}): Promise<KeyRing> {
    const ring = await openKeyRing(ports.keys, createSealer(secret), parts);
    rings.push(ring);
    return ring;
  }
  const stored = async (purpose: KeyPurpose) => (await ports.keys.load()).filter((key) => key.purpose === purpose);
  const statesOf = async (purpose: KeyPurpose) => (await stored(purpose)).map(({ state }) => state);
  /** As if everything about the keys had been so much earlier. */
  const age = (seconds: number) =>
    database.source.query(
      'UPDATE keys SET created_at = created_at - make_interval(secs => $1), active_from = active_from - make_interval(secs => $1)',
      [seconds],
    );
  const count = async (table: string) => Number((await database.source.query(`SELECT count(*) FROM ${table}`))[0].count);
  const lastEvents = (limit: number) => ports.audit.list({ after: null, limit }, {});

  describe('working keys', () => {
    it('are made once, by however many processes start together, and the same for all', async () => {
      await database.source.query('DELETE FROM keys');
      const opened = await Promise.all(Array.from({ length: 5 }, () => open()));

      const idsOf = (ring: KeyRing) => KEY_PURPOSES.flatMap((purpose) => ring.all(purpose).map(({ id }) => id)).join();
      expect(new Set(opened.map(idsOf)).size).toBe(1);
      expect(await count('keys')).toBe(KEY_PURPOSES.length);
    });

    it('do not open with another master secret, and are not replaced either', async () => {
      await expect(open('another secret that is long enough')).rejects.toThrow(WrongMasterSecret);
      expect(await count('keys')).toBe(KEY_PURPOSES.length);
    });

    it('do not open under another purpose or another id', () => {
      const sealed = sealer.seal('an id', 'api-key', Buffer.from('secret'));

      expect(sealer.open(sealed).toString()).toBe('secret');
      expect(() => sealer.open({ ...sealed, purpose: 'refresh-token' })).toThrow(WrongMasterSecret);
      expect(() => sealer.open({ ...sealed, id: 'another id' })).toThrow(WrongMasterSecret);
    });

    it('lie in the database as nothing but their seals', async () => {
      const ring = await open();
      const rows = await database.source.query(`SELECT encode(sealed, 'hex') AS sealed FROM keys`);

      for (const { secret } of [...ring.all('api-key'), ...ring.all('refresh-token')]) {
        expect(JSON.stringify(rows)).not.toContain(secret.export().toString('hex'));
      }
    });

    it('S32: become current when their time has come, and then the one before is old', async () => {
      await lives().rotate(['access-token'], false);
      expect(await statesOf('access-token')).toEqual(['current', 'next']);
      const [current, next] = await stored('access-token');
      expect(current?.replacedAt).toEqual(next?.activeFrom);
      expect([current?.activeInSeconds, next?.activeInSeconds]).toEqual([expect.any(Number), expect.any(Number)]);

      await age(next?.activeInSeconds ?? 0);
      expect(await statesOf('access-token')).toEqual(['old', 'current']);
      await lives().rotate(['access-token'], true);
      expect(await statesOf('access-token')).toEqual(['old', 'old', 'current']);
      expect(await statesOf('refresh-token')).toEqual(['current']);
    });

    it('are taken up by a process that runs, within its interval, without being told', async () => {
      const running = await open(TEST_SECRET, { reloadSeconds: 0.05 });
      const [first] = await stored('access-token');
      await lives().rotate(['access-token'], true);
      while (running.all('access-token').length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(running.current('access-token').id).not.toBe(first?.id);

      await lives().retire(first?.id ?? '');
      while (running.all('access-token').length > 1) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(running.find('access-token', first?.id ?? '')).toBeNull();
    });

    const PURPOSES: KeyPurpose[] = ['access-token', 'refresh-token', 'code', 'outbox', 'api-key', 'secret'];
    it.each(PURPOSES)(
      'S32: go once nothing that they made can live any more, and no sooner (derived API keys and secrets live for ever): %s',
      async (purpose) => {
        const neededSeconds = NEEDED_SECONDS[purpose];
        await lives().rotate([purpose], true);
        await age((neededSeconds ?? 1000 * DAY_SECONDS) - 60);
        await cleanUp(ports, () => {});
        expect(await statesOf(purpose)).toEqual(['old', 'current']);

        await age(120);
        const deleted: [string, number][] = [];
        await cleanUp(ports, (table, rows) => void deleted.push([table, rows]));
        expect(await statesOf(purpose)).toEqual(neededSeconds ? ['current'] : ['old', 'current']);
        expect(deleted).toEqual(neededSeconds ? [['keys', 1]] : []);
      },
    );

    it('are never all gone, however old the last one of a purpose is', async () => {
      await age(1000 * DAY_SECONDS);
      await cleanUp(ports, () => {});

      expect(await count('keys')).toBe(KEY_PURPOSES.length);
    });

    it('are replaced by age once, however many processes look at the same moment', async () => {
      await age(91 * DAY_SECONDS);
      const made = await Promise.all(Array.from({ length: 5 }, () => lives().rotateOlderThan(90)));

      expect(made.flat().sort()).toEqual(['access-token', 'code', 'outbox', 'refresh-token', 'secret']);
      expect(await statesOf('access-token')).toEqual(['current', 'next']);
      expect(await count('keys')).toBe(KEY_PURPOSES.length + 5);
    });

    it('change with a record in the audit trail, or not at all', async () => {
      const [first] = await stored('code');
      await lives().rotate(['code'], true);
      await lives().retire(first?.id ?? '');
      await lives().reseal(sealer);
      const event = { accountId: null, actorId: null, dialect: 'command line', ipAddress: null, requestId: null };
      expect(await lastEvents(3)).toMatchObject(
        ['master_secret.rotated', 'key.retired', 'key.rotated'].map((action) => ({ ...event, action })),
      );

      await lives().rotate(['code'], true);
      const before = await ports.keys.load();
      const old = before.find(({ state }) => state === 'old')?.id ?? '';
      await database.source.query('ALTER TABLE audit_events RENAME TO audit_events_away');
      const changes = [lives().rotate(['code'], true), lives().retire(old), lives().reseal(sealer)];
      const ends = await Promise.allSettled(changes);
      await database.source.query('ALTER TABLE audit_events_away RENAME TO audit_events');

      expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      const essence = (keys: typeof before) => keys.map(({ id, sealed, state }) => [id, sealed.toString('hex'), state]);
      expect(essence(await ports.keys.load())).toEqual(essence(before));
    });
  });
});
