import crypto, { type KeyObject } from 'node:crypto';
import bcrypt from 'bcryptjs';
import { normalizedPassword } from '../core/password-rules.js';
import type { Ports } from '../core/ports.js';
import type { HashPool } from './hash-pool.js';
import {
  ARGON2ID,
  bcryptSha256Input,
  DIGEST_LENGTH,
  formatBcryptSha256,
  parseHash,
  schemePrefix,
  unmatchableHash,
  type HashScheme,
  type ParsedHash,
} from './password-hash.js';

/** How long the count of stored schemes, from which decoys are drawn, may be old. */
const SCHEMES_MAX_AGE_MS = 5 * 60_000;

/**
 * Hashes passwords and verifies them.
 *
 * New hashes are bcrypt-sha256 or Argon2id, by `scheme`; plain bcrypt (`$2a$`, `$2b$`, `$2y$`) verifies too.
 *
 * @param decoyKey keys the choice of a decoy, so that nobody outside can tell which address gets which.
 * @param countSchemes how many stored hashes there are of each scheme.
 */
export function createPasswords(
  pool: HashPool,
  scheme: HashScheme,
  decoyKey: KeyObject,
  countSchemes: Ports['accounts']['countPasswordSchemes'],
): Ports['passwords'] {
  const currentPrefix = schemePrefix(scheme);
  const schemes = rememberFor(SCHEMES_MAX_AGE_MS, countSchemes);
  return {
    async hash(password) {
      if (scheme.algorithm === 'argon2id')
        return pool.run({ work: 'argon2 hash', password: normalizedPassword(password), options: ARGON2ID });
      const salt = bcrypt.genSaltSync(scheme.cost); // only reads 16 random bytes
      return formatBcryptSha256(await pool.run({ work: 'bcrypt', input: bcryptSha256Input(password, salt.slice(-22)), salt }));
    },

    async verify(password, hash) {
      const parsed = parseHash(hash);
      if (parsed.algorithm === 'argon2id') return pool.run({ work: 'argon2 verify', password: normalizedPassword(password), hash });
      for (const input of bcryptInputs(parsed, password)) {
        const computed = await pool.run({ work: 'bcrypt', input, salt: parsed.salt });
        if (crypto.timingSafeEqual(Buffer.from(computed.slice(-DIGEST_LENGTH)), Buffer.from(parsed.digest))) return true;
      }
      return false;
    },

    async decoyHash(address) {
      const bytes = crypto.createHmac('sha512', decoyKey).update(address.toLowerCase()).digest();
      const prefix = drawScheme(await schemes(), bytes.readUInt32BE(60)) ?? currentPrefix;
      return unmatchableHash(prefix, bytes.subarray(0, 48));
    },

    needsRehash: (hash) => !hash.startsWith(`${currentPrefix}$`),
  };
}

/** Plain bcrypt was made by somebody else: from the bytes as they were sent, or from their NFC. */
function bcryptInputs(parsed: Exclude<ParsedHash, { algorithm: 'argon2id' }>, password: string): string[] {
  if (parsed.algorithm === 'bcrypt-sha256') return [bcryptSha256Input(password, parsed.salt22)];
  return [...new Set([password, normalizedPassword(password)])];
}

/** Each scheme is drawn as often as it stands in the store, so that an unknown address looks like any other in time, too. */
function drawScheme(counts: { scheme: string; accounts: number }[], random32: number): string | undefined {
  const total = counts.reduce((sum, { accounts }) => sum + accounts, 0);
  let ticket = Math.floor((random32 / 2 ** 32) * total);
  return counts.find(({ accounts }) => (ticket -= accounts) < 0)?.scheme;
}

/**
 * The last answer, asked for again in the background when it is older than that: whoever wants it never waits, but for the very
 * first time, and never sees an error.
 */
function rememberFor<T>(maxAgeMs: number, ask: () => Promise<T[]>): () => Promise<T[]> {
  let answer: Promise<T[]> | null = null;
  let askedAt = 0;
  return () => {
    if (!answer || performance.now() - askedAt > maxAgeMs) {
      askedAt = performance.now();
      const last = answer;
      const next = ask().catch(() => last ?? []);
      answer ??= next;
      void next.then((rows) => (answer = Promise.resolve(rows)));
    }
    return answer;
  };
}
