import type { Principal } from '../core/authenticate.js';
import { recordRefusal } from '../core/context.js';
import { findOwnAccount } from '../core/find-own-account.js';
import { refuse, type Outcome } from '../core/outcome.js';
import { asJob } from './account-jobs.js';
import type { WorkbenchContext } from './context.js';
import { attemptToRun, runProgram, type Execution, type RunRequest, type Watcher } from './run-program.js';
import type { Language } from './sandbox.js';

/**
 * Runs a program for who asks.
 *
 * @returns how it ended, whatever it did; or what `runProgram` and `findOwnAccount` refuse.
 * @throws RateLimited (`asJob`), and what `runProgram` throws.
 */
export async function executeCode(
  context: WorkbenchContext,
  principal: Principal,
  { source, language, ...request }: RunRequest & { source: string; language: Language },
  watcher: Watcher,
): Promise<Outcome<Execution>> {
  const own = await findOwnAccount(context, principal);
  if (!own.ok) return own;
  return asJob(context, own.value.id, () => runProgram(context, principal, { language, program: { source } }, request, watcher));
}

/**
 * Runs a program that is stored encrypted; only the sandbox opens it.
 *
 * @returns how it ended; or `program_not_found`, `decryption_failed` (another password, or not what was encrypted), and what `executeCode` refuses.
 * @throws what `executeCode` throws.
 */
export async function executeEncryptedCode(
  context: WorkbenchContext,
  principal: Principal,
  { name, password, ...request }: RunRequest & { name: string; password: string },
  watcher: Watcher,
): Promise<Outcome<Execution>> {
  const own = await findOwnAccount(context, principal);
  if (!own.ok) return own;
  return asJob(context, own.value.id, async () => {
    const encrypted = await context.ports.encryptedCode.find(own.value.id, name);
    if (!encrypted) return recordRefusal(context, refuse('program_not_found'), attemptToRun(context, own.value.id));
    return runProgram(context, principal, { language: encrypted.language, program: { encrypted, password } }, request, watcher);
  });
}
