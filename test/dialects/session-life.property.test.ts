import crypto from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest, type Login } from '../support/logins.js';
import { startServer, type Answer, type TestServer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
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

interface Model {
  active: boolean[];
  sessions: ModelSession[];
}

/** The service, and the accounts of this run. */
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

function signIn(login: Login, owner: number, knowsPassword: boolean): Step {
  return step(
    `account ${owner} signs in to ${login.dialect}${knowsPassword ? '' : ' with a wrong password'}`,
    async (model, { server, emails }) => {
      const answer = await server.send(
        'POST',
        login.path,
        loginRequest(login, emails[owner] ?? '', knowsPassword ? PASSWORD : 'a guess of some sort'),
      );
      const isGood = knowsPassword && model.active[owner];
      expect(answer.status).toBe(isGood ? 200 : 401);
      if (!isGood) return;
      const refreshTokens = login.dialect in REFRESH ? [refreshTokenIn(answer)] : [];
      model.sessions.push({ dialect: login.dialect, owner, alive: true, accessToken: login.accessToken(answer.body), refreshTokens });
    },
  );
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
  return step(`account ${owner} is ${active ? 'let in again' : 'banned'}`, async (model, { server, emails }) => {
    await server.setStatus(emails[owner] ?? '', active ? 'active' : 'banned');
    model.active[owner] = active;
    if (!active) for (const session of model.sessions) if (session.owner === owner) session.alive = false;
  });
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
const STEPS = [
  fc.tuple(fc.constantFrom(...LOGINS), owner, fc.boolean()).map(([login, who, knows]) => signIn(login, who, knows || who === 0)),
  fc.tuple(choice, fc.nat({ max: 3 })).map(([which, ago]) => hasSessions(refresh(which, ago))),
  fc.tuple(choice).map(([which]) => hasSessions(refresh(which, 0))),
  choice.map((which) => hasSessions(signOut(which))),
  choice.map((which) => hasSessions(check(which))),
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

  it('whatever happens to sessions in whatever order, in whichever dialects, each goes on or has ended as it should', async () => {
    const property = fc.asyncProperty(fc.commands(STEPS, { maxCommands: 40, size: 'max' }), async (steps) => {
      const emails = [0, 1].map(() => `${crypto.randomUUID()}@example.com`);
      for (const email of emails) await server.createAccount({ email, password: PASSWORD });
      await fc.asyncModelRun(() => ({ model: { active: [true, true], sessions: [] }, real: { server, emails } }), steps);
    });
    await fc.assert(property, { numRuns: RUNS, verbose: 1 });
  }, 120_000);
});
