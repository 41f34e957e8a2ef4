import type { DataSource } from 'typeorm';
import type { KeyStore } from '../core/ports.js';
import { KeyEntity } from './entities.js';

/** The working keys in the database. */
export function keysIn(source: DataSource): KeyStore {
  return {
    loadOrCreate: (create) =>
      source.transaction(async (manager) => {
        // Processes that start at the same time on a new database must end up with the same keys.
        await manager.query('LOCK TABLE keys IN SHARE ROW EXCLUSIVE MODE');
        const keys = manager.getRepository(KeyEntity);
        const missing = create(await keys.find());
        if (missing.length > 0) await keys.insert(missing);
        return keys.find({ order: { createdAt: 'ASC', id: 'ASC' } });
      }),
  };
}
