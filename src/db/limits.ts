import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Pool, QueryConfig } from 'pg';
import { QueryFailedError, type DataSource } from 'typeorm';
import { LIMIT_NAMES, type Limit, type LimitName, type Limits, type LimitState } from '../core/limits.js';

/** Counted in each process by itself: a refresh is one statement, and shall stay one. */
const IN_MEMORY: ReadonlySet<LimitName> = new Set<LimitName>(['session-refreshes']);

/** The counters in the database; `all` says how much each limit allows. */
export function limitsIn(source: DataSource, all: Record<LimitName, Limit>): Limits {
  const client = unpreparedClient(source);
  const counters = Object.fromEntries(LIMIT_NAMES.map((name) => [name, counter(client, name, all[name])])) as Record<
    LimitName,
    RateLimiterAbstract
  >;
  const stateOf = (name: LimitName, windowSeconds: number, found: RateLimiterRes | null): LimitState => {
    const { consumedPoints: used, msBeforeNext } = found ?? { consumedPoints: 0, msBeforeNext: windowSeconds * 1000 };
    return { name, quota: all[name].quota, windowSeconds, used, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
  };
  return {
    async take(name, key, windowSeconds = all[name].windowSeconds) {
      return stateOf(name, windowSeconds, await counters[name].penalty(key, 1, { customDuration: windowSeconds }));
    },
    look: async (name, key) => stateOf(name, all[name].windowSeconds, await counters[name].get(key)),
    async clear(name, key) {
      await counters[name].delete(key);
    },
  };
}

function counter(client: object, name: LimitName, { quota, windowSeconds }: Limit): RateLimiterAbstract {
  const options = { keyPrefix: name, points: quota, duration: windowSeconds };
  if (IN_MEMORY.has(name)) return new RateLimiterMemory(options);
  const table = { tableName: 'rate_limits', tableCreated: true, clearExpiredByTimeout: false }; // the migrations and the cleaning see to both
  return new RateLimiterPostgres({ ...options, ...table, storeClient: client, storeType: 'client' });
}

/** The source's own connections, without prepared statements: a pooler may stand before the server. */
function unpreparedClient(source: DataSource): object {
  const { master } = source.driver as unknown as { master: Pool };
  return {
    query: ({ text, values = [] }: QueryConfig) =>
      master.query(text, values).catch((error: Error) => {
        throw new QueryFailedError(text, [], error); // as of any other query
      }),
  };
}
