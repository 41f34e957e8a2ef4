import type { DataSource } from 'typeorm';
import type { Ports } from '../core/ports.js';

/** How long a code that nobody used is kept: with its id somebody may still ask for another. */
const CODE_RETENTION = '1 day';
/** How long an API key is listed after its end. */
const API_KEY_RETENTION = '30 days';

/** A row that another process is at is left to it: nobody waits here. */
const DELETE_EXPIRED = {
  sessions: `DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE idle_expires_at < now() ORDER BY idle_expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  revocations: `DELETE FROM revocations WHERE (kind, id) IN (
    SELECT kind, id FROM revocations WHERE until < now() ORDER BY until LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  codes: `DELETE FROM codes WHERE id IN (
    SELECT id FROM codes WHERE expires_at < now() - interval '${CODE_RETENTION}' ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  outbox: `DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  api_keys: `DELETE FROM api_keys WHERE id IN (
    SELECT id FROM api_keys WHERE expires_at < now() - interval '${API_KEY_RETENTION}' LIMIT $1 FOR UPDATE SKIP LOCKED)`,
};

/** What keeps the tables from growing for ever. */
export function maintenanceIn(source: DataSource): Ports['maintenance'] {
  return {
    async deleteExpired(batchSize) {
      const counts: Record<string, number> = {};
      for (const [table, statement] of Object.entries(DELETE_EXPIRED)) {
        const [, deleted] = await source.query(statement, [batchSize]);
        counts[table] = Number(deleted);
      }
      return counts;
    },
  };
}
