import crypto from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccountRequest } from '../../src/core/create-account.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const OTHER_PASSWORD = 'another good passphrase';
const NOBODY = 'nobody@example.com';
const UNKNOWN_ID = '1b4e28ba-2fa1-41d2-883f-0016d3cca427';

const UNAUTHORIZED = { status: 401, body: { error: 'unauthorized' } };
const FORBIDDEN = { status: 403, body: { error: 'forbidden' } };
const UNVERIFIED = { status: 403, body: { error: 'user is not verified' } };
const NO_SUCH_KEY = { status: 404, body: { error: 'api key not found' } };
const NO_SUCH_SESSION = { status: 404, body: { error: 'session not found' } };
const NO_SUCH_TEAM = { status: 404, body: { error: 'team not found' } };
const WRONG_CODE = { status: 400, body: { error: 'invalid verification code' } };

const refused = (status: number, error: string) => ({ status, body: { error } });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

type Session = { id: string; user_id: string; token: string; expires_at: string; created_at: string };
type Key = { id: string; name: string; key: string; org_id: string; operation: string; last_used_at: string | null };
type User = { id: string; email: string; is_verified: boolean; is_admin: boolean };

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

  const call = (method: string, path: string, body?: unknown, token?: string): Promise<Answer> =>
    server.send(method, path, { ...(body !== undefined && { body }), ...(token !== undefined && { headers: bearer(token) }) });
  const rows = <Row>(sql: string, values: unknown[] = []): Promise<Row[]> => database.source.query(sql, values);
  const login = (email: string, password = PASSWORD) => call('POST', '/v1/auth/login', { email, password });
  const register = (body: object, token?: string) => call('POST', '/v1/auth/register', body, token);
  const me = (token: string) => call('GET', '/v1/auth/me', undefined, token);
  const verify = (email: string, code: string) => call('POST', '/v1/auth/verify-email', { email, code });
  const sendCode = (email: string) => call('GET', `/v1/auth/verify-email?email=${encodeURIComponent(email)}`);
  const sendReset = (email: string) => call('POST', '/v1/auth/password-reset/trigger', { email });
  const reset = (code: string, new_password = OTHER_PASSWORD) => call('POST', '/v1/auth/password-reset/reset', { code, new_password });

  let count = 0;
  /** An account that is verified and owns its organisation, unless told otherwise, and a session of it. */
  async function person(changes: Partial<AccountRequest> = {}) {
    const email = `person${(count += 1)}@example.com`;
    const { id, organization } = await server.createAccount({ email, password: PASSWORD, ...changes });
    return { id, email, org: organization.id, token: await tokenOf(email) };
  }
  async function tokenOf(email: string, password = PASSWORD): Promise<string> {
    return ((await login(email, password)).body as { token: string }).token;
  }
  /** An owner of an organisation, and a member of the same one. */
  async function ownerAndMember() {
    const organization = { kind: 'shared', name: `Shared ${(count += 1)}` } as const;
    return { owner: await person({ organization }), member: await person({ organization }) };
  }
  async function createKey(who: { token: string; org: string }, operation?: string): Promise<Key> {
    const answer = await call('POST', '/v1/api-keys', { name: 'ci', org_id: who.org, ...(operation && { operation }) }, who.token);
    expect(answer.status).toBe(201);
    return answer.body as Key;
  }
  /** What was mailed to that address last, as far as it is of that kind. */
  function mailed(to: string, what: string): { code: string; token: string; newAddress: string } | undefined {
    const mail = server.mails.findLast((each) => each.to === to && each.kind === what);
    return mail as { code: string; token: string; newAddress: string } | undefined;
  }
  const codeOf = (email: string) => mailed(email, 'email verification code')?.code ?? '';
  const resetCodeOf = (email: string) => mailed(email, 'password reset')?.token ?? '';
  const otherThan = (code: string) => String((Number(code) + 1) % 10 ** 6).padStart(6, '0');
  const emails = (pattern: string) => rows('SELECT email FROM accounts WHERE email LIKE $1', [pattern]);

  describe('POST /v1/auth/register', () => {
    it('201: makes an account that owns its organisation and is not verified, opens no session, and mails six digits', async () => {
      const { status, body } = await register({ email: 'New@Example.com', password: PASSWORD });

      expect(status).toBe(201);
      const { user } = body as { user: User };
      expect(user).toMatchObject({ email: 'New@Example.com', is_verified: false, is_admin: true });
      expect(await rows('SELECT 1 FROM sessions WHERE account_id = $1', [user.id])).toEqual([]);
      expect(codeOf('New@Example.com')).toMatch(/^\d{6}$/);
      expect(await login('new@example.com')).toMatchObject(UNVERIFIED);
      expect(await verify('new@example.com', codeOf('New@Example.com'))).toMatchObject({ status: 200 });
      const orgs = await call('GET', '/v1/me/orgs', undefined, await tokenOf('new@example.com'));
      expect(orgs).toMatchObject({ status: 200, body: { organizations: [{ name: 'Default Org', role: 'ADMIN' }] } });
    });

    it('201: asks a password for no mixture of characters', async () => {
      expect(await register({ email: 'plain@example.com', password: 'onlyletters' })).toMatchObject({ status: 201 });
    });

    it('201: makes nobody more than a new account, whatever the body says', async () => {
      const marks = { is_verified: true, operator: true, is_admin: false, role: 'owner', status: 'banned', organizationName: 'Acme' };
      expect((await register({ email: 'marks@example.com', password: PASSWORD, ...marks })).status).toBe(201);

      const account = await rows(`SELECT operator, email_verified, status, demo FROM accounts WHERE email = 'marks@example.com'`);
      expect(account).toEqual([{ operator: false, email_verified: false, status: 'active', demo: false }]);
    });

    const MISSING = 'email and password are required';
    it.each<[unknown, string]>([
      [{}, MISSING],
      [{ email: 'a@example.com' }, MISSING],
      [{ password: PASSWORD }, MISSING],
      [{ email: '', password: PASSWORD }, MISSING],
      [{ email: 'a@example.com', password: '' }, MISSING],
      [{ email: 'nonsense', password: '' }, MISSING],
      [{ email: 'nonsense', password: 'short' }, 'invalid email format'],
      [{ email: 'a@example', password: PASSWORD }, 'invalid email format'],
      [{ email: `${'a'.repeat(250)}@example.com`, password: PASSWORD }, 'invalid email format'],
      [{ email: 'a@example.com', password: 'seven!!' }, 'password must be at least 8 characters'],
      [{ email: 'a@example.com', password: '👍👍👍👍👍👍👍' }, 'password must be at least 8 characters'],
      [{ email: 'a@example.com', password: 'x'.repeat(257) }, 'password is too long'],
      [{ email: 7, password: '' }, 'invalid request body'],
      [{ email: 'a@example.com', password: null }, 'invalid request body'],
      [{ email: 'a@example.com', password: 'short', team_id: 'none' }, 'invalid request body'],
      [[], 'invalid request body'],
    ])('400: %j is answered with %j', async (body, error) => {
      expect(await register(body as object)).toMatchObject(refused(400, error));
      expect(await emails('a@example.com')).toEqual([]);
    });

    it.each<[string, { raw?: string; headers?: Record<string, string> }]>([
      ['no body', {}],
      ['a body that is not JSON', { raw: '{"password":' }],
      ['another content type', { raw: '{}', headers: { 'content-type': 'text/plain' } }],
    ])('400: %s', async (_what, sent) => {
      expect(await server.send('POST', '/v1/auth/register', sent)).toMatchObject(refused(400, 'invalid request body'));
    });

    it('409: an address that has an account already, in whatever letter case', async () => {
      const { email } = await person();
      expect(await register({ email: email.toUpperCase(), password: PASSWORD })).toMatchObject(refused(409, 'email already registered'));
      expect((await login(email)).status).toBe(200);
    });

    it('413: a body that is too large', async () => {
      const answer = await register({ email: 'a@example.com', password: 'x'.repeat(17_000) });
      expect(answer).toMatchObject(refused(413, 'request body too large'));
    });

    it('403: a team in a public call, before it is looked who has the address', async () => {
      const { email } = await person();
      const answer = await register({ email, password: PASSWORD, team_id: UNKNOWN_ID });
      expect(answer).toMatchObject(refused(403, 'only admins can register users with a team_id'));
    });

    describe('as an admin', () => {
      const newcomer = () => ({ email: `newcomer${(count += 1)}@example.com`, password: PASSWORD });

      it('201: makes an account like a public one: not verified, in an organisation of its own', async () => {
        const admin = await person();
        const { status, body } = await register(newcomer(), admin.token);

        expect(status).toBe(201);
        const { user } = body as { user: User };
        expect(user).toMatchObject({ is_verified: false, is_admin: true });
        const made = await server.service.ports.accounts.findById(user.id);
        expect(made?.organization.id).not.toBe(admin.org);
      });

      it('404: there are no teams', async () => {
        const { token } = await person();
        const body = newcomer();
        expect(await register({ ...body, team_id: UNKNOWN_ID }, token)).toMatchObject(NO_SUCH_TEAM);
        expect(await emails(body.email)).toEqual([]);
      });

      it('403: a member of an organisation is no admin, and may name no team either', async () => {
        const { member } = await ownerAndMember();
        expect(await register(newcomer(), member.token)).toMatchObject(FORBIDDEN);
        expect(await register({ ...newcomer(), team_id: UNKNOWN_ID }, member.token)).toMatchObject(FORBIDDEN);
      });

      it('403: a caller who is not verified is told that first, member or not', async () => {
        const { member } = await ownerAndMember();
        await call('PUT', '/v1/auth/me', { email: `moved${count}@example.com` }, member.token);
        expect(await register(newcomer(), member.token)).toMatchObject(UNVERIFIED);
      });

      it('401: an Authorization header that is no good session ends it, API keys too', async () => {
        const admin = await person();
        const { key } = await createKey(admin, 'admin');
        const stale = await tokenOf(admin.email);
        await call('DELETE', '/v1/auth/session', undefined, stale);
        const body = newcomer();

        for (const authorization of ['', 'Bearer', 'Bearer ', admin.token, 'Bearer sess_0', `Bearer ${stale}`, `Bearer ${key}`]) {
          expect(await server.send('POST', '/v1/auth/register', { body, headers: { authorization } })).toMatchObject(UNAUTHORIZED);
        }
        expect(await emails(body.email)).toEqual([]);
      });

      it('400: the body is looked at before the caller', async () => {
        expect(await register({}, 'sess_0')).toMatchObject(refused(400, MISSING));
        expect(await register({ email: 'a@example.com', password: 'short' }, 'sess_0')).toMatchObject({ status: 400 });
      });

      it('401: the caller is looked at before team and address', async () => {
        const { email } = await person();
        expect(await register({ email, password: PASSWORD, team_id: UNKNOWN_ID }, 'sess_0')).toMatchObject(UNAUTHORIZED);
      });
    });
  });

  describe('POST /v1/auth/login', () => {
    it('403: an address that is not verified is told only to who knows the password', async () => {
      await register({ email: 'unverified@example.com', password: PASSWORD });
      expect(await login('unverified@example.com')).toMatchObject(UNVERIFIED);
      expect(await login('unverified@example.com', OTHER_PASSWORD)).toMatchObject(refused(401, 'invalid credentials'));
    });

    it('200: an Authorization header sent along is not looked at', async () => {
      const { email } = await person();
      expect((await call('POST', '/v1/auth/login', { email, password: PASSWORD }, 'sess_0')).status).toBe(200);
    });
  });

  describe('POST /v1/auth/verify-email', () => {
    async function newcomer() {
      const email = `newcomer${(count += 1)}@example.com`;
      await register({ email, password: PASSWORD });
      return { email, code: codeOf(email) };
    }

    it('200: the digits verify the address, and then it is verified already, whatever the digits', async () => {
      const { email, code } = await newcomer();

      expect(await verify(email.toUpperCase(), code)).toMatchObject({ status: 200, body: { message: 'email verified successfully' } });
      expect(await verify(email, otherThan(code))).toMatchObject({ status: 200, body: { message: 'user is already verified' } });
      expect((await login(email)).status).toBe(200);
    });

    it('S37: 400: wrong digits, those of somebody else, and no digits at all', async () => {
      const [one, other] = [await newcomer(), await newcomer()];
      for (const code of [otherThan(one.code), one.code.slice(1), 'abcdef', ' ']) {
        expect(await verify(one.email, code)).toMatchObject(WRONG_CODE);
      }
      if (one.code !== other.code) expect(await verify(other.email, one.code)).toMatchObject(WRONG_CODE);
      expect((await verify(other.email, other.code)).status).toBe(200);
    });

    it('S37: 400: five wrong guesses end the digits; new ones are good', async () => {
      const { email, code } = await newcomer();
      for (let guess = 0; guess < 5; guess += 1) expect(await verify(email, otherThan(code))).toMatchObject(WRONG_CODE);

      expect(await verify(email, code)).toMatchObject(WRONG_CODE);
      expect((await sendCode(email)).status).toBe(200);
      expect((await verify(email, codeOf(email))).status).toBe(200);
    });

    it('S37: 400: of fifty guesses at once five are looked at', async () => {
      const { email, code } = await newcomer();
      const wrong = await Promise.all(Array.from({ length: 50 }, () => verify(email, otherThan(code))));

      expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([400]));
      expect(await verify(email, code)).toMatchObject(WRONG_CODE);
      expect(await rows('SELECT guesses FROM codes JOIN accounts ON accounts.id = account_id WHERE accounts.email = $1', [email])).toEqual([
        { guesses: 0 },
      ]);
    });

    it('S37: 400: the digits live ten minutes', async () => {
      const { email, code } = await newcomer();
      const life = 'extract(epoch FROM codes.expires_at - codes.created_at)::integer';
      expect(
        await rows(`SELECT ${life} AS life FROM codes JOIN accounts ON accounts.id = account_id WHERE accounts.email = $1`, [email]),
      ).toEqual([{ life: 600 }]);
      await rows(`UPDATE codes SET expires_at = now() WHERE email = $1`, [email]);
      expect(await verify(email, code)).toMatchObject(WRONG_CODE);
    });

    it('S37: 400: only the newest digits count', async () => {
      const { email, code } = await newcomer();
      await sendCode(email);
      if (codeOf(email) !== code) expect(await verify(email, code)).toMatchObject(WRONG_CODE);
      expect((await verify(email, codeOf(email))).status).toBe(200);
    });

    it('401: nobody has the address', async () => {
      expect(await verify(NOBODY, '123456')).toMatchObject(refused(401, 'invalid credentials'));
    });

    it.each<[unknown, string]>([
      [{}, 'email and code are required'],
      [{ email: '', code: '123456' }, 'email and code are required'],
      [{ email: 'nonsense', code: '' }, 'email and code are required'],
      [{ email: 'nonsense', code: '123456' }, 'invalid email format'],
      [{ email: 'a@example.com', code: 123456 }, 'invalid request body'],
    ])('400: %j is answered with %j', async (body, error) => {
      expect(await call('POST', '/v1/auth/verify-email', body)).toMatchObject(refused(400, error));
    });

    it('stores the digits as a keyed hash alone', async () => {
      const { email, code } = await newcomer();
      const [row] = await rows<{ text: string; hash: Buffer }>(`SELECT codes::text AS text, hash FROM codes WHERE email = $1`, [email]);
      expect(row?.text).not.toContain(`,${code},`);
      expect(Buffer.from(row?.hash ?? '')).not.toEqual(crypto.createHash('sha256').update(code).digest());
    });
  });

  describe('GET /v1/auth/verify-email', () => {
    it('200: mails new digits', async () => {
      await register({ email: 'again@example.com', password: PASSWORD });
      const before = server.mails.length;

      expect(await sendCode('AGAIN@example.com')).toMatchObject({ status: 200, body: { message: 'verification email sent successfully' } });
      expect(server.mails.slice(before)).toMatchObject([{ to: 'again@example.com', dialect: 'px0', kind: 'email verification code' }]);
    });

    it.each([
      ['', 400, 'email is required'],
      ['?email=', 400, 'email is required'],
      ['?email=nonsense', 400, 'invalid email format'],
      [`?email=${NOBODY}`, 404, 'user not found'],
    ])('%j is answered with %i %j', async (query, status, error) => {
      expect(await call('GET', `/v1/auth/verify-email${query}`)).toMatchObject(refused(status, error));
    });

    it('400: the address is verified already', async () => {
      const { email } = await person();
      expect(await sendCode(email)).toMatchObject(refused(400, 'user is already verified'));
      expect(codeOf(email)).toBe('');
    });
  });

  describe('POST /v1/auth/password-reset', () => {
    it('S24: 200: the mailed code sets a new password, once; every session and key ends, and the owner is told', async () => {
      const { email, token, org } = await person();
      const { key } = await createKey({ token, org }, 'all');
      expect(await sendReset(email)).toMatchObject({ status: 200, body: { message: 'password reset email sent successfully' } });
      const code = resetCodeOf(email);

      expect(await reset(code)).toMatchObject({ status: 200, body: { message: 'password reset successfully', email } });

      for (const credential of [token, key]) expect(await me(credential)).toMatchObject(UNAUTHORIZED);
      expect(await rows('SELECT 1 FROM api_keys JOIN accounts ON accounts.id = account_id WHERE email = $1', [email])).toEqual([]);
      expect((await login(email)).status).toBe(401);
      expect((await login(email, OTHER_PASSWORD)).status).toBe(200);
      expect(mailed(email, 'password was reset')).toBeDefined();
      expect(await reset(code, PASSWORD)).toMatchObject(refused(400, 'invalid or expired password reset code'));
    });

    it('S37: the code is a long random one, stored as a hash alone, and only the newest counts', async () => {
      const { email } = await person();
      await sendReset(email);
      const code = resetCodeOf(email);
      await sendReset(email);

      expect(code).toMatch(/^[\w-]{43}$/);
      expect((await rows<{ text: string }>('SELECT codes::text AS text FROM codes')).filter(({ text }) => text.includes(code))).toEqual([]);
      expect((await reset(code)).status).toBe(400);
      expect((await reset(resetCodeOf(email))).status).toBe(200);
    });

    it('verifies the address: who has the code has the mail', async () => {
      await register({ email: 'forgot@example.com', password: PASSWORD });
      await sendReset('forgot@example.com');
      await reset(resetCodeOf('forgot@example.com'));
      expect((await login('forgot@example.com', OTHER_PASSWORD)).status).toBe(200);
    });

    it('400: six digits reset nothing, not those that verify the address either', async () => {
      await register({ email: 'digits@example.com', password: PASSWORD });
      for (const code of [codeOf('digits@example.com'), '123456']) {
        expect(await reset(code)).toMatchObject(refused(400, 'invalid or expired password reset code'));
      }
    });

    it('S37: 400: an expired code', async () => {
      const { email } = await person();
      await sendReset(email);
      await rows(`UPDATE codes SET expires_at = now() WHERE email = $1`, [email]);
      expect(await reset(resetCodeOf(email))).toMatchObject(refused(400, 'invalid or expired password reset code'));
      expect((await login(email)).status).toBe(200);
    });

    it('400: a password that will not do leaves the code good', async () => {
      const { email } = await person();
      await sendReset(email);
      expect(await reset(resetCodeOf(email), 'short')).toMatchObject(refused(400, 'password must be at least 8 characters'));
      expect(await reset(resetCodeOf(email), 'x'.repeat(257))).toMatchObject(refused(400, 'password is too long'));
      expect((await reset(resetCodeOf(email))).status).toBe(200);
    });

    it.each<[unknown, string]>([
      [{}, 'code and new_password are required'],
      [{ code: '', new_password: 'short' }, 'code and new_password are required'],
      [{ code: 'x', new_password: '' }, 'code and new_password are required'],
      [{ code: 'x', new_password: 'short' }, 'password must be at least 8 characters'],
      [{ code: 'x', new_password: PASSWORD }, 'invalid or expired password reset code'],
      [{ code: 7, new_password: PASSWORD }, 'invalid request body'],
    ])('400: /reset with %j is answered with %j', async (body, error) => {
      expect(await call('POST', '/v1/auth/password-reset/reset', body)).toMatchObject(refused(400, error));
    });

    it.each<[unknown, number, string]>([
      [{}, 400, 'email is required'],
      [{ email: '' }, 400, 'email is required'],
      [{ email: 'nonsense' }, 400, 'invalid email format'],
      [{ email: [] }, 400, 'invalid request body'],
      [{ email: NOBODY }, 404, 'user not found'],
    ])('/trigger with %j is answered with %i %j', async (body, status, error) => {
      expect(await call('POST', '/v1/auth/password-reset/trigger', body)).toMatchObject(refused(status, error));
    });
  });

  describe('/v1/auth/sessions', () => {
    const list = async (token: string) =>
      ((await call('GET', '/v1/auth/sessions', undefined, token)).body as { sessions: Session[] }).sessions;
    const end = (id: string, token: string) => call('DELETE', `/v1/auth/sessions/${id}`, undefined, token);

    it("200: GET shows one's own sessions of this API, newest first, each with a masked token", async () => {
      const { id, email, token } = await person();
      const second = (await login(email)).body as { token: string; expires_at: string };
      await server.send('POST', '/auth/v1/token', { body: { email, password: PASSWORD } });
      await person();

      const sessions = await list(token);

      expect(sessions).toHaveLength(2);
      expect(sessions[0]?.expires_at).toBe(second.expires_at);
      for (const session of sessions) expect(session).toMatchObject({ user_id: id, token: 'sess_****' });
      const [newest = '', oldest = ''] = sessions.map(({ created_at }) => created_at);
      expect(Date.parse(newest)).toBeGreaterThanOrEqual(Date.parse(oldest));
    });

    it('no token of a session is in the database, only its hash', async () => {
      const { token } = await person();
      const texts = await rows<{ text: string }>('SELECT sessions::text AS text FROM sessions');
      expect(texts.filter(({ text }) => text.includes(token) || text.includes(token.slice('sess_'.length)))).toEqual([]);
      const hash = crypto.createHash('sha256').update(token).digest();
      expect(await rows('SELECT 1 AS found FROM sessions WHERE opaque_token_hash = $1', [hash])).toEqual([{ found: 1 }]);
    });

    it('204: DELETE ends another session, or the one that asks', async () => {
      const { email, token } = await person();
      const other = await tokenOf(email);
      const [newest, oldest] = await list(token);

      expect(await end(newest?.id.toUpperCase() ?? '', token)).toMatchObject({ status: 204, body: undefined });
      expect(await me(other)).toMatchObject(UNAUTHORIZED);
      expect((await end(oldest?.id ?? '', token)).status).toBe(204);
      expect(await me(token)).toMatchObject(UNAUTHORIZED);
    });

    it("404: somebody else's session, one that has ended, and none; 400: no id", async () => {
      const [one, other] = [await person(), await person()];
      const [session] = await list(other.token);

      expect(await end(session?.id ?? '', one.token)).toMatchObject(NO_SUCH_SESSION);
      expect((await me(other.token)).status).toBe(200);
      expect(await end(UNKNOWN_ID, one.token)).toMatchObject(NO_SUCH_SESSION);
      for (const id of ['x', `urn:uuid:${UNKNOWN_ID}`]) expect(await end(id, one.token)).toMatchObject(refused(400, 'invalid id'));
    });

    it("404: one's own session of another API is not among them", async () => {
      const { id, email, token } = await person();
      await server.send('POST', '/auth/v1/token', { body: { email, password: PASSWORD } });
      const others = () => rows<{ id: string }>(`SELECT id FROM sessions WHERE account_id = $1 AND dialect = 'pixyle'`, [id]);
      const [session] = await others();

      expect(await end(session?.id ?? '', token)).toMatchObject(NO_SUCH_SESSION);
      expect(await others()).toEqual([session]);
    });

    it('401: without a session, and with an API key, whatever it may do', async () => {
      const who = await person();
      const { key } = await createKey(who, 'admin');
      const [session] = await list(who.token);
      for (const credential of [undefined, 'sess_0', key]) {
        expect(await call('GET', '/v1/auth/sessions', undefined, credential)).toMatchObject(UNAUTHORIZED);
        expect(await call('DELETE', `/v1/auth/sessions/${session?.id}`, undefined, credential)).toMatchObject(UNAUTHORIZED);
      }
    });
  });

  describe('PUT /v1/auth/me', () => {
    const change = (email: unknown, token: string) => call('PUT', '/v1/auth/me', { email }, token);

    it('S26: 200: the new address is not verified until its digits come back, and the old one is told', async () => {
      const { email, token, org } = await person();
      const { key } = await createKey({ token, org }, 'all');
      const next = `Next-${email}`;

      expect(await change(next, token)).toMatchObject({ status: 200, body: { user: { email: next, is_verified: false } } });

      expect(mailed(email, 'email changed')?.newAddress).toBe(next);
      for (const credential of [token, key]) expect(await me(credential)).toMatchObject(UNVERIFIED);
      expect(await login(email)).toMatchObject(refused(401, 'invalid credentials'));
      expect(await login(next)).toMatchObject(UNVERIFIED);
      expect((await verify(next, codeOf(next))).status).toBe(200);
      for (const credential of [token, key]) expect(await me(credential)).toMatchObject({ status: 200, body: { user: { email: next } } });
    });

    it('S26: 200: what was mailed to the old address verifies and resets nothing any more', async () => {
      const { email, token } = await person();
      await sendReset(email);
      const next = `next-${email}`;
      await change(next, token);

      expect((await reset(resetCodeOf(email))).status).toBe(400);
      const code = codeOf(next);
      await rows(`UPDATE accounts SET email = 'third-' || email, normalized_email = 'third-' || normalized_email WHERE email = $1`, [next]);
      expect(await verify(`third-${next}`, code)).toMatchObject(WRONG_CODE);
    });

    it('200: what was mailed before stays good for nothing when the old address comes back', async () => {
      const { email, token } = await person();
      await sendReset(email);
      const next = `next-${email}`;
      await change(next, token);
      await verify(next, codeOf(next));
      await change(email, token);

      expect((await reset(resetCodeOf(email))).status).toBe(400);
    });

    it('200: another letter case is the same address, and stays verified', async () => {
      const { email, token } = await person();
      expect(await change(email.toUpperCase(), token)).toMatchObject({ status: 200, body: { user: { is_verified: true } } });
      expect(codeOf(email)).toBe('');
    });

    it('403: until then a session is good for nothing that is protected', async () => {
      const { email, token, org } = await person();
      await change(`next-${email}`, token);

      for (const [method, path, body] of [
        ['GET', '/v1/auth/me'],
        ['PUT', '/v1/auth/me', { email: `third-${email}` }],
        ['DELETE', '/v1/auth/me'],
        ['POST', '/v1/auth/me/change-password', { current_password: PASSWORD, new_password: OTHER_PASSWORD }],
        ['GET', '/v1/me/orgs'],
        ['GET', '/v1/auth/sessions'],
        ['DELETE', `/v1/auth/sessions/${UNKNOWN_ID}`],
        ['POST', '/v1/api-keys', { name: 'ci', org_id: org }],
        ['GET', `/v1/api-keys?org_id=${org}`],
        ['PUT', `/v1/api-keys/${UNKNOWN_ID}`, {}],
        ['DELETE', `/v1/api-keys/${UNKNOWN_ID}`],
        ['POST', `/v1/api-keys/${UNKNOWN_ID}/regenerate`],
      ] as [string, string, object?][]) {
        expect(await call(method, path, body, token)).toMatchObject(UNVERIFIED);
      }
    });

    it('409: an address that is taken stays whose it is', async () => {
      const [one, other] = [await person(), await person()];
      expect(await change(other.email.toUpperCase(), one.token)).toMatchObject(refused(409, 'email already taken'));
      expect(await me(one.token)).toMatchObject({ status: 200, body: { user: { email: one.email, is_verified: true } } });
      expect(mailed(one.email, 'email changed')).toBeUndefined();
    });

    it.each<[unknown, string]>([
      [{}, 'email is required'],
      [{ email: '' }, 'email is required'],
      [{ email: 'nonsense' }, 'invalid email format'],
      [{ email: 7 }, 'invalid request body'],
    ])('400: %j is answered with %j', async (body, error) => {
      const { token } = await person();
      expect(await call('PUT', '/v1/auth/me', body, token)).toMatchObject(refused(400, error));
    });
  });

  describe('DELETE /v1/auth/me', () => {
    it('204: the account is gone with all that was its own, and its address is free again', async () => {
      const { id, email, token, org } = await person();
      const { key } = await createKey({ token, org }, 'all');

      expect(await call('DELETE', '/v1/auth/me', undefined, token)).toMatchObject({ status: 204, body: undefined });

      for (const credential of [token, key]) expect(await me(credential)).toMatchObject(UNAUTHORIZED);
      expect(await login(email)).toMatchObject(refused(401, 'invalid credentials'));
      expect(await rows('SELECT 1 FROM organizations WHERE id = $1', [org])).toEqual([]);
      const again = await register({ email, password: PASSWORD });
      expect(again.status).toBe(201);
      expect((again.body as { user: User }).user.id).not.toBe(id);
    });

    it('204: others in the same organisation stay', async () => {
      const { owner, member } = await ownerAndMember();
      expect((await call('DELETE', '/v1/auth/me', undefined, owner.token)).status).toBe(204);
      expect((await me(member.token)).status).toBe(200);
    });
  });

  describe('POST /v1/auth/me/change-password', () => {
    const change = (token: string, new_password = OTHER_PASSWORD, current_password = PASSWORD) =>
      call('POST', '/v1/auth/me/change-password', { current_password, new_password }, token);

    it('S24: 200: sets the new password, ends every other session, and tells the owner', async () => {
      const { email, token } = await person();
      const other = await tokenOf(email);

      expect(await change(token)).toMatchObject({ status: 200, body: { message: 'password changed successfully' } });

      expect((await me(token)).status).toBe(200);
      expect(await me(other)).toMatchObject(UNAUTHORIZED);
      expect((await login(email)).status).toBe(401);
      expect((await login(email, OTHER_PASSWORD)).status).toBe(200);
      expect(mailed(email, 'password changed')).toBeDefined();
    });

    it('401: the current password is wrong; that is told after what is wrong with the new one', async () => {
      const { email, token } = await person();
      expect(await change(token, OTHER_PASSWORD, 'a wrong one')).toMatchObject(refused(401, 'invalid current password'));
      expect(await change(token, 'short', 'a wrong one')).toMatchObject(refused(400, 'password must be at least 8 characters'));
      expect(await change(token, 'x'.repeat(257), 'a wrong one')).toMatchObject(refused(400, 'password is too long'));
      expect((await login(email)).status).toBe(200);
    });

    it.each([
      {},
      { current_password: PASSWORD },
      { current_password: '', new_password: 'short' },
      { current_password: 'x', new_password: '' },
    ])('400: %j is not enough', async (body) => {
      const { token } = await person();
      const answer = await call('POST', '/v1/auth/me/change-password', body, token);
      expect(answer).toMatchObject(refused(400, 'current_password and new_password are required'));
    });
  });

  describe('GET /v1/me/orgs', () => {
    it("200: shows one's own organisation, and whether one owns it", async () => {
      const { owner, member } = await ownerAndMember();
      const orgs = (token: string) => call('GET', '/v1/me/orgs', undefined, token);

      expect(await orgs(owner.token)).toMatchObject({ status: 200, body: { organizations: [{ id: owner.org, role: 'ADMIN' }] } });
      expect(await orgs(member.token)).toMatchObject({ status: 200, body: { organizations: [{ id: owner.org, role: 'MEMBER' }] } });
      expect(await me(member.token)).toMatchObject({ body: { user: { is_admin: false } } });
      const [row] = await rows<{ created_at: Date }>('SELECT created_at FROM organizations WHERE id = $1', [owner.org]);
      expect((await orgs(owner.token)).body).toMatchObject({ organizations: [{ created_at: row?.created_at.toISOString() }] });
    });
  });

  describe('the profile with an API key', () => {
    it.each(['all', 'admin'])('200: a key for %s acts as its account', async (operation) => {
      const who = await person();
      const { key } = await createKey(who, operation);
      expect(await me(key)).toMatchObject({ status: 200, body: { user: { id: who.id } } });
      expect((await call('GET', '/v1/me/orgs', undefined, key)).status).toBe(200);
      expect((await call('DELETE', '/v1/auth/me', undefined, key)).status).toBe(204);
    });

    it('403: a key for read_render may do none of it', async () => {
      const who = await person();
      const { key } = await createKey(who);
      for (const [method, path, body] of [
        ['GET', '/v1/auth/me'],
        ['PUT', '/v1/auth/me', { email: 'next@example.com' }],
        ['DELETE', '/v1/auth/me'],
        ['POST', '/v1/auth/me/change-password', { current_password: PASSWORD, new_password: OTHER_PASSWORD }],
        ['GET', '/v1/me/orgs'],
      ] as [string, string, object?][]) {
        expect(await call(method, path, body, key)).toMatchObject(FORBIDDEN);
      }
      expect((await me(who.token)).status).toBe(200);
    });

    it.each(['', 'sess_0', `sess_${'0'.repeat(64)}`, `ak_${'0'.repeat(64)}`, 'pyth_0', 'garbage'])(
      '401: %j is no credential',
      async (token) => {
        expect(await me(token)).toMatchObject(UNAUTHORIZED);
        expect(await call('PUT', '/v1/auth/me', {}, token)).toMatchObject(UNAUTHORIZED);
        expect(await call('DELETE', '/v1/auth/me', undefined, token)).toMatchObject(UNAUTHORIZED);
        expect(await call('POST', '/v1/auth/me/change-password', {}, token)).toMatchObject(UNAUTHORIZED);
        expect(await call('GET', '/v1/me/orgs', undefined, token)).toMatchObject(UNAUTHORIZED);
      },
    );

    it('401: a key is good for this API alone', async () => {
      const { key } = await createKey(await person(), 'admin');
      expect((await server.send('POST', '/api/verify', { headers: bearer(key) })).status).toBe(401);
      expect((await server.send('GET', '/users/me', { headers: { ...bearer(key), 'X-API-Version': 'v1' } })).status).toBe(401);
    });

    it('401: a key ends with its account, banned or not', async () => {
      const who = await person();
      const { key } = await createKey(who, 'admin');
      await server.setStatus(who.email, 'banned');
      expect(await me(key)).toMatchObject(UNAUTHORIZED);
    });
  });

  describe('/v1/api-keys', () => {
    const create = (body: object, token: string) => call('POST', '/v1/api-keys', body, token);
    const list = (org: string, token: string) => call('GET', `/v1/api-keys?org_id=${org}`, undefined, token);
    const update = (id: string, body: object, token: string) => call('PUT', `/v1/api-keys/${id}`, body, token);
    const regenerate = (id: string, token: string) => call('POST', `/v1/api-keys/${id}/regenerate`, undefined, token);
    const remove = (id: string, token: string) => call('DELETE', `/v1/api-keys/${id}`, undefined, token);
    const keysIn = ({ body }: Answer) => (body as { api_keys: Key[] }).api_keys;

    it('201: shows a new key this once, and stores its hash alone; without an operation it may read and render', async () => {
      const { token, org } = await person();
      const key = await createKey({ token, org });

      expect(key).toMatchObject({ name: 'ci', operation: 'read_render', key: expect.stringMatching(/^ak_[0-9a-f]{64}$/) });
      const [row] = await rows<{ text: string; hash: Buffer }>('SELECT api_keys::text AS text, hash FROM api_keys WHERE id = $1', [key.id]);
      expect(row?.text).not.toContain(key.key.slice('ak_'.length));
      expect(Buffer.from(row?.hash ?? '')).toEqual(crypto.createHash('sha256').update(key.key).digest());
      expect(JSON.stringify((await list(org, token)).body)).not.toContain(key.key.slice('ak_'.length));
    });

    it('200: lists the keys newest first, and when each was used last', async () => {
      const { token, org } = await person();
      expect((await list(org, token)).body).toEqual({ api_keys: [] });
      const used = await createKey({ token, org }, 'all');
      await new Promise((resolve) => setTimeout(resolve, 5));
      const unused = await createKey({ token, org: org.toUpperCase() }, 'admin');
      await me(used.key);

      expect(keysIn(await list(org, token))).toMatchObject([
        { id: unused.id, name: 'ci', org_id: org, operation: 'admin', last_used_at: null },
        { id: used.id, name: 'ci', org_id: org, operation: 'all', last_used_at: expect.any(String) },
      ]);
    });

    it('200: changes what is sent, and leaves the rest and the secret as they are', async () => {
      const { token, org } = await person();
      const { id, key } = await createKey({ token, org }, 'all');

      expect(await update(id, {}, token)).toMatchObject({
        status: 200,
        body: { api_key: { id, name: 'ci', operation: 'all', org_id: org } },
      });
      expect(await update(id, { name: 'nightly', team_ids: [] }, token)).toMatchObject({
        body: { api_key: { name: 'nightly', operation: 'all' } },
      });
      expect((await me(key)).status).toBe(200);
      expect(await update(id, { operation: 'read_render' }, token)).toMatchObject({
        body: { api_key: { name: 'nightly', operation: 'read_render' } },
      });
      expect(await me(key)).toMatchObject(FORBIDDEN);
    });

    it('200: another secret ends the old one', async () => {
      const { token, org } = await person();
      const before = await createKey({ token, org }, 'all');

      const answer = await regenerate(before.id, token);

      const { key, ...same } = answer.body as Key;
      const { key: old, ...shown } = before;
      expect(answer.status).toBe(200);
      expect(same).toEqual(shown);
      expect(key).toMatch(/^ak_[0-9a-f]{64}$/);
      expect(await me(old)).toMatchObject(UNAUTHORIZED);
      expect((await me(key)).status).toBe(200);
    });

    it('204: a deleted key is good for nothing any more', async () => {
      const { token, org } = await person();
      const { id, key } = await createKey({ token, org }, 'all');

      expect(await remove(id, token)).toMatchObject({ status: 204, body: undefined });
      expect(await me(key)).toMatchObject(UNAUTHORIZED);
      expect(await remove(id, token)).toMatchObject(NO_SUCH_KEY);
      expect(keysIn(await list(org, token))).toEqual([]);
    });

    it("404: somebody else's key is none, and 403: somebody else's organisation is not one's own", async () => {
      const [one, other] = [await person(), await person()];
      const { id, key } = await createKey(other, 'all');

      for (const who of [id, UNKNOWN_ID]) {
        expect(await update(who, { name: 'mine' }, one.token)).toMatchObject(NO_SUCH_KEY);
        expect(await regenerate(who, one.token)).toMatchObject(NO_SUCH_KEY);
        expect(await remove(who, one.token)).toMatchObject(NO_SUCH_KEY);
      }
      for (const org of [other.org, UNKNOWN_ID]) {
        expect(await create({ name: 'theirs', org_id: org }, one.token)).toMatchObject(FORBIDDEN);
        expect(await list(org, one.token)).toMatchObject(FORBIDDEN);
      }
      expect((await me(key)).status).toBe(200);
      expect(keysIn(await list(other.org, other.token))).toMatchObject([{ id, name: 'ci' }]);
    });

    it('403: who does not own the organisation has no keys in it, and sees none', async () => {
      const { owner, member } = await ownerAndMember();
      const { id } = await createKey(owner, 'all');

      expect(await create({ name: 'ci', org_id: member.org }, member.token)).toMatchObject(FORBIDDEN);
      expect(await list(member.org, member.token)).toMatchObject(FORBIDDEN);
      expect(await update(id, { name: 'mine' }, member.token)).toMatchObject(FORBIDDEN);
      expect(await regenerate(id, member.token)).toMatchObject(FORBIDDEN);
      expect(await remove(id, member.token)).toMatchObject(FORBIDDEN);
    });

    it('401: without a session, and with an API key, whatever it may do', async () => {
      const who = await person();
      const { id, key } = await createKey(who, 'admin');
      for (const credential of ['', 'sess_0', key]) {
        expect(await create({ name: 'ci', org_id: who.org }, credential)).toMatchObject(UNAUTHORIZED);
        expect(await list(who.org, credential)).toMatchObject(UNAUTHORIZED);
        expect(await update(id, { operation: 'admin' }, credential)).toMatchObject(UNAUTHORIZED);
        expect(await regenerate(id, credential)).toMatchObject(UNAUTHORIZED);
        expect(await remove(id, credential)).toMatchObject(UNAUTHORIZED);
      }
      expect((await me(key)).status).toBe(200);
    });

    it('404: there are no teams; 403 comes before that', async () => {
      const { owner, member } = await ownerAndMember();
      const { id } = await createKey(owner);
      const body = { name: 'ci', org_id: owner.org, team_ids: [UNKNOWN_ID] };

      expect(await create(body, owner.token)).toMatchObject(NO_SUCH_TEAM);
      expect(await update(id, { team_ids: [UNKNOWN_ID] }, owner.token)).toMatchObject(NO_SUCH_TEAM);
      expect(await create(body, member.token)).toMatchObject(FORBIDDEN);
      expect((await create({ ...body, team_ids: [] }, owner.token)).status).toBe(201);
    });

    const OPERATION = 'invalid operation, must be read_render, all, or admin';
    it.each<[object, string]>([
      [{}, 'name is required'],
      [{ name: '', operation: 'root' }, 'name is required'],
      [{ name: 'ci', org_id: undefined, operation: 'root' }, 'org_id is required'],
      [{ name: 'ci', operation: 'root' }, OPERATION],
      [{ name: 'ci', org_id: 'x' }, 'invalid request body'],
      [{ name: 'nul \u0000' }, 'invalid request body'],
      [{ name: 'x'.repeat(256) }, 'invalid request body'],
      [{ name: 7 }, 'invalid request body'],
      [{ name: 'ci', team_ids: 'x' }, 'invalid request body'],
    ])('400: a new key with %j is answered with %j', async (body, error) => {
      const { token, org } = await person();
      const isEmpty = Object.keys(body).length === 0;
      expect(await create(isEmpty ? body : { org_id: org, ...body }, token)).toMatchObject(refused(400, error));
      expect(keysIn(await list(org, token))).toEqual([]);
    });

    it('400: no organisation, no id, no such operation', async () => {
      const { token, org } = await person();
      const { id } = await createKey({ token, org });

      expect(await call('GET', '/v1/api-keys', undefined, token)).toMatchObject(refused(400, 'org_id is required'));
      expect(await list('', token)).toMatchObject(refused(400, 'org_id is required'));
      expect(await list('x', token)).toMatchObject(refused(400, 'invalid id'));
      for (const wrong of ['x', `urn:uuid:${id}`]) {
        expect(await update(wrong, { operation: 'root' }, token)).toMatchObject(refused(400, 'invalid id'));
        expect(await regenerate(wrong, token)).toMatchObject(refused(400, 'invalid id'));
        expect(await remove(wrong, token)).toMatchObject(refused(400, 'invalid id'));
      }
      expect(await update(id, { operation: 'root' }, token)).toMatchObject(refused(400, OPERATION));
      expect(await update(id, { name: '' }, token)).toMatchObject(refused(400, 'name is required'));
    });
  });

  describe('GET /v1/health', () => {
    it('200: says so, and no more', async () => {
      expect(await call('GET', '/v1/health', undefined, 'garbage')).toMatchObject({ status: 200, body: { status: 'OK' } });
    });
  });

  it('what a request of the console carries does no harm: a content type without a body', async () => {
    const { token } = await person();
    const headers = { ...bearer(token), 'content-type': 'application/json' };
    expect((await server.send('GET', '/v1/auth/me', { headers })).status).toBe(200);
    expect((await server.send('DELETE', '/v1/auth/session', { headers })).status).toBe(204);
  });

  it('400: PASSWORD_MIN_LENGTH says more than the contract', async () => {
    const strict = await startServer(database, { environment: { PASSWORD_MIN_LENGTH: '15' } });
    const answer = await strict.send('POST', '/v1/auth/register', { body: { email: 'strict@example.com', password: 'fourteen chars' } });
    await strict.close();
    expect(answer).toMatchObject(refused(400, 'password is too short'));
  });
});
