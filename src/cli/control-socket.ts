import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the kernel allows for a socket's path, on the systems that allow least (macOS). */
const MAX_SOCKET_PATH_BYTES = 103;
/** How long to wait for another command that uses the folder: each takes a moment only. */
const PATIENCE_MS = 15_000;
const RETRY_MS = 50;

/** The data folder cannot be claimed, because another process uses it. */
export class FolderInUse extends Error {
  override name = 'FolderInUse';
}

/** Answers one message that came through the socket. */
export type MessageHandler = (message: unknown) => Promise<unknown>;

/** What a holder answers who does not serve, but only runs one command. */
const BUSY = { busy: true };

/**
 * Claims the data folder for this process: the embedded database has no lock of its own, and two processes would destroy it.
 * The claim ends with the process, however that ends. While it lasts, `control.sock` in the folder is the door through which
 * commands reach this process.
 *
 * @param onMessage answers what comes through the door; null: this process runs one command and will be gone soon.
 * @throws FolderInUse
 */
export async function claimFolder(folder: string, onMessage: MessageHandler | null): Promise<{ release(): Promise<void> }> {
  const socketPath = controlSocketPath(folder);
  const lock = await takeLock(folder);
  const other = await connect(socketPath);
  if (other) {
    other.end();
    await lock?.release();
    throw inUse(folder);
  }
  fs.rmSync(socketPath, { force: true }); // left behind by a process that was killed
  const door = await listen(socketPath, (connection) => void answerOne(connection, onMessage));
  if (!door) throw inUse(folder);
  fs.chmodSync(socketPath, 0o600);
  return {
    async release() {
      await door.release();
      await lock?.release();
    },
  };
}

/**
 * Sends one message to the process that serves from the folder.
 *
 * @returns its answer, or null when no process serves there. Waits while another command has the folder.
 * @throws FolderInUse when that takes too long.
 */
export async function sendToServer(folder: string, message: unknown): Promise<unknown> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const connection = await connect(controlSocketPath(folder));
    if (!connection) return null;
    connection.end(JSON.stringify(message));
    const answer: unknown = JSON.parse(await readAll(connection)); // an answer that breaks off is no reason to send again
    if (!isBusy(answer)) return answer;
    await sleep(RETRY_MS);
  }
  throw inUse(folder);
}

/** Calls again while the folder is in use, as it is for a moment when two commands start together. */
export async function patiently<T>(claim: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await claim();
    } catch (error) {
      if (!(error instanceof FolderInUse) || performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** On Linux a socket without a file: the kernel lets one process have its name, and frees it when that process ends. */
async function takeLock(folder: string): Promise<{ release(): Promise<void> } | null> {
  if (process.platform !== 'linux') return null; // there binding `control.sock` is the lock
  const name = crypto.createHash('sha256').update(fs.realpathSync(folder)).digest('hex');
  const lock = await listen(`\0latchkey-${name}`, (connection) => void connection.destroy());
  if (!lock) throw inUse(folder);
  return lock;
}

function listen(socketPath: string, onConnection: (connection: net.Socket) => void): Promise<{ release(): Promise<void> } | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ allowHalfOpen: true }, onConnection);
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen(socketPath, () => {
      server.unref();
      resolve({ release: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}

async function answerOne(connection: net.Socket, onMessage: MessageHandler | null): Promise<void> {
  connection.on('error', () => connection.destroy()); // whoever asked is gone
  try {
    const message = await readAll(connection);
    if (message === '') return void connection.end(); // somebody only asked whether anybody is here
    connection.end(JSON.stringify(onMessage ? await onMessage(JSON.parse(message)) : BUSY));
  } catch {
    connection.destroy();
  }
}

/** Not by iterating over it, which would destroy the connection before it can be answered. */
function readAll(connection: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    connection.on('data', (chunk: Buffer) => chunks.push(chunk));
    connection.once('end', () => resolve(Buffer.concat(chunks).toString()));
    connection.once('error', reject);
    connection.once('close', () => reject(new Error('the connection broke off'))); // after `end` this changes nothing
  });
}

function connect(socketPath: string): Promise<net.Socket | null> {
  return new Promise((resolve, reject) => {
    const connection = net.connect({ path: socketPath, allowHalfOpen: true });
    connection.once('connect', () => resolve(connection));
    connection.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? resolve(null) : reject(error),
    );
  });
}

/** Relative where that is shorter: the kernel allows little room. */
function controlSocketPath(folder: string): string {
  const absolute = path.join(folder, 'control.sock');
  const [shortest = absolute] = [absolute, path.relative(process.cwd(), absolute)].sort((a, b) => a.length - b.length);
  if (Buffer.byteLength(shortest) > MAX_SOCKET_PATH_BYTES)
    throw new Error(`the path of the data folder is too long for a socket: ${absolute}`);
  return shortest;
}

function isBusy(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'busy' in answer;
}

function inUse(folder: string): FolderInUse {
  return new FolderInUse(`the data folder ${folder} is in use by another process`);
}
