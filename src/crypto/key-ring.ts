import crypto, { type KeyObject } from 'node:crypto';
import type { KeyPurpose, KeyStore } from '../core/ports.js';
import type { Sealer } from './sealing.js';

/** A working key that can be used. */
export interface WorkingKey {
  id: string;
  /** An EC private key for `access-token`, else 32 random bytes. */
  secret: KeyObject;
}

/** The working keys of each purpose: the last one makes, all of them check. */
export type KeyRing = Record<KeyPurpose, [...WorkingKey[], WorkingKey]>;

const NEW_KEY: Record<KeyPurpose, () => Buffer> = {
  'access-token': () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }),
  'refresh-token': () => crypto.randomBytes(32),
  'api-key': () => crypto.randomBytes(32),
  'address-hash': () => crypto.randomBytes(32),
  code: () => crypto.randomBytes(32),
  outbox: () => crypto.randomBytes(32),
};

/**
 * Loads the working keys, and makes those that are missing: all of them on a new database.
 *
 * @throws WrongMasterSecret
 */
export async function loadKeyRing(store: KeyStore, sealer: Sealer): Promise<KeyRing> {
  const purposes = Object.keys(NEW_KEY) as KeyPurpose[];
  const sealedKeys = await store.loadOrCreate((existing) =>
    purposes
      .filter((purpose) => !existing.some((key) => key.purpose === purpose))
      .map((purpose) => sealer.seal(crypto.randomUUID(), purpose, NEW_KEY[purpose]())),
  );
  const keysOf = (purpose: KeyPurpose) =>
    sealedKeys.filter((key) => key.purpose === purpose).map((key) => ({ id: key.id, secret: keyObject(purpose, sealer.open(key)) }));
  return Object.fromEntries(purposes.map((purpose) => [purpose, keysOf(purpose)])) as KeyRing;
}

/** The key that makes new tokens and hashes. */
export function currentKey(keys: KeyRing[KeyPurpose]): WorkingKey {
  return keys[keys.length - 1] as WorkingKey;
}

function keyObject(purpose: KeyPurpose, bytes: Buffer): KeyObject {
  return purpose === 'access-token' ? crypto.createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }) : crypto.createSecretKey(bytes); // as a KeyObject: jsonwebtoken is several times slower with bytes
}
