import fc from 'fast-check';
import { knownValues, credentials } from './meanings.js';
import type { Operation, Parameter } from './operations.js';
import { valuesOf, type Json } from './schema-values.js';

/**
 * A request as the seed decides it. Where it needs something of the world, a mark stands for it: `<<actor.email.3>>`, or
 * `<<actor.email.me>>` for the one whose request it is.
 */
export interface FuzzRequest {
  kind: 'valid' | 'nearly valid' | 'hostile';
  /** The operation that it began as. */
  operation: string;
  me: number;
  method: string;
  target: string;
  headers: [string, string][];
  /** `as`: what its bytes are. */
  body: { text: string; as: 'utf8' | 'latin1' | 'gzip' } | null;
  /** It is no whole HTTP request: it may be refused as unreadable, or the connection be closed without an answer. */
  isBroken: boolean;
}

/** A valid request in its parts, before it is written down. */
export interface Draft {
  operation: Operation;
  me: number;
  path: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: Json | undefined;
}

/** How many actors there are to be `me`. */
export const ACTORS = 12;

/** Requests for an operation that its contract takes; what they name is often somebody's, and often the caller's own. */
export function draftsOf(operation: Operation): fc.Arbitrary<Draft> {
  const known = knownValues(operation);
  const parametersIn = (place: string) => fc.record(...modelOf(operation.parameters.filter((parameter) => parameter.in === place)));
  const modelOf = (parameters: Parameter[]) =>
    [
      Object.fromEntries(parameters.map(({ name, schema }) => [name, valuesOf(schema, known, name).map(String)])),
      { requiredKeys: parameters.filter(({ required }) => required).map(({ name }) => name), noNullPrototype: true },
    ] as const;
  return fc
    .record({
      me: fc.nat({ max: ACTORS - 1 }),
      path: parametersIn('path'),
      query: parametersIn('query'),
      headers: parametersIn('header'),
      credential: credentials(operation),
      body: operation.body ? valuesOf(operation.body.schema, known) : fc.constant(undefined),
    })
    .map(({ credential, headers, ...parts }) => ({
      operation,
      ...(parts as Omit<Draft, 'operation' | 'headers'>),
      headers: { ...(headers as Record<string, string>), ...credential },
    }));
}

/** The request that a draft stands for. */
export function written({ operation, me, path, query, headers, body }: Draft): FuzzRequest {
  const filled = Object.entries(path).reduce((text, [name, value]) => text.replace(`{${name}}`, () => encoded(value)), operation.path);
  const search = formOf(query);
  const isForm = !operation.body?.mediaType.endsWith('json') && typeof body === 'object' && body !== null;
  const text = body === undefined ? null : isForm ? formOf(body) : JSON.stringify(body);
  return {
    kind: 'valid',
    operation: operation.id,
    me,
    method: operation.method,
    target: search ? `${filled}?${search}` : filled,
    headers: [...Object.entries(headers), ...(text === null ? [] : ([['Content-Type', operation.body?.mediaType]] as [string, string][]))],
    body: text === null ? null : { text, as: 'utf8' },
    isBroken: false,
  };
}

function formOf(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${encoded(name)}=${encoded(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join('&');
}

/** For a URL or a form. Marks stay as they are, and what UTF-8 cannot say becomes something that it can. */
export function encoded(text: string): string {
  return text
    .split(MARK_SPLIT)
    .map((part, index) => (index % 2 === 1 ? part : encodeURIComponent(Buffer.from(part).toString())))
    .join('');
}

const MARK_SPLIT = /(<<\w+\.[\w-]+\.\w+>>)/;
/** A mark: its group, its field, and which of the group. */
export const MARK = /<<(\w+)\.([\w-]+)\.(\w+)>>/g;
