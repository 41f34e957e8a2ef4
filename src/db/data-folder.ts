import fs from 'node:fs';
import path from 'node:path';
import { MIGRATION_NAMES } from './migrations.js';

/** The PostgreSQL inside PGlite; it reads no other's files. */
const EMBEDDED_POSTGRES_MAJOR = '18';

/** The data folder cannot be used; the message says why, and nothing in the folder was changed. */
export class DataFolderError extends Error {
  override name = 'DataFolderError';
}

/** Where the embedded database and what goes with it lie. */
export interface DataFolder {
  path: string;
  /** The embedded database's own folder. */
  database: string;
  /** The master secret that was made for this folder. */
  secretFile: string;
  /** The room on its disk. */
  freeMegabytes(): number;
  /** Brings to the disk what the embedded database, which does not wait for it, has written. */
  saveDatabase(): Promise<void>;
  /** Notes that the database has this version's schema, so that an older version will leave it alone. */
  markMigrated(): void;
}

/**
 * Makes the folder, for this user alone, or checks the one that is there. In one that others may enter, they still cannot read
 * the database.
 *
 * @throws DataFolderError when it cannot be made or written to, or when a newer version of this service has used it.
 */
export function openDataFolder(folder: string): DataFolder {
  const resolved = path.resolve(folder);
  const database = path.join(resolved, 'database');
  const markFile = path.join(resolved, 'schema');
  try {
    fs.mkdirSync(database, { recursive: true, mode: 0o700 });
    fs.accessSync(resolved, fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw new DataFolderError(`the data folder ${resolved} cannot be written to (${(error as NodeJS.ErrnoException).code})`);
  }
  const mark = readIfThere(markFile);
  if (mark && !MIGRATION_NAMES.includes(mark))
    throw new DataFolderError(`the data folder ${resolved} was used by a newer version of Latchkey`);
  const major = readIfThere(path.join(database, 'PG_VERSION'));
  if (major && major !== EMBEDDED_POSTGRES_MAJOR) {
    throw new DataFolderError(
      `the data folder ${resolved} holds a database of PostgreSQL ${major}, this version reads ${EMBEDDED_POSTGRES_MAJOR}`,
    );
  }
  return {
    path: resolved,
    database,
    secretFile: path.join(resolved, 'secret'),
    freeMegabytes() {
      const { bavail, bsize } = fs.statfsSync(resolved);
      return Math.floor((bavail * bsize) / 1_000_000);
    },
    saveDatabase: () => syncFiles(database),
    markMigrated: () => fs.writeFileSync(markFile, `${MIGRATION_NAMES.at(-1)}\n`),
  };
}

function readIfThere(file: string): string | null {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : null;
}

async function syncFiles(folder: string): Promise<void> {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const name = path.join(entry.parentPath, entry.name);
    if (!fs.existsSync(name)) continue; // what is gone meanwhile holds nothing
    const file = await fs.promises.open(name);
    await file.sync().finally(() => file.close());
  }
}
