import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '../../src/db/database.js';
import { onEveryDatabase, onServer, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const NEW_PASSWORD = 'close sesame, please';
const V1 = { 'X-API-Version': 'v1' };
/** Far more than the feed may be behind; what it is in fact is printed. */
const PATIENCE_MS = 5_000;

interface Tokens {
  access: string;
  refresh: string;
}

const bearer = (token: string) => ({ ...V1, authorization: `Bearer ${token}` });
const me = (server: TestServer, token: string) => server.send('GET', '/users/me', { headers: bearer(token) });
const tokensIn = ({ body }: Answer): Tokens => {
  const { access_token, refresh_token } = body as Record<string, string>;
  return { access: access_token ?? '', refresh: refresh_token ?? '' };
};
async function signIn(server: TestServer, email: string): Promise<Tokens> {
  return tokensIn(await server.send('POST', '/auth/login', { body: { email, password: PASSWORD }, headers: V1 }));
}

/** Every way in which a session of Puppilot, whose token checks are signed, comes to an end. */
const ENDS: Record<string, (server: TestServer, email: string, tokens: Tokens) => Promise<void>> = {
  'its account is banned': (server, email) => server.setStatus(email, 'banned'),
  'its account is deleted': (server, email) => server.setStatus(email, 'deleted'),
  async 'its password is changed elsewhere'(server, email) {
    const other = await signIn(server, email);
    const body = { old_password: PASSWORD, new_password: NEW_PASSWORD };
    expect((await server.send('PATCH', '/users/change-password', { headers: bearer(other.access), body })).status).toBe(200);
  },
  async 'its password is reset'(server, email) {
    await server.send('POST', '/auth/request-password-reset', { body: { email }, headers: V1 });
    const mail = server.mails.at(-1);
    const body = { token: mail?.kind === 'password reset' ? mail.token : '', new_password: NEW_PASSWORD };
    expect((await server.send('POST', '/auth/reset-password', { body, headers: V1 })).status).toBe(200);
  },
  async 'its refresh token comes again too late'(server, _email, { access, refresh }) {
    const again = () => server.send('POST', '/auth/refresh-token', { body: { token: refresh }, headers: V1 });
    expect((await again()).status).toBe(200);
    await ageSession(server, decodeJwt(access).sid);
    expect((await again()).status).toBe(401);
  },
};

const databases = new Map<TestServer, Database>();
const ageSession = (server: TestServer, sid: string) =>
  databases.get(server)?.source.query(`UPDATE sessions SET renewed_at = renewed_at - interval '11 seconds' WHERE id = $1`, [sid]);

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    databases.set(server, database);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const emailFor = (what: string, where: string) => `${what.replaceAll(' ', '-')}-${where}@example.com`;

  describe('an access token', () => {
    it.each(Object.entries(ENDS))('S23: is refused on the very next request after %s', async (what, end) => {
      const email = emailFor(what, 'here');
      await server.createAccount({ email, password: PASSWORD });
      const tokens = await signIn(server, email);
      expect((await me(server, tokens.access)).status).toBe(200);

      await end(server, email, tokens);

      expect((await me(server, tokens.access)).status).toBe(401);
    });

    it('is checked without a query while the feed is up', async () => {
      await server.createAccount({ email: 'unqueried@example.com', password: PASSWORD });
      const { body } = await server.send('POST', '/api/login', { body: { email: 'unqueried@example.com', password: PASSWORD } });
      const check = () => server.send('POST', '/api/verify', { headers: bearer((body as { token: string }).token) });
      await untilQuiet(database, check);

      expect(await queriesOf(database, check)).toBe(0);
    });
  });

  it('a refresh takes one statement', async () => {
    await server.createAccount({ email: 'statements@example.com', password: PASSWORD });
    let { refresh } = await signIn(server, 'statements@example.com');
    const next = async () => {
      ({ refresh } = tokensIn(await server.send('POST', '/auth/refresh-token', { body: { token: refresh }, headers: V1 })));
    };

    expect(await queriesOf(database, next)).toBe(1);
    expect(refresh).not.toBe('');
  });

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
    /** Waits until the other process refuses the token. @returns how long that took, in milliseconds. */
    async function refusedThere(token: string): Promise<number> {
      const since = performance.now();
      while ((await me(there, token)).status !== 401) expect(performance.now() - since).toBeLessThan(PATIENCE_MS);
      return performance.now() - since;
    }

    it.each(Object.entries(ENDS))('S23: a token is refused there, too, after %s', async (what, end) => {
      const email = emailFor(what, 'there');
      await server.createAccount({ email, password: PASSWORD });
      const tokens = await signIn(server, email);
      expect((await me(there, tokens.access)).status).toBe(200);

      await end(server, email, tokens);

      const delayMs = await refusedThere(tokens.access);
      console.info(`another process refused it ${delayMs.toFixed(1)} ms later`);
    });

    it('S23: a token is refused by a process that started afterwards', async () => {
      await server.createAccount({ email: 'restart@example.com', password: PASSWORD });
      const { access } = await signIn(server, 'restart@example.com');
      await server.setStatus('restart@example.com', 'banned');
      await server.setStatus('restart@example.com', 'active');

      const restartedDatabase = await openDatabase(database.location);
      const restarted = await startServer(restartedDatabase);
      try {
        for (let request = 0; request < 20; request++) expect((await me(restarted, access)).status).toBe(401);
      } finally {
        await restarted.close();
        await restartedDatabase.close();
      }
    });

    it('S23: a token is refused there though the feed was cut before, and on each request until it is up again', async () => {
      await server.createAccount({ email: 'cut@example.com', password: PASSWORD });
      const { access } = await signIn(server, 'cut@example.com');
      expect((await me(there, access)).status).toBe(200);

      await onServer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchkey revocation feed'`,
        databaseName(database),
      );
      await server.setStatus('cut@example.com', 'banned');

      await refusedThere(access);
      for (let request = 0; request < 100; request++) expect((await me(there, access)).status).toBe(401);
    });
  });
});

function databaseName({ location }: TestDatabase): string {
  return 'url' in location ? new URL(location.url).pathname.slice(1) : '';
}

/** How many statements something takes: the least of three times, as who delivers mails asks for some now and then. */
async function queriesOf(database: Database, what: () => Promise<unknown>): Promise<number> {
  const counts = [];
  for (let time = 0; time < 3; time++) counts.push(await queriesDuring(database, what));
  return Math.min(...counts);
}

/** Each statement takes a query runner. */
async function queriesDuring({ source }: Database, what: () => Promise<unknown>): Promise<number> {
  const create = source.createQueryRunner.bind(source);
  let count = 0;
  source.createQueryRunner = (...mode) => {
    count++;
    return create(...mode);
  };
  try {
    await what();
  } finally {
    source.createQueryRunner = create;
  }
  return count;
}

/** The first checks after a start, and after something ended, ask the database. */
async function untilQuiet(database: Database, what: () => Promise<unknown>): Promise<void> {
  while ((await queriesDuring(database, what)) > 0);
}
