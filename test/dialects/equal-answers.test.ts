import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccountRequest } from '../../src/core/create-account.js';
import type { Limits } from '../../src/core/limits.js';
import { onEveryDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.js';
import { LOGINS } from '../support/logins.js';
import { startServer, type Answer, type Sent, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const V1 = { 'X-API-Version': 'v1' };

/** Every way to sign in with a password. */
const SIGN_INS: { name: string; path: string; headers?: Record<string, string> }[] = [
  ...LOGINS.map(({ dialect, ...login }) => ({ name: dialect, ...login })),
  { name: "puppilot, the agents'", path: '/auth/sign-in', headers: V1 },
  { name: 'native', path: '/latchkey/v1/sessions' },
];

/** Whom a stranger may ask for; null: nobody. */
const SITUATIONS: Record<string, Partial<AccountRequest> | null> = {
  'an unknown address': null,
  'a wrong password': {},
  'no password set': { password: null },
  'a wrong password, inactive': { status: 'inactive' },
  'no password set, inactive': { status: 'inactive', password: null },
  'a wrong password, banned': { status: 'banned' },
  'a wrong password, deleted': { status: 'deleted' },
  'a wrong password, not verified': { emailVerified: false, demo: true },
};

/** What is asked for in private: nobody is told whether there is such an account, nor what it is like. */
const QUIET: { name: string; path: string; headers?: Record<string, string> }[] = [
  { name: 'native: password reset', path: '/latchkey/v1/password-reset' },
  { name: 'native: verification', path: '/latchkey/v1/email-verification' },
  { name: 'puppilot: password reset', path: '/auth/request-password-reset', headers: V1 },
  { name: 'flashback: password reset', path: '/user/request-reset-password' },
];

/** Where a contract has other answers for who has an account and who has none: it wins. */
const TOLD: { name: string; ask: (email: string) => [method: string, path: string, body?: object]; known: number; unknown: number }[] = [
  { name: 'pyth-on: registration', ask: (email) => ['POST', '/api/register', { email, password: PASSWORD }], known: 409, unknown: 201 },
  { name: 'px0: registration', ask: (email) => ['POST', '/v1/auth/register', { email, password: PASSWORD }], known: 409, unknown: 201 },
  { name: 'px0: verification', ask: (email) => ['GET', `/v1/auth/verify-email?email=${email}`], known: 400, unknown: 404 },
  { name: 'px0: password reset', ask: (email) => ['POST', '/v1/auth/password-reset/trigger', { email }], known: 200, unknown: 404 },
  {
    name: 'flashback: registration',
    ask: (email) => [
      'POST',
      '/user/register',
      { email, password: PASSWORD, firstName: 'Ada', lastName: 'L', companyName: 'Engines', isBusiness: false },
    ],
    known: 400,
    unknown: 201,
  },
];

/** What one request made the service do. */
interface Work {
  /** The scheme and cost of each hash that a password was compared with. */
  verified: string[];
  /** How often a password was hashed anew. */
  hashed: number;
  /** The texts of all statements. */
  statements: string[];
}

/** How often this network has asked: once more with each request, whoever it is about. */
const NETWORK_COUNTS = /(?<=network-[a-z-]+\\");r=\d+/g;

/** What goes on beside the requests: the delivery of mails, and the feed of what has ended. */
const BACKGROUND = /outbox SET (attempts|next_attempt_at)|DELETE FROM "outbox"|feed|NOTIFY|LISTEN/;

interface Watched {
  server: TestServer;
  database: TestDatabase;
  /** Sends a request, and tells what it made the service do. */
  ask(method: string, path: string, sent: Sent): Promise<{ answer: Answer; work: Work }>;
  close(): Promise<void>;
}

/** Limits are counted by a package with statements of its own. */
function countedLimits({ take, look, clear }: Limits, hear: (step: string) => void): Limits {
  return {
    take: (name, ...rest) => (hear(`take ${name}`), take(name, ...rest)),
    look: (name, key) => (hear(`look ${name}`), look(name, key)),
    clear: (name, key) => (hear(`clear ${name}`), clear(name, key)),
  };
}

const nothingYet = (): Work => ({ verified: [], hashed: 0, statements: [] });

/** A server whose hashes and statements are counted. */
async function watched(kind: DatabaseKind, fill: (database: TestDatabase) => Promise<unknown> = async () => {}): Promise<Watched> {
  const database = await kind.create();
  await fill(database);
  let work = nothingYet();
  const server = await startServer(database, {
    environment: { FLASHBACK_HIDE_ACCOUNTS: 'true' },
    change(service) {
      const { passwords } = service.ports;
      const counted: typeof passwords = {
        ...passwords,
        async verify(password, hash) {
          work.verified.push(schemeOf(hash));
          return passwords.verify(password, hash);
        },
        async hash(password) {
          work.hashed += 1;
          return passwords.hash(password);
        },
      };
      const limits = countedLimits(service.ports.limits, (step) => work.statements.push(step));
      return { ...service, ports: { ...service.ports, passwords: counted, limits } };
    },
  });
  const hear = (sql: string) => void (BACKGROUND.test(sql) || work.statements.push(sql));
  const nothing = () => {};
  const others = { logQueryError: nothing, logQuerySlow: nothing, logSchemaBuild: nothing, logMigration: nothing, log: nothing };
  Object.assign(database.source, { logger: { logQuery: hear, ...others } });
  return {
    server,
    database,
    async ask(method, path, sent) {
      const done = (work = nothingYet());
      const answer = await server.send(method, path, sent);
      work = nothingYet(); // what comes now is not this request's
      return { answer, work: done };
    },
    async close() {
      await server.close();
      await database.close();
    },
  };
}

/** A hash without its salt and digest: what verifying it costs. */
function schemeOf(hash: string): string {
  return hash.startsWith('$2') ? hash.slice(0, 6) : hash.split('$').slice(0, -2).join('$');
}

/** All of an answer but what is another one each time. */
function seenOf({ status, body, headers }: Answer): object {
  const requestId = headers.get('x-request-id') ?? '';
  const kept = [...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id');
  const text = JSON.stringify({ status, body, headers: kept }).replaceAll(requestId, 'this request');
  return JSON.parse(text.replace(NETWORK_COUNTS, '').replace(/;t=\d+/g, '')) as object;
}

onEveryDatabase((kind) => {
  let service: Watched;
  let people = 0;
  const someAddress = () => `person-${++people}@example.com`;
  const somebody = async (situation: Partial<AccountRequest> | null) => {
    const email = someAddress();
    if (situation) await service.server.createAccount({ email, password: PASSWORD, ...situation });
    return email;
  };
  beforeAll(async () => {
    service = await watched(kind);
    const known = await somebody({});
    for (const { path, headers = {} } of SIGN_INS)
      // whatever is asked once and then remembered is asked here
      await service.ask('POST', path, { body: { email: known, password: PASSWORD }, headers });
  });
  afterAll(() => service.close());

  describe.each(SIGN_INS)('signing in: $name', ({ path, headers = {} }) => {
    it('S03, S04: a stranger gets the same answer, to the last header, for the same work, whoever has the address', async () => {
      const seen: Record<string, object> = {};
      const done: Record<string, Work> = {};
      for (const [situation, account] of Object.entries(SITUATIONS)) {
        const email = await somebody(account);
        const { answer, work } = await service.ask('POST', path, { body: { email, password: 'a guess of some sort' }, headers });
        seen[situation] = seenOf(answer);
        done[situation] = work;
      }

      expect(seen['an unknown address']).toMatchObject({ status: 401 });
      expect(done['an unknown address']).toMatchObject({ verified: ['$bcrypt-sha256$v=2,t=2b,r=4'], hashed: 0 });
      expect(done['an unknown address']?.statements.length).toBeGreaterThan(0);
      for (const situation of Object.keys(SITUATIONS)) {
        expect({ [situation]: seen[situation] }).toEqual({ [situation]: seen['an unknown address'] });
        expect({ [situation]: done[situation] }).toEqual({ [situation]: done['an unknown address'] });
      }
    });
  });

  it('S04: where all hashes were imported, an unknown address costs what they cost; nobody alone waits for their count', async () => {
    const imported = await watched(kind, async (database) => {
      const first = await startServer(database);
      await first.createAccount({ email: 'imported@example.com', password: PASSWORD });
      await first.close();
      await database.source.query('UPDATE accounts SET password_hash = $1', [bcrypt.hashSync(PASSWORD, 5)]);
    });
    const ask = async (email: string) =>
      (await imported.ask('POST', '/api/login', { body: { email, password: 'a guess of some sort' } })).work;

    const [first, second] = [await ask('imported@example.com'), await ask('nobody@example.com')];
    await imported.close();

    expect([first.verified, second.verified]).toEqual([['$2b$05'], ['$2b$05']]);
    const countsSchemes = (sql: string) => sql.includes("password_hash FROM '");
    expect(first.statements.filter(countsSchemes)).toHaveLength(1);
    expect(first.statements.filter((sql) => !countsSchemes(sql))).toEqual(second.statements);
  });

  describe.each(QUIET)('$name', ({ path, headers = {} }) => {
    it('S04, S05: the answer is the same, for the same work, whoever has the address; a mail goes to who is meant', async () => {
      const asked: Record<string, Partial<AccountRequest> | null> = {
        nobody: null,
        'somebody who is verified': {},
        'somebody who is not verified': { emailVerified: false },
        'somebody who is banned': { status: 'banned' },
        'somebody who is not activated': { status: 'inactive', password: null },
      };
      const mailsBefore = service.server.mails.length;
      const all: { answer: Answer; work: Work }[] = [];
      const addresses: Record<string, string> = {};
      for (const [who, account] of Object.entries(asked)) {
        const email = (addresses[who] = await somebody(account));
        all.push(await service.ask('POST', path, { body: { email }, headers }));
      }

      expect(all[0]?.answer.status).toBeLessThan(300);
      expect(all[0]?.work.statements.length).toBeGreaterThan(3);
      for (const { answer, work } of all) {
        expect(seenOf(answer)).toEqual(seenOf((all[0] as (typeof all)[0]).answer));
        expect(work).toEqual(all[0]?.work);
      }
      const meant = path.includes('verification')
        ? ['somebody who is not verified']
        : ['somebody who is verified', 'somebody who is not verified'];
      expect(service.server.mails.slice(mailsBefore).map(({ to }) => to)).toEqual(meant.map((who) => addresses[who]));
    });
  });

  it('S05: native: sign-up answers alike, after one hash, for an address that is new and for one that is taken', async () => {
    const all: { answer: Answer; work: Work }[] = [];
    for (const account of [null, {}, { emailVerified: false }, { status: 'banned' as const }]) {
      const email = await somebody(account);
      all.push(await service.ask('POST', '/latchkey/v1/sign-up', { body: { email, password: PASSWORD } }));
    }

    expect(all[0]?.answer.status).toBe(202);
    for (const { answer, work } of all) {
      expect(seenOf(answer)).toEqual(seenOf((all[0] as (typeof all)[0]).answer));
      expect(work.hashed).toBe(1);
    }
    expect(all[2]?.work).toEqual(all[1]?.work);
    expect(all[3]?.work).toEqual(all[1]?.work);
  });

  it.each(TOLD)('S05: $name tells who has an account, as its contract says', async ({ ask, known, unknown }) => {
    const statusFor = async (email: string) => {
      const [method, path, body] = ask(email);
      return (await service.server.send(method, path, { body })).status;
    };

    expect([await statusFor(await somebody({})), await statusFor(someAddress())]).toEqual([known, unknown]);
  });

  it('S05: flashback: the login tells who has an account, as its contract says, unless it is told to hide them', async () => {
    const telling = await startServer(service.database);
    const code = async (server: TestServer, situation: string) => {
      const email = await somebody(SITUATIONS[situation] ?? null);
      const { body } = await server.send('POST', '/user/login', { body: { email, password: 'a guess of some sort' } });
      return (body as { error_code: string }).error_code;
    };

    const situations = ['an unknown address', 'no password set', 'a wrong password'];
    const told = [];
    for (const situation of situations) told.push(await code(telling, situation));
    await telling.close();
    expect(told).toEqual(['USER_NOT_FOUND', 'NO_PASSWORD_SET', 'INVALID_PASSWORD']);
    for (const situation of situations) expect(await code(service.server, situation)).toBe('INVALID_PASSWORD');
  });
});
