import crypto from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ShownClaims } from '../core/ports.js';
import { tokenHeader } from '../core/token-header.js';

const MAX_TOKENS = 10_000;

/** Access tokens of one audience whose signature, issuer, audience and type have been found good. */
export interface VerifiedTokens {
  /** The claims of a token that was remembered, has not expired and whose key is still there, or null. Whether its session lives is for the caller to ask, each time. */
  find(token: string): ShownClaims | null;
  /** To be called for a token only after everything about it was verified. */
  remember(token: string, claims: ShownClaims): void;
}

/**
 * An empty memory of verified tokens, for one audience: another audience's check must not find them. It holds no token itself,
 * only their SHA-256.
 *
 * @param hasKey whether there still is a key of that `kid`.
 * @param maxTokens beyond it, those that were asked for longest ago are forgotten.
 */
export function createVerifiedTokens(hasKey: (kid: string) => boolean, maxTokens = MAX_TOKENS): VerifiedTokens {
  const tokensByHash = new LRUCache<string, { claims: ShownClaims; kid: string }>({ max: maxTokens });
  return {
    find(token) {
      const hash = hashOf(token);
      const found = tokensByHash.get(hash);
      if (!found) return null;
      if (Date.now() < found.claims.exp * 1000 && hasKey(found.kid)) return found.claims;
      tokensByHash.delete(hash);
      return null;
    },
    remember: (token, claims) =>
      void tokensByHash.set(hashOf(token), { claims: Object.freeze({ ...claims }), kid: String(tokenHeader(token).kid) }),
  };
}

function hashOf(token: string): string {
  return crypto.createHash('sha256').update(token).digest('base64');
}
