import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataFolderError } from '../db/data-folder.js';

/** What the kernel allows for a socket's path, on the systems that allow least (macOS). */
const MAX_SOCKET_PATH_BYTES = 103;
/** How long to wait for other commands that use the folder: each takes a moment only, but there may be many. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 50;

/** The data folder cannot be claimed, because another process uses it. */
export class FolderInUse extends Error {
  override name = 'FolderInUse';
}

/** The process that was sent a message ended without an answer. */
export class AnswerLost extends Error {
  override name = 'AnswerLost';
}

/** Answers one message that came through the socket. */
export type MessageHandler = (message: unknown) => Promise<unknown>;

/** What a process that serves says first. Who runs one command only hangs up, and so does who ends before it came to a connection. */
const GREETING = 'latchkey\n';

/**
 * Claims the data folder for this process: the embedded database has no lock of its own, and two processes would destroy it.
 * The claim ends with the process, however that ends. While it lasts, `control.sock` in the folder is the door through which
 * commands reach this process.
 *
 * @param onMessage answers what comes through the door; null: this process runs one command and will be gone soon.
 * @throws FolderInUse, DataFolderError
 */
export async function claimFolder(folder: string, onMessage: MessageHandler | null): Promise<{ release(): Promise<void> }> {
  const socketPath = controlSocketPath(folder);
  const lock = await takeLock(folder);
  try {
    const other = await connect(socketPath);
    other?.destroy();
    if (other) throw inUse(folder);
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
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/**
 * Sends one message to the process that serves from the folder.
 *
 * @returns its answer, or null when no process has the folder.
 * @throws FolderInUse when a process has it that does not serve; AnswerLost when nobody knows what became of the message.
 */
export async function sendToServer(folder: string, message: unknown): Promise<unknown> {
  const connection = await connect(controlSocketPath(folder));
  if (!connection) return null;
  if (!(await isGreeted(connection))) {
    connection.destroy();
    throw inUse(folder);
  }
  connection.end(JSON.stringify(message));
  const answer = await readAll(connection).catch(() => '');
  if (answer === '') throw new AnswerLost('the server ended before it answered: see for yourself whether the command was done');
  return JSON.parse(answer);
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
  if (!onMessage) return void connection.destroy();
  try {
    connection.write(GREETING);
    const message = await readAll(connection);
    if (message === '') return void connection.end(); // somebody only asked whether anybody is here
    connection.end(JSON.stringify(await onMessage(JSON.parse(message))));
  } catch {
    connection.destroy();
  }
}

/** Whether a server is at the other end: nobody else says anything. */
function isGreeted(connection: net.Socket): Promise<boolean> {
  return new Promise((resolve) => {
    connection.once('data', () => resolve(true));
    for (const ending of ['end', 'error', 'close']) connection.once(ending, () => resolve(false));
  });
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
      ['ECONNREFUSED', 'ECONNRESET', 'ENOENT'].includes(error.code ?? '') ? resolve(null) : reject(error),
    );
  });
}

/** Relative where that is shorter: the kernel allows little room. */
function controlSocketPath(folder: string): string {
  const absolute = path.join(folder, 'control.sock');
  const [shortest = absolute] = [absolute, path.relative(process.cwd(), absolute)].sort((a, b) => a.length - b.length);
  if (Buffer.byteLength(shortest) > MAX_SOCKET_PATH_BYTES) {
    throw new DataFolderError(`the path of the data folder is too long for a socket: ${absolute}`);
  }
  return shortest;
}

function inUse(folder: string): FolderInUse {
  return new FolderInUse(`the data folder ${folder} is in use by another process`);
}
