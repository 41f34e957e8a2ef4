import type { Language, SandboxJob, SandboxResult } from '../workbench/sandbox.js';
import type { SandboxProvider } from './provider.js';
import { setCanaries, type Canaries } from './canaries.js';
import { CPU_LOOP, MEMORY_BOMB, NORMAL, OUTPUT_FLOOD, wallProbes } from './self-test-programs.js';

/** For all of it; a machine that is slower than that runs no programs in a useful time. */
const TEST_SECONDS = 120;
const PROGRAM_SECONDS = 30;
const NAMES: Record<Language, string> = { python: 'Python', javascript: 'JavaScript' };

type Run = (source: string, wanted?: Partial<SandboxJob>) => Promise<SandboxResult & { output: string }>;

/**
 * Tries every wall: programs of both languages that must work, and then such that must not reach a file, a variable or a listener of the
 * service's, nor take more than their share.
 *
 * @returns what does not hold, in words; null: everything does.
 */
export async function selfTest(provider: SandboxProvider): Promise<string | null> {
  try {
    const canaries = await setCanaries();
    const signal = AbortSignal.timeout(TEST_SECONDS * 1000);
    const both = Promise.all([faultsOf('python', provider, canaries, signal), faultsOf('javascript', provider, canaries, signal)]);
    const faults = (await both.finally(canaries.remove)).flat();
    return faults.length === 0 ? null : faults.join('; ');
  } catch (error) {
    return whyNot(error);
  }
}

/** The system's own words name paths, and everybody may read the health. */
function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ? `it cannot be set up (${code})` : message;
}

async function faultsOf(language: Language, provider: SandboxProvider, canaries: Canaries, signal: AbortSignal): Promise<string[]> {
  const run: Run = async (source, wanted = {}) => {
    const nothing = { stdin: '', environment: {}, wheels: [], timeoutSeconds: PROGRAM_SECONDS };
    let output = '';
    const job = { language, program: { source }, ...nothing, ...wanted };
    return { ...(await provider.run(job, signal, (_stream, text) => (output += text))), output };
  };
  const broken = await brokenNormality(run, language);
  if (broken) return [`${NAMES[language]} programs do not run: ${broken}`];
  const faults = [...(await reachedBy(run, language, canaries)), ...(await unlimited(run, language))];
  return faults.map((fault) => `a ${NAMES[language]} program ${fault}`);
}

/** What runs nothing reaches nothing either: first of all a program must work. */
async function brokenNormality(run: Run, language: Language): Promise<string | null> {
  const { status, output } = await run(NORMAL[language], { stdin: 'read\n', environment: { GIVEN: 'given' } });
  return status === 'ok' && output === 'given read 42\n' ? null : status;
}

async function reachedBy(run: Run, language: Language, canaries: Canaries): Promise<string[]> {
  const before = canaries.connections();
  const { output, status } = await run(wallProbes(language, canaries));
  if (!output.includes('tried all\n')) return [`could not try the walls: ${status}`];
  return [
    output.includes(canaries.fileValue) && 'read a file of the host',
    output.includes(canaries.variableValue) && "read the service's environment",
    canaries.connections() > before && 'reached the network',
  ].filter((fault) => fault !== false);
}

async function unlimited(run: Run, language: Language): Promise<string[]> {
  const flood = await run(OUTPUT_FLOOD[language]);
  const loop = await run(CPU_LOOP[language], { timeoutSeconds: 1 });
  // The kernel that limits memory is Linux; the README says so.
  const bomb = process.platform === 'linux' ? await run(MEMORY_BOMB[language]) : null;
  return [
    flood.status !== 'output_limit' && 'wrote without limit',
    !['timeout', 'cpu_limit'].includes(loop.status) && 'ran without limit',
    bomb?.output.includes('took it all') && 'took memory without limit',
    bomb?.status === 'timeout' && 'did not come to the limit of memory in time',
  ].filter((fault): fault is string => typeof fault === 'string');
}
