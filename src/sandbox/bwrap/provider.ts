import fs from 'node:fs/promises';
import path from 'node:path';
import type { OnOutput, SandboxJob, SandboxResult, Wheel } from '../../workbench/sandbox.js';
import { BASE_ENVIRONMENT, launchCommand, missingForBwrap } from './launch.js';
import { makeOwnFolder } from '../own-folder.js';
import { jobFrame } from '../job-frame.js';
import type { CrashReport } from '../process-output.js';
import { runProcess, startProcess, type SandboxProcess } from '../process-run.js';
import { openingSeconds, RUN_LIMITS, type RunLimits, type SandboxProvider } from '../provider.js';
import { seccompFilter } from './seccomp.js';

/** The user whom Linux distributions call nobody. */
const NOBODY = 65534;
/** V8's report when it gives up for want of memory, or crashes; and what Node says behind every error that nobody catches. */
export const CRASH_REPORT: CrashReport = {
  begins: /^\n{0,2}(?:\n<--- Last few GCs --->|FATAL ERROR: |#\n# Fatal |\nNode\.js v\d)/m,
  mayBegin: /^\n{0,3}(?:<[- a-z]{0,20}|#(?:\n(?:#[ a-z]{0,6})?)?|F[ a-z]{0,10}:?|N[. a-z]{0,8})?(?![^])/im,
};

export interface BwrapOptions {
  /** What each run may use. */
  limits?: RunLimits;
  /** Whose rights a run has, as user and as group, where the service runs as root: never root's. Otherwise it has the service's own. */
  userId?: number;
}

/**
 * Runs programs with the Python of the system and the Node of the service, each behind namespaces of its own (bubblewrap), a filter on system
 * calls, and limits of the process: no file but the system's programs, nothing to write to, no network, no second process.
 */
export function createBwrapProvider({ limits = RUN_LIMITS, userId = NOBODY }: BwrapOptions = {}): SandboxProvider {
  const running = new Set<Promise<unknown>>();
  const closing = new AbortController();

  async function run(job: SandboxJob, signal: AbortSignal, onOutput: OnOutput): Promise<SandboxResult> {
    const missing = missingForBwrap();
    if (missing) throw new Error(missing);
    const packages = job.wheels.length > 0 ? await makeOwnFolder() : null;
    try {
      if (packages !== null) await layOut(packages, job.wheels);
      const environment = { ...BASE_ENVIRONMENT, ...job.environment };
      const input = jobFrame({ ...job, environment, wheels: [] });
      const started = start(launchCommand(job, limits, packages), userId);
      const times = { openingSeconds: openingSeconds(job), timeoutSeconds: job.timeoutSeconds };
      const { outputBytes } = limits;
      const wanted = { input, ...times, outputBytes, crashReport: CRASH_REPORT, launcher: true, onOutput };
      return await runProcess(started, wanted, AbortSignal.any([signal, closing.signal]));
    } finally {
      if (packages !== null) await fs.rm(packages, { recursive: true, force: true });
    }
  }

  return {
    name: 'bwrap',
    run(job, signal, onOutput) {
      const result = run(job, signal, onOutput);
      running.add(result);
      return result.finally(() => running.delete(result));
    },
    async close() {
      closing.abort(new Error('the sandbox was closed'));
      await Promise.allSettled(running);
    },
  };
}

/** Starts bubblewrap with an empty environment (what it was started with can be read inside), and never as root, whom some limits do not bind. */
function start([command, args]: [string, string[]], userId: number): SandboxProcess {
  const identity = process.getuid?.() === 0 ? { uid: userId, gid: userId } : {};
  return startProcess(command, args, { ...identity, cwd: '/', env: {} }, seccompFilter(process.arch));
}

/** Writes packages to a folder, which everybody may read: the run has another user's rights. */
async function layOut(folder: string, wheels: Wheel[]): Promise<void> {
  await fs.chmod(folder, 0o755);
  await Promise.all(wheels.map(({ filename, bytes }) => fs.writeFile(path.join(folder, path.basename(filename)), bytes, { mode: 0o644 })));
}
