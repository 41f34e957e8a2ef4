import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Service } from '../../src/cli/service.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { startServer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const V1 = { 'X-API-Version': 'v1' };
const PEOPLE = 8;
const MAX_DELAY_MS = 20;

/** Every credential's check takes its time, each another one, so that later ones overtake earlier ones. */
function withSlowChecks(service: Service): Service {
  const slow =
    <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) =>
    async (...args: Args) => {
      await sleep(Math.random() * MAX_DELAY_MS);
      return method(...args);
    };
  const { sessions, apiKeys } = service.ports;
  return {
    ...service,
    ports: {
      ...service.ports,
      revocations: { hasEnded: () => null },
      sessions: { ...sessions, isLive: slow(sessions.isLive), findLiveByOpaqueToken: slow(sessions.findLiveByOpaqueToken) },
      apiKeys: { ...apiKeys, findLiveByHash: slow(apiKeys.findLiveByHash) },
    },
  };
}

/** A credential, where it is shown, and whose address the answer must tell; null: nobody's. */
interface Shown {
  path: string;
  token: string;
  email: string | null;
}

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  const shown: Shown[] = [];
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database, { change: withSlowChecks });
    for (let person = 0; person < PEOPLE; person++) {
      const email = `person-${person}@example.com`;
      await server.createAccount({ email, password: PASSWORD });
      const signIn = async (path: string) =>
        (await server.send('POST', path, { body: { email, password: PASSWORD }, headers: V1 })).body as Record<string, string>;
      const { token = '' } = await signIn('/v1/auth/login');
      const { access_token = '' } = await signIn('/auth/login');
      const { accessToken = '' } = await signIn('/latchkey/v1/sessions');
      const body = { name: 'a program', scopes: ['account:read'] };
      const made = await server.send('POST', '/latchkey/v1/api-keys', { headers: { authorization: `Bearer ${accessToken}` }, body });
      const { key } = made.body as { key: string };
      shown.push({ path: '/v1/auth/me', token, email }, { path: '/users/me', token: access_token, email });
      shown.push({ path: '/latchkey/v1/account', token: key, email }, { path: '/latchkey/v1/account', token: accessToken, email });
    }
    shown.push({ path: '/v1/auth/me', token: `sess_${'0'.repeat(64)}`, email: null });
    shown.push({ path: '/latchkey/v1/account', token: `lk_${'0'.repeat(64)}`, email: null });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  it('of many requests at once, each is answered, and for its own credential alone', async () => {
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        [...shown, ...shown].map(async ({ path, token, email }) => {
          const { status, body } = await server.send('GET', path, { headers: { ...V1, authorization: `Bearer ${token}` } });
          const told = /[\w-]+@example\.com/.exec(JSON.stringify(body))?.[0] ?? null;
          return { path, expected: [email === null ? 401 : 200, email], found: [status, told] };
        }),
      );

      expect(answers.filter(({ expected, found }) => String(expected) !== String(found))).toEqual([]);
    }
  });
});
