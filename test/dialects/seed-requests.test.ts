import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeJwt, type Claims } from '../support/jwt.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { startServer, type TestServer } from '../support/server.js';

const run = promisify(execFile);
const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.log('There is no curl here: the two curl commands of the seeds are skipped.');
const itWithCurl = hasCurl ? it : it.skip;

/** The vendors' example passwords are no good passwords: the accounts are put in below the policy. */
const SEED_ACCOUNTS = [
  ['developer@example.com', 'secureP@ss123'],
  ['user@example.com', 'secretpassword123'],
  ['jsmith@example.com', '<string>'],
] as const;

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    for (const [email, password] of SEED_ACCOUNTS) {
      const { accounts, passwords } = server.service.ports;
      await accounts.insert({
        email: email as never,
        name: 'Seed Account',
        givenName: null,
        familyName: null,
        organization: { kind: 'own', name: 'Seed Account' },
        status: 'active',
        emailVerified: true,
        demo: false,
        operator: false,
        passwordHash: await passwords.hash(password),
      });
    }
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  itWithCurl("Pyth-On: the document's curl command, with the host changed, signs in", async () => {
    const body = await curl(
      ['--location', '--request', 'POST', `${server.url}/api/login`],
      ['--header', 'x-api-key: <api-key>', '--header', 'Content-Type: application/json'],
      ['--data-raw', '{\n    "email": "developer@example.com",\n    "password": "secureP@ss123"\n}'],
    );

    expect(body).toEqual({
      token: expect.any(String),
      apiKey: expect.stringMatching(/^pyth_[0-9a-f]{96}$/),
      user: { email: 'developer@example.com' },
    });
    expect(lifeOf(decodeJwt((body as { token: string }).token))).toBe(24 * 3600);
  });

  it('Pyth-On: the API key is the same at every login', async () => {
    const login = async () =>
      (await server.send('POST', '/api/login', { body: { email: 'developer@example.com', password: 'secureP@ss123' } })).body;
    const [first, second] = [(await login()) as { apiKey: string; token: string }, (await login()) as { apiKey: string; token: string }];

    expect(second.apiKey).toBe(first.apiKey);
    expect(second.token).not.toBe(first.token);
  });

  it('px0: the documented example body signs in, with an opaque token of 256 random bits that lives a day', async () => {
    const { status, body } = await server.send('POST', '/v1/auth/login', {
      body: { email: 'user@example.com', password: 'secretpassword123' },
    });

    expect(status).toBe(200);
    const { token, expires_at, user } = body as { token: string; expires_at: string; user: object };
    expect(token).toMatch(/^sess_[0-9a-f]{64}$/);
    expect((Date.parse(expires_at) - Date.now()) / 3_600_000).toBeCloseTo(24, 1);
    expect(user).toEqual({
      id: expect.any(String),
      email: 'user@example.com',
      is_verified: true,
      is_admin: true,
      created_at: expect.any(String),
    });
    const stored = JSON.stringify(await database.source.query(`SELECT encode(opaque_token_hash, 'hex') AS hash, s.* FROM sessions s`));
    expect(stored).not.toContain(token.slice(5));
  });

  it('Pixyle: the documented fields sign in for an hour, and permanent_login makes the refresh token live 365 days', async () => {
    const credentials = { email: 'user@example.com', password: 'secretpassword123' };
    const usual = (await server.send('POST', '/auth/v1/token', { body: credentials })).body as Record<string, string>;
    const long = (await server.send('POST', '/auth/v1/token', { body: { ...credentials, permanent_login: true } })).body as Record<
      string,
      string
    >;

    expect(Object.keys(usual).sort()).toEqual(['access_token', 'expires_in', 'refresh_token']);
    expect([usual.expires_in, long.expires_in]).toEqual([3600, 3600]);
    expect(lifeOf(decodeJwt(usual.refresh_token))).toBe(30 * 24 * 3600);
    expect(lifeOf(decodeJwt(long.refresh_token))).toBe(365 * 24 * 3600);
  });

  itWithCurl(
    "Puppilot: the document's curl command, with the host changed and v1 as the version, signs in with all six fields",
    async () => {
      const body = await curl(
        ['--request', 'POST', '--url', `${server.url}/auth/login`],
        ['--header', 'Content-Type: application/json', '--header', 'X-API-Version: v1'],
        ['--data', '{\n  "email": "jsmith@example.com",\n  "password": "<string>"\n}'],
      );

      const { access_token, refresh_token, token_type, expires_at, refresh_expires_at, user } = body as Record<string, never>;
      expect(token_type).toBe('bearer');
      expect(expires_at).toBe(decodeJwt(access_token).exp);
      expect(refresh_expires_at).toBe(decodeJwt(refresh_token).exp);
      expect([lifeOf(decodeJwt(access_token)), lifeOf(decodeJwt(refresh_token))]).toEqual([3600, 7 * 24 * 3600]);
      expect(user).toEqual({
        public_id: expect.any(String),
        email: 'jsmith@example.com',
        name: 'Seed Account',
        organization_public_id: expect.any(String),
      });
    },
  );

  it.each<Record<string, string>>([{}, { 'X-API-Version': 'v2' }, { 'X-API-Version': '' }])(
    'Puppilot: 400 for the version header %j',
    async (headers) => {
      const { status, body } = await server.send('POST', '/auth/login', {
        body: { email: 'jsmith@example.com', password: '<string>' },
        headers,
      });

      expect({ status, body }).toEqual({ status: 400, body: { detail: 'The header X-API-Version must be v1' } });
    },
  );

  it('Flashback: the documented fields sign in, with the session as tokenId and Unix seconds as expiresAt', async () => {
    const { body } = await server.send('POST', '/user/login', { body: { email: 'user@example.com', password: 'secretpassword123' } });

    const { success, accessToken, refreshToken, tokenId, expiresAt, user } = body as Record<string, never>;
    const claims = decodeJwt(accessToken);
    expect(success).toBe(true);
    expect(expiresAt).toBe(claims.exp);
    expect(lifeOf(claims)).toBe(3600);
    expect(tokenId).toBe(decodeJwt(refreshToken).sid);
    expect(user).toEqual({ id: claims.sub, email: 'user@example.com', name: 'Seed Account', orgId: claims.orgId, orgRole: 255 });
    expect(claims).toMatchObject({
      userId: claims.sub,
      email: 'user@example.com',
      type: 'access',
      aud: 'flashback',
      iss: 'http://latchkey.test',
    });
  });
});

async function curl(...parts: string[][]): Promise<unknown> {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--fail-with-body', ...parts.flat()]);
  return JSON.parse(stdout);
}

function lifeOf({ iat, exp }: Claims): number {
  return exp - iat;
}
