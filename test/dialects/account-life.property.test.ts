import crypto from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest, type Login } from '../support/logins.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const PASSWORDS = ['open sesame, please', 'close sesame, please'] as const;
const RUNS = 25;
const V1 = { 'X-API-Version': 'v1' };

type Dialect = Login['dialect'];

/** What the model knows of a session: whether it goes on, and the refresh tokens of its generations, oldest first. */
interface ModelSession {
  dialect: Dialect;
  owner: number;
  alive: boolean;
  accessToken: string;
  refreshTokens: string[];
}

/** What the model knows of an address: whether somebody has an account with it, and what of. */
interface ModelAccount {
  exists: boolean;
  active: boolean;
  verified: boolean;
  password: string;
}

interface Model {
  accounts: ModelAccount[];
  sessions: ModelSession[];
}

/** The service, and the addresses of this run. */
interface Real {
  server: TestServer;
  emails: string[];
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** How one refreshes, where one can. */
const REFRESH: Partial<Record<Dialect, (server: TestServer, token: string) => Promise<Answer>>> = {
  pixyle: (server, token) => server.send('POST', '/auth/v1/refresh', { headers: bearer(token) }),
  puppilot: (server, token) => server.send('POST', '/auth/refresh-token', { body: { token }, headers: V1 }),
  flashback: (server, token) => server.send('POST', '/user/refresh', { body: { refresh_token: token } }),
};

const SIGN_OUT: Partial<Record<Dialect, (server: TestServer, session: ModelSession) => Promise<Answer>>> = {
  px0: (server, { accessToken }) => server.send('DELETE', '/v1/auth/session', { headers: bearer(accessToken) }),
  pixyle: (server, { refreshTokens }) => server.send('DELETE', '/auth/v1/revoke_refresh', { headers: bearer(refreshTokens[0] ?? '') }),
  flashback: (server, { refreshTokens }) => server.send('POST', '/user/logout', { body: { refreshToken: refreshTokens[0] } }),
};

/** Where an access token can be shown without changing anything. */
const CHECK: Partial<Record<Dialect, (server: TestServer, token: string) => Promise<Answer>>> = {
  'pyth-on': (server, token) => server.send('POST', '/api/verify', { headers: bearer(token) }),
  px0: (server, token) => server.send('GET', '/v1/auth/me', { headers: bearer(token) }),
  puppilot: (server, token) => server.send('GET', '/users/me', { headers: { ...V1, ...bearer(token) } }),
};

type Step = fc.AsyncCommand<Model, Real>;

function step(words: string, run: (model: Model, real: Real) => Promise<void>, check = (_model: Model) => true): Step {
  return { check, run, toString: () => words };
}

/** Where one can sign up by oneself; what tells that the address is taken; and whether one is signed in at once. */
const SIGN_UP: { dialect: Dialect; path: string; taken: number; extra?: object }[] = [
  { dialect: 'pyth-on', path: '/api/register', taken: 409 },
  { dialect: 'px0', path: '/v1/auth/register', taken: 409 },
  {
    dialect: 'flashback',
    path: '/user/register',
    taken: 400,
    extra: { firstName: 'Ada', lastName: 'L', companyName: 'Engines', isBusiness: false },
  },
];

function signUp({ dialect, path, taken, extra }: (typeof SIGN_UP)[number], owner: number): Step {
  return step(`account ${owner} signs up through ${dialect}`, async (model, { server, emails }) => {
    const answer = await server.send('POST', path, { body: { email: emails[owner], password: PASSWORDS[0], ...extra } });
    const account = model.accounts[owner] as ModelAccount;
    expect(answer.status).toBe(account.exists ? taken : 201);
    if (account.exists) return;
    Object.assign(account, { exists: true, active: true, verified: false, password: PASSWORDS[0] });
    if (dialect !== 'px0') model.sessions.push(sessionIn(answer, dialect, owner));
  });
}

function verify(owner: number): Step {
  return step(
    `account ${owner} verifies its address`,
    async (model, { server, emails }) => {
      const email = emails[owner];
      expect((await server.send('GET', `/v1/auth/verify-email?email=${email}`)).status).toBe(200);
      const mail = server.mails.at(-1);
      const code = mail?.kind === 'email verification code' ? mail.code : '';
      expect((await server.send('POST', '/v1/auth/verify-email', { body: { email, code } })).status).toBe(200);
      (model.accounts[owner] as ModelAccount).verified = true;
    },
    ({ accounts }) => Boolean(accounts[owner]?.exists && accounts[owner].active && !accounts[owner].verified),
  );
}

function resetPassword(owner: number, password: string): Step {
  return step(`account ${owner} gets a new password by mail`, async (model, { server, emails }) => {
    const mailsBefore = server.mails.length;
    await server.send('POST', '/auth/request-password-reset', { body: { email: emails[owner] }, headers: V1 });
    const account = model.accounts[owner] as ModelAccount;
    const mail = server.mails[mailsBefore];
    expect(mail !== undefined).toBe(account.exists && account.active);
    if (mail?.kind !== 'password reset') return;
    const body = { token: mail.token, new_password: password };
    expect((await server.send('POST', '/auth/reset-password', { body, headers: V1 })).status).toBe(200);
    expect((await server.send('POST', '/auth/reset-password', { body, headers: V1 })).status).toBe(400);
    Object.assign(account, { password, verified: true });
    endSessionsOf(owner, model);
  });
}

function deleteAccount(choice: number): Step {
  return step(
    `the owner of session ${choice} deletes the account`,
    async (model, { server }) => {
      const { owner, alive, accessToken } = pick(model, choice);
      const answer = await server.send('DELETE', '/v1/auth/me', { headers: bearer(accessToken) });
      expect(answer.status).toBe(alive ? 204 : 401);
      if (!alive) return;
      (model.accounts[owner] as ModelAccount).exists = false;
      endSessionsOf(owner, model);
    },
    (model) => pick(model, choice)?.dialect === 'px0',
  );
}

function endSessionsOf(owner: number, { sessions }: Model): void {
  for (const session of sessions) if (session.owner === owner) session.alive = false;
}

function sessionIn(answer: Answer, dialect: Dialect, owner: number): ModelSession {
  const { access_token, accessToken, token } = answer.body as Record<string, string>;
  const refreshTokens = dialect in REFRESH ? [refreshTokenIn(answer)] : [];
  return { dialect, owner, alive: true, accessToken: access_token ?? accessToken ?? token ?? '', refreshTokens };
}

function signIn(login: Login, owner: number, password: string): Step {
  return step(`account ${owner} signs in to ${login.dialect} with "${password}"`, async (model, { server, emails }) => {
    const answer = await server.send('POST', login.path, loginRequest(login, emails[owner] ?? '', password));
    const account = model.accounts[owner] as ModelAccount;
    const knowsPassword = account.exists && account.password === password && account.active;
    const isBarred = login.dialect === 'px0' && !account.verified;
    expect(answer.status).toBe(!knowsPassword ? 401 : isBarred ? 403 : 200);
    if (answer.status === 200) model.sessions.push(sessionIn(answer, login.dialect, owner));
  });
}

function refresh(choice: number, generationsAgo: number): Step {
  return step(
    `session ${choice} is refreshed with the token of ${generationsAgo} generations ago`,
    async (model, { server }) => {
      const session = pick(model, choice);
      const { refreshTokens } = session;
      const answer = await REFRESH[session.dialect]?.(server, refreshTokens.at(-1 - generationsAgo) ?? '');
      if (!session.alive || generationsAgo >= 2) {
        expect(answer?.status).toBe(401);
        session.alive = false;
      } else {
        expect(answer?.status).toBe(200);
        const next = refreshTokenIn(answer);
        if (generationsAgo === 1) expect(next).toBe(refreshTokens.at(-1));
        else refreshTokens.push(next);
      }
    },
    (model) => (pick(model, choice)?.refreshTokens.length ?? 0) > generationsAgo,
  );
}

function signOut(choice: number): Step {
  return step(
    `session ${choice} is signed out`,
    async (model, { server }) => {
      const session = pick(model, choice);
      const answer = await SIGN_OUT[session.dialect]?.(server, session);
      expect(answer?.status).toBe(session.dialect === 'px0' ? 204 : session.alive ? 200 : 401);
      session.alive = false;
    },
    (model) => pick(model, choice)?.dialect in SIGN_OUT,
  );
}

function check(choice: number): Step {
  return step(
    `session ${choice} shows its access token`,
    async (model, { server }) => {
      const session = pick(model, choice);
      expect((await CHECK[session.dialect]?.(server, session.accessToken))?.status).toBe(session.alive ? 200 : 401);
    },
    (model) => pick(model, choice)?.dialect in CHECK,
  );
}

function setActive(owner: number, active: boolean): Step {
  return step(
    `account ${owner} is ${active ? 'let in again' : 'banned'}`,
    async (model, { server, emails }) => {
      await server.setStatus(emails[owner] ?? '', active ? 'active' : 'banned');
      (model.accounts[owner] as ModelAccount).active = active;
      if (!active) endSessionsOf(owner, model);
    },
    ({ accounts }) => Boolean(accounts[owner]?.exists),
  );
}

function pick({ sessions }: Model, choice: number): ModelSession {
  return sessions[choice % sessions.length] as ModelSession;
}

const hasSessions = (each: Step): Step => ({
  ...each,
  check: (model) => model.sessions.length > 0 && each.check(model),
  toString: () => String(each),
});

function refreshTokenIn(answer: Answer | undefined): string {
  const { refresh_token, refreshToken } = answer?.body as Record<string, string>;
  return refresh_token ?? refreshToken ?? '';
}

const owner = fc.nat({ max: 1 });
const choice = fc.nat({ max: 20 });
const password = fc.constantFrom(...PASSWORDS);
/** What happens most is what most can go wrong with; without an account nothing does. */
const STEPS = [
  fc.tuple(fc.constantFrom(...SIGN_UP), owner).map(([way, who]) => signUp(way, who)),
  fc.tuple(fc.constantFrom(...LOGINS), owner, password).map(([login, who, guess]) => signIn(login, who, guess)),
  fc.tuple(fc.constantFrom(...LOGINS), owner).map(([login, who]) => signIn(login, who, PASSWORDS[0])),
  fc.tuple(choice, fc.nat({ max: 3 })).map(([which, ago]) => hasSessions(refresh(which, ago))),
  fc.tuple(choice).map(([which]) => hasSessions(refresh(which, 0))),
  choice.map((which) => hasSessions(signOut(which))),
  choice.map((which) => hasSessions(check(which))),
  choice.map((which) => hasSessions(check(which))),
  choice.map((which) => hasSessions(deleteAccount(which))),
  owner.map((who) => verify(who)),
  fc.tuple(owner, password).map(([who, next]) => resetPassword(who, next)),
  fc.tuple(owner, fc.boolean()).map(([who, active]) => setActive(who, active)),
];

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

  it('whatever happens to accounts and their sessions, in whatever order and whichever dialects, each is as it should be', async () => {
    const property = fc.asyncProperty(fc.commands(STEPS, { maxCommands: 60, size: 'max' }), async (steps) => {
      const emails = [0, 1].map(() => `${crypto.randomUUID()}@example.com`);
      const accounts = emails.map(() => ({ exists: false, active: false, verified: false, password: '' }));
      await fc.asyncModelRun(() => ({ model: { accounts, sessions: [] }, real: { server, emails } }), steps);
    });
    await fc.assert(property, { numRuns: RUNS, verbose: 1 });
  }, 240_000);
});
