import type { Account } from '../../core/account.js';
import type { AuditRecord } from '../../core/audit.js';
import type { Page, SessionCursor } from '../../core/ports.js';

const DEFAULT_LIMIT = 20;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Within what a bigint holds. */
const RECORD_ID = /^[0-9]{1,18}$/;
const ADDRESS = /^[\x21-\x7e]{1,254}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** How one kind of list is walked: where an item stands in it, and that place read back; null where it is none. */
interface Order<Item, Place> {
  placeOf(item: Item): Record<string, string>;
  read(place: Record<string, unknown>): Place | null;
}

/** Newest first: sessions and API keys. */
export const BY_TIME: Order<{ createdAt: Date; id: string }, SessionCursor> = {
  placeOf: ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }),
  read({ createdAt, id }) {
    const isPlace = matches(MOMENT, createdAt) && matches(UUID, id) && !Number.isNaN(Date.parse(createdAt));
    return isPlace ? { createdAt: new Date(createdAt), id } : null;
  },
};

/** Accounts. */
export const BY_ADDRESS: Order<Account, string> = {
  placeOf: ({ email }) => ({ email }),
  read: ({ email }) => (matches(ADDRESS, email) ? email : null),
};

/** The audit trail. */
export const BY_RECORD_ID: Order<AuditRecord, string> = {
  placeOf: ({ id }) => ({ id }),
  read: ({ id }) => (matches(RECORD_ID, id) ? id : null),
};

/** What is answered where a cursor is none that we gave for that list. */
export const BAD_CURSOR: { issues: { in: 'query'; path: string[]; rule: string }[] } = {
  issues: [{ in: 'query', path: ['cursor'], rule: 'format' }],
};

/** Which part of a list is wanted, and one item more: it tells whether there is another page. Null where the cursor cannot be read. */
export function wantedPage<Place>(
  { cursor, limit = DEFAULT_LIMIT }: { cursor?: string; limit?: number } = {},
  order: Order<never, Place>,
): Page<Place> | null {
  if (cursor === undefined) return { after: null, limit: limit + 1 };
  const after = order.read(decoded(cursor));
  return after === null ? null : { after, limit: limit + 1 };
}

/** What was found of a wanted page, and what leads to the next one. */
export function toPage<Item, Shown, Place>(
  found: Item[],
  { limit }: Page<Place>,
  order: Order<NoInfer<Item>, Place>,
  toShown: (item: Item) => Shown,
): { items: Shown[]; nextCursor: string | null } {
  const items = found.slice(0, limit - 1);
  const last = items.at(-1);
  const nextCursor = last && found.length > items.length ? encoded(order.placeOf(last)) : null;
  return { items: items.map(toShown), nextCursor };
}

function encoded(place: Record<string, string>): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function decoded(cursor: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(cursor, 'base64url').toString())) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}
