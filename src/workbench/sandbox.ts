import type { Outcome } from '../core/outcome.js';
import type { EncryptedCode } from './encrypted-code.js';

export const LANGUAGES = ['python', 'javascript'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A Python package as a file: pure Python, its hash checked by whoever hands it over. */
export interface Wheel {
  /** As in `name-1.0-py3-none-any.whl`. */
  filename: string;
  bytes: Uint8Array;
}

/** A program to be run once, in a process of its own. */
export interface SandboxJob {
  language: Language;
  /** The source; or what nobody but the sandbox opens, with the password that opens it. */
  program: { source: string } | { encrypted: EncryptedCode; password: string };
  /** What it reads on standard input. */
  stdin: string;
  /** Its environment variables: the owner's secrets, and nothing of the service's. */
  environment: Record<string, string>;
  /** Importable by Python; there are none for JavaScript. */
  wheels: Wheel[];
  /** By the clock on the wall, from when the program itself begins. */
  timeoutSeconds: number;
}

/**
 * How a run ended. `ok`: with exit code 0; `error`: with another one; `timeout`, `cpu_limit`, `memory_limit`, `output_limit`: it was killed
 * there (or gave up itself where there was no more memory); `decryption_failed`: the password does not open the program; `setup_error`: it
 * never began.
 */
export type SandboxStatus =
  'ok' | 'error' | 'timeout' | 'cpu_limit' | 'memory_limit' | 'output_limit' | 'decryption_failed' | 'setup_error';

export interface SandboxResult {
  status: SandboxStatus;
  /** Null where it did not end by itself. */
  exitCode: number | null;
  /** How long the program itself ran, in milliseconds. */
  durationMs: number;
  /** Streams of which there was more than was handed over. */
  truncated: OutputStream[];
  /** Where it never began: why, for the log; holds nothing of the job's. */
  fault?: string;
}

export type OutputStream = 'stdout' | 'stderr';

/** Is handed what a program writes, as it comes: whole characters, what is no UTF-8 replaced. */
export type OnOutput = (stream: OutputStream, text: string) => void;

/** `off`: not wanted; `untested`: nobody has asked for a run yet; `ready`: its walls held; `failed`: one did not, or nothing runs there. */
export type SandboxState = 'off' | 'untested' | 'ready' | 'failed';

/** What there is to run programs in. */
export interface SandboxHealth {
  provider: 'deno' | 'bwrap' | 'off';
  state: SandboxState;
  /** Which wall did not hold, or what is missing; null: nothing is wrong. */
  reason: string | null;
}

/** Runs programs behind walls: no file, no network, no process and no environment of the service's. */
export interface Sandbox {
  health(): SandboxHealth;
  /** Tries every wall, whatever is known of it. Never throws: what is wrong stands in the answer. */
  test(): Promise<SandboxHealth>;
  /**
   * Runs a program, after those that wait already; before the first one the walls are tried.
   *
   * @param prepare makes the job when its turn has come: who waits holds nothing. Where it refuses, nothing is run.
   * @param signal ends it, or takes it out of the queue: nobody waits for it any more.
   * @returns how it ended; or what `prepare` refuses.
   * @throws Overloaded where the queue is full; Unavailable where it is off or a wall did not hold; the signal's reason; what `prepare` throws.
   */
  run(prepare: () => Promise<Outcome<SandboxJob>>, signal: AbortSignal, onOutput: OnOutput): Promise<Outcome<SandboxResult>>;
  /** Kills what runs, and waits until it has ended. */
  close(): Promise<void>;
}
