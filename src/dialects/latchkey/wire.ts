import type { LatchkeyJsonWebKeySet } from '../../../generated/client/types.gen.js';
import type { PublicJwk } from '../../core/ports.js';

/** A JSON Web Key Set. @see RFC 7517, section 5 */
export function toJsonWebKeySet(keys: PublicJwk[]): LatchkeyJsonWebKeySet {
  return { keys };
}
