import { execFileSync } from 'node:child_process';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import { RateLimited, Unavailable } from '../../src/core/faults.js';
import { createHttpApp, type HttpOptions } from '../../src/http/app.js';
import { createHttpServer } from '../../src/http/server.js';
import { bareOptions } from '../support/bare-service.js';
import { goodRequest, OPERATIONS, type Documented } from '../support/operations.js';
import { exchangeRaw } from '../support/raw-http.js';
import { mergedDocument } from '../support/response-checker.js';
import { sendChecked, type Answer } from '../support/server.js';

// What holds for every operation, whatever its handler does: nothing stands behind the HTTP application here.

const ORIGIN = 'https://app.example.com';
const OTHER_ORIGIN = 'https://app.example.com.evil.example';

const rows = (operations: Documented[]) => operations.map((each): [string, Documented] => [each.title, each]);
const secured = OPERATIONS.filter(
  ({ operation: { security } }) => security.length > 0 && security.every((way) => Object.keys(way).length > 0),
);
const inTime = OPERATIONS.filter(({ operation }) => operation.responses['503']);
const withBody = OPERATIONS.filter(({ operation }) => operation.requestBody);
const withJson = withBody.filter(({ operation }) => operation.requestBody?.content['application/json']);

let handle: () => Promise<unknown>;
const servers: http.Server[] = [];
async function serve(changes: Partial<HttpOptions> = {}): Promise<string> {
  const server = createHttpServer(createHttpApp({ ...bareOptions(() => handle()), ...changes }));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let url = '';
let crossOriginUrl = '';
let impatientUrl = '';
beforeAll(async () => {
  url = await serve();
  crossOriginUrl = await serve({ corsOrigins: [ORIGIN, 'https://other.example.com'], isHttps: true });
  impatientUrl = await serve({ deadlineMs: () => 20 });
});
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});
afterEach(() => void (handle = fail));

const fail = () => Promise.reject(new Error('the handler was reached'));
handle = fail;

function send(each: Documented, change: { url?: string; headers?: Record<string, string>; raw?: string | Buffer } = {}): Promise<Answer> {
  const { path, raw, headers } = goodRequest(each);
  const body = change.raw ?? raw;
  return sendChecked(change.url ?? url, each.method, path, {
    ...(body !== undefined && { raw: body }),
    headers: { ...headers, authorization: 'Bearer good', ...change.headers },
  });
}

describe('a request whose answer is not there in time', () => {
  it.each(rows(inTime))('S44: is answered with 503 by %s, and what comes late is dropped', async (_title, each) => {
    let finish: (result: unknown) => void = () => {};
    let breakLate: (error: Error) => void = () => {};
    for (const end of [() => finish({ status: 200, body: { belated: true } }), () => breakLate(new Error('belated'))]) {
      handle = () => new Promise((resolve, reject) => ((finish = resolve), (breakLate = reject)));
      const answer = await send(each, { url: impatientUrl });
      end();

      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
      expect(JSON.stringify(answer.body)).not.toContain('belated');
    }
  });

  it('S44: is answered with 503, too, where it may take longer than anybody else may be silent', async () => {
    handle = () => new Promise(() => {});
    const patientUrl = await serve({ deadlineMs: () => 10_500 });

    expect((await sendChecked(patientUrl, 'GET', '/api/health')).status).toBe(503);
  }, 60_000);

  it('S44: does not disturb the next one on the same connection', async () => {
    const ends: ((result: unknown) => void)[] = [];
    handle = () => new Promise((resolve) => ends.push(resolve));
    const request = 'GET /readyz HTTP/1.1\r\nHost: x\r\n';
    const exchange = exchangeRaw(impatientUrl, `${request}\r\n${request}Connection: close\r\n\r\n`);
    const answers = await exchange;
    for (const end of ends) end({ status: 200, body: { status: 'ok' } });

    expect(answers.match(/HTTP\/1\.1 503 /g)).toHaveLength(2);
    expect(answers.match(/HTTP\/1\.1 /g)).toHaveLength(2);
  });
});

describe('a method that a path does not have', () => {
  const paths = [...new Map(OPERATIONS.map((each) => [each.path, each])).values()];

  it.each(rows(paths))('S44: is answered with 405 and what there is, at the path of %s', async (_title, each) => {
    const { path } = goodRequest(each);
    const methods = OPERATIONS.filter((other) => other.path === each.path).map(({ method }) => method);
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
    const inPlace = (answer: string) => [Number(answer.split(' ')[1]), /^Allow: (.*)\r$/m.exec(answer)?.[1]?.split(', ').sort()];

    for (const method of ['TRACE', 'PROPFIND', 'M-SEARCH', 'QUERY'])
      expect(inPlace(await exchangeRaw(url, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`))).toEqual([405, allowed]);
    expect(inPlace(await exchangeRaw(url, `OPTIONS ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`))).toEqual([204, allowed]);
  });

  it.each(['/openapi.json', '/docs', '/docs/', '/docs/start.js', '/docs/swagger-ui.css'])(
    'S44: is answered so at %s, too',
    async (path) => {
      for (const [method, status] of [
        ['POST', 405],
        ['DELETE', 405],
        ['OPTIONS', 204],
      ] as const) {
        const response = await fetch(url + path, { method });

        expect([response.status, response.headers.get('allow')]).toEqual([status, 'GET, HEAD, OPTIONS']);
        expect((await response.text()).length > 0).toBe(status === 405);
      }
    },
  );
});

describe('what is hardly HTTP', () => {
  const request = (line: string, ...headers: string[]) => [line, ...headers, 'Connection: close', '', ''].join('\r\n');

  it.each([
    [request('GET /livez HTTP/1.0'), 200],
    [request('GET /livez HTTP/1.1', 'Host: x', 'Upgrade: websocket'), 200],
    [request('GET /livez HTTP/1.1', 'Host: x', 'Expect: 100-continue'), 200],
    [request('GET /livez?%ff%fe=%zz HTTP/1.1', 'Host: x'), 200],
    [request('GET https://elsewhere.example/livez HTTP/1.1', 'Host: x'), 200],
    [request('GET * HTTP/1.1', 'Host: x'), 404],
    [request('GET //livez HTTP/1.1', 'Host: x'), 404],
    [request('GET /livez/../../etc/passwd HTTP/1.1', 'Host: x'), 404],
    [request('GET /docs/%2e%2e/package.json HTTP/1.1', 'Host: x'), 404],
    [request('GET /docs/..%5c..%5cpackage.json HTTP/1.1', 'Host: x'), 404],
    [request(`GET /${'x'.repeat(20_000)} HTTP/1.1`, 'Host: x'), 431],
    [request('GET /livez HTTP/1.1'), 400],
    [request('GET /livez HTTP/1.1', 'Host: x', 'X: a\rb'), 400],
    [request('GET /livez HTTP/1.1', 'Host: x', 'X : a'), 400],
    [request('POST /user/login HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Content-Length: 2'), 400],
    [request('POST /user/login HTTP/1.1', 'Host: x', 'Content-Length: 4', 'Transfer-Encoding: chunked'), 400],
    [request('POST /user/login HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked, identity'), 400],
    [request('POST /user/login HTTP/1.1', 'Host: x', 'Content-Length: -1'), 400],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('is read in one way or refused: %j', async (bytes, status) => {
    handle = async () => ({ status: 200, body: { status: 'ok' } });

    const answer = await exchangeRaw(url, bytes);

    expect(answer.replace('HTTP/1.1 100 Continue\r\n\r\n', '')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.replace('HTTP/1.1 100 Continue\r\n\r\n', '').match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('CONNECT is for proxies: the connection is closed, and others are served', async () => {
    expect(await exchangeRaw(url, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n')).toBe('');
    handle = async () => ({ status: 200, body: { status: 'ok' } });
    expect((await sendChecked(url, 'GET', '/livez')).status).toBe(200);
  });

  it('S44: of many headers the last one counts as the first one does', async () => {
    const many = Array.from({ length: 2500 }, () => 'a:b');
    const answer = await exchangeRaw(
      url,
      request('GET /users/me HTTP/1.1', 'Host: x', ...many, 'X-API-Version: v1', 'Authorization: Bearer good'),
    );

    expect(answer).toMatch(/^HTTP\/1\.1 500 /); // it was let in: the handler was reached
  });
});

const BLANKS = Buffer.alloc(10_000_000, ' ');
const BOMBS = { gzip: zlib.gzipSync(BLANKS), deflate: zlib.deflateSync(BLANKS), br: zlib.brotliCompressSync(BLANKS) };

describe.each(rows(withBody))('%s', (_title, each) => {
  it.each(Object.entries(BOMBS))('S44: counts what a body unpacks to (%s)', async (encoding, raw) => {
    expect((await send(each, { raw, headers: { 'content-encoding': encoding } })).status).toBe(413);
  });

  it('refuses an encoding that it does not know, and one that is not what it says', async () => {
    for (const encoding of ['compress', 'gzip', 'gzip, gzip', '__proto__'])
      expect([400, 415, 422]).toContain((await send(each, { headers: { 'content-encoding': encoding } })).status);
  });
});

/** The values in a body, each with what leads to it. */
function placesIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => placesIn(inner, [...path, name]))];
}

/** The body's text with something else in one place. */
function bodyWith(body: unknown, path: string[], json: string): string {
  const [name, ...rest] = path;
  if (name === undefined) return json;
  const members = Object.entries(body as object).map(([key, value]) => [
    key,
    key === name ? bodyWith(value, rest, json) : JSON.stringify(value),
  ]);
  return Array.isArray(body)
    ? `[${members.map(([, text]) => text).join(',')}]`
    : `{${members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
}

const DEEP = 7_000; // as deep as 16 KiB can be

describe.each(rows(withJson))('%s', (_title, each) => {
  const good = JSON.parse(goodRequest(each).raw ?? '') as object;
  const firstName = Object.keys(good)[0] ?? '';

  it.each([
    ['a NUL', '"a\\u0000b@example.com"'],
    ['half a character', '"a\\ud800b"'],
    ['the other half', '"\\udc00"'],
    ['NUL in a name', '{"a\\u0000":1}'],
    ['a wrong escape', '"\\x00"'],
    ['a bare NUL', '"\0"'],
    ['a number that is none', '+1'],
    ['NaN', 'NaN'],
  ])('400 or 422: refuses %s in every place', async (_what, json) => {
    for (const place of placesIn(good)) expect([400, 422]).toContain((await send(each, { raw: bodyWith(good, place, json) })).status);
  });

  it.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])(
    '400 or 422: refuses bytes that are no UTF-8, and does not replace them (%p ...)',
    async (...bytes) => {
      const [head = '', tail = ''] = bodyWith(good, [firstName], '"@@@"').split('@@@');

      expect([400, 422]).toContain(
        (await send(each, { raw: Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]) })).status,
      );
    },
  );

  it.each(['1e400', '-1e400', '1e308', '18446744073709551616', '-0', '5e-324', '1E+2147483648', '0.1e-9999'])(
    'takes or refuses the number %s in every place, and does not break',
    async (number) => {
      handle = async () => Promise.reject(new RateLimited('reached', 1));
      for (const place of placesIn(good)) expect((await send(each, { raw: bodyWith(good, place, number) })).status).toBeLessThan(500);
    },
  );

  it('takes or refuses members that are named as those of every object, and no object gets any', async () => {
    const hostile = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then', '$ref'];
    const polluting = '{"polluted":true,"operator":true,"principal":{"accountId":"x"},"prototype":{"polluted":true}}';
    const seen: unknown[] = [];
    handle = async () => {
      seen.push(({} as Record<string, unknown>).polluted, ({} as Record<string, unknown>).operator);
      throw new RateLimited('reached', 1);
    };
    for (const name of hostile) {
      for (const place of [[], ...placesIn(good).filter((path) => path.length > 0)]) {
        const around = `{${JSON.stringify(name)}:${polluting},"a":[{${JSON.stringify(name)}:${polluting}}],`;
        const raw = place.length === 0 ? around + JSON.stringify(good).slice(1) : bodyWith(good, place, `${around}"b":1}`);
        expect((await send(each, { raw })).status).toBeLessThan(500);
      }
    }

    expect(seen.every((value) => value === undefined)).toBe(true);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('400 or 422: refuses what is deeper than anything, closed or not', async () => {
    for (const raw of ['['.repeat(16_000), '['.repeat(DEEP) + ']'.repeat(DEEP)])
      expect([400, 422]).toContain((await send(each, { raw })).status);
    expect((await send(each, { raw: '['.repeat(600_000) + ']'.repeat(600_000) })).status).toBe(413);
    handle = async () => Promise.reject(new RateLimited('reached', 1));
    expect((await send(each, { raw: '{"a":'.repeat(2_000) + '1' + '}'.repeat(2_000) })).status).toBeLessThan(500);
    for (const place of placesIn(good))
      expect((await send(each, { raw: bodyWith(good, place, '['.repeat(DEEP) + ']'.repeat(DEEP)) })).status).toBeLessThan(500);
  });
});

describe('a bearer', () => {
  it.each(rows(secured))('S33: that is not in the Authorization header is not taken by %s', async (_title, each) => {
    const { path, raw, headers } = goodRequest(each);
    const joined = (query: string) => `${path}${path.includes('?') ? '&' : '?'}${query}`;
    const places: { path: string; headers?: Record<string, string>; raw?: string }[] = [
      { path: joined('access_token=good') },
      { path: joined('token=good&authorization=Bearer%20good') },
      { path, headers: { cookie: 'access_token=good; token=good; authorization=Bearer%20good' } },
      { path, headers: { 'x-access-token': 'good', 'proxy-authorization': 'Bearer good' } },
      ...(raw === undefined
        ? []
        : [{ path, raw: raw.startsWith('{') ? raw.replace('{', '{"access_token":"good",') : `${raw}&access_token=good` }]),
    ];
    for (const place of places) {
      const body = place.raw ?? raw;
      const sent = { headers: { ...headers, ...place.headers }, ...(body !== undefined && { raw: body }) };
      const answer = await sendChecked(url, each.method, place.path, sent);

      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
  });
});

describe('a fault', () => {
  const SQL = `duplicate key: INSERT INTO accounts (password_hash) VALUES ('hunter2')`;

  it.each(rows(OPERATIONS.filter(({ operation }) => operation.responses['500'])))(
    'S36: of %s tells nothing of what is behind',
    async (_title, each) => {
      handle = () =>
        Promise.reject(Object.assign(new Error(SQL), { detail: SQL, query: SQL, cause: new Error(SQL), status: 200, expose: true }));
      const { status, headers, body } = await send(each);

      expect(status).toBe(500);
      expect(JSON.stringify([body, [...headers]])).not.toMatch(/INSERT|accounts|hunter2|\bat .*:\d+|node_modules|\.ts\b|\.js\b|Error:/);
      if (each.operation['x-latchkey-dialect'] !== 'latchkey') return;
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(Object.keys(body as object)).toEqual(['type', 'title', 'status', 'detail', 'instance', 'code']);
    },
  );
});

describe('CORS', () => {
  const corsHeaders = (headers: Headers) => [...headers].filter(([name]) => name.startsWith('access-control-'));
  const preflight = (base: string, path: string, method: string, origin: string) =>
    sendChecked(base, 'OPTIONS', path, {
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' },
    });

  it.each(rows(OPERATIONS))('is off unless origins are listed: nothing is said of it by %s', async (_title, each) => {
    const { path } = goodRequest(each);
    for (const { headers } of [await send(each, { headers: { origin: ORIGIN } }), await preflight(url, path, each.method, ORIGIN)]) {
      expect(corsHeaders(headers)).toEqual([]);
      expect(headers.get('vary') ?? '').not.toMatch(/origin/i);
    }
  });

  it.each(rows(OPERATIONS))('lets pages of a listed origin send %s, without the credentials of the browser', async (_title, each) => {
    const { path } = goodRequest(each);
    const { status, headers } = await preflight(crossOriginUrl, path, each.method, ORIGIN);

    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-methods')?.split(', ')).toContain(each.method);
    expect(headers.get('access-control-allow-methods')?.split(', ').sort()).toEqual(
      headers
        .get('allow')
        ?.split(', ')
        .filter((method) => method !== 'OPTIONS')
        .sort(),
    );
    expect(headers.get('access-control-allow-headers')?.toLowerCase().split(',').sort()).toEqual([
      'authorization',
      'content-type',
      'x-api-key',
      'x-api-version',
    ]);
    expect(headers.get('access-control-max-age')).toBe('600');
    expect(headers.has('access-control-allow-credentials')).toBe(false);
    expect(headers.get('vary')).toBe('Origin');
  });

  it.each(rows(OPERATIONS))('lets them read what is answered, whatever it is, by %s', async (_title, each) => {
    const documented = (status: string) => each.operation.responses[status] !== undefined;
    const ask = async (fault: Error) => {
      handle = () => Promise.reject(fault);
      return send(each, { url: crossOriginUrl, headers: { origin: ORIGIN } });
    };
    const answers = [await ask(new Error('a fault'))];
    if (documented('503')) answers.push(await ask(new Unavailable('away')));
    if (documented('429')) answers.push(await ask(new RateLimited('too many', 7)));
    if (secured.includes(each))
      answers.push(await send(each, { url: crossOriginUrl, headers: { origin: ORIGIN, authorization: 'Bearer bad' } }));
    if (withBody.includes(each))
      answers.push(await send(each, { url: crossOriginUrl, headers: { origin: ORIGIN }, raw: ' '.repeat(20_000) }));
    answers.push(await sendChecked(crossOriginUrl, 'PROPFIND', goodRequest(each).path, { headers: { origin: ORIGIN } }));
    answers.push(
      await sendChecked(crossOriginUrl, 'GET', `${goodRequest(each).path.split('?')[0]}/nothing/at/all`, { headers: { origin: ORIGIN } }),
    );

    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(headers.get('access-control-expose-headers')).toBe('X-Request-Id,Retry-After,RateLimit,RateLimit-Policy,WWW-Authenticate');
      expect(headers.has('access-control-allow-credentials')).toBe(false);
      expect(headers.get('vary')).toMatch(/Origin/);
    }
  });

  it.each([OTHER_ORIGIN, 'http://app.example.com', 'https://app.example.com:8443', 'https://APP.example.com', 'null', '*', ''])(
    'lets nobody else read or send anything: %j',
    async (origin) => {
      for (const each of OPERATIONS.slice(0, 10)) {
        const { path } = goodRequest(each);
        for (const { headers } of [
          await send(each, { url: crossOriginUrl, headers: { origin } }),
          await preflight(crossOriginUrl, path, each.method, origin),
        ]) {
          expect(headers.has('access-control-allow-origin')).toBe(false);
          expect(headers.has('access-control-allow-methods')).toBe(false);
          expect(headers.get('vary')).toMatch(/Origin/);
        }
      }
    },
  );
});

it('HTTPS is insisted on only where the service is reached over HTTPS', async () => {
  const said = async (base: string) => (await sendChecked(base, 'GET', '/nothing')).headers.get('strict-transport-security');

  expect(await said(url)).toBeNull();
  expect(await said(crossOriginUrl)).toMatch(/^max-age=\d{8}/);
});

interface Layer {
  name: string;
  slash: boolean;
  route?: { path: string | string[] };
  handle: { stack?: Layer[] };
}

/** All layers of a router, those of the routers in it too. */
function layersOf(router: { stack?: Layer[] }): Layer[] {
  return (router.stack ?? []).flatMap((layer) => [layer, ...layersOf(layer.handle)]);
}

describe('the running server', () => {
  const app: Express = createHttpApp(bareOptions(fail));
  const layers = layersOf(app.router as unknown as { stack: Layer[] });

  it('S02: has the routes of the published document, and its pages, and no other', () => {
    const served = layers.flatMap(({ route }) => (route ? [route.path].flat() : [])).map((path) => path.replace(/:(\w+)/g, '{$1}'));
    const pages = ['/openapi.json', '/docs', '/docs/', '/docs/start.js'];
    const assets = ['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/favicon-32x32.png'];

    expect([...new Set(served)].sort()).toEqual([...Object.keys(mergedDocument.paths), ...pages, ...assets].sort());
  });

  it('S02: has nothing else that could answer: these alone see requests of every path, in this order', () => {
    const everywhere = layers.filter(({ route }) => !route).map(({ name, slash }) => (slash ? name : `${name} at some path`));

    expect(everywhere).toEqual([
      'result', // pino-http calls its logging so
      'helmetMiddleware',
      'storeNothing',
      '<anonymous>', // CORS, off
      'router',
      'leadBrowsers',
      'contentSecurityPolicyMiddleware at some path', // /docs
      '<anonymous> at some path', // its files
      '<anonymous>', // 404
      '<anonymous>', // failures
    ]);
  });
});

describe('the checks of this repository', () => {
  it('S43: refuse random numbers that can be guessed, and secrets compared with ===', () => {
    const code = [
      'export const token = Math.random();',
      'export const { random } = Math;',
      'export const isSame = (hash: string, other: string) => hash === other;',
      'export const isWrong = (a: { refreshToken: string }, b: string) => b !== a.refreshToken;',
      'export const isThere = (password: string | null) => password !== null;',
    ].join('\n');
    const lint = () =>
      execFileSync(
        process.execPath,
        ['node_modules/eslint/bin/eslint.js', '--format=json', '--stdin', '--stdin-filename=src/core/code.ts'],
        {
          input: code,
          stdio: 'pipe',
        },
      );
    let output = '';
    try {
      lint();
    } catch (error) {
      output = String((error as { stdout: Buffer }).stdout);
    }
    const [{ messages }] = JSON.parse(output) as [{ messages: { line: number }[] }];

    expect(messages.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  });
});
