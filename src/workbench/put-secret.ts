import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal } from '../core/context.js';
import { changeOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import type { SecretMetadata } from './ports.js';

/** Each run of a program is handed all of them, unless it names some. */
const MAX_SECRETS = 100;

/** A secret that is to be kept. */
export interface SecretRequest {
  /** That of an environment variable, at most 128 characters: `^[A-Za-z_][A-Za-z0-9_]*$`. */
  name: string;
  /** 1 to 65536 characters. */
  value: string;
  description: string | null;
}

/**
 * Keeps a secret under its name, in place of the one before: nobody is shown its value again, but its owner's programs.
 *
 * @returns what is shown of it, and whether it is new; or `too_many_secrets`, and what `findOwnAccount` refuses.
 * @throws when a port does: a secret whose record cannot be written is not kept.
 */
export async function putSecret(
  context: WorkbenchContext,
  principal: Principal,
  { name, value, description }: SecretRequest,
): Promise<Outcome<{ secret: SecretMetadata; created: boolean }>> {
  const attempted = { action: 'secret.set', accountId: principal.accountId, resource: name } as const;
  const kept = await changeOwnAccount(context, principal, { right: 'write account' }, async ({ id: accountId }, stored) => {
    const sealed = context.ports.secretSealing.seal(accountId, name, value);
    const put = await stored.secrets.put({ accountId, name, description, ...sealed });
    if (put.created && (await stored.secrets.count(accountId)) > MAX_SECRETS) return refuse('too_many_secrets');
    await record(context, attempted, stored);
    return done(put);
  });
  return recordRefusal(context, kept, attempted);
}
