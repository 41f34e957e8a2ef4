import crypto, { type KeyObject } from 'node:crypto';
import type { AuditMacs } from '../core/audit-chain.js';
import type { KeyRing } from './key-ring.js';

/** HMAC-SHA-256, over the MAC of the seal before (its 32 bytes; none before the first) and what is sealed. @see RFC 2104 */
export function createAuditMacs(keyRing: KeyRing): AuditMacs {
  return {
    make(previousMac, text) {
      const { id, secret } = keyRing.current('audit');
      return { mac: macOf(secret, previousMac, text).toString('hex'), keyId: id };
    },
    isGood({ keyId, mac }, previousMac, text) {
      const key = keyRing.find('audit', keyId);
      if (!key) return null;
      const [expected, given] = [macOf(key.secret, previousMac, text), Buffer.from(mac, 'hex')];
      return given.length === expected.length && crypto.timingSafeEqual(given, expected);
    },
  };
}

function macOf(secret: KeyObject, previousMac: string, text: string): Buffer {
  return crypto.createHmac('sha256', secret).update(previousMac, 'hex').update(text).digest();
}
