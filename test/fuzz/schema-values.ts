import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A schema of the merged document, its references resolved. */
export interface Schema {
  type?: string;
  format?: string;
  pattern?: string;
  [keyword: string]: unknown;
}

/** What a field's name says of its value, where it says anything; `name` is null for the items of a list. */
export type KnownValues = (name: string | null, schema: Schema) => fc.Arbitrary<string> | null;

/** What only describes. */
const ANNOTATIONS = new Set(['description', 'title', 'example', 'examples', 'default']);
const KEYWORDS: Record<string, readonly string[]> = {
  any: ['type', 'enum', 'const', 'x-secret', 'x-latchkey-extension'],
  string: ['format', 'pattern', 'minLength', 'maxLength'],
  integer: ['minimum', 'maximum'],
  array: ['items', 'minItems', 'maxItems', 'uniqueItems'],
  object: ['properties', 'required', 'additionalProperties', 'anyOf'],
  boolean: [],
};
const MAX_STRING_LENGTH = 40;
const MAX_ITEMS = 4;

/**
 * Values that a schema takes, as arbitraries of fast-check: so they follow from a seed, and shrink.
 *
 * It is our own because neither package fits: json-schema-faker's values follow from a seed, but cannot shrink, and it passes over
 * lookaheads and over keywords that it does not know; json-schema-fast-check is archived.
 *
 * @throws {Error} for a keyword that it does not know, so that no part of the contract is left out unnoticed.
 */
export function valuesOf(schema: Schema, known: KnownValues, name: string | null = null): fc.Arbitrary<Json> {
  refuseUnknownKeywords(schema);
  if ('const' in schema) return fc.constant(schema.const as Json);
  if (schema.enum) return fc.constantFrom(...(schema.enum as Json[]));
  if (schema.type === 'object') return objects(schema, known);
  if (schema.type === 'array') return lists(schema, known);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') return fc.integer({ min: Number(schema.minimum ?? -1e9), max: Number(schema.maximum ?? 1e9) });
  const unknown = strings(schema);
  const meant = known(name, schema);
  return meant ? fc.oneof({ weight: 9, arbitrary: meant }, { weight: 1, arbitrary: unknown }) : unknown;
}

function refuseUnknownKeywords(schema: Schema): void {
  const type = String(schema.type);
  const allowed = [...(KEYWORDS.any ?? []), ...(KEYWORDS[type] ?? [])];
  const unknown = Object.keys(schema).filter((keyword) => !allowed.includes(keyword) && !ANNOTATIONS.has(keyword));
  if (!KEYWORDS[type] || unknown.length > 0)
    throw new Error(`the fuzzer makes no values for type ${type} with the keywords [${unknown.join()}]`);
}

function objects({ anyOf, ...schema }: Schema, known: KnownValues): fc.Arbitrary<Json> {
  const required = (schema.required as string[] | undefined) ?? [];
  if (anyOf) {
    const ways = anyOf as Schema[];
    if (ways.some((way) => Object.keys(way).join() !== 'required')) throw new Error('the fuzzer knows anyOf with `required` alone');
    return fc.oneof(...ways.map((way) => objects({ ...schema, required: [...required, ...(way.required as string[])] }, known)));
  }
  const fields = Object.entries((schema.properties as Record<string, Schema> | undefined) ?? {});
  const model = Object.fromEntries(fields.map(([name, field]) => [name, valuesOf(field, known, name)]));
  return fc.record(model, { requiredKeys: required, noNullPrototype: true });
}

function lists(schema: Schema, known: KnownValues): fc.Arbitrary<Json> {
  const items = valuesOf(schema.items as Schema, known);
  const length = { minLength: Number(schema.minItems ?? 0), maxLength: Number(schema.maxItems ?? MAX_ITEMS) };
  return schema.uniqueItems ? fc.uniqueArray(items, { ...length, selector: (item) => JSON.stringify(item) }) : fc.array(items, length);
}

/** Some are as long as they may be. */
function strings(schema: Schema): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = MAX_STRING_LENGTH } = schema as { minLength?: number; maxLength?: number };
  if (schema.format) return formatted(schema.format);
  const pattern = new RegExp(schema.pattern ?? '', 'u');
  const withoutLookahead = (schema.pattern ?? '').replace(/\(\?=[^)]*\)/, ''); // fast-check makes none for those
  const any = schema.pattern ? fc.stringMatching(new RegExp(withoutLookahead)) : fc.string({ unit: 'grapheme', maxLength });
  const length = fc.oneof({ weight: 7, arbitrary: fc.constant(minLength) }, { weight: 1, arbitrary: fc.constant(maxLength) });
  return fc
    .tuple(any, length)
    .map(([text, wanted]) => text.padEnd(wanted, 'a').slice(0, maxLength))
    .filter((text) => pattern.test(text));
}

function formatted(format: string): fc.Arbitrary<string> {
  if (format === 'email') return fc.emailAddress();
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((d) => d.toISOString());
  throw new Error(`the fuzzer knows no format ${format}`);
}
