import type { DataSource } from 'typeorm';
import type { Ports } from '../core/ports.js';

/** A row that another process is at is left to it: nobody waits here. */
const DELETE_EXPIRED = [
  `DELETE FROM sessions WHERE id IN (
     SELECT id FROM sessions WHERE idle_expires_at < now() ORDER BY idle_expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  `DELETE FROM revocations WHERE (kind, id) IN (
     SELECT kind, id FROM revocations WHERE until < now() ORDER BY until LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  `DELETE FROM codes WHERE id IN (
     SELECT id FROM codes WHERE expires_at < now() - interval '1 day' ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  `DELETE FROM outbox WHERE id IN (
     SELECT id FROM outbox WHERE expires_at < now() ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  `DELETE FROM api_keys WHERE id IN (
     SELECT id FROM api_keys WHERE expires_at < now() - interval '30 days' LIMIT $1 FOR UPDATE SKIP LOCKED)`,
];

/** What keeps the tables from growing for ever. */
export function maintenanceIn(source: DataSource): Ports['maintenance'] {
  return {
    async deleteExpired(batchSize) {
      let most = 0;
      for (const statement of DELETE_EXPIRED) {
        const [, deleted] = await source.query(statement, [batchSize]);
        most = Math.max(most, Number(deleted));
      }
      return most;
    },
  };
}
