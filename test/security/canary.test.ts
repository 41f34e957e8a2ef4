import crypto from 'node:crypto';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Unavailable } from '../../src/core/faults.js';
import type { Ports } from '../../src/core/ports.js';
import { createSealer } from '../../src/crypto/sealing.js';
import { databasePorts } from '../../src/db/ports.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { goodRequest, OPERATIONS } from '../support/operations.js';
import { startServer, TEST_SECRET, type Answer, type Sent, type TestServer } from '../support/server.js';

const V1 = { 'X-API-Version': 'v1' };
const NAMES = { firstName: 'Canary', lastName: 'Bird', companyName: 'Cage', isBusiness: false };
/** Fields that hand out a secret: each is a canary from then on, and may stand nowhere else. (An id of a mailed token opens nothing.) */
const HANDED_OUT = /^(access_?token|refresh_?token|token|api_?key|key)$/i;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A text in the forms in which it may be written down. */
function formsOf(secret: string | Buffer): string[] {
  const known = FORMS.get(secret) ?? makeForms(secret);
  FORMS.set(secret, known);
  return known;
}

const FORMS = new Map<string | Buffer, string[]>();

function makeForms(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret);
  const forms = ['hex', 'base64', 'base64url'].map((encoding) => bytes.toString(encoding as 'hex'));
  // the base64 of it in the middle of something else, without the characters that its neighbours change
  const shifted = [1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const text = typeof secret === 'string' ? [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)] : [];
  return [...new Set([...text, ...forms, ...forms.map((form) => form.replace(/=+$/, '')), forms[0]?.toUpperCase() ?? '', ...shifted])];
}

/** Which secrets stand in a text, by what they are. */
function foundIn(text: string, secrets: Map<string, string | Buffer>): string[] {
  return [...secrets].filter(([, secret]) => formsOf(secret).some((form) => text.includes(form))).map(([what]) => what);
}

/** Every row of every table: values as text, and bytes in the three ways in which one may look at them. */
async function dump({ source }: TestDatabase): Promise<Map<string, string>> {
  const tables = await source.query(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`);
  const texts = new Map<string, string>();
  for (const { name } of tables as { name: string }[]) {
    const rows: Record<string, unknown>[] = await source.query(`SELECT * FROM "${name}"`);
    const lines = rows.map((row) => Object.values(row).map(written).join(' ')).sort();
    texts.set(name, lines.join('\n'));
  }
  return texts;
}

function written(value: unknown): string {
  if (!(value instanceof Uint8Array)) return typeof value === 'string' ? value : JSON.stringify(value);
  const bytes = Buffer.from(value);
  return [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1')].join(' ');
}

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  const log: string[] = [];
  const bodies: { body: string; may: string }[] = [];
  const secrets = new Map<string, string | Buffer>();
  /** What the database does next, in place of its work. */
  let failure: Error | null = null;

  beforeAll(async () => {
    database = await kind.create();
    const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => (log.push(chunk.toString()), done()) });
    const change = <S extends { ports: Ports }>(service: S): S => ({ ...service, ports: failing(service.ports, () => failure) });
    server = await startServer(database, { logger: pino({ level: 'debug' }, stream), change });
    secrets.set('the master secret', TEST_SECRET);
    const { keys } = databasePorts(database.source, database.revocations);
    for (const sealed of await keys.load()) secrets.set(`the working key ${sealed.purpose}`, createSealer(TEST_SECRET).open(sealed));
    await liveAWholeLife();
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  /** A new password, or whatever else one makes up. */
  function canary(what: string): string {
    const secret = `Canary "${crypto.randomBytes(12).toString('hex')}" ü\\/+`;
    secrets.set(`${what} ${secrets.size}`, secret);
    return secret;
  }

  /** Sends, keeps the answer for the search, and makes a canary of each secret that it hands out. */
  async function send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const answer = await server.send(method, path, sent);
    const own = new Set<string>();
    JSON.stringify(answer.body, (name, value: unknown) => {
      if (HANDED_OUT.test(name) && typeof value === 'string' && value.length >= 20) own.add(value);
      return value;
    });
    for (const secret of own)
      if (![...secrets.values()].includes(secret)) secrets.set(`what ${method} ${path} gave ${secrets.size}`, secret);
    bodies.push({ body: JSON.stringify([answer.body, [...answer.headers]]), may: [...own].join('\n') });
    return answer;
  }

  /** The code or token of the last mail to somebody: a canary, too. */
  function mailed(email: string): string {
    const mail = server.mails.filter(({ to }) => to === email).at(-1);
    const secret = mail && 'token' in mail ? mail.token : mail && 'code' in mail ? mail.code : '';
    expect(secret).not.toBe('');
    if (secret.length > 6) secrets.set(`the token mailed to ${email} ${secrets.size}`, secret); // six digits stand in many a number
    return secret;
  }

  async function liveAWholeLife(): Promise<void> {
    await liveWithPythOn();
    await liveWithPx0();
    await liveWithFlashback();
    await liveWithPuppilot();
    await liveWithPixyle();
    await liveWithLatchkey();
    await failEverywhere();
  }

  async function liveWithPythOn(): Promise<void> {
    const user = { email: 'pyth-on@example.com', password: canary('a password') };
    expect((await send('POST', '/api/register', { body: user })).status).toBe(201);
    const { body } = await send('POST', '/api/login', { body: user });
    const { token, apiKey } = body as { token: string; apiKey: string };
    expect((await send('POST', '/api/verify', { headers: bearer(token) })).status).toBe(200);
    await send('POST', '/api/refresh', { headers: bearer(token) });
    await send('POST', '/api/login', { body: user, headers: { 'x-api-key': apiKey } });
    await send('POST', '/api/login', {
      body: { ...user, password: canary('a guess') },
      headers: bearer(canary('a bearer').replace(/[^\w]/g, '')),
    });
  }

  async function liveWithPx0(): Promise<void> {
    const user = { email: 'px0@example.com', password: canary('a password') };
    await send('POST', '/v1/auth/register', { body: user });
    await send('POST', '/v1/auth/verify-email', { body: { email: user.email, code: mailed(user.email) } });
    await send('POST', '/v1/auth/password-reset/trigger', { body: { email: user.email } });
    user.password = canary('a new password');
    expect(
      (await send('POST', '/v1/auth/password-reset/reset', { body: { code: mailed(user.email), new_password: user.password } })).status,
    ).toBe(200);
    const { token } = (await send('POST', '/v1/auth/login', { body: user })).body as { token: string };
    const orgs = (await send('GET', '/v1/me/orgs', { headers: bearer(token) })).body as { organizations: { id: string }[] };
    const made = await send('POST', '/v1/api-keys', { headers: bearer(token), body: { name: 'CI', org_id: orgs.organizations[0]?.id } });
    expect(made.status).toBe(201);
    await send('GET', '/v1/auth/sessions', { headers: bearer(token) });
    const change = { current_password: user.password, new_password: canary('a changed password') };
    expect((await send('POST', '/v1/auth/me/change-password', { headers: bearer(token), body: change })).status).toBe(200);
    await send('GET', `/v1/api-keys?org_id=${orgs.organizations[0]?.id}`, { headers: bearer(token) });
  }

  async function liveWithFlashback(): Promise<void> {
    const user = { email: 'flashback@example.com', password: canary('a password') };
    expect((await send('POST', '/user/register', { body: { ...user, ...NAMES } })).status).toBe(201);
    await send('POST', '/user/pre-verify-email', { body: { token: mailed(user.email) } });
    expect((await send('POST', '/user/verify-email', { body: { token: mailed(user.email) } })).status).toBe(200);
    const { body } = await send('POST', '/user/login', { body: user });
    const { refreshToken, accessToken } = body as { refreshToken: string; accessToken: string };
    expect((await send('POST', '/user/refresh', { body: { refreshToken } })).status).toBe(200);
    await send('GET', '/sessions', { headers: bearer(accessToken) });
    await send('GET', '/token', { headers: bearer(accessToken) });
    await send('POST', '/user/request-reset-password', { body: { email: user.email } });
    await send('POST', '/user/reset-password', { body: { token: mailed(user.email), newPassword: canary('a new password') } });
    await send('POST', '/user/refresh', { body: { refreshToken } });
  }

  async function liveWithPuppilot(): Promise<void> {
    const user = { email: 'puppilot@example.com', password: canary('a password') };
    await server.createAccount(user);
    const { body } = await send('POST', '/auth/login', { body: user, headers: V1 });
    const { refresh_token: token, access_token: accessToken } = body as { refresh_token: string; access_token: string };
    expect((await send('POST', '/auth/refresh-token', { body: { token }, headers: V1 })).status).toBe(200);
    await send('GET', '/users/me', { headers: { ...V1, ...bearer(accessToken) } });
    const change = { old_password: user.password, new_password: canary('a changed password') };
    await send('PATCH', '/users/change-password', { body: change, headers: { ...V1, ...bearer(accessToken) } });
    await send('POST', '/auth/request-password-reset', { body: { email: user.email }, headers: V1 });
    await send('POST', '/auth/reset-password', { body: { token: mailed(user.email), password: canary('a new password') }, headers: V1 });
  }

  async function liveWithPixyle(): Promise<void> {
    const user = { email: 'pixyle@example.com', password: canary('a password') };
    await server.createAccount(user);
    const { body } = await send('POST', '/auth/v1/token', { body: user });
    const { refresh_token: token, access_token: accessToken } = body as { refresh_token: string; access_token: string };
    expect((await send('POST', '/auth/v1/refresh', { headers: bearer(token) })).status).toBe(200);
    await send('DELETE', '/auth/v1/revoke_access', { headers: bearer(accessToken) });
    await send('POST', '/auth/v1/refresh', { headers: bearer(token) });
  }

  async function liveWithLatchkey(): Promise<void> {
    const user = { email: 'latchkey@example.com', password: canary('a password') };
    await send('POST', '/latchkey/v1/sign-up', { body: user });
    expect((await send('POST', '/latchkey/v1/email-verification/confirm', { body: { token: mailed(user.email) } })).status).toBe(204);
    const { accessToken, refreshToken } = (await send('POST', '/latchkey/v1/sessions', { body: user })).body as Record<string, string>;
    const own = bearer(accessToken ?? '');
    await send('POST', '/latchkey/v1/sessions/refresh', { body: { refreshToken } });
    const operator = { email: 'operator@example.com', password: canary('a password') };
    await server.createAccount({ ...operator, operator: true });
    const signedIn = (await send('POST', '/latchkey/v1/sessions', { body: operator })).body as { accessToken: string };
    const request = { headers: bearer(signedIn.accessToken), body: { name: 'CI', scopes: ['tokens:introspect'] } };
    const made = await send('POST', '/latchkey/v1/api-keys', request);
    const { key = '' } = made.body as { key?: string };
    const form = { ...bearer(key), 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send('POST', '/latchkey/v1/introspect', { raw: `token=${accessToken}`, headers: form })).status).toBe(200);
    await send('GET', '/latchkey/v1/api-keys', { headers: own });
    await send('POST', '/latchkey/v1/account/pyth-on-api-key/rotate', { headers: own });
    await send('POST', '/latchkey/v1/password-reset', { body: { email: user.email } });
    await send('POST', '/latchkey/v1/password-reset/confirm', {
      body: { token: mailed(user.email), newPassword: canary('a new password') },
    });
  }

  /** Each operation once more, with a canary in each text of its body and as its bearer, while the database does its worst. */
  async function failEverywhere(): Promise<void> {
    for (failure of [new Error('the database said no'), new Unavailable('the database is away'), null]) {
      for (const each of OPERATIONS) {
        const { path, raw, headers, type } = goodRequest(each);
        const guess = `canary${crypto.randomBytes(12).toString('hex')}`;
        secrets.set(`a secret sent to ${each.title} ${secrets.size}`, guess);
        const isJson = type === 'application/json';
        const body =
          isJson &&
          JSON.stringify(JSON.parse(raw ?? ''), (name, value: unknown) =>
            HANDED_OUT.test(name) || /pass|code/i.test(name) ? guess : value,
          );
        await send(each.method, path, {
          ...(raw !== undefined && { raw: body || `token=${guess}` }),
          headers: { ...headers, ...bearer(guess), 'x-api-key': guess, cookie: guess },
        });
        if (isJson) await send(each.method, path, { raw: `{"password":"${guess}`, headers: { ...headers, ...bearer(guess) } });
      }
      for (const login of LOGINS) await send('POST', login.path, loginRequest(login, 'nobody@example.com', canary('a guess')));
    }
    failure = null;
    await send('GET', `/nothing/${canary('a path').replace(/[^\w]/g, '')}`);
  }

  it('S40: no password, token, code, key or secret is in any line of the log, at its most talkative', () => {
    expect(log.length).toBeGreaterThan(300);
    expect(log.some((line) => line.includes('the database said no'))).toBe(true);
    expect(foundIn(log.join(''), secrets)).toEqual([]);
  });

  it('S40: no answer has a secret but the one that hands it out', () => {
    const told = bodies.flatMap(({ body, may }) =>
      foundIn(body, new Map([...secrets].filter(([, secret]) => !may.includes(String(secret))))),
    );

    expect(told).toEqual([]);
  });

  it('S20: no secret is in any table: what is stored opens nothing', async () => {
    const found = [...(await dump(database))].map(([table, text]) => [table, foundIn(text, secrets)] as const);

    expect(found.length).toBeGreaterThanOrEqual(9);
    expect(found.filter(([, secretsOfTable]) => secretsOfTable.length > 0)).toEqual([]);
  });

  it('the search would find them: in each form, and inside of something else', () => {
    const secret = String([...secrets.values()].at(-1));
    for (const form of formsOf(secret)) expect(foundIn(`before ${form} after`, secrets)).toHaveLength(1);
    for (const before of ['', 'a', 'ab', 'abc'])
      expect(foundIn(Buffer.from(`${before}${secret} and more`).toString('base64'), secrets)).toHaveLength(1);
    expect(secrets.size).toBeGreaterThan(200);
  });

  describe('GET and HEAD', () => {
    const reading = OPERATIONS.filter(({ method }) => method === 'GET');
    /** A mail is what this one is for, by its contract; it verifies nothing. */
    const MAILS_BY_CONTRACT = '/v1/auth/verify-email';
    const TOUCHED = /"?(last_used_at|last_active_at)"?/;

    it('S38: change nothing, whoever asks, and with a mailed token in the address neither', async () => {
      const user = { email: 'reader@example.com', password: canary('a password') };
      await server.createAccount({ ...user, operator: true });
      const tokens = await Promise.all(
        LOGINS.map(async (login) =>
          login.accessToken((await send('POST', login.path, loginRequest(login, user.email, user.password))).body),
        ),
      );
      const native = (await send('POST', '/latchkey/v1/sessions', { body: user })).body as { accessToken: string };
      await send('POST', '/latchkey/v1/password-reset', { body: { email: user.email } });
      const token = mailed(user.email);
      const before = await withoutColumns(TOUCHED);

      for (const each of reading.filter(({ path }) => path !== MAILS_BY_CONTRACT)) {
        const { path, headers } = goodRequest(each);
        for (const credential of ['', native.accessToken, ...tokens])
          for (const method of ['GET', 'HEAD'])
            await server.send(method, path, { headers: { ...headers, ...(credential && bearer(credential)) } });
      }
      for (const path of new Set(OPERATIONS.map((each) => goodRequest(each).path.split('?')[0] ?? '')))
        for (const method of ['GET', 'HEAD'])
          if (path !== MAILS_BY_CONTRACT) await fetch(`${server.url}${path}?token=${token}&code=${token}`, { method });

      expect(await withoutColumns(TOUCHED)).toEqual(before);
      expect(
        (await send('POST', '/latchkey/v1/password-reset/confirm', { body: { token, newPassword: canary('a new password') } })).status,
      ).toBe(204);
    });

    it("but for px0's GET that asks for a mail: and that one verifies nothing", async () => {
      await server.createAccount({ email: 'unverified@example.com', password: canary('a password'), emailVerified: false });
      const accounts = (await withoutColumns(TOUCHED)).get('accounts');
      await send('GET', `${MAILS_BY_CONTRACT}?email=unverified@example.com&code=123456`);
      await send('GET', `${MAILS_BY_CONTRACT}?email=unverified@example.com`);

      expect(server.mails.at(-1)?.to).toBe('unverified@example.com');
      expect((await withoutColumns(TOUCHED)).get('accounts')).toEqual(accounts);
    });

    /** The rows of every table, but for the times at which something was last seen. */
    async function withoutColumns(left: RegExp): Promise<Map<string, string[]>> {
      const columns: { table: string; column: string }[] = await database.source.query(
        `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position`,
      );
      const rows = new Map<string, string[]>();
      for (const table of new Set(columns.map((each) => each.table))) {
        if (table === 'outbox') continue; // mails leave it when they are delivered
        const kept = columns.filter((each) => each.table === table && !left.test(each.column)).map(({ column }) => `"${column}"`);
        const found: { row: string }[] = await database.source.query(`SELECT ROW(${kept.join()})::text AS row FROM "${table}" ORDER BY 1`);
        rows.set(
          table,
          found.map(({ row }) => row),
        );
      }
      return rows;
    }
  });
});

/** Ports whose database fails while there is a failure. */
function failing(ports: Ports, failure: () => Error | null): Ports {
  const wrap = <Port extends object>(port: Port): Port =>
    Object.fromEntries(
      Object.entries(port).map(([name, work]) => [
        name,
        typeof work !== 'function'
          ? work
          : (...given: unknown[]) => (failure() ? Promise.reject(failure()) : (work as (...all: unknown[]) => unknown)(...given)),
      ]),
    ) as Port;
  const { accounts, sessions, codes, apiKeys, outbox, audit } = ports;
  const stored = {
    accounts: wrap(accounts),
    sessions: wrap(sessions),
    codes: wrap(codes),
    apiKeys: wrap(apiKeys),
    outbox: wrap(outbox),
    audit: wrap(audit),
  };
  return { ...ports, ...stored, atomically: (work) => (failure() ? Promise.reject(failure()) : ports.atomically(work)) };
}
