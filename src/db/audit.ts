import type { EntityManager } from 'typeorm';
import type { StoredPorts } from '../core/ports.js';
import { AuditEntity } from './entities.js';

const RECORD = `
  INSERT INTO audit_events (action, outcome, reason, account_id, actor_id, address_hash, dialect, ip_address, request_id, resource)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

/** To the millisecond, as it is shown. */
const AT = `date_trunc('milliseconds', event.at)`;

/** The audit trail in the database; a trigger lets nobody change what stands in it. */
export function auditIn(manager: EntityManager): StoredPorts['audit'] {
  return {
    async record({ action, outcome, reason, accountId, actorId = null, addressHash, dialect, origin, resource = null }) {
      const { ipAddress, requestId } = origin;
      await manager.query(RECORD, [action, outcome, reason, accountId, actorId, addressHash, dialect, ipAddress, requestId, resource]);
    },

    list({ after, limit }, { from, until, ...filter }) {
      const query = manager.getRepository(AuditEntity).createQueryBuilder('event').where(filter);
      if (from) query.andWhere(`${AT} >= :from`, { from });
      if (until) query.andWhere(`${AT} < :until`, { until });
      if (after !== null) query.andWhere('event.id < :after', { after });
      return query.orderBy('event.id', 'DESC').limit(limit).getMany();
    },
  };
}
