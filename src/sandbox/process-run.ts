import { spawn, type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio } from 'node:child_process';
import os from 'node:os';
import type { Writable } from 'node:stream';
import type { OnOutput, OutputStream, SandboxResult, SandboxStatus } from '../workbench/sandbox.js';
import { readOutput, type CrashReport } from './process-output.js';

/** From when a process is handed its job to when the program begins: on a busy machine a runtime takes seconds to start. */
const BOOT_SECONDS = 20;
/** After a process has ended; whatever still holds its streams open then is none of it. */
const STREAMS_CLOSE_SECONDS = 2;

const OUT_OF_CPU = ['SIGKILL', 'SIGXCPU'];
const CRASHED = ['SIGTRAP', 'SIGABRT', 'SIGSEGV', 'SIGILL', 'SIGBUS'];
/** How Python and JavaScript end where nobody catches that there is no more memory. */
const NO_MORE_MEMORY =
  /(?:^|\n)(?:MemoryError(?::.*)?\n|RangeError: (?:Array buffer allocation failed|WebAssembly\.Memory\(\): could not allocate memory)\n(?: {4}at .*\n)*)$/;

/** How a process ended. */
export interface ProcessEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** A process of its own, from its start on watched for its end. */
export interface SandboxProcess {
  child: ChildProcessWithoutNullStreams;
  /** When it has ended and all that it wrote is read. Rejected where it could not be started. */
  ended: Promise<ProcessEnd>;
}

/** What is run in a process that was started. */
export interface ProcessRun {
  /** The job, as its process reads it. */
  input: Uint8Array;
  /** How long it may take to open the program, beside all else that comes before its beginning; absent: there is nothing to open. */
  openingSeconds?: number;
  /** From when the program begins. */
  timeoutSeconds: number;
  /** Standard output and standard error together. */
  outputBytes: number;
  /** What the runtime itself says of its crash on standard error: the caller's program did not write it. */
  crashReport?: CrashReport;
  /** Whether the process is a launcher, which exits with 128 and the number of the signal that ended its own child. */
  launcher?: boolean;
  onOutput: OnOutput;
}

/**
 * Starts a process. The environment is what the options name, and nothing else.
 *
 * @param descriptor3 what it can read there; absent: it has no such descriptor.
 */
export function startProcess(
  command: string,
  args: string[],
  options: SpawnOptionsWithoutStdio & { env: NodeJS.ProcessEnv },
  descriptor3?: Buffer | null,
): SandboxProcess {
  const stdio = Array.from({ length: descriptor3 ? 4 : 3 }, () => 'pipe' as const);
  const child = spawn(command, args, { ...options, stdio });
  child.stdin.on('error', () => {}); // it may end before it has read everything
  if (descriptor3) (child.stdio[3] as Writable).on('error', () => {}).end(descriptor3); // likewise
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
    child.once('exit', () => {
      const timer = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), STREAMS_CLOSE_SECONDS * 1000);
      child.once('close', () => clearTimeout(timer));
    });
  });
  ended.catch(() => {}); // whoever runs something in it hears of it
  return { child, ended };
}

/**
 * Hands a job to a process and waits for its end. The process says `RUN` and a newline on standard output when the program begins
 * (`READY` before that, where it likes to; `DECRYPTION_FAILED` where the password does not open the program). What it says later is the program's.
 *
 * @throws the signal's reason, once the process has ended, and what `onOutput` throws; {Error} where it could not be started.
 */
export async function runProcess({ child, ended }: SandboxProcess, run: ProcessRun, signal: AbortSignal): Promise<SandboxResult> {
  const course: Course = { ownReason: null, beganAt: null };
  const stop = (reason: SandboxStatus, fault?: string) => {
    if (!course.ownReason) Object.assign(course, { ownReason: reason, fault });
    child.kill('SIGKILL');
  };
  const bootSeconds = BOOT_SECONDS + (run.openingSeconds ?? 0);
  let timer = setTimeout(() => stop('setup_error', `it did not begin within ${bootSeconds} seconds`), bootSeconds * 1000);
  const output = readOutput({
    ...run,
    onTooMuch: () => stop('output_limit'),
    onMarker(marker) {
      clearTimeout(timer);
      if (marker === 'nonsense') return stop('setup_error', 'it wrote something else than a marker before the program began');
      if (marker === 'DECRYPTION_FAILED') return stop('decryption_failed');
      course.beganAt = performance.now();
      timer = setTimeout(() => stop('timeout'), run.timeoutSeconds * 1000);
    },
  });
  const orStop = (work: () => void) => {
    try {
      work();
    } catch (error) {
      course.thrown ??= { error }; // nobody else catches it here, and it would end the service
      child.kill('SIGKILL');
    }
  };
  const onAbort = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => orStop(() => output.take(stream, chunk)));
    }
    child.stdin.end(run.input);
    const end = seenEnd(await ended, run.launcher ?? false);
    signal.throwIfAborted();
    if (course.thrown) throw course.thrown.error;
    const hasCrashed = (lastWords: string) => end.signal !== null || NO_MORE_MEMORY.test(lastWords);
    return resultOf(course, end, output.finish(hasCrashed));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

interface Course {
  /** Why we ended it ourselves. */
  ownReason: SandboxStatus | null;
  fault?: string;
  /** Null: the program has not begun. */
  beganAt: number | null;
  /** By whoever takes the output. */
  thrown?: { error: unknown };
}

function resultOf(
  { ownReason, fault, beganAt }: Course,
  end: ProcessEnd,
  said: { truncated: OutputStream[]; lastWords: string },
): SandboxResult {
  if (beganAt === null) {
    const ending = { exitCode: null, durationMs: 0, truncated: [] };
    if (ownReason === 'decryption_failed') return { status: ownReason, ...ending };
    const how = end.signal ? `it was ended by ${end.signal}` : `it ended with exit code ${end.exitCode}`;
    return { status: 'setup_error', ...ending, fault: [fault ?? `${how} before the program began`, said.lastWords].join('\n').trim() };
  }
  const status = ownReason ?? statusOf(end, said.lastWords);
  const durationMs = performance.now() - beganAt;
  return { status, exitCode: ownReason ? null : end.exitCode, durationMs, truncated: said.truncated };
}

function statusOf({ exitCode, signal }: ProcessEnd, lastWords: string): SandboxStatus {
  if (signal) return OUT_OF_CPU.includes(signal) ? 'cpu_limit' : CRASHED.includes(signal) ? 'memory_limit' : 'error';
  if (exitCode === 0) return 'ok';
  return NO_MORE_MEMORY.test(lastWords) ? 'memory_limit' : 'error';
}

function seenEnd(end: ProcessEnd, launcher: boolean): ProcessEnd {
  if (!launcher || end.exitCode === null || end.exitCode <= 128) return end;
  const name = Object.entries(os.constants.signals).find(([, number]) => number === Number(end.exitCode) - 128)?.[0];
  return name ? { exitCode: null, signal: name as NodeJS.Signals } : end;
}
