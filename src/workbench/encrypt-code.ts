import type { Principal } from '../core/authenticate.js';
import { findOwnAccount } from '../core/find-own-account.js';
import { done, refuse, type Outcome } from '../core/outcome.js';
import { asJob } from './account-jobs.js';
import type { WorkbenchContext } from './context.js';
import { MAX_SEALED_BYTES, TAG_BYTES, type EncryptedCode } from './encrypted-code.js';
import type { Language } from './sandbox.js';

/** A program, and the password that shall open it. */
export interface EncryptionRequest {
  code: string;
  /** The master password. */
  password: string;
  name: string;
  language: Language;
}

/**
 * Encrypts a program as its owner's own client does, for who tries the API: here the service sees both the program and the password, which
 * is what encrypting it elsewhere avoids. Keeps neither, and records nothing.
 *
 * @returns the payload; or `invalid_payload` (it would be too large to be stored), and what `findOwnAccount` refuses.
 * @throws RateLimited (`asJob`), and what ports throw.
 */
export async function encryptCode(
  context: WorkbenchContext,
  principal: Principal,
  { code, password, name, language }: EncryptionRequest,
): Promise<Outcome<EncryptedCode>> {
  const own = await findOwnAccount(context, principal);
  if (!own.ok) return own;
  if (Buffer.byteLength(code) > MAX_SEALED_BYTES - TAG_BYTES) return refuse('invalid_payload');
  const encrypt = () => context.ports.codeEncryption.encrypt(code, password, name, language);
  return done(await asJob(context, own.value.id, encrypt));
}
