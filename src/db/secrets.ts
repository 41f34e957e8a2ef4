import type { EntityManager } from 'typeorm';
import { Unavailable } from '../core/faults.js';
import type { SecretMetadata, WorkbenchStoredPorts } from '../workbench/ports.js';
import { SecretEntity, type SecretRow } from './entities.js';
import { violates } from './faults.js';

const PUT = `
  INSERT INTO secrets (account_id, name, description, key_id, data_key, sealed) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (account_id, name) DO UPDATE SET description = EXCLUDED.description, key_id = EXCLUDED.key_id,
    data_key = EXCLUDED.data_key, sealed = EXCLUDED.sealed, updated_at = now()
  RETURNING name, description, created_at AS "createdAt", updated_at AS "updatedAt", xmax = 0 AS created`;

/** Each put has a data key of its own: where it is the same still, so is what it opens. */
const REPLACE_DATA_KEY = `
  UPDATE secrets SET key_id = $5, data_key = $6 WHERE account_id = $1 AND name = $2 AND key_id = $3 AND data_key = $4`;

/** Not `<>`, which no index finds. */
const IS_NOT_UNDER = '(secret.key_id < :keyId OR secret.key_id > :keyId)';

/** The secrets in the database: their seals alone. */
export function secretsIn(manager: EntityManager): WorkbenchStoredPorts['secrets'] {
  const secrets = manager.getRepository(SecretEntity);
  return {
    async put({ accountId, name, description, keyId, dataKey, sealed }) {
      try {
        const [{ created, ...secret }] = await manager.query(PUT, [accountId, name, description, keyId, dataKey, sealed]);
        return { secret, created };
      } catch (error) {
        if (!violates(error, 'secrets_key_id_fkey')) throw error;
        throw new Unavailable('the key of this secret was retired, which this process has not heard of yet');
      }
    },

    async list(accountId) {
      return (await secrets.find({ where: { accountId }, order: { name: 'ASC' } })).map(toMetadata);
    },

    count: (accountId) => secrets.countBy({ accountId }),

    read: (accountId) => secrets.find({ where: { accountId }, order: { name: 'ASC' } }),

    async delete(accountId, name) {
      const { affected } = await secrets.delete({ accountId, name });
      return affected === 1;
    },

    async listNotUnder(keyId, { after, limit }) {
      const query = secrets.createQueryBuilder('secret').where(IS_NOT_UNDER, { keyId });
      const total = await query.getCount();
      if (total === 0) return { secrets: [], total };
      if (after) query.andWhere('(secret.account_id, secret.name) > (:accountId, :name)', { accountId: after.accountId, name: after.name });
      return { secrets: await query.orderBy('secret.account_id').addOrderBy('secret.name').limit(limit).getMany(), total };
    },

    async replaceDataKey(from, to) {
      await manager.query(REPLACE_DATA_KEY, [from.accountId, from.name, from.keyId, from.dataKey, to.keyId, to.dataKey]);
    },
  };
}

function toMetadata({ name, description, createdAt, updatedAt }: SecretRow): SecretMetadata {
  return { name, description, createdAt, updatedAt };
}
