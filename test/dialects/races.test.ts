import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Service } from '../../src/cli/service.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest, type Login } from '../support/logins.js';
import { startServer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const NEW_PASSWORD = 'close sesame, please';
const V1 = { 'X-API-Version': 'v1' };

/** Holds each password's verification between the hash and what comes after it, while it is closed. */
function gate() {
  let open = () => {};
  let arrived = () => {};
  let isOpen = Promise.resolve();
  return {
    change: (service: Service): Service => {
      const { passwords } = service.ports;
      const verify = async (password: string, hash: string) => {
        const matches = await passwords.verify(password, hash);
        arrived();
        await isOpen;
        return matches;
      };
      return { ...service, ports: { ...service.ports, passwords: { ...passwords, verify } } };
    },
    /** Closes it. @returns a promise of the next one to come to it. */
    close(): Promise<void> {
      isOpen = new Promise((resolve) => (open = resolve));
      return new Promise((resolve) => (arrived = resolve));
    },
    open: () => open(),
  };
}

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  const held = gate();
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database, { change: held.change });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const post = (path: string, body: object, headers: Record<string, string> = V1) => server.send('POST', path, { body, headers });
  const sessionsOf = async (email: string) => {
    const rows = await database.source.query('SELECT FROM sessions JOIN accounts ON accounts.id = account_id WHERE normalized_email = $1', [
      email,
    ]);
    return rows.length;
  };

  /** What may happen to an account while somebody who knows its password signs in. */
  const MEANWHILE: Record<string, (email: string) => Promise<void>> = {
    'its account is banned': (email) => server.setStatus(email, 'banned'),
    'its account is deleted': (email) => server.setStatus(email, 'deleted'),
    async 'its password is reset'(email) {
      await post('/auth/request-password-reset', { email });
      const mail = server.mails.at(-1);
      const token = mail?.kind === 'password reset' ? mail.token : '';
      expect((await post('/auth/reset-password', { token, new_password: NEW_PASSWORD })).status).toBe(200);
    },
  };

  describe.each(LOGINS.map((login): [string, Login] => [login.dialect, login]))(
    'a login through %s that was verifying its password',
    (name, login) => {
      it.each(Object.entries(MEANWHILE))('while %s opens no session, and is told nothing', async (what, happen) => {
        const email = `${name}-${what.replaceAll(' ', '-')}@example.com`;
        await server.createAccount({ email, password: PASSWORD });
        const arriving = held.close();
        const answering = server.send('POST', login.path, loginRequest(login, email, PASSWORD));
        await arriving;

        await happen(email);
        held.open();
        const answer = await answering;

        expect({ status: answer.status, body: answer.body }).toEqual(login.expected['wrong password']);
        expect(await sessionsOf(email)).toBe(0);
      });
    },
  );

  it('of a login and a ban at the same time, whichever comes first, no session is left', async () => {
    held.open();
    for (let round = 0; round < 10; round++) {
      const email = `round-${round}@example.com`;
      await server.createAccount({ email, password: PASSWORD });
      const logins = LOGINS.map((login) => server.send('POST', login.path, loginRequest(login, email, PASSWORD)));
      await Promise.all([...logins, server.setStatus(email, 'banned')]);

      expect(await sessionsOf(email)).toBe(0);
    }
  });

  describe('of somebody whose session ended while their request was on its way', () => {
    let late: TestServer;
    const way = gateBeforeTransactions();
    beforeAll(async () => {
      late = await startServer(database, { change: way.change });
    });
    afterAll(() => late.close());

    const signIn = async (path: string, email: string) => {
      const { body } = await post(path, { email, password: PASSWORD });
      const { accessToken, access_token, token } = body as Record<string, string>;
      return { authorization: `Bearer ${accessToken ?? access_token ?? token}`, ...V1 };
    };
    const organizationOf = async (headers: Record<string, string>) => {
      const { body } = await server.send('GET', '/v1/me/orgs', { headers });
      return (body as { organizations: { id: string }[] }).organizations[0]?.id;
    };
    const NATIVE = '/latchkey/v1/sessions';

    /** What they ask for, and through which API. */
    const ASKED: [what: string, login: string, method: string, path: string, body: (headers: Record<string, string>) => unknown][] = [
      ['an API key', NATIVE, 'POST', '/latchkey/v1/api-keys', () => ({ name: 'late', scopes: ['account:read'] })],
      [
        'an API key of px0',
        '/v1/auth/login',
        'POST',
        '/v1/api-keys',
        async (headers) => ({ name: 'late', org_id: await organizationOf(headers) }),
      ],
      ['the next Pyth-On key', NATIVE, 'POST', '/latchkey/v1/account/pyth-on-api-key/rotate', () => undefined],
      ['another address', '/v1/auth/login', 'PUT', '/v1/auth/me', () => ({ email: 'attacker@example.com' })],
      [
        'another address, with the password',
        NATIVE,
        'PUT',
        '/latchkey/v1/account/email',
        () => ({ email: 'attacker@example.com', currentPassword: PASSWORD }),
      ],
      [
        'another password',
        '/auth/login',
        'PATCH',
        '/users/change-password',
        () => ({ old_password: PASSWORD, new_password: 'a password of theirs' }),
      ],
      ['another name', NATIVE, 'PATCH', '/latchkey/v1/account', () => ({ name: 'Attacker' })],
      ['deletion', '/v1/auth/login', 'DELETE', '/v1/auth/me', () => undefined],
      ['deactivation', '/user/login', 'POST', '/user/deactivate', () => undefined],
    ];

    it.each(ASKED)('%s: nothing of it is done after a new password came by mail', async (what, login, method, path, bodyFor) => {
      const email = `late-${what.replaceAll(/\W+/g, '-')}@example.com`;
      await server.createAccount({ email, password: PASSWORD });
      const headers = await signIn(login, email);
      const body = await bodyFor(headers);
      const arriving = way.close();
      const answering = late.send(method, path, { headers, ...(body !== undefined && { body }) });
      await arriving;

      await MEANWHILE['its password is reset']?.(email);
      const accountAfterReset = await accountRow(email);
      way.open();

      expect((await answering).status).toBe(401);
      expect(await accountRow(email)).toEqual(accountAfterReset);
      const id = accountAfterReset?.id;
      expect(await database.source.query('SELECT FROM api_keys WHERE account_id = $1', [id])).toEqual([]);
    });

    it('a ban is not undone by its owner, who was just about to deactivate the account', async () => {
      await server.createAccount({ email: 'banned-late@example.com', password: PASSWORD });
      const headers = await signIn('/user/login', 'banned-late@example.com');
      const arriving = way.close();
      const answering = late.send('POST', '/user/deactivate', { headers });
      await arriving;

      await server.setStatus('banned-late@example.com', 'banned');
      way.open();

      expect((await answering).status).toBe(401);
      expect((await accountRow('banned-late@example.com'))?.status).toBe('banned');
    });

    /** Who asks for a mail to an address, and what they hear where nobody has it any more. */
    const MAILS_ASKED: [asked: string, method: string, path: string, hasBody: boolean, status: number][] = [
      ["a new password in px0's words", 'POST', '/v1/auth/password-reset/trigger', true, 404],
      ["a new password in Flashback's words", 'POST', '/user/request-reset-password', true, 200],
      ['a new password in native words', 'POST', '/latchkey/v1/password-reset', true, 202],
      ["a verification in px0's words", 'GET', '/v1/auth/verify-email?email=', false, 404],
      ['a verification in native words', 'POST', '/latchkey/v1/email-verification', true, 202],
    ];

    it.each(MAILS_ASKED)('%s: no mail goes to an account that was deleted meanwhile', async (asked, method, path, hasBody, status) => {
      const email = `gone-${asked.replaceAll(/\W+/g, '-').toLowerCase()}@example.com`;
      const { id } = await server.createAccount({ email, password: PASSWORD, emailVerified: false });
      const arriving = way.close();
      const answering = late.send(method, hasBody ? path : path + email, hasBody ? { body: { email } } : {});
      await arriving;

      await server.service.ports.accounts.delete(id);
      way.open();

      expect((await answering).status).toBe(status);
      expect(late.mails.filter(({ to }) => to === email)).toEqual([]);
    });
  });

  async function accountRow(email: string): Promise<{ id: string; status: string } | undefined> {
    const [row] = await database.source.query('SELECT * FROM accounts WHERE normalized_email = $1', [email]);
    return row;
  }
});

/** Holds each request between the check of its credential and its transaction, while it is closed. */
function gateBeforeTransactions() {
  let open = () => {};
  let arrived = () => {};
  let isOpen = Promise.resolve();
  return {
    change: (service: Service): Service => {
      const { atomically } = service.ports;
      const held: typeof atomically = async (work) => {
        arrived();
        await isOpen;
        return atomically(work);
      };
      return { ...service, ports: { ...service.ports, atomically: held } };
    },
    /** Closes it. @returns a promise of the next one to come to it. */
    close(): Promise<void> {
      isOpen = new Promise((resolve) => (open = resolve));
      return new Promise((resolve) => (arrived = resolve));
    },
    open: () => open(),
  };
}
