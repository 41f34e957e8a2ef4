import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { invalid, nativeApi, PASSWORD, problem, type Native } from '../support/native.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const ACCEPTED = { status: 202, body: { status: 'accepted' } };
const OTHER_PASSWORD = 'another one, please';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const post = (path: string, body: object) => native.call('POST', path, { body });
  const signInStatus = async (email: string, password = PASSWORD) => (await post('/sessions', { email, password })).status;
  /** All that a stranger could tell two answers apart by. */
  const seen = ({ status, headers, body }: Answer) => {
    const told = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)).sort();
    return JSON.stringify([status, told, body]).replace(/network-([a-z-]+)\\";r=\d+;t=\d+/g, 'network-$1'); // counts whatever is asked
  };

  describe('POST /latchkey/v1/sign-up', () => {
    it('202: the account is there, named as wished, and cannot sign in before its address is verified', async () => {
      const email = 'grace@example.com';
      expect(await post('/sign-up', { email, password: PASSWORD, name: 'Grace Hopper' })).toMatchObject(ACCEPTED);
      expect(await post('/sessions', { email, password: PASSWORD })).toMatchObject(problem(403, 'email_not_verified'));
      expect(await post('/sessions', { email, password: 'a guess of some sort' })).toMatchObject(problem(401, 'invalid_credentials'));

      expect(await post('/email-verification/confirm', { token: native.tokenFor(email) })).toMatchObject({ status: 204, body: undefined });

      expect((await native.signIn(email)).account).toMatchObject({ email, name: 'Grace Hopper', emailVerified: true, operator: false });
    });

    it('202: answers byte for byte alike for an address that is new and for one that is known, whose owner hears of it', async () => {
      await native.createAccount('known@example.com');
      const ask = (email: string) => post('/sign-up', { email, password: OTHER_PASSWORD, name: 'Eve' });
      const [known, fresh] = [await ask('known@example.com'), await ask('fresh@example.com')];

      expect(seen(known)).toBe(seen(fresh));
      expect(native.mailsTo('known@example.com')).toMatchObject([{ kind: 'address has an account' }]);
      expect(native.mailsTo('fresh@example.com')).toMatchObject([{ kind: 'email verification link' }]);
      expect(await signInStatus('known@example.com')).toBe(200);
      expect(await signInStatus('known@example.com', OTHER_PASSWORD)).toBe(401);
    });

    it.each(['known-short@example.com', 'fresh-short@example.com'])('400: %s with a password that is no good is told so', async (email) => {
      if (email.startsWith('known')) await native.createAccount(email);
      expect(await post('/sign-up', { email, password: 'short' })).toMatchObject(problem(400, 'password_too_short'));
      expect(await post('/sign-up', { email, password: 'x'.repeat(257) })).toMatchObject(problem(400, 'password_too_long'));
    });

    it('makes nobody an operator, whatever the body says', async () => {
      const marks = { operator: true, emailVerified: true, status: 'active', role: 'admin', demo: false };
      expect(await post('/sign-up', { email: 'eve@example.com', password: PASSWORD, ...marks })).toMatchObject(ACCEPTED);
      expect(await database.source.query('SELECT operator, email_verified FROM accounts WHERE email = $1', ['eve@example.com'])).toEqual([
        { operator: false, email_verified: false },
      ]);
    });

    it('400: a name with a NUL, as any text with one', async () => {
      const answer = await post('/sign-up', { email: 'x@example.com', password: PASSWORD, name: 'a\0b' });

      expect(answer).toMatchObject(problem(400, 'malformed_body'));
    });

    it.each([
      ['a line break', 'a\nb'],
      ['blanks alone', '  '],
    ])('400: a name with %s', async (_case, name) => {
      expect(await post('/sign-up', { email: 'x@example.com', password: PASSWORD, name })).toMatchObject(
        invalid('body', ['name'], 'pattern'),
      );
    });
  });

  describe('POST /latchkey/v1/email-verification', () => {
    it('202: answers alike for an address that waits, one that is verified and one that nobody has; a mail goes to the first alone', async () => {
      await native.createAccount('waiting@example.com', { emailVerified: false });
      await native.createAccount('verified@example.com');
      const ask = async (email: string) => seen(await post('/email-verification', { email }));
      const answers = [await ask('waiting@example.com'), await ask('verified@example.com'), await ask('nobody@example.com')];

      expect(new Set(answers).size).toBe(1);
      expect(native.mailsTo('waiting@example.com')).toHaveLength(1);
      expect([...native.mailsTo('verified@example.com'), ...native.mailsTo('nobody@example.com')]).toEqual([]);
    });

    it('S37: 204, once: the newest token verifies, the one before it nothing', async () => {
      await native.createAccount('twice@example.com', { emailVerified: false });
      await post('/email-verification', { email: 'twice@example.com' });
      const older = native.tokenFor('twice@example.com');
      await post('/email-verification', { email: 'twice@example.com' });
      const confirm = (token: string) => post('/email-verification/confirm', { token });

      expect(await confirm(older)).toMatchObject(problem(400, 'verification_token_invalid'));
      expect((await confirm(native.tokenFor('twice@example.com'))).status).toBe(204);
      expect(await confirm(native.tokenFor('twice@example.com'))).toMatchObject(problem(400, 'verification_token_invalid'));
    });
  });

  describe('POST /latchkey/v1/password-reset', () => {
    it('202: answers alike for an address that somebody has and one that nobody has', async () => {
      await native.createAccount('forgetful@example.com');
      const ask = async (email: string) => seen(await post('/password-reset', { email }));

      expect(await ask('forgetful@example.com')).toBe(await ask('a-stranger@example.com'));
      expect(native.mailsTo('forgetful@example.com')).toMatchObject([{ kind: 'password reset' }]);
      expect(native.mailsTo('a-stranger@example.com')).toEqual([]);
    });

    it('S24: 204, once: the password is the new one, every session and key has ended, the address is verified, its owner is told', async () => {
      const email = 'reset@example.com';
      const { accessToken, refreshToken } = await native.newcomer(email);
      const made = await native.call('POST', '/api-keys', { token: accessToken, body: { name: 'CI', scopes: ['account:read'] } });
      await database.source.query('UPDATE accounts SET email_verified = false WHERE email = $1', [email]);
      await post('/password-reset', { email });
      const confirm = () => post('/password-reset/confirm', { token: native.tokenFor(email), newPassword: OTHER_PASSWORD });
      const token = native.tokenFor(email);

      expect((await confirm()).status).toBe(204);

      expect(await signInStatus(email)).toBe(401);
      expect(await signInStatus(email, OTHER_PASSWORD)).toBe(200);
      expect((await native.call('GET', '/account', { token: accessToken })).status).toBe(401);
      expect((await native.call('GET', '/account', { token: (made.body as { key: string }).key })).status).toBe(401);
      expect((await post('/sessions/refresh', { refreshToken })).status).toBe(401);
      expect(native.mailsTo(email).at(-1)).toMatchObject({ kind: 'password was reset' });
      expect(await post('/password-reset/confirm', { token, newPassword: PASSWORD })).toMatchObject(problem(400, 'reset_token_invalid'));
    });

    it('400: a password that is no good leaves the token as it is', async () => {
      const email = 'reset-short@example.com';
      await native.createAccount(email);
      await post('/password-reset', { email });
      const confirm = (newPassword: string) => post('/password-reset/confirm', { token: native.tokenFor(email), newPassword });

      expect(await confirm('short')).toMatchObject(problem(400, 'password_too_short'));
      expect((await confirm(OTHER_PASSWORD)).status).toBe(204);
    });
  });

  describe('GET and PATCH /latchkey/v1/account', () => {
    it('200: shows the account, changes its name, and nothing else that is sent along', async () => {
      const { accessToken: token, account } = await native.newcomer('ada@example.com', { name: 'Ada' });
      expect(await native.call('GET', '/account', { token })).toMatchObject({ status: 200, body: account });

      const body = { name: 'Ada King', operator: true, emailVerified: false, email: 'eve@example.com' };
      expect(await native.call('PATCH', '/account', { token, body })).toMatchObject({
        status: 200,
        body: { ...account, name: 'Ada King' },
      });

      expect((await native.call('GET', '/account', { token })).body).toEqual({ ...account, name: 'Ada King' });
    });

    it('400: a change of nothing', async () => {
      const { accessToken: token } = await native.newcomer('nothing@example.com');

      expect(await native.call('PATCH', '/account', { token, body: {} })).toMatchObject(invalid('body', ['name'], 'required'));
    });

    it('200: GET /account/organization tells the organisation, and what one is in it', async () => {
      const shared = { organization: { kind: 'shared' as const, name: 'Analytical Engines' } };
      const owner = await native.newcomer('owner@example.com', shared);
      const member = await native.newcomer('member@example.com', shared);
      const ask = async (token: string) => (await native.call('GET', '/account/organization', { token })).body;

      expect(await ask(owner.accessToken)).toMatchObject({ name: 'Analytical Engines', role: 'owner' });
      expect(await ask(member.accessToken)).toEqual({ ...owner.account.organization, role: 'member' });
    });
  });

  describe('PUT /latchkey/v1/account/email', () => {
    const change = (token: string, email: string, currentPassword = PASSWORD) =>
      native.call('PUT', '/account/email', { token, body: { email, currentPassword } });

    it('S26: 200: the new address waits for its token, the old one is told, and only the new one signs in', async () => {
      const { accessToken: token } = await native.newcomer('old@example.com');

      expect(await change(token, 'new@example.com')).toMatchObject({
        status: 200,
        body: { email: 'new@example.com', emailVerified: false },
      });

      expect(native.mailsTo('old@example.com').at(-1)).toMatchObject({ kind: 'email changed', newAddress: 'new@example.com' });
      expect(await signInStatus('old@example.com')).toBe(401);
      expect(await signInStatus('new@example.com')).toBe(403);
      expect((await post('/email-verification/confirm', { token: native.tokenFor('new@example.com') })).status).toBe(204);
      expect(await signInStatus('new@example.com')).toBe(200);
    });

    it('S26: 403 for a wrong password, 409 for an address that is taken, and nothing has changed', async () => {
      const { accessToken: token, account } = await native.newcomer('staying@example.com');
      await native.createAccount('taken@example.com');

      expect(await change(token, 'other@example.com', 'a guess of some sort')).toMatchObject(problem(403, 'wrong_current_password'));
      expect(await change(token, 'Taken@example.com')).toMatchObject(problem(409, 'email_taken'));
      expect(await change(token, 'Taken@example.com', 'a guess of some sort')).toMatchObject(problem(403, 'wrong_current_password'));
      expect((await native.call('GET', '/account', { token })).body).toEqual(account);
    });
  });

  describe('PUT /latchkey/v1/account/password', () => {
    it('S24: 204: the password is the new one, this session goes on, every other one of any API has ended, its owner is told', async () => {
      const email = 'changing@example.com';
      const { accessToken: token } = await native.newcomer(email);
      const other = await native.signIn(email);
      const px0 = (await server.send('POST', '/v1/auth/login', { body: { email, password: PASSWORD } })).body as { token: string };

      const body = { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD };
      expect((await native.call('PUT', '/account/password', { token, body })).status).toBe(204);

      expect((await native.call('GET', '/account', { token })).status).toBe(200);
      expect((await native.call('GET', '/account', { token: other.accessToken })).status).toBe(401);
      expect((await server.send('GET', '/v1/auth/me', { headers: { authorization: `Bearer ${px0.token}` } })).status).toBe(401);
      expect(await signInStatus(email)).toBe(401);
      expect(await signInStatus(email, OTHER_PASSWORD)).toBe(200);
      expect(native.mailsTo(email).at(-1)).toMatchObject({ kind: 'password changed' });
    });

    it.each([
      [undefined, true],
      [false, true],
      [true, false],
    ])('the Pyth-On API key, with revokePythOnApiKey %s, stays good: %s', async (revokePythOnApiKey, stays) => {
      const email = `pyth-on-${revokePythOnApiKey}@example.com`;
      const { accessToken: token } = await native.newcomer(email);
      const apiKey = async (password: string) =>
        ((await server.send('POST', '/api/login', { body: { email, password } })).body as { apiKey: string }).apiKey;
      const before = await apiKey(PASSWORD);

      const body = {
        currentPassword: PASSWORD,
        newPassword: OTHER_PASSWORD,
        ...(revokePythOnApiKey !== undefined && { revokePythOnApiKey }),
      };
      await native.call('PUT', '/account/password', { token, body });

      expect((await apiKey(OTHER_PASSWORD)) === before).toBe(stays);
    });

    it('403 for a wrong password, 400 for a new one that is no good', async () => {
      const { accessToken: token } = await native.newcomer('unchanged@example.com');
      const change = (currentPassword: string, newPassword: string) =>
        native.call('PUT', '/account/password', { token, body: { currentPassword, newPassword } });

      expect(await change('a guess of some sort', OTHER_PASSWORD)).toMatchObject(problem(403, 'wrong_current_password'));
      expect(await change(PASSWORD, 'short')).toMatchObject(problem(400, 'password_too_short'));
      expect(await signInStatus('unchanged@example.com')).toBe(200);
    });
  });

  describe('POST /latchkey/v1/account/deletion', () => {
    it('204: the tokens are refused at once, and the address is free', async () => {
      const email = 'leaving@example.com';
      const { accessToken: token, refreshToken, account } = await native.newcomer(email);
      const body = { currentPassword: PASSWORD };

      expect((await native.call('POST', '/account/deletion', { token, body })).status).toBe(204);

      expect(await native.call('GET', '/account', { token })).toMatchObject(problem(401, 'unauthorized'));
      expect(await post('/sessions/refresh', { refreshToken })).toMatchObject(problem(401, 'refresh_token_invalid'));
      expect(await signInStatus(email)).toBe(401);
      await post('/sign-up', { email, password: OTHER_PASSWORD });
      await post('/email-verification/confirm', { token: native.tokenFor(email) });
      const again = await native.signIn(email, { password: OTHER_PASSWORD });
      expect(again.account.id).not.toBe(account.id);
    });

    it('403: not with a wrong password', async () => {
      const { accessToken: token } = await native.newcomer('kept@example.com');

      expect(await native.call('POST', '/account/deletion', { token, body: { currentPassword: 'a guess of some sort' } })).toMatchObject(
        problem(403, 'wrong_current_password'),
      );
      expect(await signInStatus('kept@example.com')).toBe(200);
    });
  });

  describe('POST /latchkey/v1/account/pyth-on-api-key/rotate', () => {
    it('200: Pyth-On shows the new key from then on', async () => {
      const email = 'rotating@example.com';
      const { accessToken: token } = await native.newcomer(email);
      const shown = async () => (await server.send('POST', '/api/login', { body: { email, password: PASSWORD } })).body;
      const before = (await shown()) as { apiKey: string };

      const answer = await native.call('POST', '/account/pyth-on-api-key/rotate', { token });

      expect(answer.status).toBe(200);
      expect(await shown()).toMatchObject(answer.body as object);
      expect(answer.body).not.toEqual({ apiKey: before.apiKey });
    });
  });
});
