import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Page, SessionCursor } from '../core/ports.js';

/** To the millisecond, as it comes back from the outside. */
const TO_THE_MILLISECOND = (alias: string) => `date_trunc('milliseconds', ${alias}.created_at)`;

/** A part of a list, newest first: what comes behind the cursor, and no more than that. */
export function atMost<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  alias: string,
  { after, limit }: Page<SessionCursor>,
): SelectQueryBuilder<Row> {
  const createdAt = TO_THE_MILLISECOND(alias);
  if (after) query.andWhere(`(${createdAt}, ${alias}.id) < (:createdAt, :id)`, { createdAt: after.createdAt, id: after.id });
  return query.orderBy(createdAt, 'DESC').addOrderBy(`${alias}.id`, 'DESC').limit(limit);
}
