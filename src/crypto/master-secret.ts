import crypto from 'node:crypto';
import fs from 'node:fs';

const SECRET_BYTES = 32;

/**
 * Reads the master secret from the file, for its owner's eyes alone; at the first start it is made there, whole or not at all: a
 * disk that is full must not leave half of it behind.
 *
 * @throws {Error} of the file system.
 */
export function readOrCreateMasterSecret(file: string): string {
  if (!fs.existsSync(file)) createSecret(file);
  return fs.readFileSync(file, 'utf8').trim();
}

function createSecret(file: string): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(unfinished, `${crypto.randomBytes(SECRET_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
    fs.linkSync(unfinished, file); // unlike a renaming, it leaves alone what another process has made meanwhile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(unfinished, { force: true });
  }
}
