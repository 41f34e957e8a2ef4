import crypto from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { openKeyRing } from '../../src/crypto/key-ring.js';
import { createSealer } from '../../src/crypto/sealing.js';
import { createTokens } from '../../src/crypto/tokens.js';
import { fakeKeyStore } from '../support/fake-key-store.js';
import { NOW } from '../support/fake-ports.js';
import { decodeJwt, decodeJwtHeader } from '../support/jwt.js';
import { TEST_SECRET } from '../support/server.js';

const ISSUER = 'https://id.example.com';
const ACCOUNT = { id: '0f8fad5b-d9cb-469f-a165-70867728950e', apiKeyVersion: 1 };
const SESSION = {
  id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  accountId: ACCOUNT.id,
  dialect: 'pixyle',
  generation: 1,
  createdAt: NOW,
  renewedAt: NOW,
  idleExpiresAt: new Date(NOW.getTime() + 7_200_000),
  expiresAt: new Date(NOW.getTime() + 9_000_000),
  userAgent: null,
  ipAddress: null,
  deviceName: null,
  lastActiveAt: new Date('2026-01-02T03:04:05.678Z'),
};
const CLAIMS = { aud: 'pixyle', sub: ACCOUNT.id, sid: SESSION.id, iat: 1_767_323_045, exp: 1_767_326_645 };

const keyRing = await newKeyRing();
const tokens = createTokens(keyRing, ISSUER);
const { port } = tokens;

function newKeyRing() {
  return openKeyRing(fakeKeyStore(), createSealer(TEST_SECRET));
}

describe('an access token', () => {
  it('S31, O47: is an ES256 JSON Web Token of the type at+jwt that its published key verifies', () => {
    const token = port.signAccessToken(CLAIMS);
    const [jwk] = port.publicKeys();
    const key = crypto.createPublicKey({ key: { ...jwk }, format: 'jwk' });

    expect(decodeJwtHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: jwk?.kid });
    expect(jwt.verify(token, key, { algorithms: ['ES256'], ignoreExpiration: true })).toEqual({
      ...CLAIMS,
      iss: ISSUER,
      jti: expect.any(String),
    });
    expect(tokens.verificationKey(jwk?.kid ?? '')?.equals(key)).toBe(true);
    expect(tokens.verificationKey('another')).toBeNull();
  });

  it('is never the same twice', () => {
    expect(port.signAccessToken(CLAIMS)).not.toBe(port.signAccessToken(CLAIMS));
  });
});

describe('a refresh token', () => {
  it('is made from the session alone: the same row gives the same token', () => {
    expect(port.signRefreshToken(SESSION)).toBe(port.signRefreshToken({ ...SESSION, userAgent: 'another' }));
    expect(port.signRefreshToken(SESSION)).not.toBe(port.signRefreshToken({ ...SESSION, generation: 2 }));
    expect(decodeJwtHeader(port.signRefreshToken(SESSION))).toMatchObject({
      alg: 'HS256',
      typ: 'rt+jwt',
      kid: keyRing.current('refresh-token').id,
    });
  });

  it('ends with whichever of the two ends of its session comes first', () => {
    expect(decodeJwt(port.signRefreshToken(SESSION))).toMatchObject({ iat: 1_767_323_045, exp: 1_767_323_045 + 7_200, gen: 1 });
    const soon = { ...SESSION, expiresAt: new Date(NOW.getTime() + 60_000) };
    expect(decodeJwt(port.signRefreshToken(soon))).toMatchObject({ exp: 1_767_323_045 + 60 });
  });
});

describe('an opaque token', () => {
  it('S19: has 256 random bits and is found by its SHA-256', () => {
    const made = Array.from({ length: 100 }, () => port.createOpaqueToken());

    expect(new Set(made.map(({ token }) => token)).size).toBe(100);
    for (const { token, hash } of made) {
      expect(token).toMatch(/^sess_[0-9a-f]{64}$/);
      expect(hash).toEqual(crypto.createHash('sha256').update(token).digest());
    }
  });
});

describe("an account's API key", () => {
  const key = port.deriveApiKey(ACCOUNT);

  it('names its account and is the same each time, until its version is raised', () => {
    expect(key).toMatch(/^pyth_[0-9a-f]{96}$/);
    expect(port.deriveApiKey(ACCOUNT)).toBe(key);
    expect(port.accountIdOfApiKey(key)).toBe(ACCOUNT.id);
    expect(port.isApiKeyOf(key, ACCOUNT)).toBe(true);
    expect(port.isApiKeyOf(key, { ...ACCOUNT, apiKeyVersion: 2 })).toBe(false);
  });

  it.each([
    `${key}0`,
    key.slice(0, -1),
    `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`,
    key.toUpperCase(),
    '',
    '<api-key>',
    'ü'.repeat(101),
  ])('is nothing else: %j', (other) => {
    expect(port.isApiKeyOf(other, ACCOUNT)).toBe(false);
  });

  it('is another one under other working keys', async () => {
    expect(createTokens(await newKeyRing(), ISSUER).port.deriveApiKey(ACCOUNT)).not.toBe(key);
  });
});
