import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditFilter } from '../../src/core/audit.js';
import { databasePorts } from '../../src/db/ports.js';
import { EVENT } from '../support/audit.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let ports: ReturnType<typeof databasePorts>;
  beforeAll(async () => {
    database = await kind.create();
    ports = databasePorts(database.source);
    // the microseconds that the database keeps, and nobody is shown
    for (const at of ['03:04:05.677999', '03:04:05.678001', '03:04:05.678999', '03:04:05.679'])
      await database.source.query(
        `INSERT INTO audit_events (at, action, dialect, resource) VALUES ('2026-01-02T${at}Z', 'code.executed', 'pyth-on', '${at}')`,
      );
  });
  afterAll(() => database.close());

  describe('the audit trail', () => {
    it.each<[what: string, filter: AuditFilter, found: string[]]>([
      ['from a moment on, that one included', { from: new Date('2026-01-02T03:04:05.678Z') }, ['05.679', '05.678999', '05.678001']],
      ['until a moment, that one excluded', { until: new Date('2026-01-02T03:04:05.678Z') }, ['05.677999']],
      [
        'between two moments',
        { from: new Date('2026-01-02T03:04:05.678Z'), until: new Date('2026-01-02T03:04:05.679Z') },
        ['05.678999', '05.678001'],
      ],
      ['in no time at all', { from: new Date('2026-01-02T03:04:05.678Z'), until: new Date('2026-01-02T03:04:05.678Z') }, []],
      ['of another action', { action: 'code.finished', from: new Date(0) }, []],
    ])('is read %s, by the time that is shown', async (_what, filter, found) => {
      const rows = await ports.audit.list({ after: null, limit: 10 }, filter);

      expect(rows.map(({ resource }) => resource)).toEqual(found.map((seconds) => `03:04:${seconds}`));
      for (const { at } of rows) expect(at >= (filter.from ?? at)).toBe(true);
    });

    it('tells what a record is about, and nothing where it is about no one thing', async () => {
      await ports.audit.record({ ...EVENT, resource: 'API_TOKEN' });
      await ports.audit.record({ ...EVENT, resource: undefined });

      const rows = await ports.audit.list({ after: null, limit: 2 }, {});
      expect(rows.map(({ resource }) => resource)).toEqual([null, 'API_TOKEN']);
    });
  });
});
