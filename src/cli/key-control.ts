import type { KeyLives } from '../crypto/key-changes.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { generateMasterSecret, layNextSecret, settleMasterSecret } from '../crypto/master-secret.js';
import { createSealer, opensAll, type ReplaceableSealer } from '../crypto/sealing.js';
import type { DataFolder } from '../db/data-folder.js';

/** What who runs the service does with its keys: what `KeyLives` does, known to this process at once. */
export interface KeyControl extends Omit<KeyLives, 'reseal'> {
  /**
   * Seals the keys with another master secret: the given one, or where the secret is a file in the data folder, without it a random one.
   *
   * @returns null, or why not.
   * @throws WrongMasterSecret where another process has done it since this one was started; Unavailable.
   */
  rewrap(newSecret: string | null): Promise<RewrapRefusal | null>;
}

/** Why the keys are not sealed anew: the secret is not this service's to choose, or it is the one that there is. */
export type RewrapRefusal = 'no_new_secret' | 'same_secret';

/** The control of the keys on this ring, whose master secret comes from the settings. */
export function controlKeys(lives: KeyLives, keyRing: KeyRing, sealer: ReplaceableSealer): KeyControl {
  const knownAtOnce =
    <Args extends unknown[], T>(change: (...args: Args) => Promise<T>) =>
    async (...args: Args) => {
      const changed = await change(...args);
      await keyRing.reload();
      return changed;
    };
  return {
    list: lives.list,
    rotate: knownAtOnce(lives.rotate),
    rotateOlderThan: knownAtOnce(lives.rotateOlderThan),
    retire: knownAtOnce(lives.retire),
    async rewrap(newSecret) {
      if (newSecret === null) return 'no_new_secret';
      if (opensAll(newSecret, await lives.list())) return 'same_secret';
      const next = createSealer(newSecret);
      await lives.reseal(next);
      sealer.replaceWith(next);
      return null;
    },
  };
}

/**
 * The same, where the master secret is a file in the data folder. Whenever the process or the machine ends, the folder holds the secret
 * that the keys are sealed with.
 */
export function withSecretFile(keys: KeyControl, folder: DataFolder): KeyControl {
  let underWay: Promise<unknown> = Promise.resolve();
  async function replace(newSecret: string): Promise<RewrapRefusal | null> {
    await settleFolderSecret(keys, folder);
    layNextSecret(folder.secretFile, newSecret);
    const refusal = await keys.rewrap(newSecret);
    await settleFolderSecret(keys, folder);
    return refusal;
  }
  return {
    ...keys,
    rewrap(newSecret) {
      const replaced = underWay.then(() => replace(newSecret ?? generateMasterSecret()));
      underWay = replaced.catch(() => {}); // one after the other: a second one would take the first one's secret for a leftover
      return replaced;
    },
  };
}

/** The secret in the folder, after finishing what was interrupted. @throws {Error} of the file system; Unavailable. */
export async function settleFolderSecret(keys: Pick<KeyControl, 'list'>, folder: DataFolder): Promise<string> {
  const stored = await keys.list();
  return settleMasterSecret(folder.secretFile, (secret) => opensAll(secret, stored), folder.saveDatabase);
}
