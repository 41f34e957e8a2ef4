import type { EntityManager } from 'typeorm';
import type { ApiKey } from '../core/api-key.js';
import type { StoredPorts } from '../core/ports.js';
import { AccountEntity, ApiKeyEntity, type ApiKeyRow } from './entities.js';
import { atMost } from './pages.js';

/** Written once a minute at most: a busy key must not make a write of every request. */
const NOTE_USE = `
  UPDATE api_keys SET last_used_at = now()
  WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;

/** The API keys in the database: their hashes alone. */
export function apiKeysIn(manager: EntityManager): StoredPorts['apiKeys'] {
  const apiKeys = manager.getRepository(ApiKeyEntity);
  const accounts = manager.getRepository(AccountEntity);
  const live = () => apiKeys.createQueryBuilder('key').where('(key.expires_at IS NULL OR key.expires_at > now())');
  const withOrganization = async (row: ApiKeyRow | null): Promise<ApiKey | null> => {
    const [account] = row ? await accounts.find({ where: { id: row.accountId }, relations: { organization: true } }) : [];
    return row && account ? { ...row, organizationId: account.organization.id } : null;
  };
  return {
    async insert(key) {
      const { identifiers } = await apiKeys.insert(key);
      return (await withOrganization(await apiKeys.findOneBy({ id: identifiers[0]?.id }))) as ApiKey;
    },

    async findLiveByHash(hash) {
      const row = await live().andWhere({ hash }).getOne();
      const [account] = row
        ? await accounts.find({ where: { id: row.accountId, status: 'active' }, relations: { organization: true } })
        : [];
      if (!row || !account) return null;
      const isUsedLately = row.lastUsedAt !== null && Date.now() - row.lastUsedAt.getTime() < 60_000;
      if (!isUsedLately) await manager.query(NOTE_USE, [row.id]);
      return { key: { ...row, organizationId: account.organization.id }, account };
    },

    isLive: (id) => live().andWhere({ id }).getExists(),

    findOwn: async (id, accountId, dialect) => withOrganization(await apiKeys.findOneBy({ id, accountId, dialect })),

    async list(accountId, dialect, page) {
      const query = apiKeys.createQueryBuilder('key').where({ accountId, dialect });
      const rows = await atMost(query, 'key', page).getMany();
      const first = await withOrganization(rows[0] ?? null);
      return rows.map((row) => ({ ...row, organizationId: first?.organizationId ?? '' }));
    },

    async update(id, changes) {
      if (Object.keys(changes).length > 0) await apiKeys.update({ id }, changes); // TypeORM refuses an update of nothing
      return withOrganization(await apiKeys.findOneBy({ id }));
    },

    async delete(id) {
      const { affected } = await apiKeys.delete({ id });
      return affected === 1;
    },

    async deleteAll(accountId) {
      await apiKeys.delete({ accountId });
    },
  };
}
