import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { openEmbeddedRevocationFeed } from './embedded-revocation-feed.js';
import { ENTITIES } from './entities.js';
import { translateFaults } from './faults.js';
import { MIGRATIONS } from './migrations.js';
import { openRevocationFeed, openWhenAsked, type RevocationFeed } from './revocation-feed.js';

/** How long a request waits for a connection before the database counts as away. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a request waits for an answer before the database counts as away. */
const QUERY_TIMEOUT_MS = 10_000;

const OPTIONS = {
  type: 'postgres' as const,
  entities: ENTITIES,
  migrations: MIGRATIONS,
  synchronize: false,
  logging: false,
  connectTimeoutMS: CONNECT_TIMEOUT_MS,
};

/** Where the data lies: a PostgreSQL server's URL, or the folder of the embedded database (`memory://` for tests). */
export type DatabaseLocation = { url: string } | { folder: string };

export interface Database {
  source: DataSource;
  /** What has ended. It needs the schema when it is asked for the first time. */
  revocations: RevocationFeed;
  /** Settles when the embedded database has stopped for good. Nothing is lost: the next process recovers it. */
  failed: Promise<Error>;
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
  return 'url' in location ? openServerDatabase(location.url, patient) : openEmbeddedDatabase(location.folder);
}

async function openServerDatabase(url: string, patient: boolean): Promise<Database> {
  const extra = patient ? {} : { query_timeout: QUERY_TIMEOUT_MS, Client: clientThatTells(closeAfterTimeout) };
  const source = new DataSource({ ...OPTIONS, url, poolErrorHandler: () => {}, extra });
  await translateFaults(() => source.initialize());
  const revocations = openWhenAsked(() => openRevocationFeed(url));
  return {
    source,
    revocations,
    failed: new Promise(() => {}),
    async close() {
      revocations.close();
      await source.destroy();
    },
  };
}

async function openEmbeddedDatabase(folder: string): Promise<Database> {
  const lite = await PGlite.create({ dataDir: folder });
  let hasFailed = false;
  let reportFailure: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (reportFailure = resolve));
  /** After a PANIC (no room for the write-ahead log, say) PGlite answers on, but not to what it is asked. */
  const Client = clientThatTells((error, client) => {
    if ((error as pg.DatabaseError).severity !== 'PANIC') return;
    hasFailed = true;
    void client.end();
    void source.destroy();
    reportFailure(error);
  });
  const source = new DataSource({ ...OPTIONS, extra: { ...createPgConfig(lite), max: 1, Client } });
  await source.initialize();
  const revocations = openWhenAsked(() => openEmbeddedRevocationFeed(source, lite));
  return {
    source,
    revocations,
    failed,
    async close() {
      revocations.close();
      if (hasFailed) return; // it must not write any more
      await source.destroy();
      await lite.close();
    },
  };
}

/** The pool would take the connection for a good one, and every later query on it would wait behind the one that was given up. */
function closeAfterTimeout(error: Error, client: pg.Client): void {
  if (error.message === 'Query read timeout') void client.end();
}

/** pg's connection, which tells of the errors of its queries. */
function clientThatTells(onError: (error: Error, client: pg.Client) => void): typeof pg.Client {
  return class extends pg.Client {
    override query(...sent: never[]): never {
      const answer: unknown = super.query(...(sent as [never]));
      if (answer instanceof Promise) answer.catch((error: Error) => onError(error, this));
      return answer as never;
    }
  };
}
