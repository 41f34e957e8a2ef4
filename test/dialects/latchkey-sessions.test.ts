import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LatchkeySession } from '../../generated/client/types.gen.js';
import type { Service } from '../../src/cli/service.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { invalid, nativeApi, PASSWORD, problem, walk, type Native } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    await native.createAccount('ada@example.com');
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const isGood = async (token: string) => (await native.call('GET', '/account', { token })).status === 200;
  const refresh = (refreshToken: string) => native.call('POST', '/sessions/refresh', { body: { refreshToken } });
  const list = (token: string, limit = 100) => walk<LatchkeySession>((query) => native.call('GET', `/sessions?${query}`, { token }), limit);

  describe('POST /latchkey/v1/sessions', () => {
    it('200: both tokens with their ends, the session and the account', async () => {
      const { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt, session, account } =
        await native.signIn('ADA@example.com');

      expect(decodeJwt(accessToken)).toMatchObject({ aud: 'latchkey', sub: account.id, sid: session.id });
      expect(decodeJwt(accessToken).exp * 1000).toBe(Date.parse(accessTokenExpiresAt));
      expect(decodeJwt(refreshToken).exp * 1000).toBe(Date.parse(refreshTokenExpiresAt));
      expect(Date.parse(accessTokenExpiresAt) - Date.now()).toBeLessThanOrEqual(15 * 60_000);
    });

    it('401: an unknown address, a wrong password and none set are answered alike', async () => {
      await native.createAccount('no-password@example.com', { password: null });
      for (const email of ['nobody@example.com', 'ada@example.com', 'no-password@example.com']) {
        const answer = await native.call('POST', '/sessions', { body: { email, password: 'a guess of some sort' } });
        expect({ ...(answer.body as object), instance: '' }).toEqual({
          type: 'about:blank',
          title: 'Unauthorized',
          status: 401,
          detail: 'The e-mail address and the password do not belong together.',
          instance: '',
          code: 'invalid_credentials',
        });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
    });

    it.each(['inactive', 'banned', 'deleted'] as const)('403: an account that is %s, to who knows the password', async (status) => {
      await native.createAccount(`${status}@example.com`, { status });
      const code = status === 'inactive' ? 'account_inactive' : `account_${status}`;

      expect(await native.call('POST', '/sessions', { body: { email: `${status}@example.com`, password: PASSWORD } })).toMatchObject(
        problem(403, code),
      );
    });

    it('S21: ends the session whose token is sent along, once the sign-in is good and not before', async () => {
      const first = await native.signIn('ada@example.com');
      const wrong = { email: 'ada@example.com', password: 'a guess of some sort' };
      expect((await native.call('POST', '/sessions', { token: first.accessToken, body: wrong })).status).toBe(401);
      expect(await isGood(first.accessToken)).toBe(true);

      const second = await native.signIn('ada@example.com', { token: first.accessToken });

      expect(second.session.id).not.toBe(first.session.id);
      expect(await isGood(first.accessToken)).toBe(false);
      expect(await isGood(second.accessToken)).toBe(true);
      expect((await refresh(first.refreshToken)).status).toBe(401);
    });

    it('S21: ignores an Authorization header that is not good, of another API, or an API key, which stay as they are', async () => {
      const px0 = (await server.send('POST', '/v1/auth/login', { body: { email: 'ada@example.com', password: PASSWORD } })).body;
      const { token } = px0 as { token: string };
      const made = await native.call('POST', '/api-keys', {
        token: (await native.signIn('ada@example.com')).accessToken,
        body: { name: 'CI', scopes: ['account:read'] },
      });
      const { key } = made.body as { key: string };
      for (const authorization of ['garbage', 'Basic eDp5', 'Bearer x', 'Bearer a.b.c', `Bearer ${token}`, `Bearer ${key}`]) {
        const body = { email: 'ada@example.com', password: PASSWORD };
        expect((await native.call('POST', '/sessions', { body, headers: { authorization } })).status).toBe(200);
      }

      expect((await server.send('GET', '/v1/auth/me', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
      expect(await isGood(key)).toBe(true);
    });
  });

  describe('POST /latchkey/v1/sessions/refresh', () => {
    it('200: the next tokens of the same session; the same ones again within ten seconds', async () => {
      const first = await native.signIn('ada@example.com');
      const [second, again] = [await refresh(first.refreshToken), await refresh(first.refreshToken)];

      expect(second).toMatchObject({ status: 200, body: { session: first.session, account: first.account } });
      expect((again.body as typeof first).refreshToken).toBe((second.body as typeof first).refreshToken);
      expect(await isGood((second.body as typeof first).accessToken)).toBe(true);
    });

    it('S27: 401: a token that was used before ends its session', async () => {
      const { refreshToken, session, accessToken } = await native.signIn('ada@example.com');
      await refresh(refreshToken);
      await database.source.query(`UPDATE sessions SET renewed_at = renewed_at - interval '11 seconds' WHERE id = $1`, [session.id]);

      expect(await refresh(refreshToken)).toMatchObject(problem(401, 'refresh_token_reused'));
      expect(await isGood(accessToken)).toBe(false);
    });

    it('401: an access token, one of another API, one that has expired, and what is none', async () => {
      const { accessToken, session, refreshToken } = await native.signIn('ada@example.com');
      const pixyle = (await server.send('POST', '/auth/v1/token', { body: { email: 'ada@example.com', password: PASSWORD } })).body;
      for (const token of [accessToken, (pixyle as { refresh_token: string }).refresh_token, 'x', '']) {
        expect(await refresh(token)).toMatchObject(problem(401, 'refresh_token_invalid'));
      }
      const [row] = await database.source.query('SELECT * FROM sessions WHERE id = $1', [session.id]);
      const past = new Date(Date.now() - 1000);
      const ends = { accountId: row.account_id, renewedAt: row.renewed_at, idleExpiresAt: past, expiresAt: past };
      const expired = server.service.ports.tokens.signRefreshToken({ ...row, ...ends });
      expect(await refresh(expired)).toMatchObject(problem(401, 'refresh_token_expired'));
      expect((await refresh(refreshToken)).status).toBe(200);
    });
  });

  describe('GET /latchkey/v1/sessions', () => {
    it('S25: 200: every API, newest first, with what is known of the device, and which one asks', async () => {
      const email = 'everywhere@example.com';
      await native.createAccount(email);
      for (const login of LOGINS) await server.send('POST', login.path, loginRequest(login, email, PASSWORD));
      const { accessToken, session } = await native.signIn(email, { deviceName: "Ada's phone" });

      const sessions = await list(accessToken);

      expect(sessions.map(({ dialect }) => dialect)).toEqual(['latchkey', ...LOGINS.map(({ dialect }) => dialect).reverse()]);
      expect(sessions[0]).toMatchObject({ id: session.id, deviceName: "Ada's phone", ipAddress: '127.0.0.1', current: true });
      expect(sessions[0]?.userAgent).toMatch(/node/i);
      expect(sessions.filter(({ current }) => current)).toHaveLength(1);
      expect(Date.parse(sessions[0]?.expiresAt ?? '') - Date.now()).toBeLessThanOrEqual(7 * 24 * 3600_000);
    });

    it.each([1, 2, 3, 7, 100])('walks all without loss or repeat, %d at a time', async (limit) => {
      const email = `walker-${limit}@example.com`;
      const { accessToken } = await native.newcomer(email);
      for (let i = 0; i < 6; i += 1) await native.signIn(email, { deviceName: `device ${i}` });
      const [{ created_at: same }] = await database.source.query('SELECT created_at FROM sessions ORDER BY created_at DESC LIMIT 1');
      const halves = `UPDATE sessions SET created_at = $1 WHERE device_name IN ('device 1', 'device 2', 'device 3') AND account_id = $2`;
      await database.source.query(halves, [same, decodeJwt(accessToken).sub]);

      const ids = (await list(accessToken, limit)).map(({ id }) => id);

      expect(ids).toHaveLength(7);
      expect(new Set(ids).size).toBe(7);
    });

    it.each(['limit=0', 'limit=101', 'limit=x', 'limit=1&limit=2'])('400: %s', async (query) => {
      const { accessToken: token } = await native.signIn('ada@example.com');

      expect((await native.call('GET', `/sessions?${query}`, { token })).status).toBe(400);
    });

    const place = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    it.each([
      ['no cursor', 'hunter2'],
      ['null', place(null)],
      ['a list', place([1])],
      ['one of accounts', place({ email: 'hunter2@example.com' })],
      ['one whose time is none', place({ createdAt: '2026-13-41T00:00:00.000Z', id: '0f8fad5b-d9cb-469f-a165-70867728950e' })],
      ['one whose id is none', place({ createdAt: '2026-01-01T00:00:00.000Z', id: "' OR 1=1" })],
    ])('400: a cursor that cannot be read: %s', async (_case, cursor) => {
      const { accessToken: token } = await native.signIn('ada@example.com');
      for (const path of ['/sessions', '/api-keys']) {
        const answer = await native.call('GET', `${path}?cursor=${cursor}`, { token });
        expect(answer).toMatchObject(invalid('query', ['cursor'], 'format'));
        expect(JSON.stringify(answer.body)).not.toContain('hunter2');
      }
    });

    it('401: an API key sees no sessions, and ends none', async () => {
      const { accessToken, session } = await native.signIn('ada@example.com');
      const made = await native.call('POST', '/api-keys', { token: accessToken, body: { name: 'CI', scopes: ['account:read'] } });
      const token = (made.body as { key: string }).key;

      expect((await native.call('GET', '/sessions', { token })).status).toBe(401);
      expect((await native.call('DELETE', '/sessions/current', { token })).status).toBe(401);
      expect((await native.call('DELETE', `/sessions/${session.id}`, { token })).status).toBe(401);
      expect((await native.call('POST', '/sessions/end', { token, body: { which: 'all' } })).status).toBe(401);
      expect(await isGood(accessToken)).toBe(true);
    });
  });

  describe('ending sessions', () => {
    it('204: DELETE /sessions/current ends the one that asks, and no other', async () => {
      const [one, other] = [await native.signIn('ada@example.com'), await native.signIn('ada@example.com')];

      expect((await native.call('DELETE', '/sessions/current', { token: one.accessToken })).status).toBe(204);

      expect(await isGood(one.accessToken)).toBe(false);
      expect((await refresh(one.refreshToken)).status).toBe(401);
      expect(await isGood(other.accessToken)).toBe(true);
    });

    it('401: DELETE /sessions/current, where the session was ended while the request was on its way', async () => {
      const { accessToken: token, session } = await native.signIn('ada@example.com');
      const change = (service: Service): Service => {
        const { sessions } = service.ports;
        const endOwn = async (...request: Parameters<typeof sessions.endOwn>) => {
          await sessions.end(session.id);
          return sessions.endOwn(...request);
        };
        return { ...service, ports: { ...service.ports, sessions: { ...sessions, endOwn } } };
      };
      const racing = await startServer(database, { change });
      const answer = await racing.send('DELETE', '/latchkey/v1/sessions/current', { headers: { authorization: `Bearer ${token}` } });
      await racing.close();

      expect(answer).toMatchObject(problem(401, 'unauthorized'));
    });

    it.each(LOGINS)('S25: 204, then 404: DELETE /sessions/{id} ends one of $dialect', async (login) => {
      const email = `ending-${login.dialect}@example.com`;
      const { accessToken: token } = await native.newcomer(email);
      await server.send('POST', login.path, loginRequest(login, email, PASSWORD));
      const [newest] = await list(token);
      const end = () => native.call('DELETE', `/sessions/${newest?.id}`, { token });

      expect(newest?.dialect).toBe(login.dialect);
      expect((await end()).status).toBe(204);
      expect(await end()).toMatchObject(problem(404, 'session_not_found'));
      expect(await list(token)).toHaveLength(1);
    });

    it("S25: 404: nobody ends somebody else's, and it goes on", async () => {
      const [ada, eve] = [await native.signIn('ada@example.com'), await native.newcomer('eve@example.com')];

      expect(await native.call('DELETE', `/sessions/${ada.session.id}`, { token: eve.accessToken })).toMatchObject(
        problem(404, 'session_not_found'),
      );
      expect((await native.call('POST', '/sessions/end', { token: eve.accessToken, body: { which: 'all' } })).body).toEqual({ ended: 1 });
      expect(await isGood(ada.accessToken)).toBe(true);
    });

    it('400: an id that is none', async () => {
      const { accessToken: token } = await native.signIn('ada@example.com');

      expect(await native.call('DELETE', '/sessions/hunter2', { token })).toMatchObject(invalid('path', ['id'], 'format'));
    });

    it('S25: 200: others, then all, of every API', async () => {
      const email = 'many@example.com';
      const { accessToken: token } = await native.newcomer(email);
      for (const login of LOGINS) await server.send('POST', login.path, loginRequest(login, email, PASSWORD));
      const end = (which: string) => native.call('POST', '/sessions/end', { token, body: { which } });

      expect(await end('others')).toMatchObject({ status: 200, body: { ended: LOGINS.length } });
      expect(await end('others')).toMatchObject({ status: 200, body: { ended: 0 } });
      expect(await list(token)).toHaveLength(1);
      expect(await end('some')).toMatchObject(invalid('body', ['which'], 'enum'));
      expect(await end('all')).toMatchObject({ status: 200, body: { ended: 1 } });
      expect(await isGood(token)).toBe(false);
    });
  });
});
