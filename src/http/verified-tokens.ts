import crypto from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ShownClaims } from '../core/ports.js';

const MAX_TOKENS = 10_000;

/** Access tokens of one audience whose signature, issuer, audience and type have been found good. */
export interface VerifiedTokens {
  /** The claims of a token that was remembered and has not expired, or null. Whether its session lives is for the caller to ask, each time. */
  find(token: string): ShownClaims | null;
  /** To be called for a token only after everything about it was verified. */
  remember(token: string, claims: ShownClaims): void;
}

/**
 * An empty memory of verified tokens, for one audience: another audience's check must not find them. It holds no token itself,
 * only their SHA-256.
 *
 * @param maxTokens beyond it, those that were asked for longest ago are forgotten.
 */
export function createVerifiedTokens(maxTokens = MAX_TOKENS): VerifiedTokens {
  const claimsByHash = new LRUCache<string, ShownClaims>({ max: maxTokens });
  return {
    find(token) {
      const hash = hashOf(token);
      const claims = claimsByHash.get(hash) ?? null;
      if (!claims || Date.now() < claims.exp * 1000) return claims;
      claimsByHash.delete(hash);
      return null;
    },
    remember: (token, claims) => void claimsByHash.set(hashOf(token), Object.freeze({ ...claims })),
  };
}

function hashOf(token: string): string {
  return crypto.createHash('sha256').update(token).digest('base64');
}
