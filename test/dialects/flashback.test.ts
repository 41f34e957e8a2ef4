import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commandLineContext } from '../../src/cli/commands.js';
import { changeEmail } from '../../src/core/change-profile.js';
import { Unavailable } from '../../src/core/faults.js';
import { inviteAccount } from '../../src/core/invite-account.js';
import type { Mail } from '../../src/core/mail.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { decodeJwt } from '../support/jwt.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const OTHER_PASSWORD = 'another good password';
const NO_SUCH_ID = '00000000-0000-4000-8000-000000000000';

/** What a registration and a login answer. */
interface SignedIn {
  accessToken: string;
  refreshToken: string;
  tokenId: string;
  expiresAt: number;
  verificationTokenId: string;
  user: { id: string; email: string; name: string; orgId: string };
}

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

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) => server.send('POST', path, { body, headers });
  /** A call of somebody who is signed in, without a body. */
  const ask = (method: string, path: string, { accessToken }: { accessToken: string }) =>
    server.send(method, path, { headers: bearer(accessToken) });
  const someAddress = () => `person-${++people}@example.com`;
  const registration = (changes: Record<string, unknown> = {}) => ({
    email: someAddress(),
    password: PASSWORD,
    firstName: 'Ada',
    lastName: 'Lovelace',
    companyName: 'Analytical Engines',
    isBusiness: true,
    ...changes,
  });
  const register = async (changes: Record<string, unknown> = {}) => (await post('/user/register', registration(changes))).body as SignedIn;
  const login = (email: string, extra: object = {}) => post('/user/login', { email, password: PASSWORD, ...extra });
  const signIn = async (email: string, extra: object = {}) => (await login(email, extra)).body as SignedIn;
  /** Somebody whose address is verified. */
  const member = async () => {
    const { email } = await server.createAccount({ email: someAddress(), password: PASSWORD });
    return { email, ...(await signIn(email)) };
  };
  const mailsTo = (email: string) => server.mails.filter(({ to }) => to === email);
  const tokenMailedTo = (email: string, mailKind: Mail['kind']) => {
    const mail = mailsTo(email).findLast((each) => each.kind === mailKind);
    if (!mail || !('token' in mail)) throw new Error(`no such mail went to ${email}`);
    return mail.token;
  };
  const verificationFor = (email: string) => tokenMailedTo(email, 'email verification link');
  const refused = (status: number, error_code: string) => ({ status, body: { success: false, error_code } });
  const isLive = async (who: { accessToken: string }) => (await ask('GET', '/user/profile', who)).status === 200;

  describe('POST /user/register', () => {
    it('201: makes the account, signs it in, and mails what verifies the address', async () => {
      const request = registration({ companyWebsite: 'https://example.com', phone: '1' });
      const { status, body } = await post('/user/register', request);

      const { accessToken, refreshToken, tokenId, expiresAt, user, verificationTokenId, ...rest } = body as SignedIn & { success: true };
      expect([status, rest]).toEqual([201, { success: true }]);
      expect(user).toEqual({
        id: decodeJwt(accessToken).sub,
        email: request.email,
        name: 'Ada Lovelace',
        orgId: expect.any(String),
        image_url: null,
        orgRole: 255,
      });
      expect(decodeJwt(accessToken)).toMatchObject({ sid: tokenId, exp: expiresAt, userId: user.id, orgId: user.orgId });
      expect((await post('/user/refresh', { refreshToken })).status).toBe(200);
      expect((await login(request.email)).status).toBe(200);
      expect(mailsTo(request.email)).toMatchObject([{ kind: 'email verification link', dialect: 'flashback' }]);
      expect(verificationTokenId).not.toBe(verificationFor(request.email));
    });

    it('201: gives everybody a new organisation, whatever its name, and joins nobody', async () => {
      const first = await register({ companyName: 'Same Name' });
      const second = await register({ companyName: 'Same Name' });
      await server.createAccount({ email: someAddress(), password: null, organization: { kind: 'shared', name: 'Same Name' } });

      expect(second.user.orgId).not.toBe(first.user.orgId);
      const sizes = await database.source.query(
        `SELECT organizations.id, count(*)::integer FROM organizations JOIN accounts ON organization_id = organizations.id
         WHERE organizations.name = 'Same Name' GROUP BY 1`,
      );
      expect(sizes).toHaveLength(3);
      expect(sizes.every(({ count }: { count: number }) => count === 1)).toBe(true);
    });

    it('201: a person without company and family name has an account, too', async () => {
      const { user } = await register({ companyName: ' ', lastName: '', firstName: ' Ada ', isBusiness: false });

      expect(user.name).toBe('Ada');
      expect(await database.source.query('SELECT name FROM organizations WHERE id = $1', [user.orgId])).toEqual([
        { name: user.email.split('@')[0] },
      ]);
    });

    it('201: nothing that a request carries makes the account more than a new one', async () => {
      const { email } = (await register({ operator: true, emailVerified: true, status: 'active', orgRole: 0, demo: true })).user;

      expect(await server.service.ports.accounts.findByEmail(email as never)).toMatchObject({
        operator: false,
        emailVerified: false,
        demo: false,
        organizationRole: 'owner',
      });
    });

    it('400 EMAIL_EXISTS: an address that is taken, in whatever case, and the account stays as it was', async () => {
      const { email } = await member();

      expect(await post('/user/register', registration({ email: email.toUpperCase(), password: OTHER_PASSWORD }))).toMatchObject(
        refused(400, 'EMAIL_EXISTS'),
      );
      expect((await login(email)).status).toBe(200);
    });

    it.each([['ada'], ['ada@localhost'], [`${'a'.repeat(250)}@example.com`]])('400 INVALID_EMAIL: %s', async (email) => {
      expect(await post('/user/register', registration({ email }))).toMatchObject(refused(400, 'INVALID_EMAIL'));
    });

    it.each(['short', '', 'x'.repeat(257)])('400 WEAK_PASSWORD: %j, and no account is made', async (password) => {
      const request = registration({ password });

      expect(await post('/user/register', request)).toMatchObject(refused(400, 'WEAK_PASSWORD'));
      expect(await login(request.email)).toMatchObject(refused(401, 'USER_NOT_FOUND'));
    });

    it.each(['email', 'password', 'firstName', 'lastName', 'companyName', 'isBusiness'])('400 MISSING_FIELDS: no %s', async (field) => {
      expect(await post('/user/register', registration({ [field]: undefined }))).toMatchObject(refused(400, 'MISSING_FIELDS'));
    });

    it('400 MISSING_FIELDS: no body', async () => {
      expect(await server.send('POST', '/user/register')).toMatchObject(refused(400, 'MISSING_FIELDS'));
    });

    it.each([
      ['a blank name', { firstName: '  ' }],
      ['a control character', { companyName: 'nul \u0000' }],
      ['a wrong type', { isBusiness: 'yes' }],
    ])('400 VALIDATION_ERROR: %s', async (_what, change) => {
      expect(await post('/user/register', registration(change))).toMatchObject(refused(400, 'VALIDATION_ERROR'));
    });
  });

  describe('POST /user/login with deviceInfo', () => {
    const nameAfter = async (deviceInfo: unknown) => {
      const { email } = await server.createAccount({ email: someAddress(), password: PASSWORD });
      const { body } = await ask('GET', '/sessions', await signIn(email, { deviceInfo }));
      return (body as { sessions: { deviceName: unknown }[] }).sessions[0]?.deviceName;
    };

    it.each([
      ['all that the client tells', { userAgent: 'x', deviceType: 'DESKTOP', os: 'Linux', browser: 'Chrome', n: 8 }, 'Chrome on Linux'],
      ['a system alone', { os: 'Linux' }, 'Linux'],
      ['a browser alone', { browser: 'Chrome', os: ' ' }, 'Chrome'],
      ['nothing in it', {}, null],
      ['no deviceInfo', undefined, null],
      ['300 characters', { browser: '\u{1F600}'.repeat(300), os: 'Linux' }, '\u{1F600}'.repeat(200)],
    ])('200: %s names the session', async (_what, deviceInfo, name) => {
      expect(await nameAfter(deviceInfo)).toBe(name);
    });

    it.each([7, { browser: 7 }, { os: 'nul \u0000' }])('400: %j', async (deviceInfo) => {
      expect(await login('ada@example.com', { deviceInfo })).toMatchObject(refused(400, 'VALIDATION_ERROR'));
    });
  });

  describe('GET /user/profile', () => {
    it('404: says so when the account went away while it was asked for', async () => {
      const gone = await startServer(database, {
        change: (service) => ({
          ...service,
          ports: { ...service.ports, accounts: { ...service.ports.accounts, findById: async () => null } },
        }),
      });
      const { accessToken } = await member();

      expect(await gone.send('GET', '/user/profile', { headers: bearer(accessToken) })).toMatchObject({
        status: 404,
        body: { success: false, message: 'User not found' },
      });
      await gone.close();
    });

    it('200: tells whose token it is, with the two parts of the name', async () => {
      const { user, ...signedIn } = await register();

      expect(await ask('GET', '/user/profile', signedIn)).toMatchObject({
        status: 200,
        body: {
          success: true,
          data: {
            id: user.id,
            name: 'Ada',
            lastName: 'Lovelace',
            email: user.email,
            orgId: user.orgId,
            orgRole: 255,
            orgRoleDescription: 'OWNER',
            orgRoles: [0, 1, 2, 254, 255],
            validated: false,
            mfaRequired: false,
          },
        },
      });
    });

    it.each([
      ['member', 0, 'USER', [0]],
      ['admin', 254, 'ADMINISTRATORS', [0, 1, 2, 254]],
    ])('200: a role of %s is the number %i, and has what is below it', async (role, orgRole, orgRoleDescription, orgRoles) => {
      const somebody = await member();
      await database.source.query('UPDATE accounts SET organization_role = $1 WHERE id = $2', [role, somebody.user.id]);

      expect((await ask('GET', '/user/profile', somebody)).body).toMatchObject({ data: { orgRole, orgRoleDescription, orgRoles } });
    });

    it('200: a name whose parts nobody told apart is the first name', async () => {
      const { email } = await server.createAccount({ email: someAddress(), password: PASSWORD, name: 'Grace Hopper' });

      expect((await ask('GET', '/user/profile', await signIn(email))).body).toMatchObject({
        data: { name: 'Grace Hopper', lastName: '', validated: true },
      });
    });
  });

  describe('POST /user/pre-verify-email', () => {
    it('200: tells that the token is good, and leaves it so', async () => {
      const { email } = (await register()).user;
      const look = () => post('/user/pre-verify-email', { token: verificationFor(email) });

      for (const { status, body } of [await look(), await look()]) {
        expect({ status, body }).toEqual({
          status: 200,
          body: { success: true, message: 'The token is valid', authMethod: 'password', hasPassword: true },
        });
      }
    });

    it('200: tells of an account that has no password yet', async () => {
      const { email } = (await register()).user;
      await database.source.query('UPDATE accounts SET password_hash = NULL WHERE email = $1', [email]);

      expect((await post('/user/pre-verify-email', { token: verificationFor(email) })).body).toMatchObject({ hasPassword: false });
    });

    it('400 INVALID_TOKEN: a token that is none', async () => {
      expect(await post('/user/pre-verify-email', { token: 'none' })).toMatchObject(refused(400, 'INVALID_TOKEN'));
      expect(await post('/user/pre-verify-email', {})).toMatchObject(refused(400, 'VALIDATION_ERROR'));
    });
  });

  describe('POST /user/verify-email', () => {
    const verify = (token: string, extra: object = {}) => post('/user/verify-email', { token, ...extra });

    it('S37: 200, then 400: a token verifies and signs in, once', async () => {
      const first = await register();
      const token = verificationFor(first.user.email);

      const { status, body } = await verify(token);

      expect([status, body]).toMatchObject([200, { success: true, user: { ...first.user, image_url: null } }]);
      expect(body).not.toHaveProperty('verificationTokenId');
      expect((await ask('GET', '/user/profile', body as SignedIn)).body).toMatchObject({ data: { validated: true } });
      expect(await verify(token)).toMatchObject(refused(400, 'INVALID_TOKEN'));
      expect(await isLive(first)).toBe(true);
    });

    it("200: a password sent along becomes the account's, and every earlier session ends", async () => {
      const before = await register();
      const { email } = before.user;

      const after = (await verify(verificationFor(email), { password: OTHER_PASSWORD })).body as SignedIn;

      expect([await isLive(before), await isLive(after)]).toEqual([false, true]);
      expect(await post('/user/refresh', { refreshToken: before.refreshToken })).toMatchObject(refused(401, 'INVALID_REFRESH_TOKEN'));
      expect(await login(email)).toMatchObject(refused(401, 'INVALID_PASSWORD'));
      expect((await post('/user/login', { email, password: OTHER_PASSWORD })).status).toBe(200);
    });

    it('400 WEAK_PASSWORD: and the token stays good', async () => {
      const { email } = (await register()).user;

      expect(await verify(verificationFor(email), { password: 'short' })).toMatchObject(refused(400, 'WEAK_PASSWORD'));
      expect((await verify(verificationFor(email))).status).toBe(200);
    });

    it('400 INVALID_TOKEN: a token of an address that the account has no more', async () => {
      const { user } = await register();
      const token = verificationFor(user.email);
      const owner = { accountId: user.id, account: null, session: null, accessToken: null, rights: null };
      const changed = await changeEmail(commandLineContext(server.service), owner, { email: someAddress() });

      expect(changed).toMatchObject({ ok: true });
      expect(await verify(token)).toMatchObject(refused(400, 'INVALID_TOKEN'));
    });

    it('S37: 400 INVALID_TOKEN: one that is older than 24 hours, a mailed one of another kind, and one whose account is banned', async () => {
      const [old, banned] = [await register(), await register()];
      await database.source.query('UPDATE codes SET expires_at = now() WHERE account_id = $1', [old.user.id]);
      expect(await verify(verificationFor(old.user.email))).toMatchObject(refused(400, 'INVALID_TOKEN'));

      await post('/user/request-reset-password', { email: old.user.email });
      expect(await verify(tokenMailedTo(old.user.email, 'password reset'))).toMatchObject(refused(400, 'INVALID_TOKEN'));

      await server.setStatus(banned.user.email, 'banned');
      expect(await verify(verificationFor(banned.user.email))).toMatchObject(refused(400, 'INVALID_TOKEN'));
    });
  });

  describe('POST /user/resend-verification/{verificationTokenId}', () => {
    const resend = (id: string) => server.send('POST', `/user/resend-verification/${id}`);

    it('200: mails another token; the one before is good for nothing, and the id is good again', async () => {
      const { verificationTokenId, user } = await register();
      const first = verificationFor(user.email);

      expect(await resend(verificationTokenId)).toMatchObject({ status: 200, body: { success: true } });

      const second = verificationFor(user.email);
      expect(second).not.toBe(first);
      expect(await post('/user/verify-email', { token: first })).toMatchObject(refused(400, 'INVALID_TOKEN'));
      expect((await resend(verificationTokenId)).status).toBe(200);
      expect(await post('/user/verify-email', { token: second })).toMatchObject(refused(400, 'INVALID_TOKEN'));
      expect((await post('/user/verify-email', { token: verificationFor(user.email) })).status).toBe(200);
      expect(await resend(verificationTokenId)).toMatchObject(refused(404, 'VERIFICATION_NOT_FOUND'));
    });

    it('200: an id whose token has expired is still good', async () => {
      const { verificationTokenId, user } = await register();
      await database.source.query('UPDATE codes SET expires_at = now() WHERE account_id = $1', [user.id]);

      expect((await resend(verificationTokenId)).status).toBe(200);
      expect((await post('/user/verify-email', { token: verificationFor(user.email) })).status).toBe(200);
    });

    it('400 EMAIL_ALREADY_VERIFIED: and no mail goes out', async () => {
      const { verificationTokenId, user } = await register();
      await database.source.query('UPDATE accounts SET email_verified = true WHERE id = $1', [user.id]);

      expect(await resend(verificationTokenId)).toMatchObject(refused(400, 'EMAIL_ALREADY_VERIFIED'));
      expect(mailsTo(user.email)).toHaveLength(1);
    });

    it.each([NO_SUCH_ID, 'none'])('404: %s', async (id) => {
      expect(await resend(id)).toMatchObject(refused(404, 'VERIFICATION_NOT_FOUND'));
    });

    it("404: an id of another kind: a session's, an account's, an invitation's", async () => {
      const { tokenId, user } = await register();
      const { uid } = await invite();
      const [{ id }] = await database.source.query(`SELECT id FROM codes WHERE account_id = $1`, [uid]);

      for (const other of [tokenId, user.id, id]) expect(await resend(other)).toMatchObject(refused(404, 'VERIFICATION_NOT_FOUND'));
    });
  });

  const invite = async () => {
    const email = someAddress();
    const invited = await inviteAccount(commandLineContext(server.service), { email, organization: { kind: 'shared', name: 'Inviting' } });
    if (!invited.ok) throw new Error(invited.refusal);
    return { email, uid: invited.value.id, token: tokenMailedTo(email, 'invitation') };
  };

  describe('POST /user/activate', () => {
    const activate = (uid: string, token: string, registrationInfo: object) => post('/user/activate', { uid, token, registrationInfo });

    it('200, then 400: completes an account that was invited, once, in the organisation that it was invited to', async () => {
      const { email, uid, token } = await invite();
      expect(await login(email)).toMatchObject(refused(401, 'NO_PASSWORD_SET'));

      const { status, body } = await activate(uid, token, registration({ email: email.toUpperCase() }));

      expect([status, body]).toMatchObject([200, { success: true, user: { id: uid, email, name: 'Ada Lovelace' } }]);
      expect((await ask('GET', '/user/profile', body as SignedIn)).body).toMatchObject({
        data: { name: 'Ada', lastName: 'Lovelace', validated: true },
      });
      const organization = await database.source.query('SELECT name FROM organizations WHERE id = $1', [(body as SignedIn).user.orgId]);
      expect(organization).toEqual([{ name: 'Inviting' }]);
      expect((await login(email)).status).toBe(200);
      expect(await activate(uid, token, registration({ email, password: OTHER_PASSWORD }))).toMatchObject(refused(400, 'INVALID_TOKEN'));
    });

    it('400 INVALID_TOKEN: with another address, another account, or a token that is none; and the right token stays good', async () => {
      const { email, uid, token } = await invite();
      const other = await invite();

      for (const [id, secret, address] of [
        [uid, token, other.email],
        [other.uid, token, email],
        [uid, other.token, email],
        [uid, 'none', email],
        ['none', token, email],
      ] as const) {
        expect(await activate(id, secret, registration({ email: address }))).toMatchObject(refused(400, 'INVALID_TOKEN'));
      }
      expect((await activate(uid, token, registration({ email }))).status).toBe(200);
    });

    it('400 WEAK_PASSWORD: and the token stays good', async () => {
      const { email, uid, token } = await invite();

      expect(await activate(uid, token, registration({ email, password: 'short' }))).toMatchObject(refused(400, 'WEAK_PASSWORD'));
      expect((await activate(uid, token, registration({ email }))).status).toBe(200);
    });

    it('400 VALIDATION_ERROR: without what a registration needs', async () => {
      const { email, uid, token } = await invite();

      expect(await activate(uid, token, registration({ email, firstName: undefined }))).toMatchObject(refused(400, 'VALIDATION_ERROR'));
      expect(await post('/user/activate', { uid, token })).toMatchObject(refused(400, 'VALIDATION_ERROR'));
    });
  });

  describe('POST /user/deactivate', () => {
    it('200: every token is refused on the next request, here and elsewhere, and nobody signs in', async () => {
      const somebody = await member();
      const elsewhere = await post('/auth/v1/token', { email: somebody.email, password: PASSWORD });
      const { refresh_token } = elsewhere.body as { refresh_token: string };

      expect(await ask('POST', '/user/deactivate', somebody)).toMatchObject({ status: 200, body: { success: true } });

      expect(await ask('POST', '/user/deactivate', somebody)).toMatchObject(refused(401, 'UNAUTHORIZED'));
      expect(await post('/user/refresh', { refreshToken: somebody.refreshToken })).toMatchObject(refused(401, 'INVALID_REFRESH_TOKEN'));
      expect((await server.send('POST', '/auth/v1/refresh', { headers: bearer(refresh_token) })).status).toBe(401);
      expect(await login(somebody.email)).toMatchObject(refused(401, 'USER_INACTIVE'));
    });
  });

  describe('POST /user/request-reset-password', () => {
    it("200: says the same of an address that somebody has, of nobody's and of a banned one; only the first gets a mail", async () => {
      const [{ email }, banned] = [await member(), await member()];
      await server.setStatus(banned.email, 'banned');
      const nobody = someAddress();

      const answers = [];
      for (const each of [email.toUpperCase(), nobody, banned.email])
        answers.push(await post('/user/request-reset-password', { email: each }));

      for (const { status, body } of answers) expect({ status, body }).toEqual({ status: 200, body: { success: true } });
      expect(mailsTo(email)).toMatchObject([{ kind: 'password reset', dialect: 'flashback' }]);
      expect([mailsTo(nobody), mailsTo(banned.email)]).toEqual([[], []]);
    });

    it('400 VALIDATION_ERROR: what is no address', async () => {
      expect(await post('/user/request-reset-password', { email: 'ada' })).toMatchObject(refused(400, 'VALIDATION_ERROR'));
    });
  });

  describe('POST /user/reset-password', () => {
    const resetTokenFor = async (email: string) => {
      await post('/user/request-reset-password', { email });
      return tokenMailedTo(email, 'password reset');
    };

    it('S24: 200, then 400: sets a new password, once, and ends all sessions', async () => {
      const somebody = await member();
      const { email } = somebody;
      const token = await resetTokenFor(email);

      expect(await post('/user/reset-password', { token, newPassword: OTHER_PASSWORD })).toMatchObject({
        status: 200,
        body: { success: true },
      });

      expect(await isLive(somebody)).toBe(false);
      expect(await post('/user/refresh', { refreshToken: somebody.refreshToken })).toMatchObject(refused(401, 'INVALID_REFRESH_TOKEN'));
      expect(await login(email)).toMatchObject(refused(401, 'INVALID_PASSWORD'));
      expect((await post('/user/login', { email, password: OTHER_PASSWORD })).status).toBe(200);
      expect(await post('/user/reset-password', { token, newPassword: PASSWORD })).toMatchObject(refused(400, 'INVALID_TOKEN'));
    });

    it('200: verifies the address, too', async () => {
      const { email } = (await register()).user;
      await post('/user/reset-password', { token: await resetTokenFor(email), newPassword: PASSWORD });

      expect((await ask('GET', '/user/profile', await signIn(email))).body).toMatchObject({ data: { validated: true } });
    });

    it('400 WEAK_PASSWORD: and the token stays good', async () => {
      const { email } = await member();
      const token = await resetTokenFor(email);

      expect(await post('/user/reset-password', { token, newPassword: 'short' })).toMatchObject(refused(400, 'WEAK_PASSWORD'));
      expect((await post('/user/reset-password', { token, newPassword: OTHER_PASSWORD })).status).toBe(200);
    });

    it('400 INVALID_TOKEN: a token that is none, and one in whose place another was mailed', async () => {
      const { email } = await member();
      const first = await resetTokenFor(email);
      await resetTokenFor(email);

      for (const token of ['none', first]) {
        expect(await post('/user/reset-password', { token, newPassword: OTHER_PASSWORD })).toMatchObject(refused(400, 'INVALID_TOKEN'));
      }
      expect(await post('/user/reset-password', { token: first })).toMatchObject(refused(400, 'VALIDATION_ERROR'));
    });
  });

  describe('refresh tokens', () => {
    const list = async (who: SignedIn) => ((await ask('GET', '/token', who)).body as { tokens: Record<string, unknown>[] }).tokens;

    it('GET /token 200: lists those of this API, newest first, with the one that asks marked', async () => {
      const first = await member();
      await post('/auth/v1/token', { email: first.email, password: PASSWORD });
      const second = await signIn(first.email);
      await post('/user/refresh', { refreshToken: second.refreshToken });

      const tokens = await list(first);

      expect(tokens).toEqual([
        {
          id: second.tokenId,
          createdAt: expect.any(String),
          expiresAt: expect.any(String),
          lastUsedAt: expect.any(String),
          current: false,
        },
        { id: first.tokenId, createdAt: expect.any(String), expiresAt: expect.any(String), lastUsedAt: null, current: true },
      ]);
      expect(new Date(String(tokens[1]?.expiresAt)).getTime() / 1000).toBeCloseTo(decodeJwt(first.refreshToken).exp, -1);
      expect(JSON.stringify(tokens)).not.toContain(first.refreshToken);
    });

    it('DELETE /token/{tokenId} 200, then 404: its session has ended, and no other one', async () => {
      const first = await member();
      const second = await signIn(first.email);
      const revoke = () => ask('DELETE', `/token/${second.tokenId}`, first);

      expect(await revoke()).toMatchObject({ status: 200, body: { success: true } });

      expect(await post('/user/refresh', { refreshToken: second.refreshToken })).toMatchObject(refused(401, 'INVALID_REFRESH_TOKEN'));
      expect([await isLive(first), await isLive(second)]).toEqual([true, false]);
      expect((await list(first)).map(({ id }) => id)).toEqual([first.tokenId]);
      expect(await revoke()).toMatchObject(refused(404, 'TOKEN_NOT_FOUND'));
    });

    it.each([NO_SUCH_ID, 'none'])('DELETE /token/%s 404', async (id) => {
      expect(await ask('DELETE', `/token/${id}`, await member())).toMatchObject(refused(404, 'TOKEN_NOT_FOUND'));
    });
  });

  describe('sessions', () => {
    const list = async (who: SignedIn) => ((await ask('GET', '/sessions', who)).body as { sessions: Record<string, unknown>[] }).sessions;
    const sentence = (status: number, error: string) => ({ status, body: { success: false, message: error, error } });

    it('GET /sessions 200: lists those of this API, newest first, until they end', async () => {
      const first = await member();
      await post('/auth/v1/token', { email: first.email, password: PASSWORD });
      const second = await signIn(first.email, { deviceInfo: { browser: 'Chrome', os: 'Linux' } });
      const third = await signIn(first.email);
      await database.source.query('UPDATE sessions SET expires_at = now(), idle_expires_at = now() WHERE id = $1', [third.tokenId]);

      expect(await list(first)).toEqual([
        {
          id: second.tokenId,
          deviceName: 'Chrome on Linux',
          ipAddress: '127.0.0.1',
          location: null,
          startedAt: expect.any(String),
          lastActivity: expect.any(String),
          expiresAt: expect.any(String),
          loginMethod: 'password',
        },
        expect.objectContaining({ id: first.tokenId, deviceName: null }),
      ]);
    });

    it('GET /sessions and GET /token 200: list a thousand at most', async () => {
      const somebody = await member();
      await database.source.query(
        `INSERT INTO sessions (account_id, dialect, idle_expires_at, expires_at)
         SELECT $1, 'flashback', now() + interval '1 day', now() + interval '1 day' FROM generate_series(1, 1001)`,
        [somebody.user.id],
      );

      expect(await list(somebody)).toHaveLength(1000);
      expect(((await ask('GET', '/token', somebody)).body as { tokens: [] }).tokens).toHaveLength(1000);
    });

    it('POST /sessions/{id}/revoke 200, then 404: ends that one', async () => {
      const first = await member();
      const second = await signIn(first.email);
      const revoke = () => ask('POST', `/sessions/${second.tokenId}/revoke`, first);

      expect(await revoke()).toMatchObject({ status: 200, body: { success: true, message: 'Session revoked successfully' } });

      expect([await isLive(first), await isLive(second)]).toEqual([true, false]);
      expect(await revoke()).toMatchObject(sentence(404, 'Session not found'));
    });

    it('POST /sessions/revoke-all 200: ends all, the one that asks and those of every other API, too', async () => {
      const first = await member();
      const second = await signIn(first.email);
      const somebodyElse = await member();
      const elsewhere = await post('/v1/auth/login', { email: first.email, password: PASSWORD });

      expect(await ask('POST', '/sessions/revoke-all', first)).toMatchObject({
        status: 200,
        body: { success: true, message: 'All sessions revoked successfully' },
      });

      for (const ended of [first, second]) expect(await isLive(ended)).toBe(false);
      const { token } = elsewhere.body as { token: string };
      expect((await server.send('GET', '/v1/auth/me', { headers: bearer(token) })).status).toBe(401);
      expect(await isLive(somebodyElse)).toBe(true);
    });

    it('POST /sessions/{id}/heartbeat 200: notes that it is alive, and moves none of its ends', async () => {
      const somebody = await member();
      await database.source.query(
        `UPDATE sessions SET expires_at = now() + interval '90 seconds', idle_expires_at = now() + interval '90 seconds',
           last_active_at = now() - interval '1 hour' WHERE id = $1`,
        [somebody.tokenId],
      );
      const ends = () =>
        database.source.query('SELECT expires_at, idle_expires_at, renewed_at, generation FROM sessions WHERE id = $1', [somebody.tokenId]);
      const [before] = await ends();
      const [{ lastActivity }] = (await list(somebody)) as [{ lastActivity: string }];

      expect(await ask('POST', `/sessions/${somebody.tokenId}/heartbeat`, somebody)).toMatchObject({
        status: 200,
        body: { success: true, message: 'Session updated successfully', newExpiry: before.expires_at.toISOString() },
      });

      expect(await ends()).toEqual([before]);
      const [after] = (await list(somebody)) as [{ lastActivity: string }];
      expect(Date.parse(after.lastActivity) - Date.parse(lastActivity)).toBeGreaterThan(3_500_000);
    });

    it('POST /sessions/{id}/heartbeat 404: a session that has ended', async () => {
      const first = await member();
      const second = await signIn(first.email);
      await database.source.query('UPDATE sessions SET expires_at = now(), idle_expires_at = now() WHERE id = $1', [second.tokenId]);

      expect(await ask('POST', `/sessions/${second.tokenId}/heartbeat`, first)).toMatchObject(
        sentence(404, 'Session not found or expired'),
      );
    });

    it('404: nobody sees, ends or keeps alive a session of somebody else', async () => {
      const [ada, bob] = [await member(), await member()];

      expect((await list(bob)).map(({ id }) => id)).toEqual([bob.tokenId]);
      expect(await ask('POST', `/sessions/${ada.tokenId}/revoke`, bob)).toMatchObject(sentence(404, 'Session not found'));
      expect(await ask('POST', `/sessions/${ada.tokenId}/heartbeat`, bob)).toMatchObject(sentence(404, 'Session not found or expired'));
      expect(await ask('DELETE', `/token/${ada.tokenId}`, bob)).toMatchObject(refused(404, 'TOKEN_NOT_FOUND'));
      expect(await isLive(ada)).toBe(true);
    });

    it("404: one's own session of another API is none of this one", async () => {
      const somebody = await member();
      const elsewhere = await post('/auth/v1/token', { email: somebody.email, password: PASSWORD });
      const { sid } = decodeJwt((elsewhere.body as { access_token: string }).access_token);

      for (const path of [`/sessions/${sid}/revoke`, `/sessions/${sid}/heartbeat`])
        expect((await ask('POST', path, somebody)).status).toBe(404);
      expect((await ask('DELETE', `/token/${sid}`, somebody)).status).toBe(404);
    });

    it.each([NO_SUCH_ID, 'none'])('404: the id %s', async (id) => {
      const somebody = await member();

      expect(await ask('POST', `/sessions/${id}/revoke`, somebody)).toMatchObject(sentence(404, 'Session not found'));
      expect(await ask('POST', `/sessions/${id}/heartbeat`, somebody)).toMatchObject(sentence(404, 'Session not found or expired'));
    });

    it('401 and 400 carry the sentence as `error`, too', async () => {
      expect(await server.send('GET', '/sessions')).toMatchObject(sentence(401, 'A valid access token is required'));
      expect(await ask('GET', '/sessions?limit=5', await member())).toMatchObject(sentence(400, 'The request is not valid'));
    });
  });

  const READS = [
    ['GET', '/user/profile'],
    ['GET', '/token'],
    ['GET', '/sessions'],
  ] as const;
  const WRITES = [
    ['POST', '/user/deactivate'],
    ['DELETE', '/token/{id}'],
    ['POST', '/sessions/{id}/revoke'],
    ['POST', '/sessions/revoke-all'],
    ['POST', '/sessions/{id}/heartbeat'],
  ] as const;

  describe('somebody whose address is not verified', () => {
    it.each(READS)('200: %s %s', async (method, path) => {
      expect((await ask(method, path, await register())).status).toBe(200);
    });

    it.each(WRITES)('403: %s %s, and nothing is changed', async (method, path) => {
      const somebody = await register();

      expect(await ask(method, path.replace('{id}', somebody.tokenId), somebody)).toMatchObject(refused(403, 'EMAIL_NOT_VERIFIED'));
      expect(await isLive(somebody)).toBe(true);
    });

    it('200: signs out, and refreshes', async () => {
      const { refreshToken } = await register();
      const { refreshToken: next } = (await post('/user/refresh', { refreshToken })).body as SignedIn;

      expect((await post('/user/logout', { refresh_token: next })).status).toBe(200);
    });
  });

  it.each([...READS, ...WRITES])('%s %s 401: without a token, with a bad one, and with one of another API', async (method, path) => {
    const { email, tokenId, refreshToken } = await member();
    const { access_token } = (await post('/auth/v1/token', { email, password: PASSWORD })).body as { access_token: string };

    for (const headers of [{}, bearer('nonsense'), bearer(refreshToken), bearer(access_token)] as Record<string, string>[]) {
      expect(await server.send(method, path.replace('{id}', tokenId), { headers })).toMatchObject(refused(401, 'UNAUTHORIZED'));
    }
  });

  describe.each([
    '/user/register',
    '/user/pre-verify-email',
    '/user/verify-email',
    '/user/activate',
    '/user/request-reset-password',
    '/user/reset-password',
  ])('POST %s', (path) => {
    it('400: what is no JSON', async () => {
      expect(await server.send('POST', path, { raw: '{"' })).toMatchObject(refused(400, 'VALIDATION_ERROR'));
    });

    it('413: more than it reads', async () => {
      expect(await post(path, { padding: 'x'.repeat(20_000) })).toMatchObject(refused(413, 'PAYLOAD_TOO_LARGE'));
    });

    it('415: another media type', async () => {
      const headers = { 'content-type': 'text/plain' };
      expect(await server.send('POST', path, { raw: 'x', headers })).toMatchObject(refused(415, 'UNSUPPORTED_MEDIA_TYPE'));
    });
  });

  describe("the vendor's client", () => {
    it('sends a token that is good no more with every call, and public ones do not mind', async () => {
      const gone = await member();
      await ask('POST', '/sessions/revoke-all', gone);
      const stale = bearer(gone.accessToken);
      const { user, verificationTokenId, refreshToken } = (await post('/user/register', registration(), stale)).body as SignedIn;
      const { uid, token, email } = await invite();

      const answers = [
        await post('/user/login', { email: gone.email, password: PASSWORD }, stale),
        await post('/user/refresh', { refresh_token: refreshToken }, stale),
        await server.send('POST', `/user/resend-verification/${verificationTokenId}`, { headers: stale }),
        await post('/user/pre-verify-email', { token: verificationFor(user.email) }, stale),
        await post('/user/verify-email', { token: verificationFor(user.email) }, stale),
        await post('/user/request-reset-password', { email: user.email }, stale),
        await post('/user/reset-password', { token: tokenMailedTo(user.email, 'password reset'), newPassword: OTHER_PASSWORD }, stale),
        await post('/user/activate', { uid, token, registrationInfo: registration({ email }) }, stale),
        await server.send('GET', '/health', { headers: stale }),
        await server.send('GET', '/', { headers: stale }),
      ];

      expect(answers.map(({ status }: Answer) => status)).toEqual(answers.map(() => 200));
    });

    it('posts without a body, with a length of zero and no media type', async () => {
      const { verificationTokenId } = await register();
      const somebody = await member();

      expect(await emptyPost(`/user/resend-verification/${verificationTokenId}`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*{"success":true}$/);
      for (const path of [`/sessions/${somebody.tokenId}/heartbeat`, '/user/deactivate']) {
        expect(await emptyPost(path, somebody.accessToken)).toMatch(/^HTTP\/1\.1 200 [\s\S]*{"success":true/);
      }
    });

    it('reads errors of the media type application/json, and no other', async () => {
      for (const { status, headers } of [
        await server.send('GET', '/user/profile'),
        await post('/user/register', {}),
        await server.send('POST', `/user/resend-verification/${NO_SUCH_ID}`),
        await server.send('GET', '/sessions/nothing'),
      ]) {
        expect(status).toBeGreaterThanOrEqual(400);
        expect(headers.get('content-type')).toBe('application/json');
      }
    });

    const emptyPost = (path: string, token = 'stale') =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(server.url);
        const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
        let answer = '';
        const socket = net.connect(Number(port), hostname, () => socket.write(head));
        socket.on('data', (chunk) => (answer += chunk.toString()));
        socket.on('close', () => resolve(answer));
        socket.on('error', reject);
      });
  });

  describe('when the database is away', () => {
    let away: TestServer;
    beforeAll(async () => {
      const refuse = async () => {
        throw new Unavailable('away');
      };
      away = await startServer(database, {
        change: (service) => ({
          ...service,
          ports: { ...service.ports, database: { ping: refuse }, accounts: { ...service.ports.accounts, findById: refuse } },
        }),
      });
    });
    afterAll(() => away.close());

    it('GET /health 200: says so, and that all is well otherwise', async () => {
      expect(await away.send('GET', '/health')).toMatchObject({
        status: 200,
        body: { status: 'error', error: 'The database is not available' },
      });
      const { status, body } = await server.send('GET', '/health');
      expect([status, body]).toEqual([200, { status: 'ok', timestamp: expect.any(String) }]);
    });

    it('503: what needs it, in the shape of its errors', async () => {
      const somebody = await member();
      const unavailable = { success: false, error_code: 'SERVICE_UNAVAILABLE', message: 'The service is not available' };

      const sessions = await away.send('GET', '/sessions', { headers: bearer(somebody.accessToken) });

      expect(sessions).toMatchObject({ status: 503, body: { ...unavailable, error: unavailable.message } });
    });
  });

  it.each(['/user/profile', '/sessions'])('GET %s 500: a fault of ours, with the sentence as `error`, too', async (path) => {
    const { accessToken } = await member();
    const fail = async () => {
      throw new Error('nobody thought of this');
    };
    const broken = await startServer(database, {
      change: (service) => ({ ...service, ports: { ...service.ports, accounts: { ...service.ports.accounts, findById: fail } } }),
    });
    const answer = await broken.send('GET', path, { headers: bearer(accessToken) });
    await broken.close();

    expect(answer).toMatchObject({
      status: 500,
      body: { success: false, error_code: 'INTERNAL_ERROR', message: 'Internal error', error: 'Internal error' },
    });
  });
});
