import crypto from 'node:crypto';
import { Unavailable } from '../core/faults.js';
import type { SecretSealing, StoredSecret } from '../workbench/ports.js';
import type { KeyRing, WorkingKey } from './key-ring.js';
import { createBox } from './sealing.js';

const DATA_KEY_BYTES = 32;

/**
 * Envelope encryption under the working keys: each value lies under a random data key of its own, which only changes with the value, and
 * that one under a key-encryption key, which can be replaced without touching a value. Both are bound to whose they are: neither opens in
 * another row.
 *
 * @see NIST SP 800-38D (AES-256-GCM)
 */
export function createSecretSealing(keyRing: KeyRing): SecretSealing {
  return {
    seal(accountId, name, value) {
      const key = keyRing.current('secret');
      const dataKey = crypto.randomBytes(DATA_KEY_BYTES);
      const sealed = createBox(dataKey).seal(secretName(accountId, name), Buffer.from(value));
      return { keyId: key.id, dataKey: wrap(key, accountId, dataKey), sealed };
    },

    async open(secret) {
      const dataKey = unwrap(await keyOf(keyRing, secret), secret);
      return createBox(dataKey).open(secretName(secret.accountId, secret.name), secret.sealed).toString();
    },

    async rewrap(secret) {
      const dataKey = unwrap(await keyOf(keyRing, secret), secret);
      const key = keyRing.current('secret');
      return key.id === secret.keyId ? secret : { ...secret, keyId: key.id, dataKey: wrap(key, secret.accountId, dataKey) };
    },

    currentKeyId: () => keyRing.current('secret').id,
  };
}

/** A key that a secret lies under is in the database: one that is not known here is known soon. */
async function keyOf(keyRing: KeyRing, { keyId }: StoredSecret): Promise<WorkingKey> {
  const key = await keyRing.learn('secret', keyId);
  if (!key) throw new Unavailable('the key of a secret is not known to this process yet');
  return key;
}

function wrap({ id, secret }: WorkingKey, accountId: string, dataKey: Buffer): Buffer {
  return createBox(secret).seal(dataKeyName(id, accountId), dataKey);
}

function unwrap({ id, secret }: WorkingKey, { accountId, dataKey }: StoredSecret): Buffer {
  return createBox(secret).open(dataKeyName(id, accountId), dataKey);
}

/** As JSON: no two lists have the same text. */
function secretName(accountId: string, name: string): string {
  return JSON.stringify(['secret v1', accountId, name]);
}

function dataKeyName(keyId: string, accountId: string): string {
  return JSON.stringify(['data key v1', keyId, accountId]);
}
