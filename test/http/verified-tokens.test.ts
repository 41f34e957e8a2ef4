import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createVerifiedTokens } from '../../src/http/verified-tokens.js';

const NOW_SECONDS = 1_800_000_000;
const ANY_KEY = () => true;
const CLAIMS = { sub: 'an account', sid: 'a session', jti: 'a token', exp: NOW_SECONDS + 60 };

describe('verified tokens', () => {
  const at = (seconds: number) => jest.spyOn(Date, 'now').mockReturnValue(seconds * 1000);
  afterEach(() => void jest.restoreAllMocks());

  it('are found by the very same token', () => {
    at(NOW_SECONDS);
    const verified = createVerifiedTokens(ANY_KEY);
    verified.remember('header.claims.signature', CLAIMS);

    expect(verified.find('header.claims.signature')).toEqual(CLAIMS);
    expect(verified.find('header.claims.signaturE')).toBeNull();
    expect(verified.find('')).toBeNull();
  });

  it('are not found from their `exp` on, not even when the clock is set back', () => {
    const verified = createVerifiedTokens(ANY_KEY);
    verified.remember('token', CLAIMS);
    at(CLAIMS.exp - 0.001);
    expect(verified.find('token')).toEqual(CLAIMS);
    at(CLAIMS.exp);
    expect(verified.find('token')).toBeNull();
    at(NOW_SECONDS);
    expect(verified.find('token')).toBeNull();
  });

  it('keep the claims as they were, and nobody can change them', () => {
    at(NOW_SECONDS);
    const verified = createVerifiedTokens(ANY_KEY);
    const claims = { ...CLAIMS };
    verified.remember('token', claims);
    claims.sub = 'another account';

    expect(verified.find('token')).toEqual(CLAIMS);
    expect(Object.isFrozen(verified.find('token'))).toBe(true);
  });

  it('are no more than allowed: those that were asked for longest ago are forgotten', () => {
    at(NOW_SECONDS);
    const verified = createVerifiedTokens(ANY_KEY, 2);
    verified.remember('first', CLAIMS);
    verified.remember('second', CLAIMS);
    verified.find('first');
    verified.remember('third', CLAIMS);

    expect(['first', 'second', 'third'].map((token) => verified.find(token) !== null)).toEqual([true, false, true]);
  });

  it('S32: are not found once the key that signed them is gone, and then not again', () => {
    at(NOW_SECONDS);
    const keys = new Set(['old', 'current']);
    const verified = createVerifiedTokens((kid) => keys.has(kid));
    const tokenOf = (kid: string) => `${Buffer.from(JSON.stringify({ kid })).toString('base64url')}.claims.signature`;
    for (const kid of keys) verified.remember(tokenOf(kid), CLAIMS);

    keys.delete('old');
    expect([verified.find(tokenOf('old')), verified.find(tokenOf('current'))]).toEqual([null, CLAIMS]);
    keys.add('old');
    expect(verified.find(tokenOf('old'))).toBeNull();
  });
});
