import type { Principal } from '../core/authenticate.js';
import { record, recordRefusal } from '../core/context.js';
import { changeOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import type { WorkbenchContext } from './context.js';
import { SALT_BYTES, NONCE_BYTES, TAG_BYTES, MAX_SEALED_BYTES, type EncryptedCode } from './encrypted-code.js';
import type { EncryptedCodeMetadata } from './ports.js';

const MAX_PROGRAMS = 100;

/**
 * Keeps a program that its owner has encrypted, in place of the one of that name. Nothing here can open it.
 *
 * @param name the one that it is asked for by.
 * @returns what is shown of it, and whether it is new; or `invalid_payload` (it has another name, or a part is not base64 or not of its
 *   length), `too_many_programs`, and what `findOwnAccount` refuses.
 * @throws when a port does: a program whose record cannot be written is not kept.
 */
export async function storeEncryptedCode(
  context: WorkbenchContext,
  principal: Principal,
  name: string,
  payload: EncryptedCode,
): Promise<Outcome<{ code: EncryptedCodeMetadata; created: boolean }>> {
  const attempted = { action: 'encrypted_code.stored', accountId: principal.accountId, resource: name } as const;
  const sealedBytes = base64Length(payload.ct);
  const isGood = payload.name === name && hasGoodParts(payload, sealedBytes);
  const kept = await changeOwnAccount(context, principal, { right: 'write account' }, async ({ id: accountId }, stored) => {
    if (!isGood) return refuse('invalid_payload');
    const put = await stored.encryptedCode.put(accountId, payload, sealedBytes - TAG_BYTES);
    if (put.created && (await stored.encryptedCode.count(accountId)) > MAX_PROGRAMS) return refuse('too_many_programs');
    await record(context, attempted, stored);
    return done(put);
  });
  return recordRefusal(context, kept, attempted);
}

function hasGoodParts({ kdf, nonce }: EncryptedCode, sealedBytes: number): boolean {
  if (base64Length(kdf.salt) !== SALT_BYTES || base64Length(nonce) !== NONCE_BYTES) return false;
  return sealedBytes >= TAG_BYTES && sealedBytes <= MAX_SEALED_BYTES;
}

/** Of the bytes that it is; -1: it is none, or not as it is written. @see RFC 4648, section 4 */
function base64Length(text: string): number {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes.length : -1;
}
