import type { Response } from 'express';
import type { LimitState } from '../core/limits.js';

/**
 * Shows how limits stand, in the answer whatever it will be.
 *
 * @see draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` and `RateLimit`, structured fields (RFC 9651)
 */
export function limitFields(res: Response): (state: LimitState) => void {
  const states = new Map<string, LimitState>();
  return (state) => {
    if (res.headersSent) return; // answered at the deadline
    states.set(state.name, state);
    const all = [...states.values()];
    res.setHeader('RateLimit-Policy', all.map(({ name, quota, windowSeconds }) => `"${name}";q=${quota};w=${windowSeconds}`).join(', '));
    res.setHeader(
      'RateLimit',
      all.map(({ name, quota, used, resetSeconds }) => `"${name}";r=${Math.max(0, quota - used)};t=${resetSeconds}`).join(', '),
    );
  };
}
