import { IsNull, type EntityManager } from 'typeorm';
import type { StoredPorts } from '../core/ports.js';
import { CodeEntity } from './entities.js';

/**
 * The new code takes the row of the old one: its id is told to nobody but who may ask for another. The lock makes an account that is
 * being deleted one that is not there.
 */
const REPLACE = `
  INSERT INTO codes (account_id, purpose, email, hash, guesses, expires_at)
  SELECT id, $2, $3, $4, $5, now() + make_interval(secs => $6) FROM accounts WHERE id = $1 FOR KEY SHARE
  ON CONFLICT (account_id, purpose) DO UPDATE
  SET email = EXCLUDED.email, hash = EXCLUDED.hash, guesses = EXCLUDED.guesses, expires_at = EXCLUDED.expires_at, created_at = now()
  RETURNING id`;

const TAKE = `
  DELETE FROM codes WHERE hash = $1 AND purpose = $2 AND guesses IS NULL AND expires_at > now()
  RETURNING id, account_id AS "accountId", email`;

const COUNT_GUESS = `
  UPDATE codes SET guesses = guesses - 1
  WHERE account_id = $1 AND purpose = $2 AND guesses > 0 AND expires_at > now()
  RETURNING id, hash`;

/** The codes and mailed tokens in the database: their hashes alone. */
export function codesIn(manager: EntityManager): StoredPorts['codes'] {
  const codes = manager.getRepository(CodeEntity);
  return {
    async replace({ accountId, purpose, email, hash, guesses, ttlSeconds }) {
      const [row] = await manager.query(REPLACE, [accountId, purpose, email, hash, guesses, ttlSeconds]);
      return row?.id ?? null;
    },

    findByHash: (hash, purpose) =>
      codes.createQueryBuilder('code').where({ hash, purpose, guesses: IsNull() }).andWhere('code.expires_at > now()').getOne(),

    findById: (id, purpose) => codes.findOneBy({ id, purpose }),

    async take(hash, purpose) {
      const [[taken]] = await manager.query(TAKE, [hash, purpose]);
      return taken ?? null;
    },

    async countGuess(accountId, purpose) {
      const [[counted]] = await manager.query(COUNT_GUESS, [accountId, purpose]);
      return counted ?? null;
    },

    async takeById(id) {
      const { affected } = await codes.delete({ id });
      return affected === 1;
    },

    async deleteAll(accountId) {
      await codes.delete({ accountId });
    },
  };
}
