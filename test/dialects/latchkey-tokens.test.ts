import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LatchkeySignedIn } from '../../generated/client/types.gen.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { LOGINS, loginRequest, type Login } from '../support/logins.js';
import { invalid, nativeApi, PASSWORD, problem, type Native, type NativeRequest } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';

const FORM = 'application/x-www-form-urlencoded';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let keys: { introspect: string; revoke: string; read: string };
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    await native.createAccount('ada@example.com');
    const { accessToken } = await native.newcomer('operator@example.com', { operator: true });
    const key = async (scope: string) => {
      const made = await native.call('POST', '/api-keys', { token: accessToken, body: { name: scope, scopes: [scope] } });
      return (made.body as { key: string }).key;
    };
    keys = { introspect: await key('tokens:introspect'), revoke: await key('tokens:revoke'), read: await key('account:read') };
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const introspect = (token: string, hint: object = {}) =>
    native.call('POST', '/introspect', { token: keys.introspect, form: { token, ...hint } });
  const revoke = (token: string, hint: object = {}) => native.call('POST', '/revoke', { token: keys.revoke, form: { token, ...hint } });
  const login = async (api: Login, email = 'ada@example.com') =>
    (await server.send('POST', api.path, loginRequest(api, email, PASSWORD))).body as Record<string, string>;
  const signIn = () => native.signIn('ada@example.com');
  const expectDead = async (token: string) => {
    const { status, body } = await introspect(token);
    expect({ status, body }).toEqual({ status: 200, body: { active: false } });
  };

  describe('POST /latchkey/v1/introspect', () => {
    it.each(LOGINS)('200: tells whose an access token of $dialect is, and until when', async (api) => {
      const token = api.accessToken(await login(api));
      const [account] = await database.source.query(`SELECT id FROM accounts WHERE email = 'ada@example.com'`);

      const { status, body } = await introspect(token, { token_type_hint: 'access_token' });

      const { jti, iat, exp, sid } = token.includes('.') ? decodeJwt(token) : (body as ReturnType<typeof decodeJwt>);
      const told = { sub: account.id, aud: api.dialect, iss: 'http://latchkey.test', iat, exp, sid, token_type: 'Bearer' };
      expect({ status, body }).toEqual({ status: 200, body: { active: true, ...told, ...(jti !== undefined && { jti }) } });
      expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(30);
      expect(exp).toBeGreaterThan(iat);
      const [session] = await database.source.query('SELECT dialect FROM sessions WHERE id = $1', [sid]);
      expect(session.dialect).toBe(api.dialect);
    });

    it("200: of one of the native API's, whatever the hint says, and whatever else the form has", async () => {
      const { accessToken, session } = await signIn();
      for (const hint of [{}, { token_type_hint: 'refresh_token' }, { token_type_hint: 'hunter2', other: 'x' }]) {
        expect((await introspect(accessToken, hint)).body).toMatchObject({ active: true, aud: 'latchkey', sid: session.id });
      }
    });

    it('S35: 200, and nothing but {"active":false}: refresh tokens, API keys, what is no token, and tokens signed by nobody', async () => {
      const { refreshToken, accessToken } = await signIn();
      const { apiKey = '' } = await login(LOGINS[0] as Login);
      const { refresh_token = '' } = await login(LOGINS[2] as Login);
      const [header, payload, signature = ''] = accessToken.split('.');
      const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
      const forged = [
        `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
        `${unsigned}.${payload}.`,
        `${header}.${Buffer.from('{"sub":"x"}').toString('base64url')}.${signature}`,
      ];
      for (const token of [refreshToken, refresh_token, apiKey, keys.introspect, 'x', 'a.b.c', `sess_${'0'.repeat(64)}`, ...forged]) {
        await expectDead(token);
      }
    });

    it("S35: the same of another service's tokens", async () => {
      const elsewhere = await kind.create();
      const other = await startServer(elsewhere);
      await other.createAccount({ email: 'ada@example.com', password: PASSWORD });
      const foreign = await nativeApi(other).signIn('ada@example.com');
      const { token } = (await other.send('POST', '/v1/auth/login', { body: { email: 'ada@example.com', password: PASSWORD } })).body as {
        token: string;
      };
      await other.close();
      await elsewhere.close();

      await expectDead(foreign.accessToken);
      await expectDead(token);
    });

    it('S35: the same of a token whose time is over', async () => {
      const { accessToken } = await signIn();
      const claims = decodeJwt(accessToken);
      const past = Math.floor(Date.now() / 1000) - 1;

      await expectDead(server.service.ports.tokens.signAccessToken({ ...claims, exp: past }));
      expect((await introspect(server.service.ports.tokens.signAccessToken({ ...claims, exp: past + 60 }))).body).toMatchObject({
        active: true,
      });
    });

    it.each(LOGINS)('S35: the same of one of $dialect whose session has ended, or whose account was banned', async (api) => {
      const email = `ended-${api.dialect}@example.com`;
      await native.createAccount(email);
      const [first, second] = [api.accessToken(await login(api, email)), api.accessToken(await login(api, email))];
      const { sid } = (await introspect(first)).body as { sid: string };
      await server.service.ports.sessions.end(sid);
      await expectDead(first);
      expect((await introspect(second)).body).toMatchObject({ active: true });
      await server.setStatus(email, 'banned');
      await expectDead(second);
    });
  });

  describe('POST /latchkey/v1/revoke', () => {
    it.each(LOGINS)(
      'S34: 200, with nothing to read: an access token of $dialect is good for nothing, and another one stays good',
      async (api) => {
        const [one, other] = [api.accessToken(await login(api)), api.accessToken(await login(api))];

        expect(await revoke(one)).toMatchObject({ status: 200, body: undefined });

        await expectDead(one);
        expect((await introspect(other)).body).toMatchObject({ active: true });
      },
    );

    it('S34: 200: an access token alone goes, its session goes on; and the token itself is refused', async () => {
      const { accessToken, refreshToken } = await signIn();
      await revoke(accessToken);

      expect((await native.call('GET', '/account', { token: accessToken })).status).toBe(401);
      const refreshed = await native.call('POST', '/sessions/refresh', { body: { refreshToken } });
      expect((await introspect((refreshed.body as LatchkeySignedIn).accessToken)).body).toMatchObject({ active: true });
    });

    it('S34: 200: a refresh token ends its session, and with it its access tokens, whatever the hint says', async () => {
      const { accessToken, refreshToken } = await signIn();
      expect((await revoke(refreshToken, { token_type_hint: 'access_token' })).status).toBe(200);

      await expectDead(accessToken);
      expect((await native.call('POST', '/sessions/refresh', { body: { refreshToken } })).status).toBe(401);
    });

    it.each(['x', 'a.b.c', `sess_${'0'.repeat(64)}`, `lk_${'0'.repeat(64)}`])(
      'S34: 200: what is no token is no error: %s',
      async (token) => {
        expect(await revoke(token)).toMatchObject({ status: 200, body: undefined });
      },
    );

    it('200: the same token again', async () => {
      const { refreshToken } = await signIn();
      expect([(await revoke(refreshToken)).status, (await revoke(refreshToken)).status]).toEqual([200, 200]);
    });
  });

  describe.each(['/introspect', '/revoke'])('POST /latchkey/v1%s', (path) => {
    const good = path === '/introspect' ? 'introspect' : 'revoke';
    const bad = path === '/introspect' ? 'revoke' : 'introspect';
    const call = (request: NativeRequest) => native.call('POST', path, { token: keys[good], ...request });

    it('S34, S35: 401: without a credential, and with one that is none', async () => {
      const form = { token: (await signIn()).accessToken };
      expect(await native.call('POST', path, { form })).toMatchObject(problem(401, 'unauthorized'));
      expect(await call({ token: `lk_${'0'.repeat(64)}`, form })).toMatchObject(problem(401, 'unauthorized'));
    });

    it("S34, S35: 403: with a key of another scope, or a session, were it an operator's; and nothing happened", async () => {
      const { accessToken } = await signIn();
      const form = { token: accessToken };
      const { accessToken: operator } = await native.signIn('operator@example.com');
      for (const token of [keys[bad], keys.read, accessToken, operator]) {
        expect(await call({ token, form })).toMatchObject(problem(403, 'insufficient_scope'));
      }
      expect((await introspect(accessToken)).body).toMatchObject({ active: true });
    });

    it('403: with the key of somebody who is no operator any more', async () => {
      const form = { token: 'x' };
      await database.source.query(`UPDATE accounts SET operator = false WHERE email = 'operator@example.com'`);
      const answer = await call({ form });
      await database.source.query(`UPDATE accounts SET operator = true WHERE email = 'operator@example.com'`);

      expect(answer).toMatchObject(problem(403, 'insufficient_scope'));
      expect((await call({ form })).status).toBe(200);
    });

    it.each<[string, NativeRequest['form'], string[], string]>([
      ['an empty form', 'x=', ['token'], 'required'],
      ['an empty token', 'token=', ['token'], 'minLength'],
      ['two tokens', 'token=hunter2&token=hunter2', ['token'], 'type'],
      ['a token with parts', 'token[a]=hunter2', ['token'], 'required'],
      ['a prototype', '__proto__=hunter2', ['token'], 'required'],
    ])('400: %s', async (_case, form, where, rule) => {
      const answer = await call({ form: form ?? '' });

      expect(answer).toMatchObject(invalid('body', where, rule));
      expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    });

    it('400: no body at all', async () => {
      expect(await call({})).toMatchObject(invalid('body', [], 'required'));
    });

    it.each(['application/json', 'text/plain', `${FORM}; charset=iso-8859-1`, 'multipart/form-data; boundary=x', ''])(
      '415: a body of the media type %j',
      async (type) => {
        expect(await call({ form: { token: 'x' }, headers: { 'content-type': type } })).toMatchObject(
          problem(415, 'unsupported_media_type'),
        );
      },
    );

    it.each([`${FORM}; charset=utf-8`, 'Application/X-WWW-Form-Urlencoded'])('200: the media type %s is a form', async (type) => {
      expect((await call({ form: { token: 'x' }, headers: { 'content-type': type } })).status).toBe(200);
    });

    it('413: a body that is too large; 400: one of too many fields', async () => {
      expect(await call({ form: { token: 'x'.repeat(16_384) } })).toMatchObject(problem(413, 'body_too_large'));
      expect((await call({ form: 'a&'.repeat(2000) })).status).toBe(400);
    });

    it('413: a small body that unpacks to a large one', async () => {
      const raw = zlib.gzipSync(`token=${'x'.repeat(100_000)}`);
      const headers = { 'content-type': FORM, 'content-encoding': 'gzip', authorization: `Bearer ${keys[good]}` };

      expect(await server.send('POST', `/latchkey/v1${path}`, { raw, headers })).toMatchObject(problem(413, 'body_too_large'));
    });
  });

  it('415: a form is no JSON, where the contract asks for that', async () => {
    expect(await native.call('POST', '/sessions', { form: { email: 'ada@example.com', password: PASSWORD } })).toMatchObject(
      problem(415, 'unsupported_media_type'),
    );
  });
});
