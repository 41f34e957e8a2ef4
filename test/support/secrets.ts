import { openKeyRing, type KeyRing, type KeyRingParts } from '../../src/crypto/key-ring.js';
import { createSealer } from '../../src/crypto/sealing.js';
import { createSecretSealing } from '../../src/crypto/secrets.js';
import type { KeyStore } from '../../src/core/ports.js';
import type { SecretSealing, StoredSecret } from '../../src/workbench/ports.js';
import { TEST_SECRET } from './server.js';

/** A process that seals secrets: its own ring of keys. */
export interface SealingProcess {
  ring: KeyRing;
  sealing: SecretSealing;
}

/** Another process on the same keys, which hears of no new ones by itself unless `parts` says so. To be closed. */
export async function startSealing(keys: KeyStore, parts: KeyRingParts = { reloadSeconds: 1e6 }): Promise<SealingProcess> {
  const ring = await openKeyRing(keys, createSealer(TEST_SECRET), parts);
  return { ring, sealing: createSecretSealing(ring) };
}

/** A secret as it goes into the database. */
export function sealed({ sealing }: SealingProcess, accountId: string, name: string, value: string): StoredSecret {
  return { accountId, name, ...sealing.seal(accountId, name, value) };
}
