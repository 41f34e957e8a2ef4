import { operationsOf } from '../../openapi/tools/merge.mjs';
import { mergedDocument } from './response-checker.js';

// Every operation of the merged document, and a request for each, made from its examples.

interface Parameter {
  $ref?: string;
  in: string;
  name: string;
  required?: boolean;
  example?: unknown;
  schema: { examples?: unknown[]; format?: string };
}

interface Media {
  example?: unknown;
}

type Strings = Record<string, string>;

interface DocumentedOperation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  security: Record<string, string[]>[];
  responses: Record<string, unknown>;
  'x-latchkey-dialect': string;
  'x-latchkey-operation': string;
  'x-max-body-bytes'?: number;
}

/** Every operation of the merged document. */
export const OPERATIONS = operationsOf(mergedDocument).map(([path, method, operation]) => ({
  title: `${method.toUpperCase()} ${path}`,
  method: method.toUpperCase(),
  path,
  operation: operation as DocumentedOperation,
}));
export type Documented = (typeof OPERATIONS)[number];

/** The parts of a request that the contract lets through, from its examples. */
export function goodParts({ operation }: Documented): {
  path: Strings;
  query: Strings;
  headers: Strings;
  body: unknown;
  type: string | undefined;
} {
  const given = (operation.parameters ?? []).map(resolved).filter((parameter) => parameter.required || parameter.in === 'path');
  const inPlace = (place: string): Strings =>
    Object.fromEntries(
      given
        .filter((parameter) => parameter.in === place)
        .map(({ name, example, schema }) => [name, String(example ?? schema.examples?.[0])]),
    );
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  return { path: inPlace('path'), query: inPlace('query'), headers: inPlace('header'), body: media?.example, type };
}

/** The same as it goes over the wire. */
export function goodRequest(documented: Documented): { path: string; type: string | undefined; raw: string | undefined; headers: Strings } {
  const { path, query, headers, body, type } = goodParts(documented);
  const filled = Object.entries(path).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)),
    documented.path,
  );
  const search = new URLSearchParams(query).toString();
  const raw = type && (type.endsWith('json') ? JSON.stringify(body) : new URLSearchParams(body as Strings).toString());
  return { path: search ? `${filled}?${search}` : filled, type, raw, headers: { ...headers, ...(type && { 'content-type': type }) } };
}

/** The parameter itself, where there is a reference to it. */
export function resolved(parameter: Parameter): Parameter {
  const name = parameter.$ref?.split('/').at(-1);
  return name
    ? ((mergedDocument.components as unknown as { parameters: Record<string, Parameter> }).parameters[name] ?? parameter)
    : parameter;
}
