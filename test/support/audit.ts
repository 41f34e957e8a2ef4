import { sealAuditTrail, type ChainHead } from '../../src/core/audit-chain.js';
import type { AuditEvent } from '../../src/core/audit.js';
import type { Ports, StoredPorts } from '../../src/core/ports.js';
import { verificationOf, verifyAuditTrail, type VerificationStep } from '../../src/core/verify-audit-trail.js';
import { createAuditMacs } from '../../src/crypto/audit-macs.js';
import { openKeyRing } from '../../src/crypto/key-ring.js';
import { createSealer } from '../../src/crypto/sealing.js';
import type { Database } from '../../src/db/database.js';
import { databasePorts } from '../../src/db/ports.js';
import { TEST_SECRET } from './server.js';

/** The audit trail of a database: its ports, with what the tests do with them. */
export interface Trail {
  ports: Pick<Ports, 'atomically' | 'auditChain' | 'auditMacs'> & Pick<StoredPorts, 'audit'>;
  record(changes?: Partial<AuditEvent>): Promise<void>;
  /** So many rows, at once. */
  recordMany(rows: number): Promise<void>;
  seal(): Promise<void>;
  /** The last step of a verification. */
  verify(kept?: ChainHead): Promise<Exclude<VerificationStep, { kind: 'goes on' }>>;
}

export const EVENT: AuditEvent = {
  action: 'session.opened',
  outcome: 'failure',
  reason: 'wrong_password',
  accountId: '0f8fad5b-d9cb-469f-a165-70867728950e',
  actorId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  addressHash: Buffer.alloc(32, 7),
  dialect: 'px0',
  origin: { userAgent: null, ipAddress: '192.0.2.7', network: null, requestId: '7d1c6f5e-0a53-4f8a-9a3e-6a8f0c1d2b3e' },
  resource: 'API_TOKEN',
};

/** The trail of a database, sealed with the tests' master secret. */
export async function trailOf({ source }: Database): Promise<Trail> {
  const stored = databasePorts(source);
  const keyRing = await openKeyRing(stored.keys, createSealer(TEST_SECRET));
  const ports = { ...stored, auditMacs: createAuditMacs(keyRing) };
  return {
    ports,
    record: (changes = {}) => ports.audit.record({ ...EVENT, ...changes }),
    recordMany: (rows) =>
      source.query(`INSERT INTO audit_events (action, dialect) SELECT 'session.opened', 'px0' FROM generate_series(1, $1::int)`, [rows]),
    seal: () => sealAuditTrail(ports),
    async verify(kept) {
      let step = await verifyAuditTrail(ports, verificationOf(kept ?? null));
      while (step.kind === 'goes on') step = await verifyAuditTrail(ports, step.verification);
      return step;
    },
  };
}

/** Does what no trigger lets anybody do: for that, one must be the owner of the tables. */
export async function behindTheTriggers({ source }: Database, statements: string[]): Promise<void> {
  await source.transaction(async (manager) => {
    for (const table of ['audit_events', 'audit_seals']) await manager.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    for (const statement of statements) await manager.query(statement);
    for (const table of ['audit_events', 'audit_seals']) await manager.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  });
}
