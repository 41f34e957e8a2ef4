import type { DataSource } from 'typeorm';
import { NEEDED_SECONDS } from '../core/key-lives.js';
import type { Ports } from '../core/ports.js';

/** How long a code that nobody used is kept: with its id somebody may still ask for another. */
const CODE_RETENTION = '1 day';
/** How long an API key is listed after its end. */
const API_KEY_RETENTION = '30 days';

const NEEDED_KEYS = Object.entries(NEEDED_SECONDS)
  .map(([purpose, seconds]) => `('${purpose}', ${seconds})`)
  .join(', ');

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
  rate_limits: `DELETE FROM rate_limits WHERE key IN (
    SELECT key FROM rate_limits WHERE expire < extract(epoch FROM now()) * 1000 ORDER BY expire LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  api_keys: `DELETE FROM api_keys WHERE id IN (
    SELECT id FROM api_keys WHERE expires_at < now() - interval '${API_KEY_RETENTION}' LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  keys: `DELETE FROM keys WHERE id IN (
    SELECT id FROM (
      SELECT id, purpose, lead(active_from) OVER (PARTITION BY purpose ORDER BY active_from, created_at, id) AS replaced_at FROM keys
    ) AS lives JOIN (VALUES ${NEEDED_KEYS}) AS needed (purpose, seconds) USING (purpose)
    WHERE replaced_at < now() - make_interval(secs => seconds) LIMIT $1)`,
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
