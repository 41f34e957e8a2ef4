import crypto, { type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Account } from '../core/account.js';
import { normalizedEmail } from '../core/email-address.js';
import type { Ports, PublicJwk, RefreshTokenClaims } from '../core/ports.js';
import { unixSeconds } from '../core/session.js';
import { hasAccessClaims, hasRefreshClaims, tokenHeader } from '../core/token-header.js';
import type { KeyRing, WorkingKey } from './key-ring.js';

/** Header `typ` of access tokens. @see RFC 9068, section 2.1 */
export const ACCESS_TOKEN_TYPE = 'at+jwt';
const REFRESH_TOKEN_TYPE = 'rt+jwt';

const OPAQUE_TOKEN_PREFIX = 'sess_';
const OPAQUE_TOKEN_BYTES = 32;

const OPAQUE_TOKEN = new RegExp(`^${OPAQUE_TOKEN_PREFIX}[0-9a-f]{${OPAQUE_TOKEN_BYTES * 2}}$`);

const MAILED_TOKEN_BYTES = 32;
const TYPED_CODE_DIGITS = 6;

const STORED_API_KEY_BYTES = 32;
const STORED_API_KEY = new RegExp(`^[0-9a-f]{${STORED_API_KEY_BYTES * 2}}$`);

type ReadAccessToken = NonNullable<Awaited<ReturnType<Ports['tokens']['readAccessToken']>>>;

const API_KEY = /^pyth_([0-9a-f]{32})([0-9a-f]{64})$/;

/** Makes the service's tokens; `verificationKey` finds what checks an access token. */
export interface Tokens {
  port: Ports['tokens'];
  /** The public key for a token's `kid`, or null where there is none of that id. */
  verificationKey(kid: string): KeyObject | null;
  /** Sees to it that `verificationKey` knows a key of that id, if there is one by now. @throws Unavailable */
  learnVerificationKey(kid: string): Promise<unknown>;
}

/**
 * @param issuer the service's public address, the tokens' `iss`.
 * @see RFC 7519 (JWT), RFC 7518, section 3.4 (ES256), RFC 9068 (access tokens)
 */
export function createTokens(keyRing: KeyRing, issuer: string): Tokens {
  /** The claims of an access token that is ours, whether or not its end has come. */
  async function accessClaims(token: string, expected: jwt.VerifyOptions): Promise<jwt.JwtPayload | null> {
    const { typ, kid } = tokenHeader(token);
    const key = typ === ACCESS_TOKEN_TYPE ? await keyRing.learn('access-token', String(kid)) : null;
    return key && verifiedClaims(token, key.verifier, { ...expected, algorithms: ['ES256'], issuer });
  }
  return {
    verificationKey: (kid) => keyRing.find('access-token', kid)?.verifier ?? null,
    learnVerificationKey: (kid) => keyRing.learn('access-token', kid),
    port: {
      signAccessToken(claims) {
        const { id, secret } = keyRing.current('access-token');
        const payload = { ...claims, iss: issuer, jti: crypto.randomUUID() };
        return jwt.sign(payload, secret, { algorithm: 'ES256', header: { alg: 'ES256', typ: ACCESS_TOKEN_TYPE, kid: id } });
      },
      signRefreshToken(session) {
        const { id, secret } = keyRing.current('refresh-token');
        const payload = {
          iss: issuer,
          aud: session.dialect,
          sub: session.accountId,
          sid: session.id,
          gen: session.generation,
          iat: unixSeconds(session.renewedAt),
          exp: unixSeconds(session.idleExpiresAt < session.expiresAt ? session.idleExpiresAt : session.expiresAt),
        };
        return jwt.sign(payload, secret, { algorithm: 'HS256', header: { alg: 'HS256', typ: REFRESH_TOKEN_TYPE, kid: id } });
      },
      ownerOfAccessToken: async (token, dialect) => (await accessClaims(token, { audience: dialect }))?.sub ?? null,
      readRefreshToken: (token, dialect) => readRefreshToken(keyRing, issuer, token, dialect),
      async readAccessToken(token) {
        const claims = await accessClaims(token, {});
        return claims && hasAccessClaims(claims) && claims.exp * 1000 > Date.now() ? (claims as ReadAccessToken) : null;
      },
      opaqueTokenHash: (token) => (OPAQUE_TOKEN.test(token) ? sha256(token) : null),
      createOpaqueToken() {
        const token = OPAQUE_TOKEN_PREFIX + crypto.randomBytes(OPAQUE_TOKEN_BYTES).toString('hex');
        return { token, hash: sha256(token) };
      },
      deriveApiKey: (account) => deriveApiKey(keyRing.current('api-key').secret, account),
      accountIdOfApiKey: (key) => API_KEY.exec(key)?.[1]?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') ?? null,
      isApiKeyOf: (key, account) =>
        keyRing.all('api-key').some(({ secret }) => areEqual(Buffer.from(deriveApiKey(secret, account)), Buffer.from(key))),
      publicKeys: () => keyRing.all('access-token').map(publicJwk),
      createMailedToken() {
        const token = crypto.randomBytes(MAILED_TOKEN_BYTES).toString('base64url');
        return { token, hash: sha256(token) };
      },
      mailedTokenHash: sha256,
      createTypedCode: () => String(crypto.randomInt(10 ** TYPED_CODE_DIGITS)).padStart(TYPED_CODE_DIGITS, '0'),
      typedCodeHash: (code, accountId, email) => typedCodeHash(keyRing.current('code'), code, accountId, email),
      isTypedCodeHash: (hash, code, accountId, email) =>
        keyRing.all('code').some((key) => areEqual(hash, typedCodeHash(key, code, accountId, email))),
      addressHash: (address) =>
        crypto.createHmac('sha256', keyRing.current('address-hash').secret).update(normalizedEmail(address.trim())).digest(),
      createStoredApiKey(prefix) {
        const key = prefix + crypto.randomBytes(STORED_API_KEY_BYTES).toString('hex');
        return { key, hash: sha256(key) };
      },
      storedApiKeyHash: (key, prefix) => (key.startsWith(prefix) && STORED_API_KEY.test(key.slice(prefix.length)) ? sha256(key) : null),
      issuer,
    },
  };
}

/** An end that has come is told apart here, by the claims: clients may want to know, and an expired token ends no session. */
async function readRefreshToken(keyRing: KeyRing, issuer: string, token: string, dialect?: string): Promise<RefreshTokenClaims | null> {
  const { typ, kid } = tokenHeader(token);
  const key = typ === REFRESH_TOKEN_TYPE && kid !== undefined ? await keyRing.learn('refresh-token', kid) : null;
  if (!key) return null;
  const claims = verifiedClaims(token, key.verifier, { algorithms: ['HS256'], issuer, ...(dialect && { audience: dialect }) });
  if (!claims || !hasRefreshClaims(claims)) return null;
  const { sid, sub, gen, exp } = claims;
  return { sessionId: sid, accountId: sub, generation: gen, expired: exp * 1000 <= Date.now() };
}

/** The claims of a token that is ours, whether or not its end has come; null where it is not ours. */
function verifiedClaims(token: string, key: KeyObject, expected: jwt.VerifyOptions): jwt.JwtPayload | null {
  try {
    return jwt.verify(token, key, { ...expected, ignoreExpiration: true }) as jwt.JwtPayload;
  } catch {
    return null;
  }
}

function sha256(text: string): Buffer {
  return crypto.createHash('sha256').update(text).digest();
}

function deriveApiKey(secret: KeyObject, { id, apiKeyVersion }: Pick<Account, 'id' | 'apiKeyVersion'>): string {
  const mac = crypto.createHmac('sha256', secret).update(`${id} ${apiKeyVersion}`).digest('hex');
  return `pyth_${id.replaceAll('-', '')}${mac}`;
}

function typedCodeHash({ secret }: WorkingKey, code: string, accountId: string, email: string): Buffer {
  return crypto.createHmac('sha256', secret).update(`${accountId} ${email} ${code}`).digest();
}

function areEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && crypto.timingSafeEqual(one, other);
}

function publicJwk({ id: kid, verifier }: WorkingKey): PublicJwk {
  const { x = '', y = '' } = verifier.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x, y, use: 'sig', alg: 'ES256', kid };
}
