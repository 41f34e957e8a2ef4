import type { Language } from './sandbox.js';

export const SALT_BYTES = 16;
export const NONCE_BYTES = 24;
/** Behind the sealed source. */
export const TAG_BYTES = 16;
/** The sealed source with its tag. */
export const MAX_SEALED_BYTES = 512 * 1024;

/**
 * Code that its owner has encrypted: Argon2id makes the key from their password, XChaCha20-Poly1305 seals the source. The name and every
 * parameter are authenticated with it. Base64 as in RFC 4648, section 4, with padding.
 *
 * @see RFC 9106 (Argon2) and draft-irtf-cfrg-xchacha-03 (XChaCha20-Poly1305)
 */
export interface EncryptedCode {
  v: 1;
  name: string;
  language: Language;
  kdf: {
    alg: 'argon2id';
    v: 19;
    /** Memory in KiB. */
    m: number;
    /** Passes over it. */
    t: number;
    p: 1;
    /** 16 bytes. */
    salt: string;
  };
  cipher: 'xchacha20poly1305-ietf';
  /** 24 bytes. */
  nonce: string;
  /** The sealed source, and its tag of 16 bytes behind it. */
  ct: string;
}
