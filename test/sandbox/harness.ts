import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { RUN_LIMITS, type SandboxProvider } from '../../src/sandbox/provider.js';
import type { Language, OutputStream, SandboxJob, SandboxResult } from '../../src/workbench/sandbox.js';

/** How a run ended, and all that it wrote. */
export interface Ran extends SandboxResult {
  stdout: string;
  stderr: string;
}

/** A job that does nothing but what the test says. */
export function jobOf(language: Language, source: string, wanted: Partial<SandboxJob> = {}): SandboxJob {
  return { language, program: { source }, stdin: '', environment: {}, wheels: [], timeoutSeconds: RUN_LIMITS.cpuSeconds, ...wanted };
}

/** Runs a job to its end. */
export async function runJob(
  sandbox: Pick<SandboxProvider, 'run'>,
  job: SandboxJob,
  signal: AbortSignal = new AbortController().signal,
): Promise<Ran> {
  const written: Record<OutputStream, string> = { stdout: '', stderr: '' };
  const result = await sandbox.run(job, signal, (stream, text) => (written[stream] += text));
  return { ...result, ...written };
}

/** What a program behind walls must never reach. Each value is found nowhere else. */
export interface Canaries {
  /** A file that everybody may read. */
  file: { path: string; value: string };
  /** A variable in the environment of this very process. */
  variable: { name: string; value: string };
  /** A folder that everybody may write to. */
  folder: string;
  /** Listeners on loopback: one answers HTTP with the value, one anything, one is a socket in a file. */
  httpUrl: string;
  tcpPort: number;
  unixSocket: string;
  /** What the listeners answer. */
  word: string;
  /** How often anybody has connected to one of the listeners. */
  connections(): number;
  close(): Promise<void>;
}

/** Sets the canaries out. */
export async function setCanaries(): Promise<Canaries> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-canary-'));
  fs.chmodSync(folder, 0o777);
  const file = { path: path.join(folder, 'file.txt'), value: `canary-file-${crypto.randomUUID()}` };
  fs.writeFileSync(file.path, file.value, { mode: 0o644 });
  const variable = { name: 'LATCHKEY_CANARY', value: `canary-variable-${crypto.randomUUID()}` };
  process.env[variable.name] = variable.value;
  const word = `canary-word-${crypto.randomUUID()}`;
  const unixSocket = path.join(folder, 'listener.sock');
  const sockets: net.Socket[] = [];
  const servers = [
    http.createServer(({ url }, response) => {
      const isModule = url?.endsWith('.mjs');
      response.setHeader('content-type', isModule ? 'text/javascript' : 'text/plain');
      response.end(isModule ? `export default '${word}'; globalThis.postMessage?.('${word}');` : word);
    }),
    net.createServer((socket) => void socket.on('error', () => {}).end(word)),
    net.createServer((socket) => void socket.on('error', () => {}).end(word)),
  ] as const;
  for (const server of servers) server.on('connection', (socket: net.Socket) => sockets.push(socket));
  const [httpPort, tcpPort] = [await listen(servers[0], 0), await listen(servers[1], 0)];
  await listen(servers[2], unixSocket);
  fs.chmodSync(unixSocket, 0o777);
  return {
    ...{ file, variable, folder, word, tcpPort, unixSocket, httpUrl: `http://127.0.0.1:${httpPort}/` },
    connections: () => sockets.length,
    async close() {
      delete process.env[variable.name];
      for (const socket of sockets) socket.destroy();
      for (const server of servers) await new Promise((resolve) => server.close(resolve));
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a process with that id is there. */
export function isAlive(processId: number): boolean {
  try {
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${processId}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The processes that this one has started, and theirs, but for those that have ended already. */
export function descendants(processId = process.pid): number[] {
  const children = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === processId)
    .map(Number);
  return children.filter(isAlive).flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(processId: string): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1]);
  } catch {
    return -1; // it has ended meanwhile
  }
}

/** Listens on a port of 127.0.0.1 (0: any) or in a file. @returns the port. */
async function listen(server: net.Server, where: number | string): Promise<number> {
  await new Promise<void>((resolve) =>
    typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, '127.0.0.1', resolve),
  );
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
