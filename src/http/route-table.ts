import { routes } from '../../generated/operations.gen.js';
import type { Context } from '../core/context.js';
import type { Origin } from '../core/session.js';
import type { Dialect, UseCases } from '../dialects/dialect.js';

/** One operation of the contract, and where it is served. */
export interface Route {
  dialect: string;
  operation: string;
  method: string;
  /** As in the contract: `/sessions/{id}`. */
  path: string;
  /** 0: the operation reads no body. */
  maxBodyBytes: number;
  bodyRequired: boolean;
  /** Its media type; null: the operation reads no body. */
  bodyType: 'application/json' | 'application/x-www-form-urlencoded' | null;
  /** How long its answer may take; null: as long as that of most. */
  deadlineSeconds: number | null;
  /** Whether it answers in events where the client asks for them. */
  hasEvents: boolean;
}

/** A dialect that is switched on, and the core as a request of it sees it. */
export interface ServedDialect {
  dialect: Dialect;
  coreFor(origin: Origin, noteLimit?: Context['noteLimit']): UseCases;
}

/** Every operation of the merged document. */
export const ROUTES: readonly Route[] = routes;

/** The routes by path, concrete paths before templates: `/user/login` is not somebody's `/user/{id}`. */
export function routesByPath(all: readonly Route[]): Map<string, Route[]> {
  const concreteFirst = all.toSorted((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  const groups = new Map<string, Route[]>();
  for (const route of concreteFirst) groups.set(route.path, [...(groups.get(route.path) ?? []), route]);
  return groups;
}

/** The dialect that answers for a path that is nobody's: the one with the longest own prefix in front, in whole segments. */
export function dialectOfPath(served: ServedDialect[], path: string): Dialect {
  const candidates = served.flatMap(({ dialect }) => dialect.ownPrefixes.map((prefix) => ({ dialect, prefix })));
  const isInFront = (prefix: string) => prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
  const [longest] = candidates.filter(({ prefix }) => isInFront(prefix)).sort((a, b) => b.prefix.length - a.prefix.length);
  if (!longest) throw new Error('no dialect answers for the root');
  return longest.dialect;
}
