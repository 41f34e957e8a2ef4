import crypto from 'node:crypto';
import { normalizedPassword } from '../core/password-rules.js';

/** How new passwords are hashed. */
export type HashScheme = { algorithm: 'bcrypt'; cost: number } | { algorithm: 'argon2id' };

/** Argon2id as OWASP recommends it. @see OWASP Password Storage Cheat Sheet, "Argon2id" */
export const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const ARGON2ID_PREFIX = `$argon2id$v=19$m=${ARGON2ID.memoryCost},t=${ARGON2ID.timeCost},p=${ARGON2ID.parallelism}`;

/** A stored hash may not ask for more work than this: whoever can plant one must not be able to stop the service. */
const MAX_BCRYPT_COST = 14;
const MAX_ARGON2_MEMORY_KIB = 65_536;
const MAX_ARGON2_PASSES = 10;

/** How many characters at the end of a bcrypt hash are its digest. */
export const DIGEST_LENGTH = 31;
const BCRYPT_BASE64 = '[./A-Za-z0-9]';
/** passlib's format. @see passlib 1.7, `bcrypt_sha256`, version 2 */
const BCRYPT_SHA256 = new RegExp(
  `^\\$bcrypt-sha256\\$v=2,t=2b,r=(\\d{1,2})\\$(${BCRYPT_BASE64}{22})\\$(${BCRYPT_BASE64}{${DIGEST_LENGTH}})$`,
);
const BCRYPT = new RegExp(`^(\\$2[aby]\\$)(\\d{2})\\$(${BCRYPT_BASE64}{22})(${BCRYPT_BASE64}{${DIGEST_LENGTH}})$`);
const ARGON2 = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{11,}$/;

/** A stored hash, taken apart. `salt` is what bcrypt takes, `$2b$10$<22 salt>`. */
export type ParsedHash =
  | { algorithm: 'bcrypt-sha256'; salt22: string; salt: string; digest: string }
  | { algorithm: 'bcrypt'; salt: string; digest: string }
  | { algorithm: 'argon2id' };

/**
 * Takes a stored hash apart.
 *
 * @throws {Error} where it has no form that is known here, or asks for more work than is allowed. It never quotes the hash.
 */
export function parseHash(hash: string): ParsedHash {
  const sha256 = BCRYPT_SHA256.exec(hash);
  if (sha256) {
    const [, rounds, salt22, digest] = sha256 as unknown as [string, string, string, string];
    return { algorithm: 'bcrypt-sha256', salt22, salt: `$2b$${boundedCost(rounds)}$${salt22}`, digest };
  }
  const plain = BCRYPT.exec(hash);
  if (plain) {
    const [, variant, rounds, salt22, digest] = plain as unknown as [string, string, string, string, string];
    return { algorithm: 'bcrypt', salt: `${variant}${boundedCost(rounds)}$${salt22}`, digest };
  }
  const argon2 = ARGON2.exec(hash);
  if (argon2) {
    const [, memoryKib, passes, lanes] = argon2.map(Number) as [number, number, number, number];
    if (memoryKib > MAX_ARGON2_MEMORY_KIB || passes > MAX_ARGON2_PASSES || lanes > 4)
      throw new Error('a stored Argon2 hash asks for too much work');
    return { algorithm: 'argon2id' };
  }
  throw new Error('a stored password hash has a form that is not known here');
}

/**
 * What goes to bcrypt in place of the password, so that no password is cut at 72 bytes: the base64 of an HMAC-SHA-256 whose key
 * is the salt and whose message is the password in NFC.
 */
export function bcryptSha256Input(password: string, salt22: string): string {
  return crypto.createHmac('sha256', salt22).update(normalizedPassword(password), 'utf8').digest('base64');
}

/** The stored form of a bcrypt-sha256 hash. `bcryptHash` is what bcrypt gave, `$2b$10$<22 salt><31 digest>`. */
export function formatBcryptSha256(bcryptHash: string): string {
  const [, , rounds, saltAndDigest = ''] = bcryptHash.split('$');
  return `$bcrypt-sha256$v=2,t=2b,r=${Number(rounds)}$${saltAndDigest.slice(0, 22)}$${saltAndDigest.slice(22)}`;
}

/** What a hash of that scheme begins with; it is also how stored hashes are counted. */
export function schemePrefix(scheme: HashScheme): string {
  return scheme.algorithm === 'bcrypt' ? `$bcrypt-sha256$v=2,t=2b,r=${scheme.cost}` : ARGON2ID_PREFIX;
}

/** A hash with that beginning which nobody knows a password of: salt and digest are taken from `bytes` (48 of them). */
export function unmatchableHash(prefix: string, bytes: Buffer): string {
  // The last character of salt and digest holds fewer than six bits; a dot is all zeros and so always right.
  const text = bytes.toString('base64').replaceAll('+', '.').replaceAll('=', '');
  const [salt, digest] = [`${text.slice(0, 21)}.`, `${text.slice(21, 51)}.`];
  if (prefix.startsWith('$bcrypt-sha256$')) return `${prefix}$${salt}$${digest}`;
  if (prefix.startsWith('$2')) return `${prefix}$${salt}${digest}`;
  const unpadded = (part: Buffer) => part.toString('base64').replaceAll('=', '');
  return `${prefix}$${unpadded(bytes.subarray(0, 16))}$${unpadded(bytes.subarray(16, 48))}`;
}

/** The cost as bcrypt writes it, in two digits. */
function boundedCost(rounds: string): string {
  const cost = Number(rounds);
  if (cost < 4 || cost > MAX_BCRYPT_COST) throw new Error('a stored bcrypt hash has a cost that is out of bounds');
  return rounds.padStart(2, '0');
}
