import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const V1 = { 'X-API-Version': 'v1' };

type Tokens = { access: string; refresh: string };

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    await server.createAccount({ email: 'ada@example.com', password: PASSWORD });
    await server.createAccount({ email: 'bob@example.com', password: PASSWORD });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const post = (path: string, body: object, headers: Record<string, string> = {}) => server.send('POST', path, { body, headers });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const login = (path: string, email = 'ada@example.com') => post(path, { email, password: PASSWORD }, V1);
  const tokensIn = ({ body }: Answer): Tokens => {
    const { access_token, accessToken, token, refresh_token, refreshToken } = body as Record<string, string>;
    return { access: access_token ?? accessToken ?? token ?? '', refresh: refresh_token ?? refreshToken ?? '' };
  };
  const later = (seconds: number, sid: string) =>
    database.source.query(`UPDATE sessions SET renewed_at = renewed_at - make_interval(secs => $1) WHERE id = $2`, [seconds, sid]);

  /** The three dialects that have refresh tokens: how one logs in, refreshes, and what a bad token is answered with. */
  const REFRESHING: { dialect: string; login: string; refresh(token: string): Promise<Answer>; refused: object }[] = [
    {
      dialect: 'pixyle',
      login: '/auth/v1/token',
      refresh: (token) => server.send('POST', '/auth/v1/refresh', { headers: bearer(token) }),
      refused: { status: 401, body: { error: 'Missing or invalid refresh token' } },
    },
    {
      dialect: 'puppilot',
      login: '/auth/login',
      refresh: (token) => post('/auth/refresh-token', { token }, V1),
      refused: { status: 401, body: { detail: 'Invalid or expired token' } },
    },
    {
      dialect: 'flashback',
      login: '/user/login',
      refresh: (refreshToken) => post('/user/refresh', { refreshToken }),
      refused: { status: 401, body: { success: false, error_code: 'INVALID_REFRESH_TOKEN', message: 'The refresh token is not valid' } },
    },
  ];

  describe.each(REFRESHING)('a refresh token of $dialect', (api) => {
    const signIn = async () => tokensIn(await login(api.login));

    it('buys the next tokens of the same session, and no second row', async () => {
      const first = await signIn();
      const before = await database.source.query('SELECT count(*) FROM sessions');

      const answer = await api.refresh(first.refresh);

      expect(answer.status).toBe(200);
      const second = tokensIn(answer);
      expect(second.refresh).not.toBe(first.refresh);
      expect(decodeJwt(second.access)).toMatchObject({ sid: decodeJwt(first.access).sid, sub: decodeJwt(first.access).sub });
      expect(decodeJwt(second.refresh).gen).toBe(2);
      expect(await database.source.query('SELECT count(*) FROM sessions')).toEqual(before);
    });

    it('S28: sent by fifty at once has exactly one successor, and nobody is signed out', async () => {
      const { refresh } = await signIn();

      const answers = await Promise.all(Array.from({ length: 50 }, () => api.refresh(refresh)));

      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const successors = new Set(answers.map((answer) => tokensIn(answer).refresh));
      expect(successors.size).toBe(1);
      expect((await api.refresh([...successors][0] ?? '')).status).toBe(200);
    });

    it('S27: that comes again after the grace ends its session, which is recorded', async () => {
      const first = await signIn();
      const second = tokensIn(await api.refresh(first.refresh));
      await later(11, String(decodeJwt(first.refresh).sid));

      expect(await api.refresh(first.refresh)).toMatchObject(api.refused);
      expect(await api.refresh(second.refresh)).toMatchObject(api.refused);
      const recorded = await database.source.query(
        `SELECT action, outcome, reason FROM audit_events WHERE dialect = $1 AND account_id = $2 ORDER BY id DESC LIMIT 2`,
        [api.dialect, decodeJwt(first.refresh).sub],
      );
      expect(recorded).toEqual([
        { action: 'session.refreshed', outcome: 'failure', reason: 'refresh_token_invalid' },
        { action: 'refresh_token.reused', outcome: 'failure', reason: 'refresh_token_reused' },
      ]);
    });

    it('S27: of two generations ago ends its session, grace or not', async () => {
      const first = await signIn();
      const second = tokensIn(await api.refresh(first.refresh));
      const third = tokensIn(await api.refresh(second.refresh));

      expect(await api.refresh(first.refresh)).toMatchObject(api.refused);
      expect(await api.refresh(third.refresh)).toMatchObject(api.refused);
    });

    it('is good for nothing when the account is banned, and stays so', async () => {
      const email = `banned-${api.dialect}@example.com`;
      await server.createAccount({ email, password: PASSWORD });
      const { refresh } = tokensIn(await login(api.login, email));
      await server.setStatus(email, 'banned');
      expect(await api.refresh(refresh)).toMatchObject(api.refused);
      await server.setStatus(email, 'active');
      expect(await api.refresh(refresh)).toMatchObject(api.refused);
    });

    it('S22: never lives past the absolute end of its session', async () => {
      const { refresh } = await signIn();
      const { sid } = decodeJwt(refresh);
      await database.source.query(`UPDATE sessions SET expires_at = now() + interval '90 seconds' WHERE id = $1`, [sid]);

      const { access, refresh: next } = tokensIn(await api.refresh(refresh));

      for (const token of [access, next]) expect(decodeJwt(token).exp - Date.now() / 1000).toBeLessThanOrEqual(90);
    });

    it.each(['pixyle', 'puppilot', 'flashback'])('is refused where it is none: of %s, or an access token', async (other) => {
      const source = REFRESHING.find(({ dialect }) => dialect === other);
      const tokens = tokensIn(await login(source?.login ?? ''));

      expect(await api.refresh(tokens.access)).toMatchObject(api.refused);
      if (other !== api.dialect) expect(await api.refresh(tokens.refresh)).toMatchObject(api.refused);
    });

    it.each(['x', 'a.b.c', `${'x'.repeat(3000)}`])('is refused when it is no token at all', async (token) => {
      expect(await api.refresh(token)).toMatchObject(api.refused);
    });
  });

  describe('Pyth-On', () => {
    it('200: a live token gives a fresh one, with a life of its own, and stays good', async () => {
      const { access } = tokensIn(await login('/api/login'));
      await later(3600, decodeJwt(access).sid);

      const answer = await server.send('POST', '/api/refresh', { headers: bearer(access) });

      expect(answer.status).toBe(200);
      const fresh = tokensIn(answer).access;
      expect(decodeJwt(fresh).sid).toBe(decodeJwt(access).sid);
      for (const token of [access, fresh]) expect((await server.send('POST', '/api/verify', { headers: bearer(token) })).status).toBe(200);
    });

    it('401: an API key, and no token, refresh nothing', async () => {
      const { apiKey } = (await login('/api/login')).body as { apiKey: string };

      for (const headers of [bearer(apiKey), { 'x-api-key': apiKey }, {}] as Record<string, string>[]) {
        expect(await server.send('POST', '/api/refresh', { headers })).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      }
    });
  });

  describe('px0', () => {
    const me = (token: string) => server.send('GET', '/v1/auth/me', { headers: bearer(token) });

    it('200, then 204, then 401: the token tells whose it is until it is logged out, and no other token ends with it', async () => {
      const [first, second] = [tokensIn(await login('/v1/auth/login')).access, tokensIn(await login('/v1/auth/login')).access];
      expect(await me(first)).toMatchObject({ status: 200, body: { user: { email: 'ada@example.com', is_verified: true } } });

      expect((await server.send('DELETE', '/v1/auth/session', { headers: bearer(first) })).status).toBe(204);

      expect(await me(first)).toMatchObject({ status: 401, body: { error: 'unauthorized' } });
      expect((await me(second)).status).toBe(200);
    });

    it.each<Record<string, string>>([{}, { authorization: 'garbage' }, bearer('sess_x'), bearer(`sess_${'0'.repeat(64)}`)])(
      '204: logging out with %j is no error',
      async (headers) => {
        expect(await server.send('DELETE', '/v1/auth/session', { headers })).toMatchObject({ status: 204, body: undefined });
      },
    );

    it('401: a signed token of another dialect is none here', async () => {
      expect((await me(tokensIn(await login('/auth/v1/token')).access)).status).toBe(401);
    });
  });

  describe('Pixyle', () => {
    const revokeAccess = (token: string) => server.send('DELETE', '/auth/v1/revoke_access', { headers: bearer(token) });

    it('ends one access token, and neither another one nor the refresh token', async () => {
      const first = tokensIn(await login('/auth/v1/token'));
      const second = tokensIn(await server.send('POST', '/auth/v1/refresh', { headers: bearer(first.refresh) }));

      expect(await revokeAccess(first.access)).toMatchObject({ status: 200, body: { msg: 'Access token revoked' } });
      expect(await revokeAccess(first.access)).toMatchObject({ status: 401, body: { error: 'Missing or invalid access token' } });
      expect((await server.send('POST', '/auth/v1/refresh', { headers: bearer(second.refresh) })).status).toBe(200);
      expect((await revokeAccess(second.access)).status).toBe(200);
    });

    it('401: a refresh token is no access token to revoke', async () => {
      expect((await revokeAccess(tokensIn(await login('/auth/v1/token')).refresh)).status).toBe(401);
    });

    it('ends a whole login by its refresh token, once', async () => {
      const { access, refresh } = tokensIn(await login('/auth/v1/token'));
      const revoke = () => server.send('DELETE', '/auth/v1/revoke_refresh', { headers: bearer(refresh) });

      expect(await revoke()).toMatchObject({ status: 200, body: { msg: 'Refresh token revoked' } });
      expect((await revoke()).status).toBe(401);
      expect((await revokeAccess(access)).status).toBe(401);
    });
  });

  describe('Puppilot', () => {
    it('refreshes with an expired bearer of the same account, and with none of another account or none at all that is ours', async () => {
      const refreshWith = async (authorization?: string) => {
        const { refresh } = tokensIn(await login('/auth/login'));
        return (await post('/auth/refresh-token', { token: refresh }, { ...V1, ...(authorization && { authorization }) })).status;
      };
      const own = tokensIn(await login('/auth/login')).access;
      const bobs = tokensIn(await login('/auth/login', 'bob@example.com')).access;

      expect(await refreshWith()).toBe(200);
      expect(await refreshWith(`Bearer ${own}`)).toBe(200);
      expect(await refreshWith(`Bearer ${bobs}`)).toBe(401);
      expect(await refreshWith('Bearer nonsense')).toBe(401);
      expect(await refreshWith(`Bearer ${tokensIn(await login('/auth/v1/token')).access}`)).toBe(401);
    });

    it('shows whose the token is at /users/me, and wants the version there, too', async () => {
      const { access } = tokensIn(await login('/auth/login'));

      const answer = await server.send('GET', '/users/me', { headers: { ...V1, ...bearer(access) } });
      expect(answer).toMatchObject({ status: 200, body: { email: 'ada@example.com', public_id: decodeJwt(access).sub } });
      expect((await server.send('GET', '/users/me', { headers: bearer(access) })).status).toBe(400);
      expect((await server.send('GET', '/users/me', { headers: V1 })).status).toBe(401);
    });
  });

  describe('Flashback', () => {
    const signIn = async () => tokensIn(await login('/user/login')).refresh;

    it('takes the refresh token under both of its names, with the successor under both of its names, too', async () => {
      const answer = await post('/user/refresh', { refresh_token: await signIn() });
      const { accessToken, token, expiresAt } = answer.body as Record<string, string>;

      expect(answer.status).toBe(200);
      expect(token).toBe(accessToken);
      expect(expiresAt).toBe(decodeJwt(accessToken).exp);
      const same = await signIn();
      expect((await post('/user/refresh', { refresh_token: same, refreshToken: same })).status).toBe(200);
    });

    it.each(['/user/refresh', '/user/logout'])('400: %s with two different tokens, or with none', async (path) => {
      const invalid = { status: 400, body: { success: false, error_code: 'VALIDATION_ERROR', message: 'The request is not valid' } };

      expect(await post(path, { refresh_token: await signIn(), refreshToken: await signIn() })).toMatchObject(invalid);
      expect(await post(path, {})).toMatchObject(invalid);
    });

    it('signs out: the session has ended, its refresh token too', async () => {
      const refreshToken = await signIn();

      expect(await post('/user/logout', { refresh_token: refreshToken })).toMatchObject({ status: 200, body: { success: true } });
      expect((await post('/user/refresh', { refreshToken })).status).toBe(401);
      expect((await post('/user/logout', { refreshToken })).status).toBe(401);
    });

    it('401: an expired refresh token is told apart, and ends nothing', async () => {
      const refreshToken = await signIn();
      const { sid } = decodeJwt(refreshToken);
      const { tokens } = server.service.ports;
      const [row] = await database.source.query('SELECT * FROM sessions WHERE id = $1', [sid]);
      const past = new Date(Date.now() - 1000);
      const expired = tokens.signRefreshToken({
        ...row,
        accountId: row.account_id,
        renewedAt: row.renewed_at,
        idleExpiresAt: past,
        expiresAt: past,
      });

      expect(await post('/user/refresh', { refreshToken: expired })).toMatchObject({
        status: 401,
        body: { error_code: 'REFRESH_TOKEN_EXPIRED' },
      });
      expect((await post('/user/refresh', { refreshToken })).status).toBe(200);
    });
  });
});
