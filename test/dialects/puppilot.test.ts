import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { startServer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const NEW_PASSWORD = 'close sesame, please';
const V1 = { 'X-API-Version': 'v1' };
const NO_VERSION = { status: 400, body: { detail: 'The header X-API-Version must be v1' } };

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const post = (path: string, body: object, headers: Record<string, string> = V1) => server.send('POST', path, { body, headers });
  const bearer = (token: string) => ({ ...V1, authorization: `Bearer ${token}` });
  const me = (token: string) => server.send('GET', '/users/me', { headers: bearer(token) });
  const login = async (email: string, password = PASSWORD) => {
    const { status, body } = await post('/auth/login', { email, password });
    return { status, ...(body as { access_token: string; refresh_token: string }) };
  };
  const signedIn = async (email: string) => {
    await server.createAccount({ email, password: PASSWORD });
    return (await login(email)).access_token;
  };
  const mailedToken = async (email: string) => {
    await post('/auth/request-password-reset', { email });
    const mail = server.mails.at(-1);
    if (mail?.kind !== 'password reset' || mail.to !== email) throw new Error(`no token went to ${email}`);
    return mail.token;
  };

  describe('a new password by mail', () => {
    it('S24: is set with the token that went out, once; every session and key from before is good for nothing then', async () => {
      const old = await signedIn('ada@example.com');
      const { apiKey } = (await server.send('POST', '/api/login', { body: { email: 'ada@example.com', password: PASSWORD } })).body as {
        apiKey: string;
      };
      const token = await mailedToken('ada@example.com');

      expect(await post('/auth/reset-password', { token, new_password: NEW_PASSWORD })).toMatchObject({
        status: 200,
        body: { message: 'Password has been reset successfully.' },
      });

      expect((await me(old)).status).toBe(401);
      expect((await login('ada@example.com')).status).toBe(401);
      expect((await login('ada@example.com', NEW_PASSWORD)).status).toBe(200);
      const { body } = await server.send('POST', '/api/login', { body: { email: 'ada@example.com', password: NEW_PASSWORD } });
      expect((body as { apiKey: string }).apiKey).not.toBe(apiKey);
      expect(server.mails.at(-1)).toMatchObject({ kind: 'password was reset', to: 'ada@example.com' });
      expect(await post('/auth/reset-password', { token, new_password: PASSWORD })).toMatchObject({
        status: 400,
        body: { detail: 'Invalid or expired token' },
      });
    });

    it('is answered alike for an address that nobody has, for one of a banned account, and for one that somebody has', async () => {
      await server.createAccount({ email: 'known@example.com', password: PASSWORD });
      await server.createAccount({ email: 'banned@example.com', password: PASSWORD, status: 'banned' });
      const mailsBefore = server.mails.length;

      const answers = [];
      for (const email of ['known@example.com', 'nobody@example.com', 'banned@example.com'])
        answers.push(await post('/auth/request-password-reset', { email }));

      expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
        Array(3).fill({ status: 200, body: { message: 'Password reset token sent to the provided email.' } }),
      );
      expect(server.mails.slice(mailsBefore).map(({ to }) => to)).toEqual(['known@example.com']);
    });

    it('is not set when it is too short, and the token stays good', async () => {
      await server.createAccount({ email: 'short@example.com', password: PASSWORD });
      const token = await mailedToken('short@example.com');

      expect(await post('/auth/reset-password', { token, new_password: 'short' })).toMatchObject({
        status: 400,
        body: { detail: 'Password is too short' },
      });
      expect((await post('/auth/reset-password', { token, new_password: NEW_PASSWORD })).status).toBe(200);
    });

    it('S37: takes the newest token alone, and none that has expired', async () => {
      await server.createAccount({ email: 'twice@example.com', password: PASSWORD });
      const [first, second] = [await mailedToken('twice@example.com'), await mailedToken('twice@example.com')];

      expect((await post('/auth/reset-password', { token: first, new_password: NEW_PASSWORD })).status).toBe(400);
      await database.source.query(`UPDATE codes SET expires_at = now() - interval '1 second'`);
      expect((await post('/auth/reset-password', { token: second, new_password: NEW_PASSWORD })).status).toBe(400);
      expect((await login('twice@example.com')).status).toBe(200);
    });

    it('S37: of ten who come with one token at once, one sets it', async () => {
      await server.createAccount({ email: 'race@example.com', password: PASSWORD });
      const token = await mailedToken('race@example.com');

      const tries = Array.from({ length: 10 }, (_, i) => post('/auth/reset-password', { token, new_password: `${NEW_PASSWORD} ${i}` }));

      expect((await Promise.all(tries)).map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(400)]);
    });
  });

  describe('another password', () => {
    it('S24: ends every other session, keeps the one that asked, and is told by mail', async () => {
      const asking = await signedIn('grace@example.com');
      const other = (await login('grace@example.com')).access_token;

      const changed = await server.send('PATCH', '/users/change-password', {
        headers: bearer(asking),
        body: { old_password: PASSWORD, new_password: NEW_PASSWORD },
      });

      expect(changed).toMatchObject({ status: 200, body: { message: 'Password changed successfully' } });
      expect((await me(asking)).status).toBe(200);
      expect((await me(other)).status).toBe(401);
      expect((await login('grace@example.com', NEW_PASSWORD)).status).toBe(200);
      expect(server.mails.at(-1)).toMatchObject({ kind: 'password changed', to: 'grace@example.com' });
    });

    it.each([
      ['the old one is wrong', { old_password: 'a guess of mine', new_password: NEW_PASSWORD }, 'Old password is wrong'],
      ['the new one is too short', { old_password: PASSWORD, new_password: 'short' }, 'Password is too short'],
    ])('400: not when %s', async (_case, body, detail) => {
      const email = `${detail.replaceAll(' ', '-')}@example.com`;
      const token = await signedIn(email);

      expect(await server.send('PATCH', '/users/change-password', { headers: bearer(token), body })).toMatchObject({
        status: 400,
        body: { detail },
      });
      expect((await login(email)).status).toBe(200);
    });
  });

  it('shows the organisation of who asks, with the version or without, but not with another one', async () => {
    const account = await server.createAccount({ email: 'org@example.com', password: PASSWORD });
    const { access_token } = await login('org@example.com');
    const get = (headers: Record<string, string>) =>
      server.send('GET', '/organizations/get', { headers: { authorization: `Bearer ${access_token}`, ...headers } });

    expect(await get({})).toMatchObject({
      status: 200,
      body: { public_id: account.organization.id, name: 'org', has_slack_bot_token: false, slack_channel: null },
    });
    expect((await get(V1)).status).toBe(200);
    expect(await get({ 'X-API-Version': 'v2' })).toMatchObject(NO_VERSION);
    expect((await server.send('GET', '/organizations/get')).status).toBe(401);
  });

  it('the agents sign in without a version, and find their own names; the tokens are those of the scribe', async () => {
    const account = await server.createAccount({ email: 'agent@example.com', password: PASSWORD });

    const { status, body } = await post('/auth/sign-in', { email: 'agent@example.com', password: PASSWORD }, {});

    expect(status).toBe(200);
    const tokens = body as { access_token: string; refresh_token: string; expires_at: number };
    expect(body).toMatchObject({
      token_type: 'bearer',
      expires_at: decodeJwt(tokens.access_token).exp,
      user: { id: account.id, email: 'agent@example.com', name: 'agent', organization_id: account.organization.id },
    });
    expect((await me(tokens.access_token)).status).toBe(200);
    expect((await post('/auth/refresh-token', { token: tokens.refresh_token })).status).toBe(200);
    expect((await post('/auth/sign-in', { email: 'agent@example.com' }, {})).status).toBe(422);
    expect(await post('/auth/sign-in', { email: 'agent@example.com', password: 'a guess' }, {})).toMatchObject({
      status: 401,
      body: { detail: 'Invalid credentials' },
    });
  });

  it.each([
    ['POST', '/auth/request-password-reset', { email: 'a@b.co' }],
    ['POST', '/auth/reset-password', { token: 'x', new_password: NEW_PASSWORD }],
    ['POST', '/auth/refresh-token', { token: 'x' }],
    ['PATCH', '/users/change-password', { old_password: PASSWORD, new_password: NEW_PASSWORD }],
  ])('400: %s %s wants the version, and 422: every field', async (method, path, body) => {
    const token = (await login((await server.createAccount({ email: `${path.length}-${method}@example.com`, password: PASSWORD })).email))
      .access_token;
    const authorization = `Bearer ${token}`;

    expect(await server.send(method, path, { body, headers: { authorization } })).toMatchObject(NO_VERSION);
    expect(await server.send(method, path, { body, headers: { authorization, 'X-API-Version': 'v2' } })).toMatchObject(NO_VERSION);
    expect(await server.send(method, path, { body: {}, headers: { ...V1, authorization } })).toMatchObject({
      status: 422,
      body: { detail: Object.keys(body).map((field) => ({ loc: ['body', field], msg: 'Field required', type: 'missing' })) },
    });
    expect((await server.send(method, path, { raw: '{', headers: { ...V1, authorization } })).status).toBe(400);
  });
});
