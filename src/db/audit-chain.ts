import type { DataSource } from 'typeorm';
import type { AuditChain, AuditRow, AuditSeal, ChainHead, SealedRow } from '../core/audit-chain.js';

/** Any number will do, as long as every process of this service uses the same, and another one than for migrations. */
const ADVISORY_LOCK = 7_236_046;

/** Each column as text, whatever the session's settings: two values have never the same one. */
const COLUMNS = `event.id::text AS id, (to_json(event.at AT TIME ZONE 'UTC') #>> '{}') || 'Z' AS at, event.action, event.outcome, event.reason,
  event.account_id::text AS "accountId", event.actor_id::text AS "actorId", encode(event.address_hash, 'hex') AS "addressHash",
  event.dialect, event.ip_address AS "ipAddress", event.request_id AS "requestId", event.resource`;

const TRY_LOCK = `SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCK}) AS "isLocked"`;

const HEAD = `SELECT position, encode(mac, 'hex') AS mac FROM audit_seals ORDER BY position DESC LIMIT 1`;

/** Of the rows that wait: a row of a transaction that is under way is not seen, and so is its waiting. What waits for no row is left. */
const TAKE_WAITING = `
  WITH taken AS (
    DELETE FROM audit_unsealed WHERE event_id IN (
      SELECT event_id FROM audit_unsealed JOIN audit_events ON id = event_id ORDER BY event_id LIMIT $1)
    RETURNING event_id)
  SELECT ${COLUMNS} FROM audit_events event JOIN taken ON taken.event_id = event.id ORDER BY event.id`;

const INSERT_SEALS = `
  INSERT INTO audit_seals (position, event_id, mac, key_id)
  SELECT position, event_id, decode(mac, 'hex'), key_id FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::uuid[])
    AS made (position, event_id, mac, key_id)`;

const LIST = `
  SELECT seal.position, seal.event_id AS "eventId", encode(seal.mac, 'hex') AS mac, seal.key_id AS "keyId", ${COLUMNS}
  FROM audit_seals seal LEFT JOIN audit_events event ON event.id = seal.event_id
  WHERE seal.position > $1 ORDER BY seal.position LIMIT $2`;

/** Positions begin at 1: a seal at another one is none of the chain. */
const FIND_STRAY = `
  WITH page AS (SELECT id FROM audit_events WHERE id >= $1 ORDER BY id LIMIT $2)
  SELECT (max(id)::numeric + 1)::text AS next, min(id) FILTER (WHERE
    NOT EXISTS (SELECT FROM audit_seals WHERE event_id = id AND position > 0)
    AND NOT EXISTS (SELECT FROM audit_unsealed WHERE event_id = id))::text AS stray
  FROM page`;

const FIND_LOST = `
  SELECT event_id::text AS id FROM audit_unsealed WHERE NOT EXISTS (SELECT FROM audit_events WHERE id = event_id) ORDER BY event_id LIMIT 1`;

/** The seals of the trail. A trigger has every new row wait for its seal, and lets nobody change a seal. */
export function auditChainIn(source: DataSource): AuditChain {
  return {
    extend: (limit, seal) =>
      source.transaction(async (manager) => {
        const [{ isLocked }] = await manager.query(TRY_LOCK);
        if (!isLocked) return 0;
        const rows: AuditRow[] = await manager.query(TAKE_WAITING, [limit]);
        if (rows.length === 0) return 0;
        const [head] = await manager.query(HEAD);
        const seals = seal(rows, head ? toHead(head) : { position: 0, mac: '' });
        await manager.query(INSERT_SEALS, columnsOf(seals));
        return seals.length;
      }),

    async list(afterPosition, limit) {
      const found: Record<string, string>[] = await source.query(LIST, [afterPosition, limit]);
      return found.map(toSealedRow);
    },

    async length() {
      const [head] = await source.query(HEAD);
      return head ? toHead(head).position : 0;
    },

    async countWaiting() {
      const [{ count }] = await source.query('SELECT count(*) FROM audit_unsealed');
      return Number(count);
    },

    async findStray(fromId, limit) {
      const [found] = await source.query(FIND_STRAY, [fromId, limit]);
      return found;
    },

    async findLost() {
      const [lost] = await source.query(FIND_LOST);
      return lost?.id ?? null;
    },
  };
}

function toHead({ position, mac }: { position: string; mac: string }): ChainHead {
  return { position: Number(position), mac };
}

function columnsOf(seals: AuditSeal[]): unknown[][] {
  return [
    seals.map(({ position }) => position),
    seals.map(({ eventId }) => eventId),
    seals.map(({ mac }) => mac),
    seals.map(({ keyId }) => keyId),
  ];
}

function toSealedRow({ position, eventId, mac, keyId, ...row }: Record<string, string>): SealedRow {
  const seal = { position: Number(position), eventId, mac, keyId } as AuditSeal;
  return { ...seal, row: row.id === null ? null : (row as unknown as AuditRow) };
}
