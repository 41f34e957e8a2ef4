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
});
