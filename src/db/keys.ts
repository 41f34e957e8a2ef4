import type { DataSource, EntityManager } from 'typeorm';
import type { KeyStore, StoredKey } from '../core/ports.js';
import { auditIn } from './audit.js';
import { KeyEntity } from './entities.js';
import { violates } from './faults.js';

/** Not the transaction's clock, which stands still while a lock is waited for. */
const LOAD = `
  SELECT id, purpose, sealed, created_at AS "createdAt", active_from AS "activeFrom", replaced_at AS "replacedAt",
    extract(epoch FROM clock.now - created_at)::float8 AS "ageSeconds",
    extract(epoch FROM active_from - clock.now)::float8 AS "activeInSeconds",
    CASE WHEN active_from > clock.now THEN 'next' WHEN replaced_at <= clock.now THEN 'old' ELSE 'current' END AS state
  FROM (
    SELECT *, lead(active_from) OVER (PARTITION BY purpose ORDER BY active_from, created_at, id) AS replaced_at FROM keys
  ) AS lives, (SELECT clock_timestamp() AS now) AS clock
  ORDER BY active_from, created_at, id`;

const INSERT = `
  INSERT INTO keys (id, purpose, sealed, created_at, active_from)
  VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp() + make_interval(secs => $4))`;

/** The working keys in the database. */
export function keysIn(source: DataSource): KeyStore {
  return {
    load: () => load(source.manager),

    change: (work) =>
      source.transaction(async (manager) => {
        // Processes that start at the same time on a new database must end up with the same keys.
        await manager.query('LOCK TABLE keys IN SHARE ROW EXCLUSIVE MODE');
        const keys = manager.getRepository(KeyEntity);
        return work(await load(manager), {
          async insert({ id, purpose, sealed }, activeInSeconds) {
            await manager.query(INSERT, [id, purpose, sealed, activeInSeconds]);
          },
          async reseal({ id, sealed }) {
            await keys.update({ id }, { sealed });
          },
          async delete(id) {
            try {
              await manager.transaction((nested) => nested.getRepository(KeyEntity).delete({ id })); // its failure shall not undo the rest
              return true;
            } catch (error) {
              if (violates(error, 'secrets_key_id_fkey')) return false;
              throw error;
            }
          },
          record: auditIn(manager).record,
        });
      }),
  };
}

function load(manager: EntityManager): Promise<StoredKey[]> {
  return manager.query(LOAD);
}
