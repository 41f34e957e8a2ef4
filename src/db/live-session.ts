import type { EntityManager, EntitySchema } from 'typeorm';
import type { LiveSession } from '../core/ports.js';
import { AccountEntity, OrganizationEntity, SessionEntity } from './entities.js';

/** What makes a session live, in the names that these statements give its tables. */
export const IS_LIVE = `organization.id = account.organization_id AND account.id = session.account_id AND account.status = 'active'
  AND session.idle_expires_at > now() AND session.expires_at > now()`;

const TABLES: Record<string, EntitySchema> = { session: SessionEntity, account: AccountEntity, organization: OrganizationEntity };

/**
 * The columns of a session, its account and the account's organisation, each named after its table and its property: for statements that
 * an entity manager cannot make, such as one that changes a row and hands it over.
 */
export function liveColumns({ connection }: EntityManager): string {
  return Object.entries(TABLES)
    .flatMap(([table, entity]) =>
      connection
        .getMetadata(entity)
        .columns.filter(({ isSelect, isVirtual }) => isSelect && !isVirtual)
        .map(({ databaseName, propertyName }) => `${table}.${databaseName} AS "${table}.${propertyName}"`),
    )
    .join(', ');
}

/** The session in a row of those columns, or null where there is no row. */
export function toLiveSession(row: Record<string, unknown> | undefined): LiveSession | null {
  if (!row) return null;
  const parts: Record<string, Record<string, unknown>> = { session: {}, account: {}, organization: {} };
  for (const [name, value] of Object.entries(row)) {
    const [table = '', property = ''] = name.split('.');
    (parts[table] as Record<string, unknown>)[property] = value;
  }
  const { session, account, organization } = parts;
  return { session, account: { ...account, organization } } as unknown as LiveSession;
}
