import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeOwnFolder } from '../own-folder.js';
import { launchWorker } from './launch.js';

const SNAPSHOT_LIMITS = { cpuSeconds: 60, memoryMegabytes: 1024 };
/** It takes some 5 seconds of a free core. */
const SNAPSHOT_SECONDS = 60;
const READABLE = 0o444;

/** Files that the worker reads, each under the name that it has there. */
function sources(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const beside = (module: string, name: string) => path.join(path.dirname(require.resolve(module)), name);
  const pyodide = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'];
  const ciphers = ['chacha.js', '_arx.js', '_poly1305.js', 'utils.js'];
  return {
    'worker.js': own('worker.js'),
    'open-encrypted.js': own('open-encrypted.js'),
    'hash-wasm.js': beside('hash-wasm', 'index.esm.js'),
    ...Object.fromEntries(ciphers.map((name) => [name, beside('@noble/ciphers/chacha.js', name)])),
    ...Object.fromEntries(pyodide.map((name) => [name, beside('pyodide', name)])),
  };
}

/**
 * Lays out the only folder that a program may read: readable by whichever user runs it, not writable.
 *
 * @returns its path; whoever lays it out removes it.
 */
export async function layOutAssets(): Promise<string> {
  const folder = await makeOwnFolder();
  try {
    for (const [name, source] of Object.entries(sources())) {
      await fs.copyFile(source, path.join(folder, name));
      await fs.chmod(path.join(folder, name), READABLE);
    }
    await fs.chmod(folder, 0o755);
    return folder;
  } catch (error) {
    await fs.rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Has Python write its memory down as it is once it has started: from there it starts in a tenth of the time.
 *
 * @returns whether there is a snapshot; without one Python starts the long way.
 */
export async function makeSnapshot(deno: string, folder: string, stopping: AbortSignal): Promise<boolean> {
  const { child, ended } = launchWorker(deno, folder, 'snapshot', SNAPSHOT_LIMITS);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.resume();
  const tooLong = AbortSignal.any([stopping, AbortSignal.timeout(SNAPSHOT_SECONDS * 1000)]);
  tooLong.addEventListener('abort', () => child.kill('SIGKILL'));
  if (stopping.aborted) child.kill('SIGKILL');
  const { exitCode } = await ended;
  if (exitCode !== 0) return false;
  const unfinished = path.join(folder, 'snapshot.part');
  await fs.writeFile(unfinished, chunks, { mode: READABLE });
  await fs.rename(unfinished, path.join(folder, 'snapshot.bin'));
  return true;
}
