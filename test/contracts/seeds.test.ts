import fs from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { operationsOf } from '../../openapi/tools/merge.mjs';

/** The dialects that speak somebody else's API, and where each signs in. */
const LOGINS = {
  'pyth-on': 'POST /api/login',
  px0: 'POST /v1/auth/login',
  pixyle: 'POST /auth/v1/token',
  puppilot: 'POST /auth/login',
  flashback: 'POST /user/login',
};
type Name = keyof typeof LOGINS;
const NAMES = Object.keys(LOGINS) as Name[];

/** A piece of a document: an operation, a response, a parameter, a schema. */
interface Part {
  $ref?: string;
  'x-latchkey-extension'?: true | string[];
  [key: string]: unknown;
}

/** How a contract marks a fact as its own: not, by the name of its keyword, or as a part of something that is its own as a whole. */
type Mark = 'none' | 'keyword' | 'whole';

/** What only describes. All else is a fact, so that a keyword that nobody thought of is one too. */
const DESCRIPTIVE = /^(description|summary|title|examples?|tags|operationId|security|headers|name|in|x-.*)$/;

/** What lies below a key: each part's name, as it stands in a fact, and the part. */
const BELOW: Record<string, (value: never, document: Part) => [string, unknown][]> = {
  parameters: (list: Part[], document) =>
    list.map((one) => resolved(one, document)).map((one) => [` ${String(one.in)} ${String(one.name)}`, one]),
  requestBody: (body: Part) => [[' request', body]],
  responses: (map: Record<string, Part>) => Object.entries(map).map(([status, response]) => [` ${status}`, response]),
  content: (map: Record<string, Part>) => Object.entries(map).map(([type, { schema }]) => [` ${type}`, schema ?? {}]),
  schema: (schema: Part) => [[' schema', schema]],
  properties: (map: Record<string, Part>) => Object.entries(map).map(([name, schema]) => [`.${name}`, schema]),
  items: (schema: Part) => [['[]', schema]],
};

describe.each(NAMES)('the contract of %s', (name) => {
  const { missing, unmarked, notOurs } = deviations(seedOf(name), contractOf(name));

  it('has everything that its seed has', () => {
    expect(missing).toEqual([]);
  });

  it('marks as an extension whatever its seed does not have', () => {
    expect(unmarked).toEqual([]);
  });

  it('calls nothing an extension that its seed has', () => {
    expect(notOurs).toEqual([]);
  });

  it('bounds the password of a login no further than its seed, marked or not', () => {
    expect(passwordFacts(seedOf(name), name)).toContain(`${LOGINS[name]} request application/json.password type "string"`);
    expect(passwordFacts(contractOf(name), name)).toEqual(passwordFacts(seedOf(name), name));
  });
});

describe.each(NAMES)('the seed of %s', (name) => {
  it('holds facts, not a word of its vendor', () => {
    expect(JSON.stringify(seedOf(name))).not.toMatch(/"(summary|description|title)":"|"examples?":/);
  });
});

describe('the comparison finds what a contract lost of its seed:', () => {
  it.each<[string, Name, string, unknown, string]>([
    ['a path', 'pixyle', 'paths|/auth/v1/token', undefined, ''],
    ['a method', 'pyth-on', 'paths|/api/login|post', undefined, ''],
    ['a status', 'px0', 'paths|/v1/auth/login|post|responses|403', undefined, ' 403'],
    ['a media type', 'px0', 'responses|Internal|content', { 'text/plain': {} }, ' 500 application/json'],
    ['a parameter', 'puppilot', 'paths|/auth/login|post|parameters', [], ' header X-API-Version'],
    ["a parameter's place", 'puppilot', 'parameters|ApiVersion|in', 'query', ' header X-API-Version'],
    ["a parameter's required mark", 'puppilot', 'parameters|ApiVersion|required', false, ' header X-API-Version required true'],
    ["a parameter's type", 'puppilot', 'parameters|ApiVersion|schema|type', 'number', ' header X-API-Version schema type "string"'],
    ['a request body', 'flashback', 'paths|/user/login|post|requestBody', undefined, ' request'],
    ["a request body's required mark", 'flashback', 'paths|/user/login|post|requestBody|required', false, ' request required true'],
    [
      'a field of a request',
      'pixyle',
      'schemas|LoginRequest|properties|permanent_login',
      undefined,
      ' request application/json.permanent_login',
    ],
    ['a field of a response', 'px0', 'schemas|User|properties|is_admin', undefined, ' 200 application/json.user.is_admin'],
    ['a type', 'puppilot', 'schemas|TokenResponse|properties|expires_at|type', 'string', ' 200 application/json.expires_at type "integer"'],
    ['a format', 'px0', 'schemas|User|properties|id|format', undefined, ' 200 application/json.user.id format "uuid"'],
    ["a field's required mark", 'px0', 'schemas|APIError|required', [], ' 401 application/json required "error"'],
    [
      'a value of an enum',
      'flashback',
      'schemas|LoginError|properties|error_code|enum',
      ['USER_NOT_FOUND'],
      ' 401 application/json.error_code enum "USER_INACTIVE"',
    ],
    [
      'additionalProperties',
      'pixyle',
      'schemas|LoginRequest|additionalProperties',
      true,
      ' request application/json additionalProperties false',
    ],
    [
      'a default',
      'pixyle',
      'schemas|LoginRequest|properties|permanent_login|default',
      'false',
      ' request application/json.permanent_login default false',
    ],
    ['a minLength', 'pixyle', 'schemas|LoginRequest|properties|password|minLength', 0, ' request application/json.password minLength 1'],
    ['a field of what is marked', 'pyth-on', 'schemas|UserInfo', { 'x-latchkey-extension': true }, ' 200 application/json.user.email'],
  ])('%s', (_what, name, place, value, lost) => {
    expect(deviations(seedOf(name), changed(contractOf(name), place, value)).missing).toContain(LOGINS[name] + lost);
  });
});

const EMAIL = 'schemas|LoginRequest|properties|email';
const IN_EMAIL = `${LOGINS.px0} request application/json.email`;

describe('the comparison finds what a contract adds to its seed without a mark:', () => {
  it.each<[string, string, unknown, string]>([
    ['a path', 'paths|/v1/auth/logout', { post: { responses: {} } }, 'POST /v1/auth/logout'],
    ['a method', 'paths|/v1/auth/login|get', { responses: {} }, 'GET /v1/auth/login'],
    ['a status', 'paths|/v1/auth/login|post|responses|422', { description: 'No.' }, `${LOGINS.px0} 422`],
    ['a media type', 'responses|Internal|content|text/plain', {}, `${LOGINS.px0} 500 text/plain`],
    ['a parameter', 'paths|/v1/auth/login|post|parameters', [{ in: 'query', name: 'long' }], `${LOGINS.px0} query long`],
    ['a parameter of a whole path', 'paths|/v1/auth/login|parameters', [{ in: 'cookie', name: 'a' }], `${LOGINS.px0} cookie a`],
    ['a field of a request', 'schemas|LoginRequest|properties|otp', {}, `${LOGINS.px0} request application/json.otp`],
    ['a field of a response', 'schemas|User|properties|name', {}, `${LOGINS.px0} 200 application/json.user.name`],
    ['a field that is named like a description', 'schemas|User|properties|title', {}, `${LOGINS.px0} 200 application/json.user.title`],
    ['a required mark', 'schemas|LoginRequest|required', ['email', 'otp'], `${LOGINS.px0} request application/json required "otp"`],
    [
      'additionalProperties',
      'schemas|User|additionalProperties',
      false,
      `${LOGINS.px0} 200 application/json.user additionalProperties false`,
    ],
    ['a type beside the one that is there', `${EMAIL}|type`, ['string', 'null'], `${IN_EMAIL} type "null"`],
    ['another type', `${EMAIL}|type`, 'integer', `${IN_EMAIL} type "integer"`],
    ['another format', `${EMAIL}|format`, 'idn-email', `${IN_EMAIL} format "idn-email"`],
    ['an enum', `${EMAIL}|enum`, ['a@b.cd'], `${IN_EMAIL} enum "a@b.cd"`],
    ['a const', `${EMAIL}|const`, 'a@b.cd', `${IN_EMAIL} const "a@b.cd"`],
    ['a minLength', `${EMAIL}|minLength`, 3, `${IN_EMAIL} minLength 3`],
    ['a maxLength', `${EMAIL}|maxLength`, 254, `${IN_EMAIL} maxLength 254`],
    ['a pattern', `${EMAIL}|pattern`, '@', `${IN_EMAIL} pattern "@"`],
    ['a minimum', `${EMAIL}|minimum`, 1, `${IN_EMAIL} minimum 1`],
    ['a maximum', `${EMAIL}|maximum`, 9, `${IN_EMAIL} maximum 9`],
    ['a default', `${EMAIL}|default`, '', `${IN_EMAIL} default ""`],
    ['items', `${EMAIL}|items`, { type: 'string' }, `${IN_EMAIL}[] type "string"`],
    ['a keyword that nobody thought of', `${EMAIL}|not`, { const: 'root' }, `${IN_EMAIL} not {"const":"root"}`],
    [
      'a keyword beside a marked one',
      EMAIL,
      { minLength: 3, maxLength: 254, 'x-latchkey-extension': ['maxLength'] },
      `${IN_EMAIL} minLength 3`,
    ],
  ])('%s', (_what, place, value, added) => {
    expect(deviations(seedOf('px0'), changed(contractOf('px0'), place, value)).unmarked).toContain(added);
  });

  it.each<[string, Name, string, string]>([
    ['an operation', 'pyth-on', 'paths|/api/verify|post', 'POST /api/verify'],
    ['a response', 'px0', 'responses|TooLarge', `${LOGINS.px0} 413`],
    ['a property', 'flashback', 'schemas|LoginError|properties|message', `${LOGINS.flashback} 401 application/json.message`],
    ['a schema', 'pyth-on', 'schemas|Error', `${LOGINS['pyth-on']} 401 application/json`],
    ['a list of keywords', 'pyth-on', 'schemas|UserInfo', `${LOGINS['pyth-on']} 200 application/json.user required "email"`],
  ])('%s whose mark is gone', (_what, name, place, added) => {
    const contract = changed(contractOf(name), `${place}|x-latchkey-extension`, undefined);

    expect(deviations(seedOf(name), contract).unmarked).toContain(added);
  });
});

describe('the comparison finds a bound of a password', () => {
  it.each(NAMES)('in the login of %s, though it is marked', (name) => {
    const [, , path = ''] = LOGINS[name].match(/^(\S+) (\S+)$/) ?? [];
    const schema = { properties: { password: { type: 'string', maxLength: 72, 'x-latchkey-extension': ['maxLength'] } } };
    const contract = changed(contractOf(name), `paths|${path}|post|requestBody|content|application/json|schema`, schema);

    expect(passwordFacts(contract, name)).toContain(`${LOGINS[name]} request application/json.password maxLength 72`);
  });
});

describe('the comparison finds a mark that covers something of the seed:', () => {
  it.each<[string, Name, string, string]>([
    ['an operation', 'px0', 'paths|/v1/auth/login|post', ''],
    ['a response', 'pyth-on', 'responses|RateLimited', ' 429'],
    ['a field', 'flashback', EMAIL, ' request application/json.email'],
  ])('%s', (_what, name, place, covered) => {
    const contract = changed(contractOf(name), `${place}|x-latchkey-extension`, true);

    expect(deviations(seedOf(name), contract).notOurs).toContain(LOGINS[name] + covered);
  });
});

describe('the comparison finds no fault with', () => {
  it.each<[string, string, unknown]>([
    ['a marked operation', 'paths|/v1/auth/logout', { post: { 'x-latchkey-extension': true, responses: { 204: {} } } }],
    ['a marked response', 'paths|/v1/auth/login|post|responses|422', { 'x-latchkey-extension': true }],
    ['a marked parameter', 'paths|/v1/auth/login|post|parameters', [{ in: 'query', name: 'a', 'x-latchkey-extension': true }]],
    ['a marked field', 'schemas|User|properties|name', { type: 'string', 'x-latchkey-extension': true }],
    ['a marked keyword', EMAIL, { type: 'string', format: 'email', maxLength: 254, 'x-latchkey-extension': ['maxLength'] }],
    ['marked items', EMAIL, { type: 'string', format: 'email', items: { type: 'string' }, 'x-latchkey-extension': ['items'] }],
    ['other words', EMAIL, { type: 'string', format: 'email', description: 'Where mail goes.', examples: ['a@b.cd'], title: 'Address' }],
    ['a reference in place of what it leads to', EMAIL, { $ref: '#/components/schemas/User/properties/email', description: 'Which.' }],
  ])('%s', (_what, place, value) => {
    expect(deviations(seedOf('px0'), changed(contractOf('px0'), place, value))).toEqual({ missing: [], unmarked: [], notOurs: [] });
  });

  it('a reference to a reference', () => {
    const withAlias = changed(contractOf('px0'), 'schemas|Alias', { $ref: '#/components/schemas/User' });
    const contract = changed(withAlias, 'schemas|LoginResponse|properties|user', { $ref: '#/components/schemas/Alias' });

    expect(deviations(seedOf('px0'), contract)).toEqual({ missing: [], unmarked: [], notOurs: [] });
  });
});

/** Where two documents differ: facts of the seed alone, unmarked facts of the contract alone, and facts of both below a mark. */
function deviations(seed: Part, contract: Part) {
  const [theirs, ours] = [factsOf(seed), factsOf(contract)];
  const factsMarked = (wanted: Mark) => [...ours].filter(([, mark]) => mark === wanted).map(([fact]) => fact);
  return {
    missing: [...theirs.keys()].filter((fact) => !ours.has(fact)),
    unmarked: factsMarked('none').filter((fact) => !theirs.has(fact)),
    notOurs: factsMarked('whole').filter((fact) => theirs.has(fact)),
  };
}

function passwordFacts(document: Part, name: Name): string[] {
  const password = `${LOGINS[name]} request application/json.password`;
  return [...factsOf(document).keys()].filter((fact) => fact.startsWith(password)).sort();
}

/** Each thing that a document says, as a line of its own: `POST /api/login 200 application/json.user.email format "email"`. */
function factsOf(document: Part): Map<string, Mark> {
  return new Map(
    operationsOf(document).flatMap(([path, method, operation]) => {
      const shared = (document.paths as Record<string, { parameters?: Part[] }>)[path]?.parameters ?? [];
      const complete = { ...operation, parameters: [...shared, ...(operation.parameters ?? [])] };
      return factsOfPart(`${method.toUpperCase()} ${path}`, complete, document, false);
    }),
  );
}

function factsOfPart(at: string, value: unknown, document: Part, isBelowMark: boolean): [string, Mark][] {
  const part = resolved(value as Part, document);
  const mark = part['x-latchkey-extension'];
  const isOurs = isBelowMark || mark === true;
  const facts = Object.entries(part).flatMap(([key, below]): [string, Mark][] => {
    if (DESCRIPTIVE.test(key)) return [];
    const isMarked = Array.isArray(mark) && mark.includes(key);
    const parts = BELOW[key]?.(below as never, document);
    if (parts) return parts.flatMap(([name, one]) => factsOfPart(at + name, one, document, isOurs || isMarked));
    return [below].flat().map((one) => [`${at} ${key} ${JSON.stringify(one)}`, isOurs ? 'whole' : isMarked ? 'keyword' : 'none']);
  });
  return [[at, isOurs ? 'whole' : 'none'], ...facts];
}

function resolved({ $ref, ...beside }: Part, document: Part): Part {
  if (!$ref) return beside;
  const target = $ref
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((at, key) => (at as Part)[key], document);
  return { ...resolved(target as Part, document), ...beside };
}

/** A copy with one place changed: `paths|/api/login|post`, or one of the components, `schemas|User`. Undefined takes it away. */
function changed(document: Part, place: string, value: unknown): Part {
  const copy = structuredClone(document);
  const keys = place.split('|');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<Part>((at, key) => at[key] as Part, keys[0] === 'paths' ? copy : (copy.components as Part));
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** The facts of the vendor's document that a dialect was made from. */
function seedOf(name: Name): Part {
  return parse(fs.readFileSync(`test/contracts/seeds/${name}.yaml`, 'utf8')) as Part;
}

function contractOf(name: Name): Part {
  return parse(fs.readFileSync(`openapi/dialects/${name}.yaml`, 'utf8')) as Part;
}
