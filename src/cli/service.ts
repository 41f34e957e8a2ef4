import fs from 'node:fs';
import path from 'node:path';
import { appUrls, masterSecretFault, type Config } from '../config.js';
import type { PasswordRules } from '../core/password-rules.js';
import { createAuditMacs } from '../crypto/audit-macs.js';
import { createCodeEncryption } from '../crypto/code-encryption.js';
import { isCommonPassword } from '../crypto/common-passwords.js';
import { createHashPool, type HashPool } from '../crypto/hash-pool.js';
import { keyLivesIn } from '../crypto/key-changes.js';
import { openKeyRing, type KeyRingParts } from '../crypto/key-ring.js';
import { readOrCreateMasterSecret } from '../crypto/master-secret.js';
import type { HashScheme } from '../crypto/password-hash.js';
import { createMailSealing } from '../crypto/mails.js';
import { createPasswords } from '../crypto/passwords.js';
import { createSealer, replaceableSealer } from '../crypto/sealing.js';
import { createSecretSealing } from '../crypto/secrets.js';
import { ACCESS_TOKEN_TYPE, createTokens } from '../crypto/tokens.js';
import { DataFolderError, openDataFolder, type DataFolder } from '../db/data-folder.js';
import { openDatabase, type Database } from '../db/database.js';
import { grantServing } from '../db/grants.js';
import { keysIn } from '../db/keys.js';
import { migrate, schemaState } from '../db/migrations.js';
import { databaseLimits, databasePorts } from '../db/ports.js';
import { DIALECTS } from '../dialects/index.js';
import type { AccessTokenCheck } from '../http/authentication.js';
import { createCourier, type CourierParts } from '../mail/courier.js';
import { createFolderTransport, createSmtpTransport, type MailTransport } from '../mail/transport.js';
import type { WorkbenchPorts } from '../workbench/ports.js';
import { claimFolder, type MessageHandler } from './control-socket.js';
import { controlKeys, settleFolderSecret, withSecretFile, type KeyControl } from './key-control.js';
import { limitsOf } from './limits.js';
import { outsideWorld, type OutsideWorld } from './workbench.js';

/** The database has not the schema that this version works with; the message says what to do. */
export class SchemaError extends Error {
  override name = 'SchemaError';
}

/** Everything behind the HTTP server: what a command line needs, too. */
export interface Service {
  ports: WorkbenchPorts;
  accessTokens: AccessTokenCheck;
  rules: PasswordRules;
  keys: KeyControl;
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
export async function openService(config: Config, onMessage: MessageHandler | null, parts: ServiceParts = {}): Promise<Service> {
  const { database, masterSecret, secretFolder } = config.DATABASE_URL
    ? { database: await openServerDatabase(config.DATABASE_URL), masterSecret: String(config.LATCHKEY_SECRET), secretFolder: null }
    : await openEmbeddedDatabase(config, onMessage);
  try {
    const service = await assembleService(config, database, masterSecret, parts);
    const keys = secretFolder ? withSecretFile(service.keys, secretFolder) : service.keys;
    return { ...service, keys, close: () => service.close().finally(() => database.close()) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What may be another thing than usual in a service. */
export interface ServiceParts {
  scheme?: HashScheme;
  hashPool?: HashPool;
  transport?: MailTransport;
  onMailFailure?: CourierParts['onFailure'];
  /** How long a new key is known before its first use. */
  keyLeadSeconds?: number;
  keyRing?: KeyRingParts;
  onSandboxFault?(fault: string): void;
  workbench?: Partial<OutsideWorld>;
}

/**
 * Puts the service together on an open database of the right schema, which stays open when the service closes.
 *
 * @throws WrongMasterSecret
 */
export async function assembleService(
  config: Config,
  database: Database,
  masterSecret: string,
  parts: ServiceParts = {},
): Promise<Service> {
  const { keys, ...stored } = databasePorts(database.source, database.revocations);
  const sealer = replaceableSealer(createSealer(masterSecret));
  const keyRing = await openKeyRing(keys, sealer, parts.keyRing);
  const { scheme = hashScheme(config), hashPool = createHashPool(), transport = mailTransport(config), onMailFailure = () => {} } = parts;
  const issuer = config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
  const tokens = createTokens(keyRing, issuer);
  const passwords = createPasswords(hashPool, scheme, keyRing.current('address-hash').secret, stored.accounts.countPasswordSchemes);
  const { seal, open } = createMailSealing(keyRing);
  const courier = createCourier({ outbox: stored.outbox, open, transport, appUrls: appUrls(config), onFailure: onMailFailure });
  const outside = { ...outsideWorld(config, parts.onSandboxFault ?? (() => {})), ...parts.workbench };
  const limits = databaseLimits(database.source, limitsOf(config));
  const clock = { now: () => new Date(), uptimeSeconds: () => process.uptime() };
  return {
    ports: {
      ...stored,
      ...outside,
      limits,
      passwords,
      auditMacs: createAuditMacs(keyRing),
      secretSealing: createSecretSealing(keyRing),
      codeEncryption: createCodeEncryption(),
      tokens: tokens.port,
      mails: { seal, deliverSoon: courier.deliverSoon },
      clock,
    },
    accessTokens: { issuer, type: ACCESS_TOKEN_TYPE, ...tokens },
    rules: { minLength: config.PASSWORD_MIN_LENGTH, isCommon: isCommonPassword, serviceNames: DIALECTS.map(({ name }) => name) },
    keys: controlKeys(keyLivesIn(keys, sealer, parts.keyLeadSeconds), keyRing, sealer),
    failed: database.failed,
    async close() {
      keyRing.close();
      await outside.sandbox.close().catch(() => {}); // a folder that does not go must not keep the rest
      await courier.close();
      transport.close();
      await hashPool.close();
    },
  };
}

function hashScheme({ PASSWORD_HASH, BCRYPT_COST }: Config): HashScheme {
  return PASSWORD_HASH === 'argon2id' ? { algorithm: 'argon2id' } : { algorithm: 'bcrypt', cost: BCRYPT_COST };
}

/** Over SMTP, or into files where there is no mail server. */
function mailTransport({ MAIL_URL, MAIL_FROM, DATA_DIR }: Config): MailTransport {
  return MAIL_URL ? createSmtpTransport(MAIL_URL, MAIL_FROM) : createFolderTransport(path.join(DATA_DIR, 'outbox'), MAIL_FROM);
}

/**
 * Brings a PostgreSQL server's schema up to date.
 *
 * @param migrationUrl the same database, as the role that owns the tables: the role of `url` is then given what serving needs, and no more.
 * @throws SchemaError when a newer version has been there, or the two roles do not differ as they should.
 */
export async function migrateServerDatabase(url: string, migrationUrl?: string): Promise<string[]> {
  const database = await openDatabase({ url: migrationUrl ?? url }, { patient: true });
  try {
    await refuseNewerSchema(database);
    const applied = await migrate(database.source);
    if (migrationUrl !== undefined) await restrictRoleOf(url, database);
    return applied;
  } finally {
    await database.close();
  }
}

async function restrictRoleOf(url: string, { source }: Database): Promise<void> {
  const serving = await openDatabase({ url });
  try {
    const [{ role }] = await serving.source.query('SELECT current_user AS role');
    const fault = await grantServing(source, role);
    if (fault) throw new SchemaError(fault);
  } finally {
    await serving.close();
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
): Promise<{ database: Database; masterSecret: string; secretFolder: DataFolder | null }> {
  const folder = openDataFolder(config.DATA_DIR);
  const claim = await claimFolder(folder.path, onMessage);
  try {
    if (!config.LATCHKEY_SECRET) checkFolderSecret(folder);
    const database = await openDatabase({ folder: folder.database }).catch((error: unknown) => {
      throw new DataFolderError(`the database in ${folder.database} does not open (${folder.freeMegabytes()} MB are free)`, {
        cause: error,
      });
    });
    await bringUpToDate(database, folder);
    const { LATCHKEY_SECRET: given } = config;
    const masterSecret = given ?? (await settleFolderSecret({ list: keysIn(database.source).load }, folder));
    const close = () => database.close().finally(() => claim.release());
    return { database: { ...database, close }, masterSecret, secretFolder: given ? null : folder };
  } catch (error) {
    await claim.release();
    const isFromSystem = error instanceof Error && 'syscall' in error;
    throw isFromSystem ? new DataFolderError(`the data folder ${folder.path} cannot be used`, { cause: error }) : error;
  }
}

/** @throws DataFolderError where the secret of data that is there is lost, or is none, as after its writing was cut short. */
function checkFolderSecret({ database, secretFile }: DataFolder): void {
  if (!fs.existsSync(secretFile) && fs.existsSync(path.join(database, 'PG_VERSION'))) {
    throw new DataFolderError(`the master secret ${secretFile} is missing: put it back, or give it as LATCHKEY_SECRET`);
  }
  const fault = masterSecretFault(readOrCreateMasterSecret(secretFile));
  if (fault) throw new DataFolderError(`the master secret in ${secretFile} ${fault}`);
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
