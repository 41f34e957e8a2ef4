import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { DataSource } from 'typeorm';
import { ENTITIES } from './entities.js';
import { translateFaults } from './faults.js';
import { MIGRATIONS } from './migrations.js';

/** How long a request waits for a connection before the database counts as away. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a request waits for an answer before the database counts as away. */
const QUERY_TIMEOUT_MS = 10_000;

/** Where the data lies: a PostgreSQL server's URL, or the folder of the embedded database (`memory://` for tests). */
export type DatabaseLocation = { url: string } | { folder: string };

export interface Database {
  source: DataSource;
  close(): Promise<void>;
}

/**
 * Opens the database: PostgreSQL through pg, or PostgreSQL in this process (PGlite) behind the same driver, so that entities,
 * migrations and queries are the same on both. The embedded one has one connection.
 *
 * @param patient wait as long as it takes for each answer, as migrations must.
 * @throws Unavailable when there is no database at the URL.
 */
export async function openDatabase(location: DatabaseLocation, { patient = false } = {}): Promise<Database> {
  const options = { type: 'postgres' as const, entities: ENTITIES, migrations: MIGRATIONS, synchronize: false, logging: false };
  if ('url' in location) {
    const extra = patient ? {} : { query_timeout: QUERY_TIMEOUT_MS };
    const source = new DataSource({
      ...options,
      url: location.url,
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      poolErrorHandler: () => {},
      extra,
    });
    await translateFaults(() => source.initialize());
    return { source, close: () => source.destroy() };
  }
  const lite = await PGlite.create({ dataDir: location.folder });
  const source = new DataSource({ ...options, connectTimeoutMS: CONNECT_TIMEOUT_MS, extra: { ...createPgConfig(lite), max: 1 } });
  await source.initialize();
  return {
    source,
    async close() {
      await source.destroy();
      await lite.close();
    },
  };
}
