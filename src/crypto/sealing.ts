import crypto from 'node:crypto';
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

/**
 * A sealer whose key comes from the master secret; the secret itself makes no token.
 *
 * @see NIST SP 800-38D (GCM), RFC 5869 (HKDF)
 */
export function createSealer(masterSecret: string): Sealer {
  const key = Buffer.from(crypto.hkdfSync('sha256', masterSecret, '', 'latchkey working keys v1', 32));
  const boundTo = (id: string, purpose: string) => Buffer.from(`${id} ${purpose}`);
  return {
    seal(id, purpose, plain) {
      const nonce = crypto.randomBytes(NONCE_BYTES);
      const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(id, purpose));
      return { id, purpose, sealed: Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]) };
    },
    open({ id, purpose, sealed }) {
      const decipher = crypto
        .createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(boundTo(id, purpose))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        throw new WrongMasterSecret();
      }
    },
  };
}
