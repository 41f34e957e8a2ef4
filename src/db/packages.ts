import type { EntityManager } from 'typeorm';
import type { OwnPackage, WorkbenchStoredPorts } from '../workbench/ports.js';
import { PackageEntity } from './entities.js';

const PUT = `
  INSERT INTO packages (account_id, name, version, filename, url, sha256, size_bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (account_id, name) DO UPDATE SET version = EXCLUDED.version, filename = EXCLUDED.filename, url = EXCLUDED.url,
    sha256 = EXCLUDED.sha256, size_bytes = EXCLUDED.size_bytes, added_at = now()
  RETURNING added_at AS "addedAt"`;

/** The lists of packages in the database. */
export function packagesIn(manager: EntityManager): WorkbenchStoredPorts['packages'] {
  const packages = manager.getRepository(PackageEntity);
  return {
    async list(accountId) {
      const rows = await packages.find({ where: { accountId }, order: { name: 'ASC' } });
      return rows.map(({ accountId: _, ...own }): OwnPackage => own);
    },

    async put(accountId, { name, version, filename, url, sha256, sizeBytes }) {
      const [{ addedAt }] = await manager.query(PUT, [accountId, name, version, filename, url, sha256, sizeBytes]);
      return { name, version, filename, url, sha256, sizeBytes, addedAt };
    },

    async delete(accountId, name) {
      const { affected } = await packages.delete({ accountId, name });
      return affected === 1;
    },

    async deleteAll(accountId) {
      await packages.delete({ accountId });
    },
  };
}
