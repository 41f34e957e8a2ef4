import type { EntityManager } from 'typeorm';
import type { Outbox } from '../core/mail.js';
import { OutboxEntity } from './entities.js';

const DELIVERY_SECONDS = 60;
const FIRST_DELAY_SECONDS = 10;
const MAX_DELAY_SECONDS = 3600;
/** No power of two beyond is looked at: the longest delay is reached long before. */
const MAX_DOUBLINGS = 20;

const INSERT = `INSERT INTO outbox (id, sealed, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`;

const TAKE = `
  UPDATE outbox SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${DELIVERY_SECONDS})
  WHERE id IN (
    SELECT id FROM outbox WHERE next_attempt_at <= now() AND expires_at > now()
    ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING id, sealed, attempts`;

const PUT_BACK = `
  UPDATE outbox SET next_attempt_at = now() + make_interval(
    secs => LEAST(${MAX_DELAY_SECONDS}, ${FIRST_DELAY_SECONDS} * 2 ^ LEAST(attempts - 1, ${MAX_DOUBLINGS})))
  WHERE id = $1`;

/** The mails that wait in the database. */
export function outboxIn(manager: EntityManager): Outbox {
  return {
    async insert({ id, sealed }, ttlSeconds) {
      await manager.query(INSERT, [id, sealed, ttlSeconds]);
    },

    async take(limit) {
      const [taken] = await manager.query(TAKE, [limit]);
      return taken;
    },

    async putBack(id) {
      await manager.query(PUT_BACK, [id]);
    },

    async delete(id) {
      await manager.getRepository(OutboxEntity).delete({ id });
    },
  };
}
