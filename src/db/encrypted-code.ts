import type { EntityManager } from 'typeorm';
import type { WorkbenchStoredPorts } from '../workbench/ports.js';
import { EncryptedCodeEntity } from './entities.js';

const PUT = `
  INSERT INTO encrypted_code (account_id, name, payload, language, size_bytes) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (account_id, name) DO UPDATE SET payload = EXCLUDED.payload, language = EXCLUDED.language,
    size_bytes = EXCLUDED.size_bytes, updated_at = now()
  RETURNING name, language, size_bytes AS "sizeBytes", created_at AS "createdAt", updated_at AS "updatedAt", xmax = 0 AS created`;

/** All but the payload, which may be large. */
const SHOWN = { name: true, language: true, sizeBytes: true, createdAt: true, updatedAt: true } as const;

/** The encrypted programs in the database, as their owners sent them. */
export function encryptedCodeIn(manager: EntityManager): WorkbenchStoredPorts['encryptedCode'] {
  const programs = manager.getRepository(EncryptedCodeEntity);
  return {
    async put(accountId, payload, sizeBytes) {
      const values = [accountId, payload.name, JSON.stringify(payload), payload.language, sizeBytes];
      const [{ created, ...code }] = await manager.query(PUT, values);
      return { code, created };
    },

    list: (accountId) => programs.find({ select: SHOWN, where: { accountId }, order: { name: 'ASC' } }),

    count: (accountId) => programs.countBy({ accountId }),

    async find(accountId, name) {
      return (await programs.findOneBy({ accountId, name }))?.payload ?? null;
    },

    async delete(accountId, name) {
      const { affected } = await programs.delete({ accountId, name });
      return affected === 1;
    },
  };
}
