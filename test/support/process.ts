import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { contractFaults } from './response-checker.js';
import type { Answer, Sent } from './server.js';

/** The program as it is shipped: `make build` makes it. */
const MAIN = path.resolve('dist/src/main.js');
const READY_LINE = /^Latchkey is ready: API (http:\/\/\S+), .*\n/m;

/** How a process ended, and all that it said. */
export interface Ended {
  /** Null: a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface Surroundings {
  /** Besides PATH and HOME, all that the process is given. */
  environment?: Record<string, string>;
  /** What comes on standard input; none: it is empty. */
  input?: string;
  /** The program: the one that is shipped, unless told otherwise. */
  main?: string;
  /** After the input, standard input stays open, as at the end of a pipe whose writer lives on. */
  keepsInputOpen?: boolean;
}

/** A process of the built program. */
export interface Running {
  id: number;
  /** What it said up to now. */
  output(): { stdout: string; stderr: string };
  signal(name: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

export interface RunningServer extends Running {
  url: string;
  /** Sends a request, and checks the response against the merged document. */
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Asks it to stop, and waits for its end. */
  stop(): Promise<Ended>;
}

const children = new Map<number, { child: ChildProcess; ended: Promise<Ended> }>();
const folders: string[] = [];

/** A new, empty folder. `removeEverything` removes it. */
export function freshFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-'));
  folders.push(folder);
  return folder;
}

/** Starts the program; its working folder is an empty one unless the test gives one. */
export function launch(
  args: string[],
  { environment = {}, input, keepsInputOpen, main = MAIN }: Surroundings = {},
  cwd = freshFolder(),
): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { PATH, HOME, ...environment }, stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => {}); // it may end before it has read everything
  if (keepsInputOpen) child.stdin.write(input ?? '');
  else child.stdin.end(input ?? '');
  const id = child.pid ?? 0;
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode) => {
      children.delete(id);
      resolve({ exitCode, ...output });
    });
  });
  children.set(id, { child, ended });
  return { id, output: () => ({ ...output }), signal: (name) => void child.kill(name), ended };
}

/** Runs a command to its end. */
export function run(args: string[], surroundings?: Surroundings, cwd?: string): Promise<Ended> {
  return launch(args, surroundings, cwd).ended;
}

/** Starts a server on a port of its own choice, and waits until it says that it is ready. */
export async function startProgram(environment: Record<string, string>, main?: string): Promise<RunningServer> {
  const running = launch(['serve'], { environment: { PORT: '0', ...environment }, ...(main && { main }) });
  let over = false;
  void running.ended.then(() => (over = true));
  for (;;) {
    const { stdout, stderr } = running.output();
    const url = READY_LINE.exec(stdout)?.[1];
    if (url) return { ...running, url, send: (method, path, sent) => send(url, method, path, sent), stop: () => stop(running) };
    if (over) throw new Error(`the server ended before it was ready:\n${stderr}`);
    await sleep(10);
  }
}

/** Ends what still runs, and removes the folders. */
export async function removeEverything(): Promise<void> {
  for (const { child, ended } of [...children.values()]) {
    child.kill('SIGKILL');
    await ended;
  }
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
}

function stop(running: Running): Promise<Ended> {
  running.signal('SIGTERM');
  return running.ended;
}

/** Each request has a connection of its own: none is left from a server that has ended. */
async function send(url: string, method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const mediaType = response.headers.get('content-type') ?? undefined;
  const answer: Answer = { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  expect(contractFaults({ method, path, status: answer.status, mediaType, body: answer.body })).toEqual([]);
  return answer;
}
