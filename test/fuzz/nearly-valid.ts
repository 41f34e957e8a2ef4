import fc from 'fast-check';
import { written, type Draft, type FuzzRequest } from './requests.js';
import type { Json } from './schema-values.js';

/** Changes one thing of a request. */
export type Change = (draft: Draft) => FuzzRequest;

const OTHER_VALUES: Json[] = [null, true, false, 0, -1, 0.5, 1e308, '', ' ', '\n', [], {}, ['a'], { a: 1 }, [null], 'x'.repeat(300)];
const OTHER_STRINGS = [
  'ada@',
  '@b.c',
  'a@b',
  'a b@example.com',
  'a@example.com\u0000',
  '0',
  'true',
  '2026-02-30T25:61:61Z',
  '1970-01-01T00:00:00Z',
];
/** What nobody may set of an account by sending it along. */
const TEMPTING: Record<string, Json> = {
  operator: true,
  is_admin: true,
  role: 'owner',
  status: 'active',
  emailVerified: true,
  email_verified: true,
  is_verified: true,
  demo: false,
  id: '00000000-0000-4000-8000-000000000000',
  accountId: '<<ward.account.0>>',
  account_id: '<<ward.account.1>>',
  user_id: '<<ward.account.2>>',
  organization: { id: '<<ward.organization.0>>', role: 'owner' },
  password_hash: '$2b$04$abcdefghijklmnopqrstuu',
  constructor: { prototype: { operator: true } },
  toString: null,
};
const CONTENT_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json',
  'application/json; charset=utf-16',
  'application/json; charset="utf-8"',
  'application/problem+json',
  'multipart/form-data; boundary=x',
  'APPLICATION/JSON',
  'application/json, text/plain',
  ';',
  '',
  '*/*',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'QUERY', 'M-SEARCH'];

const index = fc.nat({ max: 30 });
const pick = <Item>(items: readonly Item[], at: number): Item | undefined => items[at % items.length];

type Fields = Record<string, Json>;

/** Changes a body that is an object; any other request stays as it is. */
function ofFields(change: (fields: Fields) => Json): Change {
  return (draft) => {
    const { body } = draft;
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    return written({ ...draft, body: isObject ? change(body) : body });
  };
}

const bodyChanges: fc.Arbitrary<Change>[] = [
  index.map((at) =>
    ofFields((fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => name !== pick(Object.keys(fields), at)))),
  ),
  fc
    .tuple(index, fc.constantFrom(...OTHER_VALUES, ...OTHER_STRINGS))
    .map(([at, value]) => ofFields((fields) => ({ ...fields, [pick(Object.keys(fields), at) ?? 'x']: value }))),
  fc.constantFrom(...Object.entries(TEMPTING)).map(([name, value]) => ofFields((fields) => ({ ...fields, [name]: value }))),
  fc
    .constantFrom<Json>(null, [], '', 'text', 1, true, [{}], {})
    .map((body) => (draft: Draft) => written({ ...draft, body: draft.body === undefined ? undefined : body })),
];

/** Changes the text of a body. */
function ofText(change: (text: string) => string): Change {
  return (draft) => {
    const request = written(draft);
    return { ...request, body: request.body && { ...request.body, text: change(request.body.text) } };
  };
}

const textChanges: fc.Arbitrary<Change>[] = [
  index.map((length) => ofText((text) => text.slice(0, -1 - length))),
  fc.constantFrom('x', '}', '\u0000', ' ', '{}', ',').map((more) => ofText((text) => text + more)),
  fc.constantFrom('\uFEFF', ' ', '\n', '//\n', '"', "'").map((before) => ofText((text) => before + text)),
  fc.constant(ofText((text) => text.replace(/^\{("[^"]+":)/, '{$1"first",$1'))), // a field twice
  fc.constant(ofText((text) => text.replace(/^\{/, '{"__proto__":{"operator":true},'))),
  fc.constant(ofText((text) => text.replace(/^([^={]+)=/, '$1=twice&$1='))),
  fc.constant(ofText((text) => text.replaceAll('"', "'"))),
  fc.constant(ofText(() => '')),
];

function ofHeaders(change: (headers: FuzzRequest['headers']) => FuzzRequest['headers']): Change {
  return (draft) => {
    const request = written(draft);
    return { ...request, headers: change(request.headers) };
  };
}

const isNot = (name: string) => (header: [string, string]) => header[0] !== name;

const headerChanges: fc.Arbitrary<Change>[] = [
  fc
    .constantFrom(...CONTENT_TYPES)
    .map((type) => ofHeaders((headers) => [...headers.filter(isNot('Content-Type')), ['Content-Type', type]])),
  fc.constant(ofHeaders((headers) => headers.filter(isNot('Content-Type')))),
  index.map((at) => ofHeaders((headers) => headers.filter((header) => header !== pick(headers, at)))),
  index.map((at) => ofHeaders((headers) => [...headers, pick(headers, at) ?? ['X-API-Version', 'v1']])), // twice
  fc.nat({ max: 11 }).map((n) => ofHeaders((headers) => [...headers, ['Authorization', `Bearer <<actor.access-latchkey.${n}>>`]])),
  fc
    .constantFrom('bearer', 'BEARER', 'Basic', 'Token', 'Bearer ', 'Bearer,')
    .map((scheme) => ofHeaders((headers) => headers.map(([name, value]) => [name, value.replace('Bearer', scheme)]))),
  fc
    .constantFrom('v2', 'V1', '', 'v1, v1')
    .map((version) => ofHeaders((headers) => [...headers.filter(isNot('X-API-Version')), ['X-API-Version', version]])),
];

function ofTarget(change: (target: string) => string): Change {
  return (draft) => {
    const request = written(draft);
    return { ...request, target: change(request.target) };
  };
}

const onPath = (change: (path: string) => string) => ofTarget((target) => target.replace(/^[^?]*/, change));

const targetChanges: fc.Arbitrary<Change>[] = [
  fc
    .constantFrom(
      'x=1',
      'limit=0',
      'limit=1e9',
      'limit=5&limit=5',
      'cursor=%00',
      'cursor=e30',
      '__proto__[a]=1',
      'a[]=1',
      '=',
      '%',
      '%ff',
      '&&',
      'access_token=<<actor.access-latchkey.0>>',
    )
    .map((more) => ofTarget((target) => `${target}${target.includes('?') ? '&' : '?'}${more}`)),
  fc.constantFrom('/', '//', '/..', '/.', ';x=1', '%00', '%zz', '%2f', '%20', '/x', '.json').map((end) => onPath((path) => path + end)),
  index.map((at) => onPath((path) => encodeLetter(path, at))),
  fc.constant(onPath((path) => `/${path}`)),
  fc.constant(onPath((path) => path.toUpperCase())),
  fc.constant(onPath((path) => `/x/..${path}`)),
  fc.constant(onPath((path) => `http://other.test${path}`)),
  fc
    .constantFrom(
      'x',
      '..',
      '%2e%2e',
      '-1',
      'null',
      '00000000-0000-0000-0000-000000000000',
      'urn:uuid:00000000-0000-4000-8000-000000000000',
      '%F0%9F%98%80',
    )
    .map((id) => (draft: Draft) => written({ ...draft, path: Object.fromEntries(Object.keys(draft.path).map((name) => [name, id])) })),
];

/** One letter percent-encoded: the same path by RFC 3986, and not the same text. */
function encodeLetter(path: string, at: number): string {
  const letters = [...path.matchAll(/(?<![<\w%])[a-z](?=[a-z])/g)];
  const { index: position = -1 } = pick(letters, at) ?? {};
  return position < 0 ? path : `${path.slice(0, position)}%${path.charCodeAt(position).toString(16)}${path.slice(position + 1)}`;
}

const methodChange = fc.constantFrom(...METHODS).map((method): Change => (draft) => ({ ...written(draft), method }));

/** One thing that is not as the contract wants it, or just as well might be. */
export const smallChanges: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(...bodyChanges) },
  { weight: 2, arbitrary: fc.oneof(...textChanges) },
  { weight: 2, arbitrary: fc.oneof(...headerChanges) },
  { weight: 2, arbitrary: fc.oneof(...targetChanges) },
  { weight: 1, arbitrary: methodChange },
);
