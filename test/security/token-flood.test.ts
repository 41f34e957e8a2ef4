import crypto from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LRUCache } from 'lru-cache';
import type { Service } from '../../src/cli/service.js';
import { APIS, bearer, PASSWORD, signIn, type Api } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { startServer, type TestServer } from '../support/server.js';
import { leastWork } from '../support/work.js';

const TOKENS = 1000;
const AT_ONCE = 20;

/** Where the validator keeps, for ever, whatever it makes for a request of a new kind. */
const { RequestValidator } = createRequire(import.meta.url)('express-openapi-validator/dist/middlewares/openapi.request.validator') as {
  RequestValidator: { prototype: { buildMiddleware(): unknown } };
};

/** Each another one, of every form that is looked at by any API: none of them is anybody's. */
function garbage(index: number): string {
  const random = () => crypto.randomBytes(32).toString('base64url');
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: index % 2 ? 'at+jwt' : 'rt+jwt', kid: random() })).toString('base64url');
  return [`${header}.${random()}.${random()}`, random(), `${random()}.${random()}`][index % 3] as string;
}

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  const hashes = { count: 0 };
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database, { change: (service) => counting(service, hashes) });
    await server.createAccount({ email: 'ada@example.com', password: PASSWORD });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });
  afterEach(() => void jest.restoreAllMocks());

  describe.each(APIS.map((api): [string, Api] => [api.dialect, api]))('a thousand different tokens that are none, at %s', (_name, api) => {
    const [method, path] = api.ask;
    const show = async (token: string) => (await fetch(server.url + path, { method, headers: bearer(token) })).status;

    it('S29: are all refused, and leave nothing behind in any memory; nothing is hashed', async () => {
      const { access } = await signIn(server, api, 'ada@example.com');
      const [remember, keep] = [jest.spyOn(LRUCache.prototype, 'set'), jest.spyOn(RequestValidator.prototype, 'buildMiddleware')];
      expect(await show(access)).toBe(200);
      expect(remember.mock.calls.length).toBe(api.dialect === 'px0' ? 0 : 1); // the two that are watched are those in use
      expect(keep.mock.calls.length).toBeGreaterThan(0);
      remember.mockClear();
      keep.mockClear();
      hashes.count = 0;

      const statuses = new Set<number>();
      for (let index = 0; index < TOKENS; index += AT_ONCE) {
        const burst = Array.from({ length: AT_ONCE }, (_, more) => show(garbage(index + more)));
        for (const status of await Promise.all(burst)) statuses.add(status);
      }

      expect([...statuses]).toEqual([401]);
      expect([remember.mock.calls.length, keep.mock.calls.length, hashes.count]).toEqual([0, 0, 0]);
    });

    it('S29: cost no statement; one that looks like a stored one costs one look at an index', async () => {
      const statements = async (token: string) => (await leastWork(database, () => show(token))).statements;
      for (let index = 0; index < 3; index++) expect(await statements(garbage(index))).toBe(0);
      for (const prefix of ['sess_', 'ak_', 'lk_', 'pyth_']) expect(await statements(`${prefix}${'0'.repeat(64)}`)).toBeLessThanOrEqual(1);
    });
  });
});

/** Counts whatever touches a password. */
function counting(service: Service, hashes: { count: number }): Service {
  const { passwords } = service.ports;
  const hash = (password: string) => (hashes.count++, passwords.hash(password));
  const verify = (password: string, stored: string) => (hashes.count++, passwords.verify(password, stored));
  return { ...service, ports: { ...service.ports, passwords: { ...passwords, hash, verify } } };
}
