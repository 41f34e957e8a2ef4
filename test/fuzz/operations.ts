import { operationsOf } from '../../openapi/tools/merge.mjs';
import { mergedDocument } from '../support/response-checker.js';
import type { Schema } from './schema-values.js';

/** A parameter in the path, the query or a header. */
export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: Schema;
}

/** An operation of the merged document, as far as its requests go. */
export interface Operation {
  id: string;
  method: string;
  /** As in the document: `/sessions/{id}`. */
  path: string;
  dialect: string;
  parameters: Parameter[];
  /** Null: it reads none. */
  body: { mediaType: string; schema: Schema } | null;
  maxBodyBytes: number;
  /** The names of the security schemes that open it; empty: none does. */
  schemes: string[];
}

interface Documented {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  security?: Record<string, unknown>[];
  'x-latchkey-dialect': string;
  'x-max-body-bytes'?: number;
}

/** Every operation that there is. */
export const OPERATIONS: Operation[] = operationsOf(mergedDocument).map(([path, method, documented]) => {
  const operation = resolved(documented) as Documented;
  const [mediaType, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    dialect: operation['x-latchkey-dialect'],
    parameters: operation.parameters ?? [],
    body: mediaType && media ? { mediaType, schema: media.schema } : null,
    maxBodyBytes: operation['x-max-body-bytes'] ?? 0,
    schemes: (operation.security ?? []).flatMap((way) => Object.keys(way)),
  };
});

/** The same, with what each reference refers to in its place. */
function resolved(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(resolved);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, ...rest } = node as { $ref?: string };
  if (!$ref) return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, resolved(value)]));
  const target = $ref
    .split('/')
    .slice(1)
    .reduce<unknown>((part, step) => (part as Record<string, unknown>)[step], mergedDocument);
  return { ...(resolved(target) as object), ...rest };
}
