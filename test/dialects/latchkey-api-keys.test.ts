import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { LatchkeyApiKey, LatchkeyShownApiKey } from '../../generated/client/types.gen.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { invalid, nativeApi, PASSWORD, problem, walk, type Native } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';

const NOBODYS_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let token: string;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    token = (await native.newcomer('ada@example.com')).accessToken;
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const create = (request: object = {}, as = token) =>
    native.call('POST', '/api-keys', { token: as, body: { name: 'CI', scopes: ['account:read'], ...request } });
  const made = async (request: object = {}, as = token) => {
    const answer = await create(request, as);
    expect(answer.status).toBe(201);
    return answer.body as LatchkeyShownApiKey;
  };
  const status = async (key: string) => (await native.call('GET', '/account', { token: key })).status;
  const list = (as: string, limit = 100) => walk<LatchkeyApiKey>((query) => native.call('GET', `/api-keys?${query}`, { token: as }), limit);

  it('201: a key is shown once, works as its scopes say, and lies nowhere', async () => {
    const { key, apiKey } = await made({ name: 'Billing' });

    expect(key).toMatch(/^lk_[0-9a-f]{64}$/);
    expect(apiKey).toMatchObject({ name: 'Billing', scopes: ['account:read'], lastUsedAt: null, expiresAt: null });
    expect(await native.call('GET', '/account', { token: key })).toMatchObject({ status: 200, body: { email: 'ada@example.com' } });
    expect((await native.call('GET', '/account/organization', { token: key })).status).toBe(200);
    const [listed] = await list(token);
    expect(listed).toMatchObject({ id: apiKey.id, name: 'Billing' });
    expect(listed?.lastUsedAt).not.toBeNull();
    expect(JSON.stringify(await database.source.query('SELECT * FROM api_keys'))).not.toContain(key.slice(3));
  });

  it('403 or 401: a key that may see the account changes nothing of it, and makes no keys', async () => {
    const { key, apiKey } = await made();
    const call = (method: string, path: string, body?: object) => native.call(method, path, { token: key, body });

    expect(await call('PATCH', '/account', { name: 'Eve' })).toMatchObject(problem(403, 'insufficient_scope'));
    expect(await call('PUT', '/account/email', { email: 'eve@example.com', currentPassword: PASSWORD })).toMatchObject(
      problem(403, 'insufficient_scope'),
    );
    expect(await call('PUT', '/account/password', { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` })).toMatchObject(
      problem(403, 'insufficient_scope'),
    );
    expect(await call('POST', '/account/deletion', { currentPassword: PASSWORD })).toMatchObject(problem(403, 'insufficient_scope'));
    for (const [method, path, body] of [
      ['POST', '/api-keys', { name: 'another', scopes: ['account:read'] }],
      ['GET', '/api-keys'],
      ['DELETE', `/api-keys/${apiKey.id}`],
      ['POST', `/api-keys/${apiKey.id}/rotate`],
      ['POST', '/account/pyth-on-api-key/rotate'],
      ['GET', '/operator/accounts'],
    ] as const) {
      expect(await call(method, path, body)).toMatchObject(problem(401, 'unauthorized'));
    }
  });

  it.each([['tokens:introspect'], ['tokens:revoke'], ['account:read', 'tokens:revoke']])(
    '403: %s is for operators alone',
    async (...scopes) => {
      expect(await create({ scopes })).toMatchObject(problem(403, 'forbidden'));
    },
  );

  it('403: a key without the scope does not see the account', async () => {
    await native.createAccount('operator@example.com', { operator: true });
    const { accessToken } = await native.signIn('operator@example.com');
    const { key } = await made({ scopes: ['tokens:introspect'] }, accessToken);

    expect(await native.call('GET', '/account', { token: key })).toMatchObject(problem(403, 'insufficient_scope'));
    expect(await native.call('GET', '/account/organization', { token: key })).toMatchObject(problem(403, 'insufficient_scope'));
  });

  it.each([
    [{ scopes: [] }, ['scopes'], 'minItems'],
    [{ scopes: ['account:write'] }, ['scopes', '0'], 'enum'],
    [{ scopes: ['account:read', 'account:read'] }, ['scopes'], 'uniqueItems'],
    [{ name: '' }, ['name'], 'minLength'],
    [{ expiresAt: 'tomorrow' }, ['expiresAt'], 'format'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, ['expiresAt'], 'future'],
    [{ expiresAt: '2096-12-31T23:59:60Z' }, ['expiresAt'], 'future'],
  ])('400: %j', async (request, path, rule) => {
    const answer = await create(request);

    expect(answer.status).toBe(400);
    expect((answer.body as { errors: object[] }).errors).toContainEqual({ in: 'body', path, rule });
  });

  it('401: a key is good until its end, and not longer', async () => {
    const { key, apiKey } = await made({ expiresAt: '2099-01-01T00:00:00+02:00' });
    expect(apiKey.expiresAt).toBe('2098-12-31T22:00:00.000Z');
    expect(await status(key)).toBe(200);

    await database.source.query(`UPDATE api_keys SET expires_at = now() WHERE id = $1`, [apiKey.id]);

    expect(await status(key)).toBe(401);
  });

  it('200: the other secret works, the one before it does not, and the rest has stayed', async () => {
    const before = await made({ name: 'rotating' });

    const rotated = await native.call('POST', `/api-keys/${before.apiKey.id}/rotate`, { token });

    expect(rotated).toMatchObject({ status: 200, body: { apiKey: before.apiKey } });
    expect(await status(before.key)).toBe(401);
    expect(await status((rotated.body as LatchkeyShownApiKey).key)).toBe(200);
  });

  it('204, then 404: a key that is deleted is good for nothing', async () => {
    const { key, apiKey } = await made();
    const remove = () => native.call('DELETE', `/api-keys/${apiKey.id}`, { token });

    expect((await remove()).status).toBe(204);
    expect(await remove()).toMatchObject(problem(404, 'api_key_not_found'));
    expect(await status(key)).toBe(401);
  });

  it("404: nobody reaches somebody else's key, and it stays good", async () => {
    const { key, apiKey } = await made();
    const { accessToken: eve } = await native.newcomer('eve@example.com');
    for (const id of [apiKey.id, NOBODYS_ID]) {
      expect(await native.call('DELETE', `/api-keys/${id}`, { token: eve })).toMatchObject(problem(404, 'api_key_not_found'));
      expect(await native.call('POST', `/api-keys/${id}/rotate`, { token: eve })).toMatchObject(problem(404, 'api_key_not_found'));
    }

    expect(await list(eve)).toEqual([]);
    expect(await status(key)).toBe(200);
  });

  it('400: an id that is none', async () => {
    expect(await native.call('DELETE', '/api-keys/x', { token })).toMatchObject(invalid('path', ['id'], 'format'));
    expect(await native.call('POST', '/api-keys/x/rotate', { token })).toMatchObject(invalid('path', ['id'], 'format'));
  });

  it.each([1, 2, 5, 100])('walks all without loss or repeat, %d at a time', async (limit) => {
    const { accessToken } = await native.newcomer(`keys-${limit}@example.com`);
    for (let i = 0; i < 5; i += 1) await made({ name: `key ${i}` }, accessToken);

    expect((await list(accessToken, limit)).map(({ name }) => name)).toEqual(['key 4', 'key 3', 'key 2', 'key 1', 'key 0']);
  });

  it('401: the keys of an account that is banned are good for nothing', async () => {
    const { accessToken } = await native.newcomer('banned@example.com');
    const { key } = await made({}, accessToken);
    await server.setStatus('banned@example.com', 'banned');

    expect(await status(key)).toBe(401);
    expect(await status(`lk_${'0'.repeat(64)}`)).toBe(401);
  });

  it("401: a key is the native API's alone", async () => {
    const { key } = await made();
    const headers = { authorization: `Bearer ${key}` };

    expect((await server.send('GET', '/v1/auth/me', { headers })).status).toBe(401);
    expect((await server.send('POST', '/api/verify', { headers })).status).toBe(401);
    expect((await server.send('POST', '/api/refresh', { headers: { 'x-api-key': key } })).status).toBe(401);
  });
});
