import crypto from 'node:crypto';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { APIS, ask, bearer, PASSWORD, SIGNED_APIS, signIn, type Api } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { nativeApi } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';
import { inputOf, signatureOf } from '../support/token-attacks.js';

const named = (apis: Api[]) => apis.map((api): [string, Api] => [api.dialect, api]);
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    await server.createAccount({ email: 'ada@example.com', password: PASSWORD });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });
  const tokens = (api: Api) => signIn(server, api, 'ada@example.com');

  describe.each(named(APIS))('the access token of %s', (dialect, api) => {
    it('S30: is good there', async () => {
      expect((await ask(server, api, (await tokens(api)).access)).status).toBe(200);
    });

    it.each(named(APIS).filter(([other]) => other !== dialect))('S30: is refused by %s', async (_other, elsewhere) => {
      expect(await ask(server, elsewhere, (await tokens(api)).access)).toMatchObject(elsewhere.refused);
    });

    it.each<[string, (token: string) => string]>([
      ['twice', (token) => `Bearer ${token} ${token}`],
      ['twice, with a comma', (token) => `Bearer ${token}, Bearer ${token}`],
      ['twice, with a comma and no scheme', (token) => `Bearer ${token},${token}`],
      ['behind another one', (token) => `Bearer x ${token}`],
      ['behind two schemes', (token) => `Bearer Bearer ${token}`],
      ['behind another scheme', (token) => `Basic ${token}`],
      ['behind no scheme', (token) => token],
      ['behind a scheme that begins alike', (token) => `Bearer2 ${token}`],
      ['behind a parameter', (token) => `Bearer token=${token}`],
      ['in quotation marks', (token) => `Bearer "${token}"`],
      ['with something behind it', (token) => `Bearer ${token}; charset=utf-8`],
      ['with its dots written otherwise', (token) => `Bearer ${token.replaceAll('.', '%2E')}%20`],
    ])('S30: is refused when it comes %s', async (_how, headerOf) => {
      expect(await ask(server, api, { authorization: headerOf((await tokens(api)).access) })).toMatchObject(api.refused);
    });

    it.each([
      ['a good one first', (token: string) => [`Bearer ${token}`, 'Bearer x']],
      ['a good one last', (token: string) => ['Bearer x', `Bearer ${token}`]],
      ['the same', (token: string) => [`Bearer ${token}`, `Bearer ${token}`]],
    ])('S30: is refused when it comes in one of two headers, %s', async (_how, headersOf) => {
      expect(await statusOf(server, api, headersOf((await tokens(api)).access))).toBe(401);
    });

    it.each(['access_token', 'token', 'authorization', 'bearer_token'])('S30: is refused in the query, as %s', async (name) => {
      const { access } = await tokens(api);
      const [method, path] = api.ask;
      const { status } = await ask(server, { ...api, ask: [method, `${path}?${name}=${access}`] }, {});
      expect([400, 401]).toContain(status);
    });

    it('S30: is refused in a cookie, in a body and in other headers', async () => {
      const { access } = await tokens(api);
      const [method, path] = api.ask;
      const elsewhere = {
        cookie: `access_token=${access}; token=${access}`,
        'x-access-token': access,
        'proxy-authorization': `Bearer ${access}`,
      };
      expect(await ask(server, api, elsewhere)).toMatchObject(api.refused);
      if (method !== 'GET') {
        const body = { access_token: access, token: access };
        expect(await server.send(method, path, { body })).toMatchObject(api.refused);
      }
    });
  });

  describe.each(named(APIS).filter(([, { refreshing }]) => refreshing.length > 0))('the refresh token of %s', (dialect, api) => {
    it.each(named(APIS))('S31: is no access token of %s', async (_other, elsewhere) => {
      expect(await ask(server, elsewhere, (await tokens(api)).refresh)).toMatchObject(elsewhere.refused);
    });

    it.each(named(APIS).filter(([other, { refreshing }]) => other !== dialect && refreshing.length > 0))(
      'S30: is refused wherever %s takes one',
      async (_other, { refreshing }) => {
        for (const { operation, sent, refused } of refreshing) {
          expect(await server.send(...operation, sent((await tokens(api)).refresh))).toMatchObject(refused);
        }
      },
    );

    it('S29: is refused in any other spelling', async () => {
      const { refresh } = await tokens(api);
      expect(sameBytes(refresh)).toHaveLength(3);
      for (const { operation, sent, refused } of api.refreshing) {
        for (const token of sameBytes(refresh)) expect(await server.send(...operation, sent(token))).toMatchObject(refused);
      }
    });

    it('S31: is not to be had for an access token of any API', async () => {
      for (const { operation, sent, refused } of api.refreshing) {
        for (const other of APIS) expect(await server.send(...operation, sent((await tokens(other)).access))).toMatchObject(refused);
      }
    });
  });

  describe.each(named(SIGNED_APIS))('of %s', (_dialect, api) => {
    it('S29: every other spelling of a token is revoked with it', async () => {
      const { access } = await tokens(api);
      const spellings = [access, ...otherSpellings(access)];
      expect(spellings).toHaveLength(32);
      if (api.dialect !== 'pixyle') for (const token of spellings) expect((await ask(server, api, token)).status).toBe(200);

      await revoke(access);

      for (const token of spellings) expect(await ask(server, api, token)).toMatchObject(api.refused);
    });
  });

  async function revoke(token: string): Promise<void> {
    const native = nativeApi(server);
    const operator = (await native.newcomer(`operator-${crypto.randomUUID()}@example.com`, { operator: true })).accessToken;
    const made = await native.call('POST', '/api-keys', { token: operator, body: { name: 'CI', scopes: ['tokens:revoke'] } });
    const answer = await native.call('POST', '/revoke', { token: (made.body as { key: string }).key, form: { token } });
    expect(answer.status).toBe(200);
  }
});

/** The same content under a signature that is as good: its last bits, which nobody reads, and the other of the two numbers that fit. */
function otherSpellings(token: string): string[] {
  const bytes = Buffer.from(signatureOf(token), 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const mirrored = Buffer.concat([bytes.subarray(0, 32), Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex')]);
  const twin = `${inputOf(token)}.${mirrored.toString('base64url')}`;
  return [twin, ...sameBytes(twin), ...sameBytes(token)];
}

/** Every other text with the same bytes at its end: base64 leaves bits over. */
function sameBytes(token: string): string[] {
  const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
  const bytes = Buffer.from(signatureOf(token), 'base64url');
  return alphabet
    .map((letter) => token.slice(0, -1) + letter)
    .filter((text) => text !== token && Buffer.from(signatureOf(text), 'base64url').equals(bytes));
}

/** Sends headers of one name as they are; `fetch` would make one of them. */
function statusOf(server: TestServer, { ask: [method, path] }: Api, authorization: string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { ...bearer(''), authorization } as unknown as Record<string, string>;
    const request = http.request(server.url + path, { method, headers }, (answer) => resolve(answer.resume().statusCode));
    request.on('error', reject).end();
  });
}
