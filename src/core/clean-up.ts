import type { Ports } from './ports.js';

const BATCH_SIZE = 1000;

/**
 * Deletes what has ended, in batches, so that the tables do not grow for ever and nobody else waits long.
 *
 * @param onDeleted hears of each batch how many rows of which table it were.
 * @throws when a port does; what was deleted by then is deleted.
 */
export async function cleanUp(
  { maintenance }: Pick<Ports, 'maintenance'>,
  onDeleted: (table: string, rows: number) => void,
  batchSize = BATCH_SIZE,
): Promise<void> {
  let counts: Record<string, number>;
  do {
    counts = await maintenance.deleteExpired(batchSize);
    for (const [table, rows] of Object.entries(counts)) if (rows > 0) onDeleted(table, rows);
  } while (Object.values(counts).some((rows) => rows === batchSize));
}
