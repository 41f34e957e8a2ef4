import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand, type Command } from '../../src/cli/commands.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { nativeApi, PASSWORD, problem, type Native } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const BREAK = [
  `CREATE FUNCTION break_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$`,
  'CREATE TRIGGER broken BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION break_audit()',
];
const MEND = ['DROP TRIGGER broken ON audit_events', 'DROP FUNCTION break_audit()'];

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let operator: string;
  let key: string;
  let id: string;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    operator = (await native.newcomer('operator@example.com', { operator: true })).accessToken;
    const made = await native.call('POST', '/api-keys', { token: operator, body: { name: 'CI', scopes: ['tokens:revoke'] } });
    key = (made.body as { key: string }).key;
    id = (await native.newcomer('ada@example.com')).account.id;
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  /** All that the tables hold, but for when a key was last used. */
  async function contents(): Promise<unknown> {
    const tables = ['accounts', 'organizations', 'sessions', 'codes', 'outbox', 'api_keys', 'revocations', 'audit_events'];
    const rows = tables.map((table) => database.source.query(`SELECT to_jsonb(t) - 'last_used_at' AS row FROM ${table} t ORDER BY 1`));
    return Promise.all(rows);
  }
  /** The same, once every mail is gone. */
  async function settledContents(): Promise<unknown> {
    await until(async () => (await database.source.query('SELECT FROM outbox')).length === 0);
    return contents();
  }
  async function whileBroken<T>(work: () => Promise<T>): Promise<T> {
    for (const statement of BREAK) await database.source.query(statement);
    try {
      return await work();
    } finally {
      for (const statement of MEND) await database.source.query(statement);
    }
  }

  describe('while no row can be written to the audit trail', () => {
    it.each<[what: string, method: string, path: () => string, body: object | undefined]>([
      ['a status', 'PUT', () => `/operator/accounts/${id}/status`, { status: 'banned' }],
      ['an invitation', 'POST', () => '/operator/accounts', { email: 'invited@example.com' }],
      ['the start of a reset', 'POST', () => `/operator/accounts/${id}/password-reset`, undefined],
      ['the end of all sessions', 'POST', () => `/operator/accounts/${id}/sessions/end`, undefined],
    ])('S42: an operator changes nothing: %s', async (_what, method, path, body) => {
      const before = await settledContents();
      const answer = await whileBroken(() => native.call(method, path(), { token: operator, body }));

      expect(answer).toMatchObject(problem(500, 'internal'));
      expect(JSON.stringify(answer.body)).not.toContain('no room');
      expect(await contents()).toEqual(before);
      const mended = await native.call(method, path(), { token: operator, body });
      expect(mended.status).toBeLessThan(300); // it was for the trail alone
      if (method === 'PUT') await native.call('PUT', path(), { token: operator, body: { status: 'active' } });
    });

    it.each<[what: string, command: Command]>([
      ['accounts create', { name: 'accounts create', email: 'created@example.com', password: null, operator: true }],
      ['accounts invite', { name: 'accounts invite', email: 'invited-too@example.com', dialect: 'latchkey' }],
      ['accounts set-status', { name: 'accounts set-status', email: 'ada@example.com', status: 'banned' }],
      ['accounts revoke-api-key', { name: 'accounts revoke-api-key', email: 'ada@example.com' }],
    ])('S42: the command line changes nothing: %s', async (_what, command) => {
      const before = await settledContents();
      await whileBroken(async () => expect(runCommand(command, server.service)).rejects.toThrow('SQLSTATE P0001'));

      expect(await contents()).toEqual(before);
    });

    it("S42: an operator's program ends no token", async () => {
      const { accessToken, refreshToken: ending } = await native.newcomer('introspected@example.com');
      const before = await settledContents();
      for (const form of [{ token: accessToken }, { token: ending }])
        expect(await whileBroken(() => native.call('POST', '/revoke', { token: key, form }))).toMatchObject(problem(500, 'internal'));

      expect(await contents()).toEqual(before);
      expect((await native.call('GET', '/account', { token: accessToken })).status).toBe(200);
    });

    it.each(LOGINS)('S42: nobody signs in through $dialect', async (login) => {
      const before = await settledContents();
      const answer = await whileBroken(() => server.send('POST', login.path, loginRequest(login, 'operator@example.com', PASSWORD)));

      expect(answer.status).toBe(500);
      expect(await contents()).toEqual(before);
    });

    it.each<[what: string, method: string, path: string, body: object]>([
      ['a password', 'PUT', '/account/password', { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` }],
      ['an address', 'PUT', '/account/email', { currentPassword: PASSWORD, email: 'lovelace@example.com' }],
      ['a name', 'PATCH', '/account', { name: 'Lovelace' }],
      ['an account', 'POST', '/account/deletion', { currentPassword: PASSWORD }],
      ['an API key', 'POST', '/api-keys', { name: 'CI', scopes: ['account:read'] }],
      ['a sign-up', 'POST', '/sign-up', { email: 'new@example.com', password: PASSWORD }],
      ['a guess that is wrong', 'POST', '/sessions', { email: 'operator@example.com', password: 'wrong' }],
    ])('S42: nothing else changes, and no refusal is told: %s', async (_what, method, path, body) => {
      const { accessToken } = await native.signIn('operator@example.com');
      const before = await settledContents();

      expect(await whileBroken(() => native.call(method, path, { token: accessToken, body }))).toMatchObject(problem(500, 'internal'));
      expect(await contents()).toEqual(before);
    });

    it('but whoever signs out is signed out, though the answer tells of the fault', async () => {
      const { accessToken, refreshToken: mine } = await native.signIn('operator@example.com');
      const pixyle = await server.send('POST', '/auth/v1/token', { body: { email: 'operator@example.com', password: PASSWORD } });
      const px0 = await server.send('POST', '/v1/auth/login', { body: { email: 'operator@example.com', password: PASSWORD } });
      const bearer = ({ body }: { body: unknown }, field: string) => ({
        headers: { authorization: `Bearer ${(body as Record<string, string>)[field]}` },
      });

      const answers = await whileBroken(async () => [
        await native.call('DELETE', '/sessions/current', { token: accessToken }),
        await server.send('DELETE', '/auth/v1/revoke_access', bearer(pixyle, 'access_token')),
        await server.send('DELETE', '/v1/auth/session', bearer(px0, 'token')),
      ]);

      expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
      expect((await native.call('GET', '/account', { token: accessToken })).status).toBe(401);
      expect((await native.call('POST', '/sessions/refresh', { body: { refreshToken: mine } })).status).toBe(401);
      expect((await server.send('DELETE', '/auth/v1/revoke_access', bearer(pixyle, 'access_token'))).status).toBe(401);
      expect((await server.send('GET', '/v1/auth/sessions', bearer(px0, 'token'))).status).toBe(401);
    });

    it('and a session that lives goes on, its refreshes included', async () => {
      const { accessToken, refreshToken: next } = await native.signIn('operator@example.com');
      const answers = await whileBroken(async () => [
        await native.call('GET', '/account', { token: accessToken }),
        await native.call('POST', '/sessions/refresh', { body: { refreshToken: next } }),
      ]);

      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    });
  });
});
