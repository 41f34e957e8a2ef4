import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccountRequest } from '../../src/core/create-account.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest, type Login, type Outcome } from '../support/logins.js';
import { startServer, type Sent, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';

/** For each outcome: the account that it takes, if any, and how the request differs from a good one. */
const SITUATIONS: Record<Outcome, { account?: Partial<AccountRequest> | null; sent?: (good: Sent) => Sent }> = {
  'unknown address': { account: null },
  'wrong password': { sent: (good) => ({ ...good, body: { ...(good.body as object), password: `${PASSWORD}!` } }) },
  'no password set': { account: { password: null } },
  inactive: { account: { status: 'inactive' } },
  banned: { account: { status: 'banned' } },
  deleted: { account: { status: 'deleted' } },
  unverified: { account: { emailVerified: false } },
  'unverified demo account': { account: { emailVerified: false, demo: true } },
  'malformed body': { sent: ({ headers }) => ({ headers: headers ?? {}, raw: '{"password":hunter2}' }) },
  'no body': { sent: ({ headers }) => ({ headers: headers ?? {} }) },
  'extra field': { sent: (good) => ({ ...good, body: { ...(good.body as object), hunter2: true } }) },
  'missing field': { sent: (good) => ({ ...good, body: { email: (good.body as { email: string }).email } }) },
  'wrong content type': {
    sent: (good) => ({ raw: JSON.stringify(good.body), headers: { ...good.headers, 'content-type': 'text/plain' } }),
  },
  'too large': { sent: (good) => ({ ...good, body: { ...(good.body as object), password: 'x'.repeat(16 * 1024) } }) },
};

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    for (const [outcome, { account = {} }] of Object.entries(SITUATIONS)) {
      if (account) await server.createAccount({ email: addressFor(outcome), password: PASSWORD, ...account });
    }
    await server.createAccount({ email: 'Ada@Example.com', password: PASSWORD });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  describe.each(LOGINS)('POST $path ($dialect)', (login) => {
    it('signs in whoever knows the password, whatever the case of the address, and leaves one session behind', async () => {
      const before = await countSessions(database);
      const answer = await server.send('POST', login.path, loginRequest(login, 'ADA@example.COM', PASSWORD));

      expect(answer.status).toBe(200);
      expect(login.accessToken(answer.body).length).toBeGreaterThan(40);
      expect(await countSessions(database)).toBe(before + 1);
    });

    it.each(Object.keys(SITUATIONS) as Outcome[])('answers as its contract says: %s', async (outcome) => {
      const good = loginRequest(login, addressFor(outcome), PASSWORD);
      const before = await countSessions(database);

      const answer = await server.send('POST', login.path, SITUATIONS[outcome].sent?.(good) ?? good);

      const expected = login.expected[outcome];
      if (expected === 'signs in') {
        expect(answer.status).toBe(200);
        expect(await countSessions(database)).toBe(before + 1);
      } else {
        expect({ status: answer.status, body: answer.body }).toEqual(expected);
        expect(await countSessions(database)).toBe(before);
        expect(JSON.stringify([answer.body, [...answer.headers]])).not.toContain('hunter2');
      }
    });

    it('tells the state of an account only to someone who knows its password', async () => {
      const strangers = await Promise.all(
        (['inactive', 'banned', 'deleted', 'unverified', 'unverified demo account'] as Outcome[]).map((outcome) =>
          server.send('POST', login.path, loginRequest(login, addressFor(outcome), 'a guess of some sort')),
        ),
      );

      for (const { status, body } of strangers) expect({ status, body }).toEqual(login.expected['wrong password']);
    });

    it('S21: ignores a credential that is sent along, bogus or expired', async () => {
      const stale = { authorization: `Bearer ${'x'.repeat(300)}`, 'x-api-key': '<api-key>' };
      const answer = await server.send('POST', login.path, loginRequest(login, 'ada@example.com', PASSWORD, { headers: stale }));

      expect(answer.status).toBe(200);
    });

    it('makes nobody an operator, whatever the body says', async () => {
      const marks = { operator: true, is_admin: true, role: 'owner', status: 'active', verified: true };
      await server.send('POST', login.path, loginRequest(login, addressFor('inactive'), PASSWORD, { body: marks }));
      await server.send('POST', login.path, loginRequest(login, 'ada@example.com', PASSWORD, { body: marks }));

      expect(await database.source.query('SELECT email FROM accounts WHERE operator')).toEqual([]);
    });

    it('forbids everybody on the way to keep its answer', async () => {
      const answer = await server.send('POST', login.path, loginRequest(login, 'ada@example.com', PASSWORD));

      expect(answer.headers.get('cache-control')).toBe('no-store');
    });
  });

  it('503: every dialect says so in its own shape, with Retry-After, when too many passwords wait to be hashed', async () => {
    const { Overloaded } = await import('../../src/core/faults.js');
    const busy = await startServer(database, {
      change: (service) => ({
        ...service,
        ports: {
          ...service.ports,
          passwords: { ...service.ports.passwords, verify: () => Promise.reject(new Overloaded('too many passwords wait', 7)) },
        },
      }),
    });

    await expectFromEveryDialect(busy, 503);
    const { headers } = await sendLogin(busy, LOGINS[0]);
    expect(headers.get('retry-after')).toBe('7');
    await busy.close();
  });

  it('500: every dialect says so in its own shape, and nothing of the cause, when the service fails', async () => {
    const broken = await startServer(database, {
      change: (service) => ({
        ...service,
        ports: {
          ...service.ports,
          accounts: { ...service.ports.accounts, findByEmail: () => Promise.reject(new Error('hunter2 in SELECT')) },
        },
      }),
    });

    await expectFromEveryDialect(broken, 500);
    expect(JSON.stringify((await sendLogin(broken, LOGINS[0])).body)).not.toMatch(/hunter2|SELECT/);
    await broken.close();
  });
});

function addressFor(outcome: string): string {
  return `${outcome.replaceAll(' ', '-')}@example.com`;
}

async function countSessions(database: TestDatabase): Promise<number> {
  const [{ count }] = await database.source.query('SELECT count(*)::integer AS count FROM sessions');
  return count as number;
}

function sendLogin(server: TestServer, login: Login | undefined) {
  if (!login) throw new Error('there are no logins');
  return server.send('POST', login.path, loginRequest(login, 'ada@example.com', PASSWORD));
}

async function expectFromEveryDialect(server: TestServer, status: number): Promise<void> {
  for (const login of LOGINS) expect((await sendLogin(server, login)).status).toBe(status);
}
