import crypto from 'node:crypto';
import { describe } from '@jest/globals';
import pg from 'pg';
import { openDatabase, type Database, type DatabaseLocation } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrations.js';

/** A database that one test file has for itself. */
export interface TestDatabase extends Database {
  location: DatabaseLocation;
}

/** One of the two databases that everything runs on. */
export interface DatabaseKind {
  kind: 'embedded' | 'PostgreSQL';
  /** A new database; with the schema, unless told otherwise. */
  create(options?: { migrated?: boolean }): Promise<TestDatabase>;
}

const embedded: DatabaseKind = {
  kind: 'embedded',
  create: (options) => opened({ folder: 'memory://' }, options, async () => {}),
};

const postgres: DatabaseKind = {
  kind: 'PostgreSQL',
  async create(options) {
    const { url, drop } = await createEmptyPostgres();
    return opened({ url }, options, drop);
  },
};

/** A new database on the PostgreSQL server, with nothing in it. */
export async function createEmptyPostgres(): Promise<{ name: string; url: string; drop(): Promise<void> }> {
  const name = `latchkey_test_${crypto.randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  const url = new URL(postgresUrl());
  url.pathname = `/${name}`;
  return { name, url: url.href, drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** Runs a suite on PGlite and on the PostgreSQL server that `global-setup` found; it has said why, where there is none. */
export function onEveryDatabase(suite: (database: DatabaseKind) => void): void {
  describe('on the embedded database', () => suite(embedded));
  (process.env.LATCHKEY_TEST_POSTGRES ? describe : describe.skip)('on PostgreSQL', () => suite(postgres));
}

/** Runs one statement on the PostgreSQL server, as its administrator. */
export async function onServer(sql: string, database?: string): Promise<void> {
  const url = new URL(postgresUrl());
  if (database) url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function opened(location: DatabaseLocation, { migrated = true } = {}, drop: () => Promise<void>): Promise<TestDatabase> {
  const database = await openDatabase(location);
  if (migrated) await migrate(database.source);
  return {
    ...database,
    location,
    async close() {
      await database.close();
      await drop();
    },
  };
}

function postgresUrl(): string {
  const url = process.env.LATCHKEY_TEST_POSTGRES;
  if (!url) throw new Error('there is no PostgreSQL server for the tests');
  return url;
}
