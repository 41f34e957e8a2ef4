import { NEVER_ROTATED, ROTATED_BY_AGE } from '../core/key-lives.js';
import type { AuditAction } from '../core/audit.js';
import type { KeyChanges, KeyPurpose, KeyStore, StoredKey } from '../core/ports.js';
import { newKey, RELOAD_SECONDS } from './key-ring.js';
import type { Sealer } from './sealing.js';

/** For so long others may go on with the public keys that they have: `max-age` of /.well-known/jwks.json. */
export const PUBLISHED_MAX_AGE_SECONDS = 300;
/** How long a new key is there before its first use: until each process serves it, until all have asked again, and some more. */
export const LEAD_SECONDS = RELOAD_SECONDS + PUBLISHED_MAX_AGE_SECONDS + 30;

const DAY_SECONDS = 24 * 3600;

/** Why a key is not changed. `current_key`: there is no other one that could make what it makes; `key_in_use`: secrets lie under it. */
export type KeyRefusal = 'never_rotated' | 'unknown_key' | 'current_key' | 'key_in_use';

/** What can be done with the working keys. Each change is recorded, in its transaction. Each throws `Unavailable` when the database does. */
export interface KeyLives {
  list(): Promise<StoredKey[]>;
  /**
   * Makes a new key for each purpose, which takes over when everybody knows it; `now`: at once, though others may not know it yet.
   *
   * @returns null, or why not: then none is made.
   * @throws WrongMasterSecret where the keys in the database have another master secret by now: this process does not know it.
   */
  rotate(purposes: readonly KeyPurpose[], now: boolean): Promise<KeyRefusal | null>;
  /** `rotate` for the purposes whose newest key is older. However many processes ask, there is one new key. @returns those purposes. */
  rotateOlderThan(days: number): Promise<KeyPurpose[]>;
  /** Deletes a key: from then on, what it made is good for nothing. @returns null, or why not. */
  retire(id: string): Promise<KeyRefusal | null>;
  /**
   * Seals every key with another master secret; the keys stay the same.
   *
   * @throws WrongMasterSecret where they do not open: somebody else has done it already.
   */
  reseal(next: Sealer): Promise<void>;
}

/** The changes in the lives of the stored keys. */
export function keyLivesIn(store: KeyStore, sealer: Sealer, leadSeconds = LEAD_SECONDS): KeyLives {
  async function insertNew(purposes: readonly KeyPurpose[], existing: StoredKey[], changes: KeyChanges, activeInSeconds: number) {
    for (const key of existing) sealer.open(key); // else the new one would be sealed with a secret that nobody starts with any more
    for (const purpose of purposes) {
      await changes.insert(newKey(purpose, sealer), activeInSeconds);
      await record(changes, 'key.rotated');
    }
  }
  return {
    list: () => store.load(),

    async rotate(purposes, now) {
      if (purposes.some((purpose) => NEVER_ROTATED.includes(purpose))) return 'never_rotated';
      await store.change((existing, changes) => insertNew([...new Set(purposes)], existing, changes, now ? 0 : leadSeconds));
      return null;
    },

    rotateOlderThan: (days) =>
      store.change(async (existing, changes) => {
        const isYoung = (key: StoredKey) => key.ageSeconds < days * DAY_SECONDS;
        const old = ROTATED_BY_AGE.filter((purpose) => !existing.some((key) => key.purpose === purpose && isYoung(key)));
        if (old.length > 0) await insertNew(old, existing, changes, leadSeconds);
        return old;
      }),

    retire: (id) =>
      store.change(async (existing, changes) => {
        const key = existing.find((each) => each.id === id);
        if (!key) return 'unknown_key';
        if (NEVER_ROTATED.includes(key.purpose)) return 'never_rotated';
        if (key.state === 'current') return 'current_key';
        if (!(await changes.delete(id))) return 'key_in_use';
        await record(changes, 'key.retired');
        return null;
      }),

    reseal: (next) =>
      store.change(async (existing, changes) => {
        for (const key of existing) await changes.reseal(next.seal(key.id, key.purpose, sealer.open(key)));
        await record(changes, 'master_secret.rotated');
      }),
  };
}

/** Only who runs the service changes its keys, by a command or by a setting. */
function record(changes: KeyChanges, action: AuditAction): Promise<void> {
  const origin = { userAgent: null, ipAddress: null, network: null, requestId: null };
  return changes.record({ action, outcome: 'success', reason: null, accountId: null, addressHash: null, dialect: 'command line', origin });
}
