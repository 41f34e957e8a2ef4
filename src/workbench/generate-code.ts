import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal } from '../core/context.js';
import { findOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import { asJob } from './account-jobs.js';
import type { GeneratedCode } from './code-model.js';
import type { WorkbenchContext } from './context.js';
import { runProgram, type Execution, type Watcher } from './run-program.js';
import type { Language } from './sandbox.js';

/** A program that a model wrote, and how it ended; null: it was not run. */
export interface Generation extends GeneratedCode {
  language: Language;
  execution: Execution | null;
}

export interface GenerationRequest {
  prompt: string;
  language: Language;
  /** Null: it is not to be run. */
  timeoutSeconds: number | null;
}

/**
 * Has a model write a program, and runs it where that is wanted, behind the same walls as any other. The model hears the names of the
 * account's secrets and packages, and no value.
 *
 * @param watcher `onCode` is handed the program as it is written.
 * @returns the program; or `generation_not_configured` (there is no model), `generation_refused`, `generation_incomplete`, and what `runProgram` and `findOwnAccount` refuse.
 * @throws what the model and `runProgram` throw; RateLimited (`asJob`).
 */
export async function generateCode(
  context: WorkbenchContext,
  principal: Principal,
  { prompt, language, timeoutSeconds }: GenerationRequest,
  watcher: Watcher & { onCode(text: string): void },
): Promise<Outcome<Generation>> {
  const own = await findOwnAccount(context, principal);
  if (!own.ok) return own;
  const { id: accountId } = own.value;
  return asJob(context, accountId, async () => {
    const { codeModel } = context.ports;
    if (!codeModel) return refuse('generation_not_configured');
    const attempted = { action: 'code.generated', accountId, resource: context.origin.requestId ?? '' } as const;
    await record(context, attempted); // what cannot be recorded is not asked
    const request = { prompt, language, ...(await namesOf(context, accountId, language)) };
    const generated = await codeModel.generate(request, watcher.signal, watcher.onCode);
    if (!generated.ok) return recordRefusal(context, refuse(generated.fault), attempted);
    const { code: source } = generated.value;
    if (timeoutSeconds === null) return done({ ...generated.value, language, execution: null });
    const run = { stdin: '', timeoutSeconds, secretNames: null, packageNames: null };
    const executed = await runProgram(context, principal, { language, program: { source } }, run, watcher);
    return executed.ok ? done({ ...generated.value, language, execution: executed.value }) : executed;
  });
}

async function namesOf(
  { ports }: WorkbenchContext,
  accountId: string,
  language: Language,
): Promise<{ secretNames: string[]; packages: string[] }> {
  const secrets = await ports.secrets.list(accountId);
  const packages = language === 'python' ? await ports.packages.list(accountId) : [];
  return { secretNames: secrets.map(({ name }) => name), packages: packages.map(({ name, version }) => `${name}==${version}`) };
}
