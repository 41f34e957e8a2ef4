import type { Language } from '../../workbench/sandbox.js';
import type { CrashReport } from '../process-output.js';
import { startProcess, type SandboxProcess } from '../process-run.js';
import type { RunLimits } from '../provider.js';

/** What Deno takes itself of what RLIMIT_DATA counts; of resident memory it is a third. (RLIMIT_AS cannot be used: V8 reserves far more than it takes.) */
const RUNTIME_KILOBYTES = 740_000;
/** Deno has read all that it reads by then, and opens nothing later. */
const OPEN_FILES = 64;
/** Who the service's root becomes there: nobody. */
const NOBODY = 65534;

/** It has no permission but to read its own folder; what is a file is never fetched from elsewhere, nor anything kept for the next run. */
const FLAGS = ['--no-prompt', '--no-remote', '--no-npm', '--cached-only', '--no-config', '--no-lock', '--no-code-cache'];

/** A folder that does not exist: localStorage and caches would else outlive the job, and be read by another account's. */
const ENVIRONMENT = { DENO_DIR: '/dev/null/none', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };

/** Where util-linux has it, the kernel kills the process with the service's: a program that sleeps would else outlive a service that was killed. */
const EXECUTE = 'if [ -x /usr/bin/setpriv ]; then exec /usr/bin/setpriv --pdeathsig KILL "$0" "$@"; else exec "$0" "$@"; fi';

/** Deno's and V8's own report of their end: it names where they are installed. */
export const CRASH_REPORT: CrashReport = {
  begins: /^\n{0,2}(?:<--- Last few GCs --->|#\n# Fatal |={10,80}\n{1,3}Deno (?:has panicked|could not start))/m,
  mayBegin: /^\n{0,2}(?:<[- a-z]{0,20}|#(?:\n(?:#[ a-z]{0,6})?)?|={1,80}(?:\n{1,3}[ a-z]{0,20})?)?(?![^])/im,
};

export type WorkerLimits = Pick<RunLimits, 'cpuSeconds' | 'memoryMegabytes'>;

/**
 * Starts Deno with the worker of that folder. On Linux the kernel holds it to the limits; elsewhere there are the clock on the wall, the
 * limit of output and that of V8's heap only.
 */
export function launchWorker(deno: string, folder: string, work: Language | 'snapshot', limits: WorkerLimits): SandboxProcess {
  const { cpuSeconds, memoryMegabytes } = limits;
  const heap = `--v8-flags=--max-old-space-size=${memoryMegabytes}`;
  const command = [deno, 'run', ...FLAGS, heap, `--allow-read=${folder}`, `${folder}/worker.js`, work];
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const options = { cwd: '/', env: ENVIRONMENT, ...user };
  if (process.platform !== 'linux') return startProcess(deno, command.slice(1), options);
  const kilobytes = RUNTIME_KILOBYTES + memoryMegabytes * 1024;
  const ulimits = [`-c 0`, `-d ${kilobytes}`, `-t ${cpuSeconds}`, `-f 0`, `-n ${OPEN_FILES}`].map((limit) => `ulimit ${limit}`);
  return startProcess('/bin/sh', ['-c', `${ulimits.join(' && ')} && ${EXECUTE}`, ...command], options);
}
