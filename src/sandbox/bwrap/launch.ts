import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Language, SandboxJob } from '../../workbench/sandbox.js';
import { PYTHON_RUNNER } from './python-runner.js';
import { limitsFor, type RunLimits } from '../provider.js';
import { seccompFilter } from './seccomp.js';

const PRLIMIT = '/usr/bin/prlimit';
const BWRAP = '/usr/bin/bwrap';
const PYTHON = '/usr/bin/python3';
/** Where the job finds Node, which may lie anywhere outside. */
const NODE = '/runner/node';
/** The descriptor on which bubblewrap reads the filter. */
const FILTER_DESCRIPTOR = 3;

const MEGABYTE = 1024 * 1024;
/**
 * What each language takes before the program has anything. Python's address space is limited, which counts shared memory too; V8 reserves
 * far more of that than it uses, so that Node has a limit on its own writable memory, of which its threads and compiler take this much.
 */
const OWN_MEGABYTES: Record<Language, number> = { python: 64, javascript: 240 };
/**
 * Of a job, Node's own dozen included. Set inside of its user namespace, in which the kernel counts apart (since Linux 5.14): outside it would be one
 * number for all that run at once. Nobody may start a process, whatever this says.
 */
const THREADS = 100;
const OPEN_FILES = 64;

/** All there is of the host's `/usr` for a job: no program of the operator's own, which may keep its secrets beside it. */
const SYSTEM_FOLDERS = ['/usr/bin', '/usr/lib', '/usr/lib64', '/usr/share/zoneinfo'];
/** What a program finds in its environment beside the job's own variables. */
export const BASE_ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/tmp', LANG: 'C.UTF-8' };

const installed = createRequire(import.meta.url);

/** What keeps jobs from running here at all; null: nothing is missing. Whether namespaces may be made, only a run tells. */
export function missingForBwrap(): string | null {
  if (process.platform !== 'linux') return 'bubblewrap runs on Linux only';
  if (!seccompFilter(process.arch)) return `not supported on this architecture: ${process.arch}`;
  const missing = [BWRAP, PRLIMIT, PYTHON].find((program) => !fs.existsSync(program));
  return missing ? `${missing} is not installed` : null;
}

/**
 * The command that runs a job behind walls. Nothing of the job is in it: that comes on standard input.
 *
 * @param packages the folder that has the job's packages; null: there are none.
 */
export function launchCommand(job: SandboxJob, limits: RunLimits, packages: string | null): [command: string, args: string[]] {
  const program =
    job.language === 'python'
      ? [PYTHON, '-I', '-B', '-X', 'utf8', '-c', PYTHON_RUNNER]
      : [NODE, ...nodeOptions(limits.memoryMegabytes), '/runner/main.mjs'];
  const own = job.language === 'python' ? [] : nodeFiles('encrypted' in job.program);
  const files = packages === null ? own : [...own, '--ro-bind', packages, '/packages'];
  return [
    PRLIMIT,
    [
      ...processLimits(job.language, limitsFor(job, limits)),
      '--',
      BWRAP,
      ...walls(files),
      '--',
      PRLIMIT,
      `--nproc=${THREADS}`,
      '--',
      ...program,
    ],
  ];
}

function processLimits(language: Language, { cpuSeconds, memoryMegabytes }: RunLimits): string[] {
  const memoryBytes = (OWN_MEGABYTES[language] + memoryMegabytes) * MEGABYTE;
  const memory = language === 'python' ? `--as=${memoryBytes}` : `--data=${memoryBytes}`;
  return [memory, `--cpu=${cpuSeconds}`, `--nofile=${OPEN_FILES}`, '--fsize=0', '--core=0'];
}

function nodeOptions(memoryMegabytes: number): string[] {
  return ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', `--max-old-space-size=${memoryMegabytes}`];
}

/** The namespaces and all that can be seen in them; nothing in there can be written to. */
function walls(files: string[]): string[] {
  const folders = SYSTEM_FOLDERS.filter((folder) => fs.existsSync(folder));
  const links = ['bin', 'lib', 'lib64'].filter((name) => folders.includes(`/usr/${name}`));
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--cap-drop', 'ALL', '--hostname', 'sandbox', '--seccomp', String(FILTER_DESCRIPTOR)],
    ...['--clearenv', ...Object.entries(BASE_ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value])],
    ...folders.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...links.flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    ...['--proc', '/proc', '--dev', '/dev'],
    // bubblewrap makes these two a file system in memory without a limit.
    ...['--size', String(MEGABYTE), '--tmpfs', '/dev/shm', '--remount-ro', '/dev/shm', '--remount-ro', '/dev'],
    ...['--remount-ro', '/proc', '--dir', '/tmp', ...files, '--remount-ro', '/', '--chdir', '/tmp'],
  ];
}

/** Node and what it runs; and where the program is encrypted, what opens it. */
function nodeFiles(encrypted: boolean): string[] {
  const runner = fileURLToPath(new URL('./node-runner.js', import.meta.url));
  const files = ['--ro-bind', process.execPath, NODE, '--ro-bind', runner, '/runner/main.mjs'];
  if (!encrypted) return files;
  const argon2 = path.join(path.dirname(installed.resolve('hash-wasm/package.json')), 'dist/argon2.umd.min.js');
  const ciphers = path.dirname(installed.resolve('@noble/ciphers/chacha.js'));
  return [...files, '--ro-bind', argon2, '/runner/argon2.cjs', '--ro-bind', ciphers, '/runner/node_modules/@noble/ciphers'];
}
