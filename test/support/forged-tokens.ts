import crypto, { type KeyObject } from 'node:crypto';
import { createSealer } from '../../src/crypto/sealing.js';
import type { KeyPurpose } from '../../src/core/ports.js';
import type { TestDatabase } from './databases.js';
import { TEST_SECRET } from './server.js';

/** Signs the first two parts of a token. */
export type Sign = (input: string) => Buffer | string;

/** A JSON Web Token of whatever is given, text as it stands. */
export function forge(header: unknown, claims: unknown, sign: Sign): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  const signature = sign(input);
  return `${input}.${typeof signature === 'string' ? signature : signature.toString('base64url')}`;
}

/** @see RFC 7518, section 3.4 */
export const es256 =
  (key: KeyObject): Sign =>
  (input) =>
    crypto.sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

/** @see RFC 7518, section 3.2 */
export const hmac =
  (secret: crypto.BinaryLike | KeyObject, algorithm = 'sha256'): Sign =>
  (input) =>
    crypto.createHmac(algorithm, secret).update(input).digest();

/** The service's own newest key of a purpose, which no attacker has: for tokens that are wrong in one thing alone. */
export async function workingKey(database: TestDatabase, purpose: KeyPurpose): Promise<KeyObject> {
  const [row] = await database.source.query('SELECT * FROM keys WHERE purpose = $1 ORDER BY created_at DESC, id DESC LIMIT 1', [purpose]);
  const key = createSealer(TEST_SECRET).open(row);
  return purpose === 'access-token' ? crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' }) : crypto.createSecretKey(key);
}

function encoded(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}
