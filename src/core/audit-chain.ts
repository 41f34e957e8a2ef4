import type { Ports } from './ports.js';

/** How many rows are sealed in one transaction: what waits for the one connection of an embedded database waits for so many. */
const BATCH_SIZE = 500;

/** A row of the trail, every column as text that says it exactly: what is sealed, and what is exported. */
export interface AuditRow {
  id: string;
  /** ISO 8601 in UTC, to the microsecond. */
  at: string;
  action: string;
  outcome: string;
  reason: string | null;
  accountId: string | null;
  actorId: string | null;
  /** In hex. */
  addressHash: string | null;
  dialect: string;
  ipAddress: string | null;
  requestId: string | null;
  resource: string | null;
}

/** Up to where the chain of seals goes: whoever keeps a head elsewhere can tell later whether the chain still contains it. */
export interface ChainHead {
  /** 1 for the first row that was sealed, and no number is left out; 0: nothing is sealed yet. */
  position: number;
  /** In hex. */
  mac: string;
}

/** What binds a row to its place, and to every row before it. */
export interface AuditSeal extends ChainHead {
  eventId: string;
  /** The working key of the MAC. */
  keyId: string;
}

/** A seal and the row that it is for; null: the row is not there any more. */
export interface SealedRow extends AuditSeal {
  row: AuditRow | null;
}

/** The seals of the trail, in the database. Rows wait for theirs, so that no request waits for a lock that all of them want. */
export interface AuditChain {
  /**
   * Seals rows that wait for it, `limit` at most, in one transaction. One process at a time: where another one is at it, nothing is done.
   *
   * @param seal makes the rows' seals, on top of the head of the chain.
   * @returns how many rows were sealed.
   */
  extend(limit: number, seal: (rows: AuditRow[], head: ChainHead) => AuditSeal[]): Promise<number>;
  /** What is sealed behind that position, in the order of the chain. */
  list(afterPosition: number, limit: number): Promise<SealedRow[]>;
  /** The position of the last seal; 0: there is none. */
  length(): Promise<number>;
  countWaiting(): Promise<number>;
  /**
   * Looks at the rows from that id on, so many at most.
   *
   * @returns where to go on, null behind the last one; and the first row that is neither sealed nor waits to be.
   */
  findStray(fromId: string, limit: number): Promise<{ next: string | null; stray: string | null }>;
  /** The id of a row that waits to be sealed and is not there any more; null: there is none. */
  findLost(): Promise<string | null>;
}

/** The MACs of the seals, by working keys that the database has sealed only. */
export interface AuditMacs {
  make(previousMac: string, text: string): { mac: string; keyId: string };
  /** Whether the MAC is that of the text behind the one before; null: its key is not there. Compares in constant time. */
  isGood(seal: AuditSeal, previousMac: string, text: string): boolean | null;
}

/**
 * Seals every row that waits for it, in batches. A process that ends in the middle of it leaves whole batches behind.
 *
 * @throws when a port does; what was sealed by then stays.
 * @see OWASP ASVS 5.0, 16.4.2
 */
export async function sealAuditTrail({ auditChain, auditMacs }: Pick<Ports, 'auditChain' | 'auditMacs'>): Promise<void> {
  const seal = (rows: AuditRow[], head: ChainHead) => {
    let { position, mac } = head;
    return rows.map((row): AuditSeal => {
      position += 1;
      const made = auditMacs.make(mac, sealedText(position, row));
      mac = made.mac;
      return { position, eventId: row.id, ...made };
    });
  };
  let sealed: number;
  do sealed = await auditChain.extend(BATCH_SIZE, seal);
  while (sealed === BATCH_SIZE);
}

/**
 * What is sealed of a row: its place and every column, as JSON, so that no two rows have the same text. The resource stands there only where
 * there is one: rows that were sealed before there was such a column keep their text, and a longer list is another text than any of those.
 */
export function sealedText(position: number, row: AuditRow): string {
  const { id, at, action, outcome, reason, accountId, actorId, addressHash, dialect, ipAddress, requestId, resource } = row;
  const columns = [position, id, at, action, outcome, reason, accountId, actorId, addressHash, dialect, ipAddress, requestId];
  return JSON.stringify(resource === null ? columns : [...columns, resource]);
}
