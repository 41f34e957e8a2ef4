import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate, MIGRATION_NAMES, schemaState } from '../../src/db/migrations.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';

const TABLES = `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`;

onEveryDatabase((kind) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await kind.create({ migrated: false });
  });
  afterAll(() => database.close());

  describe('the migrations', () => {
    it('make the schema, once', async () => {
      expect(await schemaState(database.source)).toBe('behind');
      expect(await migrate(database.source)).toEqual(MIGRATION_NAMES);
      expect(await schemaState(database.source)).toBe('current');
      expect(await migrate(database.source)).toEqual([]);
    });

    it('make exactly what the entities map', async () => {
      const { upQueries } = await database.source.driver.createSchemaBuilder().log();

      expect(upQueries.map(({ query }) => query)).toEqual([]);
    });

    it('make something that the comparison above would miss nothing of', async () => {
      await database.source.query('ALTER TABLE sessions ALTER COLUMN dialect DROP NOT NULL');
      await database.source.query('ALTER TABLE accounts DROP CONSTRAINT accounts_status_check');
      const { upQueries } = await database.source.driver.createSchemaBuilder().log();
      await database.source.query('ALTER TABLE sessions ALTER COLUMN dialect SET NOT NULL');
      await database.source.query(
        `ALTER TABLE accounts ADD CONSTRAINT accounts_status_check CHECK (status IN ('active', 'inactive', 'banned', 'deleted'))`,
      );

      const queries = upQueries.map(({ query }) => query).join('\n');
      expect(queries).toContain('"dialect" SET NOT NULL');
      expect(queries).toContain('"accounts_status_check" CHECK');
      expect(upQueries.length).toBe(2);
    });

    it('can be taken back, and leave nothing behind', async () => {
      for (let i = 0; i < MIGRATION_NAMES.length; i++) await database.source.undoLastMigration();
      expect(await database.source.query(TABLES)).toEqual([{ name: 'migrations' }]);
      expect(await migrate(database.source)).toEqual(MIGRATION_NAMES);
    });

    it('make nobody of a session that ended before the feed was there: the keys of those access tokens go, and no others', async () => {
      const isFeed = (name: string) => name.startsWith('revocation_feed');
      const later = MIGRATION_NAMES.length - MIGRATION_NAMES.findIndex(isFeed);
      for (let i = 0; i < later; i++) await database.source.undoLastMigration();
      for (const purpose of ['access-token', 'refresh-token'])
        await database.source.query(`INSERT INTO keys (id, purpose, sealed) VALUES (gen_random_uuid(), $1, '')`, [purpose]);

      await migrate(database.source);

      expect(await database.source.query('SELECT purpose FROM keys')).toEqual([{ purpose: 'refresh-token' }]);
    });

    it('have a way back each', () => {
      const files = fs.readdirSync('migrations');
      expect(files.filter((file) => file.endsWith('.down.sql'))).toHaveLength(MIGRATION_NAMES.length);
    });

    it('tell a database that a newer version was at', async () => {
      await database.source.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'later9999999999999')`);
      expect(await schemaState(database.source)).toBe('ahead');
      await database.source.query(`DELETE FROM migrations WHERE timestamp = 9999999999999`);
    });
  });
});
