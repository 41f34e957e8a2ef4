import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '../../src/db/database.js';
import { APIS, bearer, PASSWORD, signIn, type Api } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { nativeApi, type Native } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';

const ROUNDS = 100;
const TRIES_PER_ROUND = 100;
const AT_ONCE = 25;
const PATIENCE_MS = 300_000; // ten thousand requests take their time on a busy machine
/** By then every process refuses what has ended: it asks the database itself when it has heard nothing for nine tenths of that. */
const BOUND_MS = 1000;

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let revoker: string;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    const { accessToken } = await native.newcomer('operator@example.com', { operator: true });
    const made = await native.call('POST', '/api-keys', { token: accessToken, body: { name: 'CI', scopes: ['tokens:revoke'] } });
    revoker = (made.body as { key: string }).key;
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  /** Every way in which a token comes to an end before its time, whichever API it is of. */
  const ENDS: Record<string, (email: string, token: string) => Promise<unknown>> = {
    revoked: (_email, token) => native.call('POST', '/revoke', { token: revoker, form: { token } }),
    banned: (email) => server.setStatus(email, 'banned'),
    async 'ended by its owner elsewhere'(email) {
      const { accessToken } = await native.signIn(email);
      expect((await native.call('POST', '/sessions/end', { token: accessToken, body: { which: 'all' } })).status).toBe(200);
    },
    async 'deleted with its account'(email) {
      const { accessToken } = await native.signIn(email);
      const body = { currentPassword: PASSWORD };
      expect((await native.call('POST', '/account/deletion', { token: accessToken, body })).status).toBe(204);
    },
  };
  const ways = Object.keys(ENDS);

  async function openedToken(api: Api, email: string): Promise<string> {
    await server.createAccount({ email, password: PASSWORD });
    return (await signIn(server, api, email)).access;
  }
  /** Not by the checking client: these are many. */
  async function statusAt(at: TestServer, { ask: [method, path] }: Api, token: string): Promise<number> {
    const response = await fetch(at.url + path, { method, headers: bearer(token) });
    await response.arrayBuffer();
    return response.status;
  }

  it(
    'S23: of 10,000 requests with a token that has just ended, none is let in',
    async () => {
      const statuses = new Map<number, number>();
      for (let round = 0; round < ROUNDS; round++) {
        const api = APIS[round % APIS.length] as Api;
        const email = `round-${round}@example.com`;
        const token = await openedToken(api, email);
        await ENDS[ways[round % ways.length] as string]?.(email, token);

        for (let sent = 0; sent < TRIES_PER_ROUND; sent += AT_ONCE) {
          const burst = Array.from({ length: AT_ONCE }, () => statusAt(server, api, token));
          for (const status of await Promise.all(burst)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }

      expect([...statuses]).toEqual([[401, ROUNDS * TRIES_PER_ROUND]]);
    },
    PATIENCE_MS,
  );

  if (kind.kind !== 'PostgreSQL') return;

  describe('with another process on the same database', () => {
    let there: TestServer;
    let thereDatabase: Database;
    beforeAll(async () => {
      thereDatabase = await openDatabase(database.location);
      there = await startServer(thereDatabase);
    });
    afterAll(async () => {
      await there.close();
      await thereDatabase.close();
    });

    it.each(ways)('S23: no request that comes there a second after a token was %s is let in', async (way) => {
      for (const api of APIS.filter(({ dialect }) => dialect !== 'pixyle')) {
        const email = `${api.dialect}-${way.replaceAll(' ', '-')}@example.com`;
        const token = await openedToken(api, email);
        expect(await statusAt(there, api, token)).toBe(200);
        await ENDS[way]?.(email, token);
        const endedAt = performance.now();

        let refusals = 0;
        while (refusals < TRIES_PER_ROUND) {
          const askedAt = performance.now();
          const status = await statusAt(there, api, token);
          if (status === 401) refusals++;
          else expect([status, refusals, askedAt - endedAt < BOUND_MS]).toEqual([200, 0, true]); // and once refused, for ever
        }
      }
    });
  });
});
