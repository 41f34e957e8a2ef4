import crypto, { type CipherKey } from 'node:crypto';
import type { KeyPurpose, SealedKey } from '../core/ports.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The master secret is not the one that the working keys were sealed with. */
export class WrongMasterSecret extends Error {
  override name = 'WrongMasterSecret';

  constructor() {
    super('LATCHKEY_SECRET is not the secret that this database was set up with');
  }
}

/** Seals working keys and opens them: AES-256-GCM, bound to the key's id and purpose. */
export interface Sealer {
  seal(id: string, purpose: KeyPurpose, key: Buffer): SealedKey;
  /** @throws WrongMasterSecret where the seal does not open. */
  open(sealed: SealedKey): Buffer;
}

/** A sealer whose master secret may be replaced by another one while it is in use. */
export interface ReplaceableSealer extends Sealer {
  replaceWith(sealer: Sealer): void;
}

/** Seals bytes and opens them: AES-256-GCM, bound to a name that must be told again to open them. */
export interface Box {
  seal(name: string, plain: Buffer): Buffer;
  /** @throws {Error} where the seal does not open. */
  open(name: string, sealed: Buffer): Buffer;
}

/** A box with that key of 256 bits. @see NIST SP 800-38D (GCM) */
export function createBox(key: CipherKey): Box {
  return {
    seal(name, plain) {
      const nonce = crypto.randomBytes(NONCE_BYTES);
      const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(name, sealed) {
      const decipher = crypto
        .createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(name))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    },
  };
}

/**
 * A sealer whose key comes from the master secret; the secret itself makes no token.
 *
 * @see RFC 5869 (HKDF)
 */
export function createSealer(masterSecret: string): Sealer {
  const box = createBox(Buffer.from(crypto.hkdfSync('sha256', masterSecret, '', 'latchkey working keys v1', 32)));
  return {
    seal: (id, purpose, key) => ({ id, purpose, sealed: box.seal(`${id} ${purpose}`, key) }),
    open({ id, purpose, sealed }) {
      try {
        return box.open(`${id} ${purpose}`, sealed);
      } catch {
        throw new WrongMasterSecret();
      }
    },
  };
}

/** A sealer that seals and opens as the given one does, until that is replaced. */
export function replaceableSealer(sealer: Sealer): ReplaceableSealer {
  let current = sealer;
  return {
    seal: (id, purpose, key) => current.seal(id, purpose, key),
    open: (sealed) => current.open(sealed),
    replaceWith: (next) => void (current = next),
  };
}

/** Whether all of the keys open with that master secret. */
export function opensAll(masterSecret: string, keys: SealedKey[]): boolean {
  const sealer = createSealer(masterSecret);
  try {
    for (const key of keys) sealer.open(key);
    return true;
  } catch {
    return false;
  }
}
