import type { Ports } from './ports.js';

const BATCH_SIZE = 1000;

/**
 * Deletes what has ended, in batches, so that the tables do not grow for ever and nobody else waits long.
 *
 * @throws when a port does; what was deleted by then is deleted.
 */
export async function cleanUp(ports: Ports): Promise<void> {
  while ((await ports.maintenance.deleteExpired(BATCH_SIZE)) === BATCH_SIZE);
}
