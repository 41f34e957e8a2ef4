import type { EntityManager } from 'typeorm';
import type { StoredPorts } from '../core/ports.js';
import { AuditEntity } from './entities.js';

const RECORD = `
  INSERT INTO audit_events (action, account_id, actor_id, dialect, ip_address, request_id) VALUES ($1, $2, $3, $4, $5, $6)`;

/** The audit trail in the database; a trigger lets nobody change what stands in it. */
export function auditIn(manager: EntityManager): StoredPorts['audit'] {
  return {
    async record({ action, accountId, actorId = null, dialect, origin }) {
      await manager.query(RECORD, [action, accountId, actorId, dialect, origin.ipAddress, origin.requestId]);
    },

    list({ after, limit }, filter) {
      const query = manager.getRepository(AuditEntity).createQueryBuilder('event').where(filter);
      if (after !== null) query.andWhere('event.id < :after', { after });
      return query.orderBy('event.id', 'DESC').limit(limit).getMany();
    },
  };
}
