import type { ShownClaims } from './ports.js';

/** What a JSON Web Token says of itself in its header, unchecked. */
export interface TokenHeader {
  typ?: unknown;
  kid?: string;
}

/**
 * The header of what may be a JSON Web Token; empty where it is none, names no key, or wants an extension to be understood: there is none
 * here. Nothing else of it is read: no key comes from there, nor from where it points to.
 *
 * @see RFC 7515, sections 4 and 4.1.11
 */
export function tokenHeader(token: string): TokenHeader {
  try {
    const { typ, kid, crit } = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString()) as Record<string, unknown>;
    return typeof kid === 'string' && crit === undefined ? { typ, kid } : {};
  } catch {
    return {};
  }
}

/** Whether an access token says whose it is, what ends it, and when: without that it could not be taken back. */
export function hasAccessClaims(claims: Partial<ShownClaims>): claims is ShownClaims {
  const { sub, sid, jti, exp } = claims;
  return typeof sub === 'string' && typeof sid === 'string' && typeof jti === 'string' && typeof exp === 'number';
}

/** Whether a refresh token says whose it is, of which session and generation, and when it ends. */
export function hasRefreshClaims(claims: Record<string, unknown>): claims is { sub: string; sid: string; gen: number; exp: number } {
  const { sub, sid, gen, exp } = claims;
  return typeof sub === 'string' && typeof sid === 'string' && Number.isInteger(gen) && typeof exp === 'number';
}
