import { record, type Context } from '../core/context.js';
import { Unavailable } from '../core/faults.js';
import { done } from '../core/outcome.js';
import type { SecretSealing, StoredSecret, WorkbenchPorts } from './ports.js';

/** How many secrets are moved in one transaction: their owners wait for so many. */
const BATCH_SIZE = 200;

/** What rotating needs of a context. */
export interface RotationContext extends Context {
  ports: Omit<Context['ports'], 'atomically'> & Pick<WorkbenchPorts, 'secrets' | 'secretSealing' | 'atomically'>;
}

/** How far it has come. */
export interface Rotation {
  /** The key that the secrets are moved under: the current one. */
  keyId: string;
  /** How many secrets this step has moved. */
  moved: number;
  /** How many still lie under other keys. */
  left: number;
  /** Whether it has come to its end: what is left, then, does not open. */
  isOver: boolean;
}

/**
 * Moves one batch of secrets under the current key-encryption key, whichever key they lie under; no value is opened. To be called until it
 * is over, by however many processes: each secret lies under one key or the other at every moment, and one that changes meanwhile is left
 * to whoever changed it. What a killed process has left to do, the next call does.
 *
 * @throws when a port does; what was moved by then is moved.
 */
export async function rotateSecrets(context: RotationContext): Promise<Rotation> {
  const { secrets, secretSealing, atomically } = context.ports;
  const keyId = secretSealing.currentKeyId();
  const { moves, total } = await findMoves(secrets, secretSealing, keyId);
  const isOver = moves.length === 0 && secretSealing.currentKeyId() === keyId; // else another process has made a newer one, and goes on with it
  await atomically(async (stored) => {
    for (const [from, to] of moves) await stored.secrets.replaceDataKey(from, to);
    if (isOver) await record(context, { action: 'secrets.rotated', accountId: null, resource: keyId }, stored);
    return done(null);
  });
  return { keyId, moved: moves.length, left: total - moves.length, isOver };
}

type Move = [from: StoredSecret, to: StoredSecret];

/** The first batch in which there is something to move. */
async function findMoves(
  secrets: WorkbenchPorts['secrets'],
  sealing: SecretSealing,
  keyId: string,
): Promise<{ moves: Move[]; total: number }> {
  let after = null as StoredSecret | null;
  for (;;) {
    const batch = await secrets.listNotUnder(keyId, { after, limit: BATCH_SIZE });
    const moves = await rewrapAll(sealing, batch.secrets);
    if (moves.length > 0 || batch.secrets.length < BATCH_SIZE) return { moves, total: batch.total };
    after = batch.secrets.at(-1) ?? null;
  }
}

/** Those that could be moved; one that does not open stays as it is, and stops nobody. */
async function rewrapAll(sealing: SecretSealing, secrets: StoredSecret[]): Promise<Move[]> {
  const moves: Move[] = [];
  for (const secret of secrets) {
    const moved = await sealing.rewrap(secret).catch(passOverDamage);
    if (moved && moved.keyId !== secret.keyId) moves.push([secret, moved]);
  }
  return moves;
}

function passOverDamage(error: Error): null {
  if (error instanceof Unavailable) throw error;
  return null;
}
