import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { startServer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';

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

  const register = (body: object, headers = {}) => server.send('POST', '/api/register', { body, headers });
  const verify = (authorization?: string) =>
    server.send('POST', '/api/verify', { headers: authorization === undefined ? {} : { authorization } });
  async function tokenOf(path: string, email: string): Promise<string> {
    const { body } = await server.send('POST', path, { body: { email, password: PASSWORD }, headers: { 'X-API-Version': 'v1' } });
    const { token, access_token, accessToken } = body as Record<string, string>;
    return token ?? access_token ?? accessToken ?? '';
  }

  describe('POST /api/register', () => {
    it('201: makes an account that is active, not verified, owner of its own organisation, and signed in', async () => {
      const { status, body } = await register({ email: 'New@Example.com', password: PASSWORD });

      expect(status).toBe(201);
      const { token, apiKey, user } = body as { token: string; apiKey: string; user: object };
      expect(user).toEqual({ email: 'New@Example.com' });
      expect((await verify(`Bearer ${token}`)).status).toBe(200);
      const login = await server.send('POST', '/api/login', { body: { email: 'new@example.com', password: PASSWORD } });
      expect((login.body as { apiKey: string }).apiKey).toBe(apiKey);
      const account = await server.service.ports.accounts.findById(decodeJwt(token).sub);
      expect(account).toMatchObject({
        status: 'active',
        emailVerified: false,
        organizationRole: 'owner',
        name: 'New',
        operator: false,
        demo: false,
      });
    });

    it('201: makes nobody an operator, whatever the body says, and ignores credentials that are sent along', async () => {
      const marks = { operator: true, is_admin: true, role: 'owner', verified: true, emailVerified: true, organizationName: 'Acme' };
      const { status } = await register(
        { email: 'marks@example.com', password: PASSWORD, ...marks },
        { authorization: 'Bearer x', 'x-api-key': '<api-key>' },
      );

      expect(status).toBe(201);
      const rows = await database.source.query(`SELECT operator, email_verified, demo FROM accounts WHERE email = 'marks@example.com'`);
      expect(rows).toEqual([{ operator: false, email_verified: false, demo: false }]);
    });

    it('409: an address that has an account already, in whatever case, keeps that account as it was', async () => {
      await server.createAccount({ email: 'taken@example.com', password: PASSWORD });
      const organizations = () => database.source.query('SELECT count(*) FROM organizations');
      const before = await organizations();

      const { status, body } = await register({ email: 'TAKEN@example.com', password: 'another good password' });

      expect({ status, body }).toEqual({ status: 409, body: { error: 'This e-mail address has an account already', code: 'email_taken' } });
      expect(await organizations()).toEqual(before);
      expect(await tokenOf('/api/login', 'taken@example.com')).not.toBe('');
    });

    it.each([
      ['seven!!', 400, 'password_too_short'],
      ['👍👍👍👍👍👍👍', 400, 'password_too_short'],
      ['x'.repeat(257), 400, 'password_too_long'],
    ])('400: the password %j is refused', async (password, status, code) => {
      const answer = await register({ email: 'weak@example.com', password });

      expect(answer).toMatchObject({ status, body: { code } });
      expect(await database.source.query(`SELECT 1 FROM accounts WHERE email = 'weak@example.com'`)).toEqual([]);
    });

    it('201: twenty registrations of one address at once make one account', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => register({ email: 'race@example.com', password: PASSWORD })));

      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
    });
  });

  describe('POST /api/verify', () => {
    beforeAll(async () => {
      await server.createAccount({ email: 'ada@example.com', password: PASSWORD });
    });

    it('200: tells whose the token is', async () => {
      const { body } = await verify(`Bearer ${await tokenOf('/api/login', 'ada@example.com')}`);

      expect(body).toEqual({ valid: true, user: { email: 'ada@example.com' } });
    });

    it('401: a missing credential is answered with what would be one', async () => {
      const { status, body, headers } = await verify();

      expect({ status, body }).toEqual({ status: 401, body: { error: 'A valid token is required', code: 'unauthorized' } });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    });

    it.each(['/auth/v1/token', '/auth/login', '/user/login', '/v1/auth/login'])(
      'S30: 401: a token from %s is no token here',
      async (path) => {
        const { status, headers } = await verify(`Bearer ${await tokenOf(path, 'ada@example.com')}`);

        expect(status).toBe(401);
        expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      },
    );

    it('S31: 401: neither an API key nor a refresh token is an access token', async () => {
      const { body } = await server.send('POST', '/api/login', { body: { email: 'ada@example.com', password: PASSWORD } });
      const { refresh_token } = (await server.send('POST', '/auth/v1/token', { body: { email: 'ada@example.com', password: PASSWORD } }))
        .body as Record<string, string>;

      expect((await verify(`Bearer ${(body as { apiKey: string }).apiKey}`)).status).toBe(401);
      expect((await verify(`Bearer ${refresh_token}`)).status).toBe(401);
    });

    it('S29: 401: a token whose signature, key or algorithm is not ours is refused', async () => {
      const token = await tokenOf('/api/login', 'ada@example.com');
      const [header = '', payload = '', signature = ''] = token.split('.');
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const publicKey = JSON.stringify(server.service.ports.tokens.publicKeys()[0]);
      const claims = decodeJwt(token);
      const forged = [
        `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
        `${header}.${part({ ...claims, sub: claims.sid })}.${signature}`,
        `${part({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
        jwt.sign(claims, publicKey, { algorithm: 'HS256', header: { alg: 'HS256', typ: 'at+jwt', kid: 'x' } }),
        `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'unknown' })}.${payload}.${signature}`,
        `${part({ alg: 'ES256', typ: 'JWT', kid: 'unknown' })}.${payload}.${signature}`,
      ];

      for (const authorization of [...forged.map((text) => `Bearer ${text}`), token, `Basic ${token}`, 'Bearer', 'Bearer  ']) {
        expect((await verify(authorization)).status).toBe(401);
      }
    });

    it('401: a session ends with its account, at once', async () => {
      await server.createAccount({ email: 'banned@example.com', password: PASSWORD });
      const token = await tokenOf('/api/login', 'banned@example.com');
      expect((await verify(`Bearer ${token}`)).status).toBe(200);

      await server.setStatus('banned@example.com', 'banned');
      expect((await verify(`Bearer ${token}`)).status).toBe(401);

      await server.setStatus('banned@example.com', 'active');
      expect((await verify(`Bearer ${token}`)).status).toBe(401);
    });

    it('503: a database that is away is no reason to call a token bad', async () => {
      const { Unavailable } = await import('../../src/core/faults.js');
      const token = await tokenOf('/api/login', 'ada@example.com');
      const broken = await startServer(database, {
        change: (service) => ({
          ...service,
          ports: {
            ...service.ports,
            revocations: { hasEnded: () => null },
            sessions: { ...service.ports.sessions, isLive: () => Promise.reject(new Unavailable('away')) },
          },
        }),
      });
      const answer = await broken.send('POST', '/api/verify', { headers: { authorization: `Bearer ${token}` } });
      await broken.close();

      expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('5');
    });
  });

  it('says that it is well, for how long, and which API it is, to anybody', async () => {
    const health = await server.send('GET', '/api/health');

    expect(health).toMatchObject({ status: 200, body: { status: 'ok', version: '1.0.0' } });
    expect((health.body as { uptime: number }).uptime).toBeGreaterThanOrEqual(0);
    expect(await server.send('GET', '/api')).toMatchObject({ status: 200, body: { name: 'Pyth-On API', documentation: '/docs' } });
  });

  it('shows the address that the token was made for, though the account has another one by now', async () => {
    await server.createAccount({ email: 'before@example.com', password: PASSWORD });
    const { body } = await server.send('POST', '/api/login', { body: { email: 'before@example.com', password: PASSWORD } });
    await database.source.query(
      `UPDATE accounts SET email = 'after@example.com', normalized_email = 'after@example.com' WHERE email = 'before@example.com'`,
    );

    const { token } = body as { token: string };
    expect(await server.send('POST', '/api/verify', { headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 200,
      body: { user: { email: 'before@example.com' } },
    });
  });
});
