import type { OnOutput, SandboxHealth, SandboxJob, SandboxResult } from '../workbench/sandbox.js';

/** What a run may use, beside the time that the job itself allows. */
export interface RunLimits {
  /** Of all processors together. */
  cpuSeconds: number;
  /** Beyond what the language itself takes; what opens encrypted code comes on top. */
  memoryMegabytes: number;
  /** Standard output and standard error together. */
  outputBytes: number;
}

/** One way to run programs behind walls. Queue, self-test and state are not its business: `createSandbox` has them. */
export interface SandboxProvider {
  name: Exclude<SandboxHealth['provider'], 'off'>;
  /**
   * Runs a program in a process of its own, at once.
   *
   * @throws {Error} where it cannot be started at all; the signal's reason.
   */
  run(job: SandboxJob, signal: AbortSignal, onOutput: OnOutput): Promise<SandboxResult>;
  /** Kills what runs and what waits warm, and waits until it has ended. */
  close(): Promise<void>;
}

/** KiB that the slowest processor we think of fills in a second with Argon2id, in WebAssembly. */
const ARGON2_KIBIBYTES_PER_SECOND = 100_000;
/** The largest that the format allows: no payload takes more, whatever it says. */
const LARGEST_OPENING_KIBIBYTES = 262_144;

/** What a job may use: more than the usual where it may run longer, or has to be opened first. */
export function limitsFor(job: SandboxJob, usual: RunLimits): RunLimits {
  const cpuSeconds = Math.max(usual.cpuSeconds, job.timeoutSeconds);
  if (!('encrypted' in job.program)) return cpuSeconds > usual.cpuSeconds ? { ...usual, cpuSeconds } : usual;
  const openingMegabytes = Math.ceil(Math.min(job.program.encrypted.kdf.m, LARGEST_OPENING_KIBIBYTES) / 1024);
  return { ...usual, cpuSeconds: Math.ceil(cpuSeconds + openingSeconds(job)), memoryMegabytes: usual.memoryMegabytes + openingMegabytes };
}

/** How long it may take to open the job's program; 0 where there is nothing to open. */
export function openingSeconds({ program }: SandboxJob): number {
  return 'encrypted' in program ? (program.encrypted.kdf.m * program.encrypted.kdf.t) / ARGON2_KIBIBYTES_PER_SECOND : 0;
}

/** What each run may use where nothing else is wanted. */
export const RUN_LIMITS: RunLimits = { cpuSeconds: 10, memoryMegabytes: 256, outputBytes: 1024 * 1024 };
