import type { StoredKey } from '../core/ports.js';
import { rotateSecrets, type RotationContext } from '../workbench/rotate-secrets.js';
import type { KeyControl } from './key-control.js';

/** Moves every secret under a new key, a batch at a time. */
export interface RotateSecretsCommand {
  name: 'secrets rotate';
  /** How far the steps before have come; absent: this is the first one, which makes the key. */
  soFar?: { moved: number; total: number };
}

/** A part of what the command says; `next` is what to ask for the one behind it. */
interface Part {
  output: string;
  exitCode: 0 | 1;
  next?: RotateSecretsCommand;
  progress?: { done: number; total: number };
}

/** One step of `secrets rotate`; the result says how to go on. @throws when a port does; the command may be run again then. */
export async function runRotation(context: RotationContext, keys: KeyControl, { soFar }: RotateSecretsCommand): Promise<Part> {
  if (!soFar) await keys.rotate(['secret'], true);
  const { keyId, moved: movedNow, left, isOver } = await rotateSecrets(context);
  const moved = (soFar?.moved ?? 0) + movedNow;
  const total = soFar?.total ?? movedNow + left;
  if (!isOver)
    return { output: '', exitCode: 0, next: { name: 'secrets rotate', soFar: { moved, total } }, progress: { done: moved, total } };
  if (left > 0) {
    const damaged = `${left} do not open: they stay as they are, under the keys that they have`;
    return { output: `error: ${moved} secrets were moved, but ${damaged}\n`, exitCode: 1 };
  }
  const free = (await keys.list()).filter(isOldSecretKey);
  return { output: `All secrets lie under the key ${keyId} now, ${moved} were moved\n${free.map(freeLine).join('')}`, exitCode: 0 };
}

function isOldSecretKey({ purpose, state }: StoredKey): boolean {
  return purpose === 'secret' && state === 'old';
}

function freeLine({ id }: StoredKey): string {
  return `Nothing lies under this one any more: npx latchkey keys retire ${id}\n`;
}
