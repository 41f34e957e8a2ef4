import crypto from 'node:crypto';
import fs from 'node:fs';

const SECRET_BYTES = 32;

/** Reads the master secret from the file, for its owner's eyes alone; at the first start it is made there. */
export function readOrCreateMasterSecret(file: string): string {
  try {
    fs.writeFileSync(file, `${crypto.randomBytes(SECRET_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return fs.readFileSync(file, 'utf8').trim();
}
