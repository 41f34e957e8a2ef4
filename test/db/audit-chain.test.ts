import crypto from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChainHead } from '../../src/core/audit-chain.js';
import { done } from '../../src/core/outcome.js';
import type { Ports } from '../../src/core/ports.js';
import { openDatabase, type Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrations.js';
import { behindTheTriggers, EVENT, trailOf, type Trail } from '../support/audit.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { until } from '../support/until.js';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let trail: Trail;
  beforeAll(async () => {
    database = await kind.create();
    trail = await trailOf(database);
  });
  afterAll(() => database.close());

  const query = (sql: string, parameters: unknown[] = []) => database.source.query(sql, parameters);
  const clear = () =>
    behindTheTriggers(database, ['TRUNCATE audit_events RESTART IDENTITY', 'TRUNCATE audit_seals', 'TRUNCATE audit_unsealed']);
  const kept = async (position: number): Promise<ChainHead> => {
    const [{ mac }] = await query(`SELECT encode(mac, 'hex') AS mac FROM audit_seals WHERE position = $1`, [position]);
    return { position, mac };
  };

  describe('the audit trail', () => {
    beforeEach(clear);

    it.each(['audit_events', 'audit_seals'])('S41: lets nobody change or delete what stands in %s', async (table) => {
      await trail.record();
      await trail.seal();
      const before = await query(`SELECT * FROM ${table}`);
      const column = table === 'audit_seals' ? 'mac' : 'address_hash';

      for (const statement of [
        `UPDATE ${table} SET ${column} = ''`,
        `DELETE FROM ${table}`,
        `DELETE FROM ${table} WHERE false`,
        `TRUNCATE ${table}`,
      ])
        await expect(query(statement)).rejects.toThrow('the audit trail cannot be changed');

      expect(before).toHaveLength(1);
      expect(await query(`SELECT * FROM ${table}`)).toEqual(before);
    });

    it('S41: is whole as it was written: every row is sealed once, in batches, and those that come later wait', async () => {
      await trail.recordMany(1203);
      await trail.seal();
      const head = await kept(1203);
      await trail.record();

      expect(await trail.verify()).toEqual({ kind: 'whole', head, waiting: 1 });
      await trail.seal();
      expect(await trail.verify(head)).toEqual({ kind: 'whole', head: await kept(1204), waiting: 0 });
      expect(await query('SELECT count(DISTINCT event_id), max(position) FROM audit_seals')).toEqual([{ count: '1204', max: '1204' }]);
    });

    it('S41: that is empty is whole', async () => {
      expect(await trail.verify()).toEqual({ kind: 'whole', head: { position: 0, mac: '' }, waiting: 0 });
    });
  });

  describe('a row of the audit trail', () => {
    beforeEach(async () => {
      await clear();
      for (let i = 0; i < 6; i += 1) await trail.record({ origin: { ...EVENT.origin, requestId: `request ${i}` } });
      await trail.seal();
      await trail.record(); // the last one waits
    });

    it.each([
      ['at', `at + interval '1 microsecond'`],
      ['at', `'infinity'`],
      ['action', `'session.ended'`],
      ['outcome', `'success'`],
      ['reason', 'NULL'],
      ['reason', `''`],
      ['account_id', 'actor_id'],
      ['actor_id', 'NULL'],
      ['address_hash', `'\\x07'`],
      ['dialect', `'pixyle'`],
      ['ip_address', `'192.0.2.8'`],
      ['request_id', `'request 5'`],
      ['resource', `'API_TOKEN '`],
      ['resource', 'NULL'],
    ])('S41: whose %s was altered to %s is named', async (column, value) => {
      await behindTheTriggers(database, [`UPDATE audit_events SET ${column} = ${value} WHERE id = 3`]);

      expect(await trail.verify()).toEqual({ kind: 'fault', fault: { kind: 'altered', position: 3, id: '3' } });
    });

    it('S41: about nothing of the account that was made one about something is named', async () => {
      await trail.record({ resource: null });
      await trail.seal();
      await behindTheTriggers(database, [`UPDATE audit_events SET resource = '' WHERE id = 8`]);

      expect(await trail.verify()).toEqual({ kind: 'fault', fault: { kind: 'altered', position: 8, id: '8' } });
    });

    const MOVE = (table: string, column: string, from: number, to: number) => [
      `UPDATE ${table} SET ${column} = -1 WHERE ${column} = ${from}`,
      `UPDATE ${table} SET ${column} = ${from} WHERE ${column} = ${to}`,
      `UPDATE ${table} SET ${column} = ${to} WHERE ${column} = -1`,
    ];

    it.each<[what: string, statements: string[], fault: object]>([
      ['was removed', ['DELETE FROM audit_events WHERE id = 3'], { kind: 'removed', position: 3, id: '3' }],
      ['was removed, the last sealed one', ['DELETE FROM audit_events WHERE id = 6'], { kind: 'removed', position: 6, id: '6' }],
      ['was removed, before it was sealed', ['DELETE FROM audit_events WHERE id = 7'], { kind: 'removed', position: null, id: '7' }],
      [
        'was removed with its seal',
        ['DELETE FROM audit_events WHERE id = 3', 'DELETE FROM audit_seals WHERE event_id = 3'],
        { kind: 'seal removed', position: 3, id: null },
      ],
      [
        'was removed with its seal, and those behind it moved up',
        [
          'DELETE FROM audit_events WHERE id = 3',
          'DELETE FROM audit_seals WHERE event_id = 3',
          ...[4, 5, 6].map((position) => `UPDATE audit_seals SET position = position - 1 WHERE position = ${position}`),
        ],
        { kind: 'altered', position: 3, id: '4' },
      ],
      ['was moved, by its seal', MOVE('audit_seals', 'event_id', 2, 5), { kind: 'altered', position: 2, id: '5' }],
      ['was moved, by the place of its seal', MOVE('audit_seals', 'position', 2, 5), { kind: 'altered', position: 2, id: '5' }],
      ['was moved, by its id', MOVE('audit_events', 'id', 2, 5), { kind: 'altered', position: 2, id: '2' }],
      ['has another seal', [`UPDATE audit_seals SET mac = '\\x00' WHERE position = 4`], { kind: 'altered', position: 4, id: '4' }],
      ['lost its seal, the last one', ['DELETE FROM audit_seals WHERE position = 6'], { kind: 'put in', position: null, id: '6' }],
      [
        'has a seal by another key',
        ['UPDATE audit_seals SET key_id = gen_random_uuid() WHERE position = 4'],
        { kind: 'key missing', position: 4, id: '4' },
      ],
      [
        'was put in',
        [`INSERT INTO audit_events (id, action, dialect) VALUES (30, 'x', 'x')`],
        { kind: 'put in', position: null, id: '30' },
      ],
      [
        'was put in before all others',
        [`INSERT INTO audit_events (id, action, dialect) VALUES (-9223372036854775808, 'x', 'x')`],
        { kind: 'put in', position: null, id: '-9223372036854775808' },
      ],
      [
        'was put in, with a seal that is none of the chain',
        [
          `INSERT INTO audit_events (id, action, dialect) VALUES (30, 'x', 'x')`,
          'INSERT INTO audit_seals SELECT 0, 30, mac, key_id FROM audit_seals WHERE position = 6',
        ],
        { kind: 'put in', position: null, id: '30' },
      ],
      [
        'was put in, with a seal that somebody without the key made',
        [
          `INSERT INTO audit_events (id, action, dialect) VALUES (30, 'x', 'x')`,
          'INSERT INTO audit_seals SELECT 7, 30, mac, key_id FROM audit_seals WHERE position = 6',
        ],
        { kind: 'altered', position: 7, id: '30' },
      ],
      ['waits no more, and was not sealed', ['DELETE FROM audit_unsealed'], { kind: 'put in', position: null, id: '7' }],
    ])('S41: that %s is named', async (_what, statements, fault) => {
      await behindTheTriggers(database, statements);

      expect(await trail.verify()).toEqual({ kind: 'fault', fault });
    });

    it('S41: of the end of the trail, cut off with its seal, is missed by whoever kept a head, and by nobody else', async () => {
      const head = await kept(5);
      await behindTheTriggers(database, [
        'DELETE FROM audit_events WHERE id >= 5',
        'DELETE FROM audit_seals WHERE position >= 5',
        'DELETE FROM audit_unsealed',
      ]);

      expect(await trail.verify()).toMatchObject({ kind: 'whole', head: { position: 4 } });
      expect(await trail.verify(head)).toEqual({ kind: 'fault', fault: { kind: 'cut off', position: 5, id: null } });
    });

    it('S41: altered and sealed anew, by somebody who has the key, too, is not that of the head that was kept', async () => {
      const head = await kept(5);
      await behindTheTriggers(database, [
        `UPDATE audit_events SET action = 'x' WHERE id = 4`,
        'TRUNCATE audit_seals',
        'INSERT INTO audit_unsealed SELECT id FROM audit_events WHERE id < 7',
      ]);
      await trail.seal();

      expect(await trail.verify()).toMatchObject({ kind: 'whole' });
      expect(await trail.verify(head)).toEqual({ kind: 'fault', fault: { kind: 'made anew', position: 5, id: '5' } });
    });
  });

  describe('a chain that was made before rows had a resource', () => {
    it('S41: is whole after the update, goes on with rows that have one, and is still that of the head that was kept', async () => {
      const older = await kind.create();
      const hasResource = async () =>
        (await older.source.query(`SELECT FROM information_schema.columns WHERE column_name = 'resource'`)).length > 0;
      while (await hasResource()) await older.source.undoLastMigration();
      const { ports } = await trailOf(older);
      const head = await sealAsBefore(older, ports.auditMacs);

      await migrate(older.source);
      const updated = await trailOf(older);
      expect(await updated.verify(head)).toEqual({ kind: 'whole', head, waiting: 0 });
      await updated.record();
      await updated.seal();
      expect(await updated.verify(head)).toMatchObject({ kind: 'whole', head: { position: 4 }, waiting: 0 });
      await behindTheTriggers(older, [`UPDATE audit_events SET resource = 'API_TOKEN' WHERE id = 2`]);
      expect(await updated.verify(head)).toEqual({ kind: 'fault', fault: { kind: 'altered', position: 2, id: '2' } });
      await older.close();
    });
  });

  describe('sealing', () => {
    beforeEach(clear);

    it('that is undone in the middle leaves nothing behind, and the next one seals all', async () => {
      await trail.recordMany(20);
      const { auditChain } = trail.ports;
      const failing = auditChain.extend(10, () => {
        throw new Error('killed');
      });

      await expect(failing).rejects.toThrow('killed');
      expect(await query('SELECT FROM audit_seals')).toEqual([]);
      await trail.seal();
      expect(await trail.verify()).toMatchObject({ kind: 'whole', head: { position: 20 }, waiting: 0 });
    });

    it('passes over what waits and is not there, which a verification names', async () => {
      await trail.recordMany(3);
      await behindTheTriggers(database, ['DELETE FROM audit_events WHERE id = 1']);
      await trail.seal();

      expect(await query('SELECT event_id FROM audit_seals ORDER BY position')).toEqual([{ event_id: '2' }, { event_id: '3' }]);
      expect(await trail.verify()).toEqual({ kind: 'fault', fault: { kind: 'removed', position: null, id: '1' } });
    });

    if (kind.kind === 'PostgreSQL') {
      it('S41: leaves out no row of a transaction that was open while later ones were committed and sealed', async () => {
        const runner = database.source.createQueryRunner();
        await runner.startTransaction();
        await runner.query(`INSERT INTO audit_events (action, dialect) VALUES ('held.open', 'px0')`);
        await trail.recordMany(5);
        await trail.seal();
        expect(await trail.verify()).toMatchObject({ kind: 'whole', head: { position: 5 }, waiting: 0 });
        await runner.query(`INSERT INTO audit_events (action, dialect) VALUES ('held.open', 'px0')`);
        await runner.commitTransaction();
        await runner.release();

        expect(await trail.verify()).toMatchObject({ kind: 'whole', head: { position: 5 }, waiting: 2 });
        await trail.seal();

        expect(await trail.verify()).toMatchObject({ kind: 'whole', head: { position: 7 }, waiting: 0 });
        expect(await query('SELECT event_id FROM audit_seals ORDER BY position')).toEqual(
          ['2', '3', '4', '5', '6', '1', '7'].map((event_id) => ({ event_id })),
        );
      });

      it('S41: by several processes at once, while many write and some are undone, seals each row once', async () => {
        const others = await Promise.all([1, 2].map(() => openDatabase(database.location)));
        const sealers = await Promise.all([database, ...others].map(trailOf));
        let isWriting = true;
        const sealing = sealers.map(async (each) => {
          while (isWriting) await each.seal();
        });
        const write = async (index: number) => {
          const outcome = trail.ports.atomically(async ({ audit }) => {
            await audit.record({ ...EVENT, origin: { ...EVENT.origin, requestId: String(index) } });
            await new Promise((resolve) => setTimeout(resolve, crypto.randomInt(5)));
            await audit.record(EVENT);
            return index % 5 === 0 ? { ok: false as const, refusal: 'unauthorized' as const } : done(null);
          });
          await outcome;
        };
        for (let round = 0; round < 20; round += 1) await Promise.all(Array.from({ length: 10 }, (_, i) => write(round * 10 + i)));
        isWriting = false;
        await Promise.all(sealing);
        await trail.seal();
        for (const other of others) await other.close();

        expect(await trail.verify()).toMatchObject({ kind: 'whole', head: { position: 320 }, waiting: 0 });
        expect(await query('SELECT count(*) FROM audit_events')).toEqual([{ count: '320' }]);
      });

      it('holds up nobody who writes, though it is held open itself', async () => {
        await trail.recordMany(3);
        const runner = database.source.createQueryRunner();
        await runner.startTransaction();
        await runner.query('LOCK TABLE audit_seals IN ACCESS EXCLUSIVE MODE'); // the sealing waits for this, with all that it holds
        const sealing = trail.seal();
        await until(async () => (await query(`SELECT FROM pg_locks WHERE NOT granted AND relation = 'audit_seals'::regclass`)).length > 0);
        await trail.record();
        expect(await trail.ports.auditChain.countWaiting()).toBe(4);
        await expect((await trailOf(database)).ports.auditChain.extend(10, () => [])).resolves.toBe(0); // another process passes, and waits for nothing

        await runner.commitTransaction();
        await sealing;
        await runner.release();
        expect(await trail.ports.auditChain.countWaiting()).toBe(1);
      });
    }
  });
});

/** Three rows and their seals, as they were made before there was the column `resource`: over these twelve values. */
async function sealAsBefore({ source }: Database, auditMacs: Ports['auditMacs']): Promise<ChainHead> {
  await source.query(`INSERT INTO audit_events (at, action, dialect, request_id)
    SELECT '2026-01-02T03:04:05.678901Z', 'session.opened', 'px0', 'request ' || i FROM generate_series(1, 3) i`);
  await source.query('DELETE FROM audit_unsealed');
  let mac = '';
  for (const position of [1, 2, 3]) {
    const known = ['2026-01-02T03:04:05.678901Z', 'session.opened', 'success', null, null, null, null, 'px0', null, `request ${position}`];
    const made = auditMacs.make(mac, JSON.stringify([position, String(position), ...known]));
    mac = made.mac;
    const seal = [position, position, Buffer.from(mac, 'hex'), made.keyId];
    await source.query('INSERT INTO audit_seals (position, event_id, mac, key_id) VALUES ($1, $2, $3, $4)', seal);
  }
  return { position: 3, mac };
}
