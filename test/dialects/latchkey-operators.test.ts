import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LatchkeyAccountRecord, LatchkeyAuditRecord } from '../../generated/client/types.gen.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { invalid, nativeApi, PASSWORD, problem, walk, type Native } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';

const NOBODYS_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let operator: { token: string; id: string };
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    const { accessToken, account } = await native.newcomer('operator@example.com', { operator: true });
    operator = { token: accessToken, id: account.id };
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const operate = (method: string, path: string, body?: object) => native.call(method, `/operator${path}`, { token: operator.token, body });
  const accounts = (query: string, limit = 100) =>
    walk<LatchkeyAccountRecord>((page) => operate('GET', `/accounts?${query}&${page}`), limit);
  const audit = (query: string, limit = 100) => walk<LatchkeyAuditRecord>((page) => operate('GET', `/audit?${query}&${page}`), limit);

  /** Every operation for operators alone. */
  const OPERATIONS: [method: string, path: string, body?: object][] = [
    ['GET', '/accounts'],
    ['POST', '/accounts', { email: 'invited-by-nobody@example.com' }],
    ['GET', `/accounts/${NOBODYS_ID}`],
    ['PUT', `/accounts/${NOBODYS_ID}/status`, { status: 'banned' }],
    ['POST', `/accounts/${NOBODYS_ID}/password-reset`],
    ['POST', `/accounts/${NOBODYS_ID}/sessions/end`],
    ['GET', '/audit'],
  ];

  it('403: none of it is for anybody else, and 401 for an API key of an operator', async () => {
    const { accessToken: token } = await native.newcomer('nobody-special@example.com');
    const made = await native.call('POST', '/api-keys', { token: operator.token, body: { name: 'CI', scopes: ['tokens:revoke'] } });
    const { key } = made.body as { key: string };
    for (const [method, path, body] of OPERATIONS) {
      expect(await native.call(method, `/operator${path}`, { token, body })).toMatchObject(problem(403, 'forbidden'));
      expect(await native.call(method, `/operator${path}`, { token: key, body })).toMatchObject(problem(401, 'unauthorized'));
    }
    expect(await accounts('query=invited-by-nobody')).toEqual([]);
  });

  it('404: an account that is not there; 400: an id that is none', async () => {
    for (const [method, path, body] of OPERATIONS.filter(([, each]) => each.includes(NOBODYS_ID))) {
      expect(await operate(method, path, body)).toMatchObject(problem(404, 'account_not_found'));
      expect(await operate(method, path.replace(NOBODYS_ID, 'hunter2'), body)).toMatchObject(invalid('path', ['id'], 'format'));
    }
  });

  describe('GET /latchkey/v1/operator/accounts', () => {
    beforeAll(async () => {
      for (const letter of ['d', 'a', 'c', 'e', 'b']) {
        await native.createAccount(`${letter}-Listed@example.com`, {
          name: `Letter ${letter}`,
          status: letter === 'a' ? 'inactive' : 'active',
        });
      }
    });

    it.each([1, 2, 5, 100])('walks all in the order of their addresses, %d at a time', async (limit) => {
      const emails = (await accounts('query=-listed%40', limit)).map(({ email }) => email);

      expect(emails).toEqual(['a', 'b', 'c', 'd', 'e'].map((letter) => `${letter}-Listed@example.com`));
    });

    it('200: finds by a part of the address or of the name, and by status', async () => {
      expect(await accounts('query=letter%20C')).toMatchObject([{ email: 'c-Listed@example.com', status: 'active', hasPassword: true }]);
      expect(await accounts('query=-listed&status=inactive')).toMatchObject([{ email: 'a-Listed@example.com' }]);
      expect(await accounts('query=%25')).toEqual([]);
    });

    it.each([
      ['status=asleep', ['status'], 'enum'],
      ['query=a%00b', ['query'], 'pattern'],
      [`cursor=${Buffer.from('{"email":"a\\u0000"}').toString('base64url')}`, ['cursor'], 'format'],
      [`cursor=${Buffer.from('{"email":7}').toString('base64url')}`, ['cursor'], 'format'],
    ])('400: %s', async (query, path, rule) => {
      expect(await operate('GET', `/accounts?${query}`)).toMatchObject(invalid('query', path, rule));
    });
  });

  describe('an invitation', () => {
    const invite = (body: object) => operate('POST', '/accounts', body);
    const activation = (email: string) => {
      const mail = native.mailsTo(email).find((each) => each.kind === 'invitation');
      return mail?.kind === 'invitation' ? { accountId: mail.accountId, token: mail.token } : null;
    };
    const activate = (body: object) => native.call('POST', '/activation', { body: { password: PASSWORD, name: 'Grace Hopper', ...body } });

    it('201, then 200: the account waits for its owner, whom the token of the mail signs in, once', async () => {
      const email = 'grace@example.com';
      const invited = await invite({ email, name: 'G.', organization: 'Navy' });
      expect(invited).toMatchObject({
        status: 201,
        body: { email, name: 'G.', status: 'inactive', emailVerified: false, hasPassword: false, operator: false },
      });

      const activated = await activate(activation(email) ?? {});

      const { id } = invited.body as LatchkeyAccountRecord;
      expect(activated).toMatchObject({ status: 200, body: { account: { id, name: 'Grace Hopper', emailVerified: true } } });
      const { accessToken: token } = activated.body as { accessToken: string };
      expect(await native.call('GET', '/account/organization', { token })).toMatchObject({ body: { name: 'Navy', role: 'owner' } });
      expect((await native.signIn(email)).account.id).toBe(id);
      expect(await activate(activation(email) ?? {})).toMatchObject(problem(400, 'activation_token_invalid'));
    });

    it("400: another's token, none at all, or a password that is no good, after which the token is still good", async () => {
      await invite({ email: 'one@example.com' });
      await invite({ email: 'two@example.com' });
      const [one, two] = [activation('one@example.com'), activation('two@example.com')];

      expect(await activate({ ...one, token: two?.token })).toMatchObject(problem(400, 'activation_token_invalid'));
      expect(await activate({ ...one, token: 'x' })).toMatchObject(problem(400, 'activation_token_invalid'));
      expect(await activate({ ...one, password: 'short' })).toMatchObject(problem(400, 'password_too_short'));
      expect((await activate({ ...one })).status).toBe(200);
      expect((await activate({ ...two })).status).toBe(200);
    });

    it('409: an address that has an account; 400: one that is none', async () => {
      expect(await invite({ email: 'Operator@example.com' })).toMatchObject(problem(409, 'email_taken'));
      expect(await invite({ email: 'operator' })).toMatchObject(invalid('body', ['email'], 'format'));
    });
  });

  describe('PUT /latchkey/v1/operator/accounts/{id}/status', () => {
    it('200: a ban ends every session of every API at once, may be said twice, and is taken back', async () => {
      const email = 'to-be-banned@example.com';
      const { accessToken: token, account } = await native.newcomer(email);
      const logins = await Promise.all(LOGINS.map((login) => server.send('POST', login.path, loginRequest(login, email, PASSWORD))));
      const set = (status: string) => operate('PUT', `/accounts/${account.id}/status`, { status });

      for (let time = 1; time <= 2; time += 1)
        expect(await set('banned')).toMatchObject({ status: 200, body: { id: account.id, status: 'banned' } });

      expect(logins.map(({ status }) => status)).toEqual(LOGINS.map(() => 200));
      expect((await native.call('GET', '/account', { token })).status).toBe(401);
      expect(await database.source.query('SELECT id FROM sessions WHERE account_id = $1', [account.id])).toEqual([]);
      expect(await operate('GET', `/accounts/${account.id}`)).toMatchObject({ status: 200, body: { email, status: 'banned' } });
      expect(await set('active')).toMatchObject({ status: 200, body: { status: 'active' } });
      await native.signIn(email);
    });

    it('400: no such status', async () => {
      expect(await operate('PUT', `/accounts/${operator.id}/status`, { status: 'asleep' })).toMatchObject(
        invalid('body', ['status'], 'enum'),
      );
    });
  });

  it('S39: 202: a password reset that an operator starts goes to the owner by mail, and shows the operator nothing', async () => {
    const email = 'locked-out@example.com';
    const id = await native.createAccount(email, { password: null });

    expect(await operate('POST', `/accounts/${id}/password-reset`)).toMatchObject({ status: 202, body: { status: 'accepted' } });

    const body = { token: native.tokenFor(email), newPassword: PASSWORD };
    expect((await native.call('POST', '/password-reset/confirm', { body })).status).toBe(204);
    await native.signIn(email);
    await server.setStatus(email, 'banned');
    expect(await operate('POST', `/accounts/${id}/password-reset`)).toMatchObject(problem(404, 'account_not_found'));
  });

  it('S25: 200: ends all sessions of an account, and of no other', async () => {
    const email = 'everywhere@example.com';
    const { accessToken: token, account } = await native.newcomer(email);
    await native.signIn(email);
    const end = () => operate('POST', `/accounts/${account.id}/sessions/end`);

    expect(await end()).toMatchObject({ status: 200, body: { ended: 2 } });
    expect(await end()).toMatchObject({ status: 200, body: { ended: 0 } });
    expect((await native.call('GET', '/account', { token })).status).toBe(401);
    expect((await operate('GET', '/audit')).status).toBe(200);
  });

  it('who was invited and did not come is invited again: the newest token alone is good', async () => {
    const tokenFor = async () => {
      expect((await operate('POST', '/accounts', { email: 'late@example.com' })).status).toBe(201);
      const mail = server.mails.at(-1);
      if (mail?.kind !== 'invitation') throw new Error('no invitation went out');
      return { accountId: mail.accountId, token: mail.token };
    };
    const [first, second] = [await tokenFor(), await tokenFor()];
    const activate = async (by: typeof first) =>
      (await server.send('POST', '/latchkey/v1/activation', { body: { ...by, password: 'correct horse battery', name: 'Late' } })).status;

    expect(second.accountId).toBe(first.accountId);
    expect(await activate(first)).toBe(400);
    expect(await activate(second)).toBe(200);
    expect((await operate('POST', '/accounts', { email: 'late@example.com' })).status).toBe(409);
  });

  describe('GET /latchkey/v1/operator/audit', () => {
    it('200: who did what to whom, newest first, through which API and from where', async () => {
      const { account } = await native.newcomer('audited@example.com');
      const answer = await operate('PUT', `/accounts/${account.id}/status`, { status: 'banned' });

      const records = await audit(`accountId=${account.id}`);

      expect(records.map(({ action }) => action)).toEqual(['account.set_banned', 'session.opened', 'account.created']);
      expect(records[0]).toMatchObject({
        accountId: account.id,
        actorId: operator.id,
        dialect: 'latchkey',
        ipAddress: '127.0.0.1',
        requestId: answer.headers.get('x-request-id'),
      });
      expect(records[1]).toMatchObject({ actorId: null });
      expect(await audit(`accountId=${account.id}&action=session.opened`)).toEqual([records[1]]);
    });

    it.each([1, 3, 100])('walks all without loss or repeat, %d at a time', async (limit) => {
      const { account, accessToken: token } = await native.newcomer(`audited-${limit}@example.com`);
      for (let i = 0; i < 5; i += 1) await native.call('POST', '/sessions/end', { token, body: { which: 'others' } });

      const ids = (await audit(`accountId=${account.id}`, limit)).map(({ id }) => Number(id));

      expect(ids).toHaveLength(7);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    });

    it.each([
      ['accountId=x', ['accountId'], 'format'],
      ['action=DROP', ['action'], 'pattern'],
      [`cursor=${Buffer.from('{"id":"x"}').toString('base64url')}`, ['cursor'], 'format'],
      [`cursor=${Buffer.from(`{"id":"${'9'.repeat(40)}"}`).toString('base64url')}`, ['cursor'], 'format'],
    ])('400: %s', async (query, path, rule) => {
      expect(await operate('GET', `/audit?${query}`)).toMatchObject(invalid('query', path, rule));
    });
  });
});
