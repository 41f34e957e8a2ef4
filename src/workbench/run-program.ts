import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal, type Happened } from '../core/context.js';
import { changeOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import { createMasks, type Mask } from './mask-secrets.js';
import { normalizedPackageName } from './package-requirement.js';
import type { LockedPackage } from './packages.js';
import type { OnOutput, OutputStream, SandboxJob, SandboxStatus, Wheel } from './sandbox.js';

/** What somebody wants of a run, whatever program it is. */
export interface RunRequest {
  stdin: string;
  timeoutSeconds: number;
  /** Null: all of the account's. */
  secretNames: string[] | null;
  /** Null: all of the account's. */
  packageNames: string[] | null;
}

/** Who waits for a run. */
export interface Watcher {
  /** They do not wait any more. */
  signal: AbortSignal;
  /** Is handed what the program writes as it comes, secrets masked. */
  onOutput: OnOutput;
}

/** A run that is over. */
export interface Execution {
  /** That of the request: it is in the audit trail, too. */
  id: string;
  status: Exclude<SandboxStatus, 'decryption_failed'>;
  exitCode: number | null;
  stdout: string;
  stderr: string;
  truncated: OutputStream[];
  durationMs: number;
}

/**
 * Runs a program of an account: with its secrets and packages, recorded before it begins, and its output masked. Who asks is looked at once
 * more when its turn has come: a program of somebody who was banned meanwhile is not run.
 *
 * @returns how it ended; or `unknown_secret` or `unknown_package` (one is named that there is not), `decryption_failed`, `sandbox_off`, and what `findOwnAccount` refuses.
 * @throws Overloaded, Unavailable (also where no sandbox is ready), the signal's reason, and what ports throw.
 */
export async function runProgram(
  context: WorkbenchContext,
  principal: Principal,
  job: Pick<SandboxJob, 'language' | 'program'>,
  request: RunRequest,
  { signal, onOutput }: Watcher,
): Promise<Outcome<Execution>> {
  if (context.ports.sandbox.health().state === 'off') return refuse('sandbox_off');
  const id = context.origin.requestId ?? '';
  const { accountId } = principal;
  const attempted = attemptToRun(context, accountId);
  const packages = await choosePackages(context, accountId, request.packageNames);
  const isUnknown = !packages.ok ? packages : await findUnknownSecret(context, accountId, request.secretNames);
  if (!isUnknown.ok) return recordRefusal(context, isUnknown, attempted);
  const output = maskedOutput(onOutput);
  const prepare = async (): Promise<Outcome<SandboxJob>> => {
    const { stdin, timeoutSeconds } = request;
    const environment = await openSecrets(context, accountId, request.secretNames);
    const wheels = job.language === 'python' && packages.ok ? await fetchWheels(context, packages.value, signal) : [];
    output.mask(Object.values(environment));
    return changeOwnAccount(context, principal, {}, async (_own, stored) => {
      await record(context, attempted, stored); // what cannot be recorded does not run
      return done({ ...job, stdin, timeoutSeconds, environment, wheels });
    });
  };
  const ran = await context.ports.sandbox.run(prepare, signal, output.take);
  if (!ran.ok) return recordRefusal(context, ran, attempted);
  const result = ran.value;
  if (result.status === 'decryption_failed') return recordRefusal(context, refuse('decryption_failed'), attempted);
  const { status, exitCode, truncated } = result;
  const isWhole = (stream: OutputStream) => exitCode !== null && !truncated.includes(stream);
  return done({ id, status, exitCode, truncated, durationMs: Math.round(result.durationMs), ...output.end(isWhole) });
}

/** What is recorded of a run. */
export function attemptToRun({ origin }: WorkbenchContext, accountId: string): Happened {
  return { action: 'code.executed', accountId, resource: origin.requestId ?? '' };
}

/** What a program writes, without the values of secrets in it. */
function maskedOutput(onOutput: OnOutput) {
  const output = { stdout: '', stderr: '' };
  let masks: Record<OutputStream, Mask> = createMasks([]);
  const show = (stream: OutputStream, text: string) => {
    if (text === '') return;
    output[stream] += text;
    onOutput(stream, text);
  };
  return {
    mask: (values: string[]) => void (masks = createMasks(values)),
    take: (stream: OutputStream, text: string) => show(stream, masks[stream].push(text)),
    end(isWhole: (stream: OutputStream) => boolean): Record<OutputStream, string> {
      for (const stream of ['stdout', 'stderr'] as const) show(stream, masks[stream].end(isWhole(stream)));
      return output;
    },
  };
}

async function findUnknownSecret({ ports }: WorkbenchContext, accountId: string, names: string[] | null): Promise<Outcome<null>> {
  if (names === null) return done(null);
  const known = new Set((await ports.secrets.list(accountId)).map(({ name }) => name));
  return names.every((name) => known.has(name)) ? done(null) : refuse('unknown_secret');
}

async function openSecrets({ ports }: WorkbenchContext, accountId: string, names: string[] | null): Promise<Record<string, string>> {
  const stored = await ports.secrets.read(accountId);
  const wanted = stored.filter(({ name }) => names === null || names.includes(name));
  const opened = await Promise.all(wanted.map(async (secret) => [secret.name, await ports.secretSealing.open(secret)]));
  return Object.fromEntries(opened) as Record<string, string>;
}

async function choosePackages({ ports }: WorkbenchContext, accountId: string, names: string[] | null): Promise<Outcome<LockedPackage[]>> {
  const listed = await ports.packages.list(accountId);
  const chosen = new Set(names?.map(normalizedPackageName) ?? listed.map(({ name }) => name));
  const wanted = listed.filter(({ name }) => chosen.has(name));
  return wanted.length < chosen.size ? refuse('unknown_package') : done(wanted);
}

async function fetchWheels({ ports }: WorkbenchContext, packages: LockedPackage[], signal: AbortSignal): Promise<Wheel[]> {
  const wheels: Wheel[] = [];
  for (const locked of packages) {
    signal.throwIfAborted();
    wheels.push({ filename: locked.filename, bytes: await ports.packageIndex.fetch(locked) });
  }
  return wheels;
}
