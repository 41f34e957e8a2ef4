import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operationsOf } from '../../openapi/tools/merge.mjs';
import { Unavailable } from '../../src/core/faults.js';
import type { Ports } from '../../src/core/ports.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { nativeApi, problem } from '../support/native.js';
import { mergedDocument } from '../support/response-checker.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

interface Contracted {
  operationId: string;
  security: object[];
  parameters?: { $ref: string }[];
  requestBody?: { content: Record<string, { example: object }> };
  responses: Record<string, unknown>;
  'x-max-body-bytes'?: number;
  'x-latchkey-operation': string;
}

/** Every operation of the native API that the contract has below `/latchkey/v1`. */
const OPERATIONS = operationsOf(mergedDocument)
  .filter(([path]) => path.startsWith('/latchkey/v1/'))
  .map(([path, method, contracted]) => {
    const { 'x-latchkey-operation': operation, security, requestBody, responses } = contracted as Contracted;
    const [[mediaType, { example }] = ['', { example: {} }]] = Object.entries(requestBody?.content ?? {});
    const isForm = mediaType === 'application/x-www-form-urlencoded';
    const raw = isForm ? new URLSearchParams(example as Record<string, string>).toString() : JSON.stringify(example);
    return {
      operation,
      method: method.toUpperCase(),
      path: path.replace('{id}', '0f8fad5b-d9cb-469f-a165-70867728950e'),
      secured: security.length > 0 && security.every((way) => Object.keys(way).length > 0),
      ...(mediaType && { body: { mediaType, raw, isForm, limit: (contracted as Contracted)['x-max-body-bytes'] ?? 0 } }),
      statuses: Object.keys(responses),
    };
  });
type OperationRow = (typeof OPERATIONS)[number];

const SECURED = OPERATIONS.filter(({ secured }) => secured);
const WITH_BODY = OPERATIONS.filter(({ body }) => body);
const WITHOUT_BODY = OPERATIONS.filter(({ body }) => !body);

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let token: string;
  let refreshToken: string;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    await server.createAccount({ email: 'user@example.com', password: 'correct horse battery', operator: true });
    const signedIn = await nativeApi(server).signIn('user@example.com', { password: 'correct horse battery' });
    token = signedIn.accessToken;
    refreshToken = signedIn.refreshToken;
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const send = (
    { method, path, body }: OperationRow,
    { to = server, headers = {}, ...changed }: { to?: TestServer; raw?: string; headers?: Record<string, string>; query?: string } = {},
  ): Promise<Answer> =>
    to.send(method, path + (changed.query ?? ''), {
      ...(body && { raw: changed.raw ?? body.raw }),
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': body.mediaType }), ...headers },
    });

  it.each(OPERATIONS)('$operation documents what can go wrong with any request', ({ statuses, secured, body }) => {
    const expected = ['400', '429', '500', '503', ...(secured ? ['401'] : []), ...(body ? ['413', '415'] : [])];
    expect(statuses).toEqual(expect.arrayContaining(expected));
  });

  it.each(SECURED)('401: $operation lets in nobody without a good credential', async (row) => {
    for (const authorization of [
      '',
      'garbage',
      'Bearer x',
      'Bearer a.b.c',
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer lk_${'0'.repeat(64)}`,
    ]) {
      const answer = await send(row, { headers: { authorization } });
      expect(answer).toMatchObject(problem(401, 'unauthorized'));
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    const inQuery = await send(row, { headers: { authorization: '' }, query: `?access_token=${token}` });
    expect([400, 401]).toContain(inQuery.status);
  });

  it.each(OPERATIONS)('400: $operation has no such query', async (row) => {
    const answer = await send(row, { query: '?hunter2=1' });

    expect(answer).toMatchObject(problem(400, 'invalid_request'));
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
  });

  it.each(WITH_BODY)('413: $operation reads no more than it says', async (row) => {
    const { limit = 0, isForm } = row.body ?? {};
    const padding = 'x'.repeat(limit);

    expect(await send(row, { raw: isForm ? `token=${padding}` : JSON.stringify({ padding }) })).toMatchObject(
      problem(413, 'body_too_large'),
    );
  });

  it.each(WITH_BODY)('415: $operation reads its own media type alone', async (row) => {
    const other = row.body?.isForm ? 'application/json' : 'application/x-www-form-urlencoded';

    expect(await send(row, { headers: { 'content-type': other } })).toMatchObject(problem(415, 'unsupported_media_type'));
  });

  it.each(WITH_BODY)('400: $operation says what is wrong with a body, and quotes nothing of it', async (row) => {
    const bodies = row.body?.isForm
      ? ['hunter2=1', '']
      : ['{"hunter2":', 'null', '[]', '"hunter2"', '{"hunter2":1}', '{"email":{"$ne":"hunter2"}}'];
    for (const raw of bodies) {
      const answer = await send(row, { raw });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).not.toContain('hunter2');
      const { code, errors } = answer.body as { code: string; errors?: object[] };
      expect(code === 'malformed_body' ? [] : errors).toEqual(code === 'malformed_body' ? [] : expect.arrayContaining([expect.anything()]));
    }
  });

  it.each(WITHOUT_BODY)('$operation leaves a body unread, of whatever type', async (row) => {
    const bare = await send(row, { headers: { authorization: '' } });
    const answer = await server.send(row.method, row.path, {
      ...(row.method !== 'GET' && { raw: 'hunter2'.repeat(10_000) }),
      headers: { 'content-type': 'text/plain' },
    });

    expect(answer.status).toBe(bare.status);
  });

  it.each(OPERATIONS)('405: $operation is not reached by another method', async ({ path }) => {
    const { status, headers } = await server.send('PROPFIND', path);

    expect(status).toBe(405);
    expect(headers.get('allow')).toContain('OPTIONS');
  });

  describe.each([
    [503, 'unavailable', () => new Unavailable('the database is away')],
    [500, 'internal', () => new Error('hunter2 in SELECT')],
  ])('when every port fails', (status, code, fault) => {
    let broken: TestServer;
    beforeAll(async () => {
      broken = await startServer(database, { change: (service) => ({ ...service, ports: failing(service.ports, fault) }) });
    });
    afterAll(() => broken.close());

    it.each(OPERATIONS)(`${status}: $operation says so, and nothing of the cause`, async (row) => {
      const raw = row.operation === 'refreshSession' ? JSON.stringify({ refreshToken }) : row.body?.raw;
      const answer = await send(row, { to: broken, ...(raw !== undefined && { raw }) });

      expect(answer).toMatchObject(problem(status, code));
      expect(answer.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|SELECT/);
    });
  });
});

/** Ports whose every call to the database throws. */
function failing<All extends Ports>(ports: All, fault: () => Error): All {
  const fails = (port: object) => Object.fromEntries(Object.keys(port).map((name) => [name, () => Promise.reject(fault())]));
  const { accounts, sessions, codes, apiKeys, outbox, audit } = ports;
  const stored = Object.entries({ accounts, sessions, codes, apiKeys, outbox, audit }).map(([name, port]) => [name, fails(port)]);
  const atomically = () => Promise.reject(fault());
  return { ...ports, ...Object.fromEntries(stored), atomically, revocations: { hasEnded: () => null } };
}
