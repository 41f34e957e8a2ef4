import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const SECRET_BYTES = 32;

/** A random master secret, of 256 bits. */
export function generateMasterSecret(): string {
  return crypto.randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * Reads the master secret from the file, for its owner's eyes alone; at the first start it is made there, whole or not at all: a
 * disk that is full must not leave half of it behind.
 *
 * @throws {Error} of the file system.
 */
export function readOrCreateMasterSecret(file: string): string {
  if (!fs.existsSync(file)) createSecret(file);
  return readSecret(file);
}

/**
 * Lays the secret that is to replace the one in the file beside it, on the disk before this returns. From then on, whichever of the two
 * the keys are sealed with is there.
 *
 * @throws {Error} of the file system, also when there is such a file already: `settleMasterSecret` comes before this, and after the
 *   keys have been sealed anew.
 */
export function layNextSecret(file: string, secret: string): void {
  fs.writeFileSync(nextTo(file), `${secret}\n`, { mode: 0o600, flush: true, flag: 'wx' });
  syncFolderOf(file);
}

/**
 * Finishes a replacement of the secret in the file, or takes it back, wherever it was interrupted: the keys tell which secret counts.
 *
 * @param opensKeys whether the keys in the database open with that secret.
 * @param saveDatabase brings the keys to the disk: only then may the secret go that they were sealed with before.
 * @returns the secret; where neither opens the keys, both files stay.
 * @throws {Error} of the file system.
 */
export async function settleMasterSecret(
  file: string,
  opensKeys: (secret: string) => boolean,
  saveDatabase: () => Promise<void>,
): Promise<string> {
  const next = nextTo(file);
  if (fs.existsSync(next) && opensKeys(readSecret(file))) fs.rmSync(next);
  else if (fs.existsSync(next) && opensKeys(readSecret(next))) {
    await saveDatabase();
    fs.renameSync(next, file);
    syncFolderOf(file);
  }
  return readSecret(file);
}

function nextTo(file: string): string {
  return `${file}.next`;
}

function readSecret(file: string): string {
  return fs.readFileSync(file, 'utf8').trim();
}

function createSecret(file: string): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(unfinished, `${generateMasterSecret()}\n`, { mode: 0o600, flush: true });
    fs.linkSync(unfinished, file); // unlike a renaming, it leaves alone what another process has made meanwhile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(unfinished, { force: true });
  }
}

/** A name is on the disk only when its folder is. */
function syncFolderOf(file: string): void {
  const folder = fs.openSync(path.dirname(file), 'r');
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}
