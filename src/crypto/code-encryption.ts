import { hashRaw } from '@node-rs/argon2';
import { encryptCode, type DeriveKey } from '../sdk/encrypt-code.js';
import type { CodeEncryption } from '../workbench/ports.js';

/** In a thread of its own, where the SDK's WebAssembly would hold up every other request. */
const deriveInThread: DeriveKey = (password, salt, { m, t }) =>
  hashRaw(password, { salt, memoryCost: m, timeCost: t, parallelism: 1, outputLen: 32 });

/** The encryption of the SDK: what the service makes for who tries it is what clients make by themselves. */
export function createCodeEncryption(): CodeEncryption {
  return {
    encrypt: (code, masterPassword, name, language) => encryptCode({ code, masterPassword, name, language }, deriveInThread),
  };
}
