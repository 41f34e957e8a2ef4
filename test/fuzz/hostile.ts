import fc from 'fast-check';
import type { Change } from './nearly-valid.js';
import { encoded, written, type Draft, type FuzzRequest } from './requests.js';
import type { Json } from './schema-values.js';

/** Stands in each hostile text: an error that has it quotes what was sent. */
export const CANARY = 'c4n4ry';

const TEXTS = [
  "' OR 1=1; DROP TABLE accounts; --",
  '$(touch /tmp/x)`id`|| sleep 5',
  '{{7*7}}${7*7}<%= 7*7 %>',
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800x',
  '\u202Eabc\u202C\u2066',
  '👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G',
  '\r\nX-Injected: 1\r\n\r\n',
  '__proto__',
  'constructor',
  '${jndi:ldap://x/a}',
  '%s%n%x',
  '\uFEFF\u200b',
  'ﬃ'.repeat(60),
  'é'.normalize('NFD').repeat(200),
  '-1e400',
  'Infinity',
  '\\',
  '"',
  '%',
  '_',
];
const NUMBERS = ['1e400', '-1e400', '-0', '1E-400', '9'.repeat(400), '0.1e1', '01', '+1', 'NaN', '0x10', '1e', '9007199254740993'];

const texts = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...TEXTS).map((text) => text + CANARY) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text + CANARY) },
  { weight: 1, arbitrary: fc.constantFrom(250, 255, 256, 1_000, 1_001, 2_048, 8_000, 15_000).map((length) => 'x'.repeat(length)) },
);
const index = fc.nat({ max: 30 });

/** Puts something in place of one of the strings of a body, however deep it lies. */
function replaceString(body: Json | undefined, at: number, text: string): Json | undefined {
  let count = 0;
  const countStrings = (node: Json): void => void (typeof node === 'string' ? count++ : Object.values(node ?? {}).forEach(countStrings));
  const replaced = (node: Json): Json => {
    if (typeof node === 'string') return count++ === at ? text : node;
    if (Array.isArray(node)) return node.map(replaced);
    if (typeof node === 'object' && node !== null)
      return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, replaced(value)]));
    return node;
  };
  if (body === undefined) return undefined;
  countStrings(body);
  at = count === 0 ? 0 : at % count;
  count = 0;
  return replaced(body);
}

const textChanges: fc.Arbitrary<Change>[] = [
  fc.tuple(index, texts).map(
    ([at, text]) =>
      (draft: Draft) =>
        written({ ...draft, body: replaceString(draft.body, at, text) }),
  ),
  texts.map((text) => (draft: Draft) => written({ ...draft, path: mapped(draft.path, text.slice(0, 2_000)) })),
  texts.map((text) => (draft: Draft) => {
    const request = written(draft);
    return { ...request, target: `${request.target.split('?')[0]}?${Object.keys(draft.query)[0] ?? 'x'}=${encoded(text.slice(0, 2_000))}` };
  }),
];

const mapped = (fields: Record<string, string>, value: string) => Object.fromEntries(Object.keys(fields).map((name) => [name, value]));

function withBody(
  make: (text: string, limit: number) => string,
  as: 'utf8' | 'latin1' | 'gzip' = 'utf8',
  headers: [string, string][] = [],
): Change {
  return (draft) => {
    const request = written(draft);
    const text = make(request.body?.text ?? '{}', draft.operation.maxBodyBytes);
    return { ...request, headers: [...request.headers, ...headers], body: { text, as } };
  };
}

const nested = (open: string, close: string) => (depth: number) => withBody((text) => open.repeat(depth) + text + close.repeat(depth));
const depths = fc.constantFrom(10, 1_000, 7_000);

const bodyChanges: fc.Arbitrary<Change>[] = [
  depths.map(nested('[', ']')),
  fc.constantFrom(10, 1_000, 2_600).map(nested('{"a":', '}')),
  depths.map((depth) => withBody(() => '['.repeat(depth))),
  fc.constantFrom(...NUMBERS).map((number) => withBody((text) => text.replace(/:"[^"]*"/, `:${number}`))),
  fc.constantFrom(-20, -1, 0, 1, 40_000).map((more) => withBody((text, limit) => text.padEnd(limit + more, ' '))),
  fc.constant(withBody((text, limit) => text.replace(/:"[^"]*"/, `:"${'y'.repeat(Math.max(0, limit - text.length))}"`))),
  fc.constant(withBody((_text, limit) => `{${Array.from({ length: Math.floor(limit / 9) }, (_, n) => `"${n}":0`).join()}}`)),
  fc
    .constantFrom('\xff', '\xc0\xaf', '\xed\xa0\x80', '\xf5\x80\x80\x80', '\xe2\x82')
    .map((bytes) => withBody((text) => text.replace(/:"/, `:"${bytes}`), 'latin1')),
  fc.constantFrom('{"__proto__":{"operator":true}}', '{"constructor":{"prototype":{"operator":true}}}').map((text) => withBody(() => text)),
  fc
    .constantFrom('gzip', 'deflate', 'br', 'zstd', 'identity', 'x', 'gzip, gzip', '')
    .map((encoding) => withBody((text) => text, 'latin1', [['Content-Encoding', encoding]])),
  fc.constant(withBody((text) => text, 'gzip', [['Content-Encoding', 'gzip']])),
  fc.constant(withBody((text) => text.padEnd(1_000_000), 'gzip', [['Content-Encoding', 'gzip']])),
  fc.constant(withBody((text) => `\x1f\x8b\x08\x00${text}`, 'latin1', [['Content-Encoding', 'gzip']])),
];

const ABSURD_HEADERS: [string, string][] = [
  ['Accept', 'x'.repeat(4_000)],
  ['Accept', 'text/html'],
  ['Accept', ';q=,*'],
  ['Accept-Encoding', 'gzip;q=0, *;q=0'],
  ['User-Agent', `${'\u00ff'.repeat(2_000)}${CANARY}`],
  ['User-Agent', `\u00c3\u0080\t${CANARY}`],
  ['Cookie', `a=${CANARY}; __proto__=1`],
  ['X-Forwarded-For', '127.0.0.1, ::1, not an address'],
  ['Forwarded', 'for="[::1]";proto=https'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Original-URL', '/latchkey/v1/operator/accounts'],
  ['X-Request-Id', CANARY],
  ['Range', 'bytes=0-'],
  ['If-None-Match', '*'],
  ['If-Match', '"x"'],
  ['If-Modified-Since', 'yesterday'],
  ['Origin', 'null'],
  ['Access-Control-Request-Method', 'DELETE'],
  ['Upgrade', 'websocket'],
  ['Upgrade', 'h2c'],
  ['Expect', '100-continue'],
  ['Expect', 'miracles'],
  ['TE', 'trailers'],
  ['__proto__', 'x'],
  ['constructor', 'x'],
  ['x-api-key', '<<actor.key-pyth-on.me>>'],
  ['Authorization', ''],
  ['Authorization', 'Bearer'],
  ['Authorization', `Basic ${CANARY}`],
  ['Host', ''],
  ['Host', `x'"<>${CANARY}`],
];

/** What HTTP itself does not take: the server may refuse to read it, or answer; it may not break. */
const BROKEN: Partial<FuzzRequest>[] = [
  { method: 'get' },
  { method: 'FOO' },
  { method: '' },
  { method: 'CONNECT' },
  { method: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET' },
  { target: '*' },
  { target: '' },
  { target: '/\u0000' },
  { target: '/ /' },
  { target: 'http://[/' },
  { target: `/${'x'.repeat(20_000)}` },
  { target: '/livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez' },
  { headers: [['X: a\r\nX-Injected', 'b']] },
  { headers: [['X', 'a\u0000b']] },
  { headers: [[' X', 'a']] },
  { headers: [['X y', 'a']] },
  { headers: [['X', 'x'.repeat(20_000)]] },
  { headers: Array.from({ length: 3_000 }, (_, n) => [`X${n}`, '']) },
  { headers: [['Content-Length', '-1']] },
  { headers: [['Content-Length', '5'], ['Content-Length', '6']] }, // prettier-ignore
  { headers: [['Content-Length', '99999999999999999999']] },
  { headers: [['Content-Length', '1000']] },
  { headers: [['Content-Length', '2'], ['Transfer-Encoding', 'chunked']] }, // prettier-ignore
  { headers: [['Transfer-Encoding', 'gzip, chunked']] },
  { headers: [['Transfer-Encoding', 'chunked']], body: { text: 'zz\r\n{}\r\n0\r\n\r\n', as: 'utf8' } },
  { headers: [['Host', 'a'], ['Host', 'b']] }, // prettier-ignore
];

const headerChanges: fc.Arbitrary<Change>[] = [
  fc.constantFrom(...ABSURD_HEADERS).map((header) => (draft: Draft) => {
    const request = written(draft);
    return { ...request, headers: [...request.headers.filter(([name]) => name !== header[0]), header] };
  }),
  fc.constantFrom(...BROKEN).map((broken) => (draft: Draft) => {
    const request = written(draft);
    return { ...request, ...broken, headers: [...request.headers, ...(broken.headers ?? [])], isBroken: true };
  }),
];

/** What an attacker might send, put somewhere into a request. */
export const hostileChanges: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(...textChanges) },
  { weight: 3, arbitrary: fc.oneof(...bodyChanges) },
  { weight: 1, arbitrary: headerChanges[0] as fc.Arbitrary<Change> },
  { weight: 1, arbitrary: headerChanges[1] as fc.Arbitrary<Change> },
);
