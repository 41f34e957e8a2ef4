import net from 'node:net';
import { Writable } from 'node:stream';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createLogger, secretFieldNames } from '../../src/app.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { mergedDocument } from '../support/response-checker.js';
import { startServer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const CREDENTIALS = { email: 'ada@example.com', password: PASSWORD };

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  const logged: string[] = [];
  beforeAll(async () => {
    database = await kind.create();
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged.push(chunk.toString());
        done();
      },
    });
    server = await startServer(database, { logger: pino(stream) });
    await server.createAccount(CREDENTIALS);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  describe("a path that is nobody's", () => {
    it.each([
      ['/api/nothing', { error: 'There is nothing here', code: 'not_found' }],
      ['/api/login/', { error: 'There is nothing here', code: 'not_found' }],
      ['/api/Login', { error: 'There is nothing here', code: 'not_found' }],
      ['/v1/nothing', { error: 'not found' }],
      ['/auth/v1/nothing', { error: 'Not found' }],
      ['/auth/nothing', { detail: 'Not found' }],
      ['/auth/v11', { detail: 'Not found' }],
      ['/users', { detail: 'Not found' }],
      ['/user/nothing', { success: false, error_code: 'NOT_FOUND', message: 'There is nothing here' }],
      ['/sessions/nothing', { success: false, error_code: 'NOT_FOUND', message: 'There is nothing here' }],
    ])('404: %s belongs to the dialect with the longest prefix in front', async (path, body) => {
      expect(await server.send('GET', path)).toMatchObject({ status: 404, body });
    });

    it.each(['/nothing', '/apis', '/docs/nothing', '/%zz', '/a/../../etc/passwd', '/__proto__'])(
      "404: %s is the native dialect's",
      async (path) => {
        const { status, headers, body } = await server.send('GET', path);

        expect(status).toBe(404);
        expect(headers.get('content-type')).toBe('application/problem+json');
        expect(body).toEqual({
          type: 'about:blank',
          title: 'Not Found',
          status: 404,
          detail: 'There is nothing here.',
          instance: `urn:uuid:${headers.get('x-request-id')}`,
          code: 'not_found',
        });
      },
    );
  });

  describe.each(LOGINS)('$path ($dialect)', (login) => {
    it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'HEAD'])('405: %s is answered with what is allowed', async (method) => {
      const { status, headers } = await server.send(method, login.path);

      expect(status).toBe(405);
      expect(headers.get('allow')).toBe('POST, OPTIONS');
    });

    it('204: OPTIONS tells what is allowed', async () => {
      const { status, headers } = await server.send('OPTIONS', login.path);

      expect([status, headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
    });

    it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"; x=y'])(
      '200: the media type %s is JSON',
      async (type) => {
        expect(
          (await server.send('POST', login.path, loginRequest(login, 'ada@example.com', PASSWORD, { headers: { 'content-type': type } })))
            .status,
        ).toBe(200);
      },
    );

    it.each(['application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'multipart/form-data; boundary=x', 'json', ''])(
      'the media type %j is refused as the contract says',
      async (type) => {
        const { status, body } = await server.send(
          'POST',
          login.path,
          loginRequest(login, 'ada@example.com', PASSWORD, { headers: { 'content-type': type } }),
        );

        expect({ status, body }).toEqual(login.expected['wrong content type']);
      },
    );

    it('a small body that unpacks to a large one is too large', async () => {
      const bomb = zlib.gzipSync(JSON.stringify({ ...CREDENTIALS, padding: ' '.repeat(1_000_000) }));
      const headers = { ...login.headers, 'content-encoding': 'gzip' };
      const { status, body } = await server.send('POST', login.path, { raw: bomb, headers });

      expect({ status, body }).toEqual(login.expected['too large']);
    });

    it.each([
      'null',
      '[]',
      '"hunter2"',
      '{"email":["hunter2"]}',
      '{"email":"ada@example.com","password":{"$ne":1}}',
      '{"__proto__":{"email":"hunter2@x.yz"}}',
    ])('400 or 422: the body %s', async (raw) => {
      const { status, body } = await server.send('POST', login.path, { raw, headers: login.headers ?? {} });

      expect([400, 422]).toContain(status);
      expect(JSON.stringify(body)).not.toContain('hunter2');
    });

    it("answers another dialect's words to nobody: the body has this dialect's shape alone", async () => {
      const { headers } = await server.send('POST', login.path, loginRequest(login, 'nobody@example.com', PASSWORD));

      expect(headers.get('content-type')).toBe('application/json');
    });
  });

  it('a body that says it is too large is refused before it comes', async () => {
    const head = 'POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n{';

    expect(await rawExchange(server.url, head)).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body_too_large"/);
  });

  it('200: a request target may name the host, too', async () => {
    const body = JSON.stringify(CREDENTIALS);
    const head = `POST http://x/api/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;

    expect(await rawExchange(server.url, `${head}\r\n\r\n${body}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('200: what else a client expects of the service is passed over', async () => {
    const head = 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: miracles\r\n\r\n';

    expect(await rawExchange(server.url, head)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("404: a request target that is no URL is nobody's", async () => {
    const answer = await rawExchange(server.url, 'GET http://[/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');

    expect(answer).toMatch(/^HTTP\/1\.1 404 [\s\S]*"code":"not_found"/);
  });

  it('401: a token that is no token in any part is refused, and not logged', async () => {
    const part = (text: string) => Buffer.from(text).toString('base64url');
    for (const header of ['{"alg":"ES256","typ":"JWT"}', 'hunter2', 'null', '[]']) {
      const authorization = `Bearer ${part(header)}.${part('hunter2 not json')}.AAAA`;
      expect((await server.send('POST', '/api/verify', { headers: { authorization } })).status).toBe(401);
    }
    expect(logged.join('')).not.toContain('hunter2 not json');
  });

  it.each(['/docs/index.html', '/docs/swagger-initializer.js', '/docs/package.json'])('404: %s is not served', async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404);
  });

  it('206 and 412 are not for the files of the documentation', async () => {
    const ask = async (headers: Record<string, string>) => (await fetch(`${server.url}/docs/swagger-ui.css`, { headers })).status;

    expect(await ask({ range: 'bytes=99999999-' })).toBe(200);
    expect(await ask({ 'if-match': '"x"' })).toBe(400);
  });

  it('Puppilot: 400 for a query that it does not have speaks of no header', async () => {
    const { status, body } = await server.send('POST', '/auth/login?x=1', { body: CREDENTIALS, headers: { 'X-API-Version': 'v1' } });

    expect({ status, body }).toEqual({ status: 400, body: { detail: 'Request is not valid' } });
  });

  it('a query that the contract does not have is refused, without its name in the answer', async () => {
    const { status, body } = await server.send('POST', '/api/login?hunter2=1', { body: CREDENTIALS });

    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'The request is not valid', code: 'invalid_request', details: ['query: unknown'] },
    });
  });

  it('every response of a login tells one request id, and the log line of that request has the same', async () => {
    const { headers } = await server.send('POST', '/api/login', { body: CREDENTIALS });

    expect(logged.some((line) => line.includes(String(headers.get('x-request-id'))) && line.includes('"operation":"login"'))).toBe(true);
  });

  it('no password, token or key is in any log line', async () => {
    const headers = { authorization: 'Bearer bearer-hunter2', 'x-api-key': 'key-hunter2', cookie: 'cookie-hunter2' };
    const { body } = await server.send('POST', '/api/login', { body: CREDENTIALS, headers });
    await server.send('GET', '/nothing/path-hunter2?token=query-hunter2');
    await server.send('POST', '/user/login', { raw: '{"password":"body-hunter2', headers });
    const { token, apiKey } = body as { token: string; apiKey: string };

    const log = logged.join('');
    expect(log).toContain('"statusCode":200');
    for (const secret of ['hunter2', PASSWORD, token, apiKey]) expect(log).not.toContain(secret);
  });

  it.each([
    ['NONSENSE\r\n\r\n', 400],
    ['POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('bytes that are no request get a problem document', async (bytes, status) => {
    const [head = '', body = ''] = (await rawExchange(server.url, bytes)).split('\r\n\r\n');

    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code: 'unreadable_request' });
  });

  it('GET /: leads a browser to the documentation, and tells anybody else that the service is there', async () => {
    const browser = await server.send('GET', '/', { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/docs']);

    for (const accept of ['*/*', 'application/json', 'text/plain']) {
      expect(await server.send('GET', '/', { headers: { accept } })).toMatchObject({
        status: 200,
        body: { success: true, message: 'Online' },
      });
    }
  });

  it.each(['/livez', '/readyz'])('GET %s: 200, and HEAD the same without a body', async (path) => {
    expect(await server.send('GET', path)).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await server.send('HEAD', path)).toMatchObject({ status: 200, body: undefined });
  });

  it('GET /.well-known/jwks.json: has the key of every access token, and nothing private', async () => {
    const { body, headers } = await server.send('GET', '/.well-known/jwks.json');

    const [key, ...others] = (body as { keys: object[] }).keys;
    expect(others).toEqual([]);
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });

  it.each(['/docs', '/docs/'])('GET %s: a page that loads nothing from elsewhere', async (path) => {
    const response = await fetch(server.url + path);
    const html = await response.text();

    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(html).not.toMatch(/https?:/);
    for (const [, asset] of html.matchAll(/(?:src|href)="([^"]+)"/g)) expect((await fetch(server.url + asset)).status).toBe(200);
  });

  it('GET /openapi.json: is the merged document', async () => {
    expect(await (await fetch(`${server.url}/openapi.json`)).json()).toEqual(mergedDocument);
  });

  it('a dialect that is switched off is gone: from its paths, and from the document', async () => {
    const partial = await startServer(database, { environment: { DIALECTS: 'pixyle' } });
    const login = await partial.send('POST', '/auth/v1/token', { body: CREDENTIALS });
    const gone = await partial.send('GET', '/nothing');
    const pythOn = await fetch(`${partial.url}/api/login`, { method: 'POST' });
    const { paths } = (await (await fetch(`${partial.url}/openapi.json`)).json()) as { paths: object };
    await partial.close();

    expect([login.status, gone.status, pythOn.status]).toEqual([200, 404, 404]);
    expect(pythOn.headers.get('content-type')).toBe('application/problem+json');
    expect(
      Object.entries(mergedDocument.paths)
        .filter(([path]) => path in paths)
        .every(([, item]) => Object.values(item).every(({ operationId }) => /^(latchkey|pixyle)/.test(operationId))),
    ).toBe(true);
  });

  it('FLASHBACK_HIDE_ACCOUNTS makes unknown, wrong and no password look alike', async () => {
    await server.createAccount({ email: `no-password-${kind.kind.toLowerCase()}@example.com`, password: null });
    const hiding = await startServer(database, { environment: { FLASHBACK_HIDE_ACCOUNTS: 'true' } });
    const login = (email: string) => hiding.send('POST', '/user/login', { body: { email, password: 'a guess of some sort' } });
    const answers = [
      await login('nobody@example.com'),
      await login('ada@example.com'),
      await login(`no-password-${kind.kind.toLowerCase()}@example.com`),
    ];
    await hiding.close();

    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({
        status: 401,
        body: { success: false, error_code: 'INVALID_PASSWORD', message: 'The password is wrong' },
      });
    }
  });
});

describe('the logger', () => {
  it('knows every field that the contract marks as secret', () => {
    expect(secretFieldNames(mergedDocument)).toEqual([
      'accessToken',
      'access_token',
      'apiKey',
      'code',
      'currentPassword',
      'current_password',
      'key',
      'masterPassword',
      'newPassword',
      'new_password',
      'old_password',
      'password',
      'refreshToken',
      'refresh_token',
      'token',
      'value',
      'verificationTokenId',
    ]);
    expect(createLogger('silent').level).toBe('silent');
  });
});

function rawExchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
