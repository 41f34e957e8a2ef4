import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const NAME = /^latchkey-sandbox-(\d+)-/;

/**
 * Makes a folder for what programs may read. Those that services left which did not end by themselves go first.
 *
 * @returns its path; whoever makes it removes it.
 */
export async function makeOwnFolder(): Promise<string> {
  await removeStaleFolders();
  return fs.mkdtemp(path.join(os.tmpdir(), `latchkey-sandbox-${process.pid}-`));
}

async function removeStaleFolders(): Promise<void> {
  for (const name of await fs.readdir(os.tmpdir())) {
    const owner = NAME.exec(name)?.[1];
    if (!owner || isAlive(Number(owner))) continue;
    const folder = path.join(os.tmpdir(), name);
    const isOwn = await fs.lstat(folder).then(
      (found) => found.isDirectory() && found.uid === process.getuid?.(),
      () => false,
    );
    if (isOwn) await fs.rm(folder, { recursive: true, force: true });
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
