import crypto, { type KeyObject } from 'node:crypto';
import type { KeyPurpose, KeyStore, SealedKey, StoredKey } from '../core/ports.js';
import type { Sealer } from './sealing.js';

/** How often each process looks for keys that others have made or taken away. */
export const RELOAD_SECONDS = 30;
/** A token of an unknown key makes a process look at once, but not more often than that: such tokens cost their sender nothing. */
export const LEARN_EVERY_SECONDS = 5;

/** A working key that can be used. */
export interface WorkingKey {
  id: string;
  /** An EC private key for `access-token`, else 32 random bytes. */
  secret: KeyObject;
  /** What checks a signature: the public half, where there is one. */
  verifier: KeyObject;
}

/** The working keys as this process knows them. Asking costs next to nothing: no query, and nothing is parsed. */
export interface KeyRing {
  /** The key that makes new tokens, hashes and seals now. */
  current(purpose: KeyPurpose): WorkingKey;
  /** Every key, those included that are yet to make something and those that did: all check. */
  all(purpose: KeyPurpose): readonly WorkingKey[];
  find(purpose: KeyPurpose, id: string): WorkingKey | null;
  /** `find`, after a look into the database where the key is not known. @throws Unavailable */
  learn(purpose: KeyPurpose, id: string): Promise<WorkingKey | null>;
  /** Looks into the database. What fails is told to `onFailure`; the ring then stays as it is. */
  reload(): Promise<void>;
  /** Ends the looking. */
  close(): void;
}

/** What may be another thing than usual in a key ring. */
export interface KeyRingParts {
  reloadSeconds?: number;
  /** For the log: the ring is not what lies in the database. */
  onFailure?(error: Error): void;
}

const NEW_KEY: Record<KeyPurpose, () => Buffer> = {
  'access-token': () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }),
  'refresh-token': () => crypto.randomBytes(32),
  'api-key': () => crypto.randomBytes(32),
  'address-hash': () => crypto.randomBytes(32),
  code: () => crypto.randomBytes(32),
  outbox: () => crypto.randomBytes(32),
  audit: () => crypto.randomBytes(32),
  secret: () => crypto.randomBytes(32),
};

/** What there are keys for. */
export const KEY_PURPOSES = Object.keys(NEW_KEY) as KeyPurpose[];

/** A new key of that purpose, sealed. */
export function newKey(purpose: KeyPurpose, sealer: Sealer): SealedKey {
  return sealer.seal(crypto.randomUUID(), purpose, NEW_KEY[purpose]());
}

/** A key on the ring, and when it becomes the current one, by `performance.now()`. */
interface RingKey extends WorkingKey {
  purpose: KeyPurpose;
  sealed: Buffer;
  activeAtMs: number;
}

/**
 * Opens the working keys, and makes those that are missing: all of them on a new database. From then on it follows what other
 * processes make and take away; when a key becomes the current one is by the database's clock, not by this machine's.
 *
 * @throws WrongMasterSecret, Unavailable
 */
export async function openKeyRing(
  store: KeyStore,
  sealer: Sealer,
  { reloadSeconds = RELOAD_SECONDS, onFailure = () => {} }: KeyRingParts = {},
): Promise<KeyRing> {
  await createMissing(store, sealer);
  let ring: Partial<Record<KeyPurpose, RingKey[]>> = {};
  let looking = Promise.resolve();
  let learntAtMs = -Infinity;

  async function look(): Promise<void> {
    const { keys, fault } = openKeys(await store.load(), sealer, Object.values(ring).flat());
    const missing = KEY_PURPOSES.find((purpose) => !keys.some((key) => key.purpose === purpose));
    if (missing) throw fault ?? new Error(`the database has no key for: ${missing}`);
    ring = Object.fromEntries(KEY_PURPOSES.map((purpose) => [purpose, keys.filter((key) => key.purpose === purpose)]));
    if (fault) onFailure(fault);
  }
  /** One look after the other: none puts back what a later one has taken away. */
  const lookNow = () => (looking = looking.catch(() => {}).then(look));
  /** Apart from the looks by the clock: a key may be made, and used, right after one of them. */
  const lookToLearn = () => {
    if (performance.now() < learntAtMs + LEARN_EVERY_SECONDS * 1000) return looking;
    learntAtMs = performance.now();
    return lookNow();
  };
  const reload = () => lookNow().catch(onFailure);
  const all = (purpose: KeyPurpose) => ring[purpose] as [RingKey, ...RingKey[]];
  const find = (purpose: KeyPurpose, id: string) => all(purpose).find((key) => key.id === id) ?? null;
  await lookNow();
  const reloading = setInterval(() => void reload(), reloadSeconds * 1000).unref();
  return {
    current: (purpose) => all(purpose).findLast(({ activeAtMs }) => activeAtMs <= performance.now()) ?? all(purpose)[0],
    all,
    find,
    async learn(purpose, id) {
      const known = find(purpose, id);
      if (known) return known;
      await lookToLearn();
      return find(purpose, id);
    },
    reload,
    close: () => clearInterval(reloading),
  };
}

/** Nothing is made where the keys that are there do not open: it would be sealed with the wrong secret. */
async function createMissing(store: KeyStore, sealer: Sealer): Promise<void> {
  await store.change(async (existing, changes) => {
    for (const key of existing) sealer.open(key);
    const missing = KEY_PURPOSES.filter((purpose) => !existing.some((key) => key.purpose === purpose));
    for (const purpose of missing) await changes.insert(newKey(purpose, sealer), 0);
  });
}

/**
 * The ring of what is stored. A key that is known and does not open any more stays: the master secret was replaced, and this process has
 * not been restarted with the new one yet.
 */
function openKeys(stored: StoredKey[], sealer: Sealer, known: RingKey[]): { keys: RingKey[]; fault: Error | null } {
  const nowMs = performance.now();
  let fault: Error | null = null;
  const keys = stored.flatMap((each) => {
    const former = known.find(({ id }) => id === each.id);
    const life = { activeAtMs: nowMs + each.activeInSeconds * 1000 };
    try {
      return { ...(former?.sealed.equals(each.sealed) ? former : openKey(each, sealer)), ...life };
    } catch (error) {
      fault = error as Error;
      return former ? { ...former, ...life } : [];
    }
  });
  return { keys, fault };
}

function openKey(sealed: StoredKey, sealer: Sealer): Omit<RingKey, 'activeAtMs'> {
  const bytes = sealer.open(sealed);
  const isPair = sealed.purpose === 'access-token';
  // as KeyObjects: jsonwebtoken is several times slower with bytes
  const secret = isPair ? crypto.createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }) : crypto.createSecretKey(bytes);
  return {
    id: sealed.id,
    purpose: sealed.purpose,
    sealed: sealed.sealed,
    secret,
    verifier: isPair ? crypto.createPublicKey(secret) : secret,
  };
}
