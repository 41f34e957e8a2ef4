import fs from 'node:fs';
import path from 'node:path';
import { MIN_SECRET_BYTES, type Config } from '../config.js';
import type { PasswordRules } from '../core/password-rules.js';
import type { Ports } from '../core/ports.js';
import { createHashPool, type HashPool } from '../crypto/hash-pool.js';
import { currentKey, loadKeyRing } from '../crypto/key-ring.js';
import { readOrCreateMasterSecret } from '../crypto/master-secret.js';
import type { HashScheme } from '../crypto/password-hash.js';
import { createMailSealing } from '../crypto/mails.js';
import { createPasswords } from '../crypto/passwords.js';
import { createSealer } from '../crypto/sealing.js';
import { ACCESS_TOKEN_TYPE, createTokens } from '../crypto/tokens.js';
import { DataFolderError, openDataFolder, type DataFolder } from '../db/data-folder.js';
import { openDatabase, type Database } from '../db/database.js';
import { migrate, schemaState } from '../db/migrations.js';
import { databasePorts } from '../db/ports.js';
import type { AccessTokenCheck } from '../http/authentication.js';
import { claimFolder, type MessageHandler } from './control-socket.js';

/** The database has not the schema that this version works with; the message says what to do. */
export class SchemaError extends Error {
  override name = 'SchemaError';
}

/** Everything behind the HTTP server: what a command line needs, too. */
export interface Service {
  ports: Ports;
  accessTokens: AccessTokenCheck;
  rules: PasswordRules;
  /** Settles when the database has stopped for good, and so must the process. */
  failed: Promise<Error>;
  close(): Promise<void>;
}

/**
 * Opens the database and everything on top of it. The embedded database is brought up to date; a PostgreSQL server is left as it
 * is, and refused where it needs a migration.
 *
 * @param onMessage answers what comes through the embedded database's control socket; null: this process will be gone soon.
 * @throws DataFolderError, FolderInUse, SchemaError, WrongMasterSecret, Unavailable
 */
export async function openService(config: Config, onMessage: MessageHandler | null): Promise<Service> {
  const { database, masterSecret } = config.DATABASE_URL
    ? { database: await openServerDatabase(config.DATABASE_URL), masterSecret: String(config.LATCHKEY_SECRET) }
    : await openEmbeddedDatabase(config, onMessage);
  try {
    return await assembleService(config, database, masterSecret);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Puts the service together on an open database of the right schema.
 *
 * @throws WrongMasterSecret
 */
export async function assembleService(
  config: Config,
  database: Database,
  masterSecret: string,
  scheme: HashScheme = config.PASSWORD_HASH === 'argon2id' ? { algorithm: 'argon2id' } : { algorithm: 'bcrypt', cost: config.BCRYPT_COST },
  hashPool: HashPool = createHashPool(),
): Promise<Service> {
  const { keys, ...stored } = databasePorts(database.source, database.revocations);
  const keyRing = await loadKeyRing(keys, createSealer(masterSecret));
  const issuer = config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
  const tokens = createTokens(keyRing, issuer);
  const passwords = createPasswords(hashPool, scheme, currentKey(keyRing['address-hash']).secret, stored.accounts.countPasswordSchemes);
  return {
    ports: {
      ...stored,
      passwords,
      tokens: tokens.port,
      mails: { seal: createMailSealing(keyRing.outbox).seal, deliverSoon: () => {} },
      clock: { now: () => new Date(), uptimeSeconds: () => process.uptime() },
      revocations: { hasEnded: () => null },
    },
    accessTokens: { issuer, type: ACCESS_TOKEN_TYPE, verificationKey: tokens.verificationKey },
    rules: { minLength: config.PASSWORD_MIN_LENGTH },
    failed: database.failed,
    async close() {
      await hashPool.close();
      await database.close();
    },
  };
}

/** Brings a PostgreSQL server's schema up to date. @throws SchemaError when a newer version has been there. */
export async function migrateServerDatabase(url: string): Promise<string[]> {
  const database = await openDatabase({ url }, { patient: true });
  try {
    await refuseNewerSchema(database);
    return await migrate(database.source);
  } finally {
    await database.close();
  }
}

async function openServerDatabase(url: string): Promise<Database> {
  const database = await openDatabase({ url });
  try {
    if ((await refuseNewerSchema(database)) === 'behind')
      throw new SchemaError('the database needs a migration, run: npx latchkey migrate');
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openEmbeddedDatabase(
  config: Config,
  onMessage: MessageHandler | null,
): Promise<{ database: Database; masterSecret: string }> {
  const folder = openDataFolder(config.DATA_DIR);
  const claim = await claimFolder(folder.path, onMessage);
  try {
    const masterSecret = config.LATCHKEY_SECRET ?? readFolderSecret(folder);
    const database = await openDatabase({ folder: folder.database }).catch((error: unknown) => {
      throw new DataFolderError(`the database in ${folder.database} does not open (${folder.freeMegabytes()} MB are free)`, {
        cause: error,
      });
    });
    await bringUpToDate(database, folder);
    return { database: { ...database, close: () => database.close().finally(() => claim.release()) }, masterSecret };
  } catch (error) {
    await claim.release();
    const isFromSystem = error instanceof Error && 'syscall' in error;
    throw isFromSystem ? new DataFolderError(`the data folder ${folder.path} cannot be used`, { cause: error }) : error;
  }
}

/** @throws DataFolderError where the secret of data that is there is lost, or is less than one, as after its writing was cut short. */
function readFolderSecret({ database, secretFile }: DataFolder): string {
  if (!fs.existsSync(secretFile) && fs.existsSync(path.join(database, 'PG_VERSION'))) {
    throw new DataFolderError(`the master secret ${secretFile} is missing: put it back, or give it as LATCHKEY_SECRET`);
  }
  const secret = readOrCreateMasterSecret(secretFile);
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret;
  throw new DataFolderError(`the master secret in ${secretFile} is shorter than ${MIN_SECRET_BYTES} bytes`);
}

async function bringUpToDate(database: Database, folder: DataFolder): Promise<void> {
  try {
    if ((await refuseNewerSchema(database)) === 'behind') await migrate(database.source);
    folder.markMigrated();
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function refuseNewerSchema(database: Database): Promise<'current' | 'behind'> {
  const state = await schemaState(database.source);
  if (state !== 'ahead') return state;
  throw new SchemaError('the database was migrated by a newer version of Latchkey');
}
