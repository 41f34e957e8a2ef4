import fs from 'node:fs';
import { MigrationExecutor, type DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { packageFile } from '../package-root.js';

/** Any number will do, as long as every process of this service uses the same. */
const ADVISORY_LOCK = 7_236_045;

const folder = packageFile('migrations');

/** The migrations in `migrations/`, oldest first, as classes: what TypeORM runs. */
export const MIGRATIONS = fs
  .readdirSync(folder)
  .filter((file) => file.endsWith('.up.sql'))
  .sort()
  .map((file) => migrationClass(file.slice(0, -'.up.sql'.length)));

/** The names of the migrations that this version knows, oldest first. */
export const MIGRATION_NAMES = MIGRATIONS.map((Migration) => new Migration().name);

/** `behind`: migrations are missing; `ahead`: the database was migrated by a newer version of this service. */
export type SchemaState = 'current' | 'behind' | 'ahead';

/** Compares the database's schema with the one that this version works with. */
export async function schemaState(db: DataSource): Promise<SchemaState> {
  const [{ exists }] = await db.query(`SELECT to_regclass('migrations') IS NOT NULL AS exists`);
  const applied: string[] = exists ? (await db.query('SELECT name FROM migrations')).map((row: { name: string }) => row.name) : [];
  if (applied.some((name) => !MIGRATION_NAMES.includes(name))) return 'ahead';
  return applied.length < MIGRATION_NAMES.length ? 'behind' : 'current';
}

/**
 * Brings the schema up to date, at once or not at all. Several processes may try at the same time: the others wait.
 *
 * @returns the names of the migrations that were applied.
 */
export async function migrate(db: DataSource): Promise<string[]> {
  const runner = db.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    const applied = await new MigrationExecutor(db, runner).executePendingMigrations();
    return applied.map((migration) => migration.name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => {}); // the lock ends with the connection, too
    await runner.release();
  }
}

function migrationClass(stem: string): new () => MigrationInterface & { name: string } {
  const [timestamp, ...words] = stem.split('-');
  const sql = (direction: 'up' | 'down') => fs.readFileSync(`${folder}/${stem}.${direction}.sql`, 'utf8');
  return class {
    name = `${words.join('_')}${timestamp}`; // TypeORM reads the time from the last 13 characters

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql('up'));
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(sql('down'));
    }
  };
}
