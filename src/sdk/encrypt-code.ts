import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from 'hash-wasm';

const SALT_BYTES = 16;
const NONCE_BYTES = 24;
const KEY_BYTES = 32;

/** What may be asked of Argon2id: less is too easy to guess at, more the service's sandbox has no room for. */
const KDF_BOUNDS = { m: { min: 19_456, max: 262_144 }, t: { min: 2, max: 10 } };
/** What the service takes as a name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** About 0.2 seconds. @see RFC 9106, section 4, second recommendation */
const DEFAULT_KDF: KdfCost = { m: 65_536, t: 3 };

/** The work of deriving a key. */
export interface KdfCost {
  /** Memory in KiB, 19456 to 262144. */
  m: number;
  /** Passes over it, 2 to 10. */
  t: number;
}

/** A program that is to be encrypted. */
export interface CodeToEncrypt {
  /** The source. */
  code: string;
  /** Nobody can recover it; the longer the better, as who has the payload can try as many as they like. */
  masterPassword: string;
  /** Under which it will be stored: it is authenticated, and cannot be changed. Letters, digits, dots, `_` and `-`, 128 at most. */
  name: string;
  /** Default: python. */
  language?: 'python' | 'javascript';
  kdf?: KdfCost;
}

/** What `PUT /api/v1/zk/code/{name}` takes. Base64 as in RFC 4648, section 4, with padding. */
export interface EncryptedCodePayload {
  v: 1;
  name: string;
  language: 'python' | 'javascript';
  kdf: { alg: 'argon2id'; v: 19; m: number; t: number; p: 1; salt: string };
  cipher: 'xchacha20poly1305-ietf';
  nonce: string;
  /** The sealed source, and its tag of 16 bytes behind it. */
  ct: string;
}

/** Derives a key of 32 bytes from a password by Argon2id, version 19, with one lane. */
export type DeriveKey = (password: Uint8Array, salt: Uint8Array, cost: KdfCost) => Promise<Uint8Array>;

/**
 * Encrypts a program, so that the service stores what it cannot read. In browsers, Node and Deno alike.
 *
 * @param deriveKey Argon2id, where there is a better one than that in WebAssembly.
 * @throws {RangeError} where the name is none, or the cost is out of bounds.
 * @see RFC 9106 (Argon2), draft-irtf-cfrg-xchacha-03, and docs/encrypted-code.md
 */
export async function encryptCode(toEncrypt: CodeToEncrypt, deriveKey: DeriveKey = deriveInWasm): Promise<EncryptedCodePayload> {
  return sealCode(
    toEncrypt,
    crypto.getRandomValues(new Uint8Array(SALT_BYTES)),
    crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
    deriveKey,
  );
}

/**
 * `encryptCode` with a salt and a nonce that are given: the same ones make the same payload, which other implementations compare theirs
 * with. Used twice, a nonce gives away both programs.
 *
 * @throws as `encryptCode`.
 */
export async function sealCode(
  { code, masterPassword, name, language = 'python', kdf: { m, t } = DEFAULT_KDF }: CodeToEncrypt,
  salt: Uint8Array,
  nonce: Uint8Array,
  deriveKey: DeriveKey = deriveInWasm,
): Promise<EncryptedCodePayload> {
  if (!NAME.test(name)) throw new RangeError('the name has other characters than letters, digits, dots, _ and -, or too many');
  for (const [what, value, { min, max }] of [['m', m, KDF_BOUNDS.m] as const, ['t', t, KDF_BOUNDS.t] as const])
    if (!Number.isInteger(value) || value < min || value > max) throw new RangeError(`kdf.${what} must be ${min} to ${max}`);
  const utf8 = new TextEncoder();
  const header = {
    v: 1,
    name,
    language,
    kdf: { alg: 'argon2id', v: 19, m, t, p: 1, salt: toBase64(salt) },
    cipher: 'xchacha20poly1305-ietf',
    nonce: toBase64(nonce),
  } as const;
  const key = await deriveKey(utf8.encode(masterPassword.normalize('NFC')), salt, { m, t });
  const sealed = xchacha20poly1305(key, nonce, utf8.encode(associatedText(header))).encrypt(utf8.encode(code));
  return { ...header, ct: toBase64(sealed) };
}

/** What is authenticated beside the source: a payload that was renamed, mixed with another one or made cheaper to guess does not open. */
function associatedText({ kdf, cipher, language, name }: Omit<EncryptedCodePayload, 'ct'>): string {
  return ['zk1', kdf.alg, kdf.v, kdf.m, kdf.t, kdf.p, kdf.salt, cipher, language, name].join('\n');
}

function deriveInWasm(password: Uint8Array, salt: Uint8Array, { m, t }: KdfCost): Promise<Uint8Array> {
  return argon2id({ password, salt, memorySize: m, iterations: t, parallelism: 1, hashLength: KEY_BYTES, outputType: 'binary' });
}

/** A call with too many arguments would overflow the stack. */
function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
