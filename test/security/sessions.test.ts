import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { APIS, ask, bearer, PASSWORD, signIn, tokensIn, type Api, type Tokens } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const DAY_SECONDS = 24 * 3600;
const named = (apis: Api[]) => apis.map((api): [string, Api] => [api.dialect, api]);
const REFRESHING = APIS.filter(({ refreshing }) => refreshing.length > 0);
/** A session's life, in Unix seconds. */
type Life = { id: string; created: number; idle: number; absolute: number };

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let people = 0;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  /** Somebody of their own for a test, signed in. */
  async function newcomer(api: Api): Promise<Tokens & { email: string }> {
    const email = `person-${++people}@example.com`;
    await server.createAccount({ email, password: PASSWORD });
    return { ...(await signIn(server, api, email)), email };
  }
  const sessionsOf = (email: string): Promise<Life[]> =>
    database.source.query(
      `SELECT sessions.id, extract(epoch FROM sessions.created_at)::float8 AS created, extract(epoch FROM idle_expires_at)::float8 AS idle,
         extract(epoch FROM expires_at)::float8 AS absolute
       FROM sessions JOIN accounts ON accounts.id = account_id WHERE email = $1 ORDER BY sessions.created_at`,
      [email],
    );
  const lifeOf = async (email: string) => (await sessionsOf(email))[0] as Life;
  const age = (column: string, id: string, by: string) =>
    database.source.query(`UPDATE sessions SET ${column} = now() + $2::interval WHERE id = $1`, [id, by]);
  const refresh = ({ refreshing: [how] }: Api, token: string): Promise<Answer> => {
    if (!how) throw new Error('this API has no refresh tokens');
    return server.send(...how.operation, how.sent(token));
  };
  /** However this API renews a session. */
  const renew = (api: Api, { access, refresh: token }: Tokens): Promise<Answer> =>
    api.dialect === 'pyth-on' ? server.send('POST', '/api/refresh', { headers: bearer(access) }) : refresh(api, token);

  describe.each(named(APIS))('a login through %s', (dialect, api) => {
    const isGood = async (token: string) => (await ask(server, api, token)).status === 200;

    it('S21: is a new session, whatever is sent along; the one that was shown goes on, but for the native API', async () => {
      const { email, access } = await newcomer(api);

      const second = await signIn(server, api, email, { ...bearer(access), cookie: `session=${access}; sid=${access}` });

      const [first, next] = await sessionsOf(email);
      expect(second.access).not.toBe(access);
      expect(next === undefined).toBe(dialect === 'latchkey'); // there, who signs in again has done with the first
      expect(first?.id).toBe(sidOf(dialect === 'latchkey' ? second.access : access) ?? first?.id);
      expect(await isGood(second.access)).toBe(true);
      expect(await isGood(access)).toBe(dialect !== 'latchkey');
    });

    if (dialect !== 'pixyle') {
      it('S21: takes no id of a session or a token from its body', async () => {
        const { email, access } = await newcomer(api);
        const fixed = { sid: sidOf(access), session_id: access, sessionId: access, jti: access, token: access, accessToken: access };
        const body = { email, password: PASSWORD, ...fixed };

        const second = tokensIn(await server.send('POST', api.login, { body, headers: { 'X-API-Version': 'v1' } }));

        expect(second.access).not.toBe(access);
        expect(new Set((await sessionsOf(email)).map(({ id }) => id)).size).toBe(2);
      });
    }

    it('S22: ends within thirty days whatever happens, and no token of it comes to its end later', async () => {
      const { email, access, refresh: token } = await newcomer(api);
      const { created, idle, absolute } = await lifeOf(email);

      expect(absolute - created).toBeLessThanOrEqual(30 * DAY_SECONDS);
      expect(idle).toBeLessThanOrEqual(absolute);
      for (const each of [access, token].filter((text) => text.includes('.'))) expect(decodeJwt(each).exp).toBeLessThanOrEqual(idle);
    });

    it.each(['idle_expires_at', 'expires_at'])('S22: is over at its %s, and cannot be renewed', async (column) => {
      const { email, ...tokens } = await newcomer(api);
      await age(column, (await lifeOf(email)).id, '-1 millisecond');

      if (dialect === 'px0') expect(await isGood(tokens.access)).toBe(false);
      else expect((await renew(api, tokens)).status).toBe(401);
    });

    if (dialect !== 'px0') {
      it('S22: is renewed as often as one likes, and its end stays where it is; so do those of its tokens', async () => {
        const { email, ...first } = await newcomer(api);
        const { id } = await lifeOf(email);
        await age('expires_at', id, '90 seconds');
        const { absolute } = await lifeOf(email);

        let tokens: Tokens = first;
        for (let time = 0; time < 5; time++) {
          tokens = tokensIn(await renew(api, tokens));
          for (const token of [tokens.access, tokens.refresh].filter(Boolean)) expect(decodeJwt(token).exp).toBeLessThanOrEqual(absolute);
        }

        expect(await lifeOf(email)).toMatchObject({ id, absolute });
      });
    }
  });

  it("S22: lives a year through Pixyle's permanent_login alone, with access tokens of an hour", async () => {
    const email = 'permanent@example.com';
    await server.createAccount({ email, password: PASSWORD });
    const body = { email, password: PASSWORD, permanent_login: true };
    const { access } = tokensIn(await server.send('POST', '/auth/v1/token', { body }));
    const { created, absolute } = await lifeOf(email);

    expect(absolute - created).toBe(365 * DAY_SECONDS);
    expect(decodeJwt(access).exp - decodeJwt(access).iat).toBe(3600);
  });

  describe.each(named(REFRESHING))('a refresh token of %s', (_dialect, api) => {
    it('S28: that is sent by fifty at once leaves exactly one that is good', async () => {
      const { email, refresh: token } = await newcomer(api);

      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(api, token)));

      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const [successor = '', ...others] = new Set(answers.map((answer) => tokensIn(answer).refresh));
      expect(others).toEqual([]);
      expect(await generationOf(email)).toBe(2);
      expect((await refresh(api, successor)).status).toBe(200);
      expect((await refresh(api, token)).status).toBe(401); // two generations ago
    });

    it('S27: is good once: when it comes again too late, its session has ended with all of its tokens, which is recorded', async () => {
      const { email, access, refresh: token } = await newcomer(api);
      const next = tokensIn(await refresh(api, token));
      await age('renewed_at', (await lifeOf(email)).id, '-11 seconds');

      expect((await refresh(api, token)).status).toBe(401);

      expect((await refresh(api, next.refresh)).status).toBe(401);
      for (const each of [access, next.access]) expect(await ask(server, api, each)).toMatchObject(api.refused);
      expect(await sessionsOf(email)).toEqual([]);
      const sql = `SELECT dialect FROM audit_events JOIN accounts ON accounts.id = account_id WHERE email = $1 AND action = 'refresh_token.reused'`;
      expect(await database.source.query(sql, [email])).toEqual([{ dialect: api.dialect }]);
    });
  });

  async function generationOf(email: string): Promise<number> {
    const sql = 'SELECT generation FROM sessions JOIN accounts ON accounts.id = account_id WHERE email = $1';
    const [row] = await database.source.query(sql, [email]);
    return row.generation;
  }
});

/** The session that a signed token names; an opaque one names none. */
function sidOf(token: string): string | undefined {
  return token.includes('.') ? decodeJwt(token).sid : undefined;
}
