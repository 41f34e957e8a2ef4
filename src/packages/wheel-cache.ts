import crypto from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { Unavailable } from '../core/faults.js';

/** Files that were fetched, by their SHA-256. Processes may share its folder. */
export interface WheelCache {
  /** @returns null where it is not here, or is damaged. */
  read(sha256: string): Promise<Uint8Array | null>;
  /** Keeps a file, and lets those go that were not used for longest. @throws Unavailable where the folder cannot be written. */
  write(sha256: string, bytes: Uint8Array): Promise<void>;
}

/** Of bytes, in hex. */
export function sha256Of(bytes: Uint8Array): string {
  return crypto.createHash('sha256').update(bytes).digest('hex');
}

/**
 * Keeps files in a folder.
 *
 * @param folder is made at the first write, for this user alone.
 * @param maxBytes of all files together; one that was just written stays, whatever its size.
 */
export function createWheelCache(folder: string, maxBytes: number): WheelCache {
  const fileOf = (sha256: string) => path.join(folder, `${sha256}.whl`);
  return {
    async read(sha256) {
      const bytes = await fs.readFile(fileOf(sha256)).catch(() => null);
      if (!bytes || sha256Of(bytes) !== sha256) return null;
      const now = new Date();
      await fs.utimes(fileOf(sha256), now, now).catch(() => {}); // another process has let it go: the bytes are here
      return bytes;
    },
    async write(sha256, bytes) {
      try {
        await fs.mkdir(folder, { recursive: true, mode: 0o700 });
        const unfinished = path.join(folder, `.${crypto.randomUUID()}.unfinished`); // what a crash leaves goes as it grows old
        await fs.writeFile(unfinished, bytes, { mode: 0o600 });
        await fs.rename(unfinished, fileOf(sha256));
        await letOldOnesGo(folder, maxBytes, fileOf(sha256));
      } catch (error) {
        throw new Unavailable(`the cache of packages cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
      }
    },
  };
}

async function letOldOnesGo(folder: string, maxBytes: number, kept: string): Promise<void> {
  const names = await fs.readdir(folder);
  const files = await Promise.all(names.map(async (name) => sizeAndUse(path.join(folder, name))));
  const newestFirst = files.filter((file) => file !== null).sort((one, other) => other.usedMs - one.usedMs);
  let bytes = newestFirst.find(({ file }) => file === kept)?.bytes ?? 0;
  for (const { file, bytes: own } of newestFirst.filter((each) => each.file !== kept)) {
    bytes += own;
    if (bytes > maxBytes) await fs.rm(file, { force: true });
  }
}

async function sizeAndUse(file: string): Promise<{ file: string; bytes: number; usedMs: number } | null> {
  const stat = await fs.stat(file).catch(() => null); // gone meanwhile
  return stat?.isFile() ? { file, bytes: stat.size, usedMs: stat.mtimeMs } : null;
}
