import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cleanUp } from '../../src/core/clean-up.js';
import { runCommand } from '../../src/cli/commands.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { LOGINS, loginRequest, type Login } from '../support/logins.js';
import { nativeApi, PASSWORD, type Native } from '../support/native.js';
import { until } from '../support/until.js';
import { DEFAULT_LIMITS, startServer, type Answer, type Sent, type TestServer } from '../support/server.js';

/** What every login needs that is asked here; the native one, too. */
type AnyLogin = Pick<Login, 'path' | 'headers'> & { dialect: string };
const ALL_LOGINS: AnyLogin[] = [...LOGINS, { dialect: 'latchkey', path: '/latchkey/v1/sessions' }];

/** What each API says to somebody who has tried too often. */
const TOO_MANY: Record<string, unknown> = {
  'pyth-on': { error: 'Too many attempts', code: 'too_many_attempts' },
  px0: { error: 'too many attempts' },
  pixyle: { error: 'Too many attempts' },
  puppilot: { detail: 'Too many attempts' },
  flashback: { success: false, error_code: 'TOO_MANY_ATTEMPTS', message: 'Too many attempts' },
  latchkey: expect.objectContaining({ type: 'about:blank', status: 429, code: 'rate_limited' }),
};

const EMAIL = 'ada@example.com';
const CLIENT = '198.51.100.7';

/** A slow test crosses a second here and there. */
const withoutTimes = (seen: unknown): unknown => JSON.parse(JSON.stringify(seen).replace(/;t=\d+/g, ''));

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let twin: TestServer;
  let native: Native;
  const verified: string[] = [];
  /** What the right password's check waits for. */
  let held: Promise<void> | undefined;

  /** The limits as they are by default, behind a proxy on this machine. */
  const start = (environment: Record<string, string> = {}) =>
    startServer(database, {
      environment: { ...DEFAULT_LIMITS, TRUSTED_PROXIES: '127.0.0.1', ...environment },
      change: (service) => {
        const { verify } = service.ports.passwords;
        const counted = async (password: string, hash: string) => {
          verified.push(hash);
          if (password === PASSWORD) await held;
          return verify(password, hash);
        };
        return { ...service, ports: { ...service.ports, passwords: { ...service.ports.passwords, verify: counted } } };
      },
    });
  const signIn = (login: AnyLogin, email: string, password: string, { from = CLIENT, at = server } = {}): Promise<Answer> =>
    at.send('POST', login.path, loginRequest(login as Login, email, password, { headers: { 'x-forwarded-for': from } }));
  const px0 = ALL_LOGINS[1] as AnyLogin;
  const wrong = (email = EMAIL, options = {}) => signIn(px0, email, 'a wrong guess', options);
  /** As if so much time had passed for every counter. */
  const wait = (seconds: number) => database.source.query('UPDATE rate_limits SET expire = expire - $1', [seconds * 1000]);
  /** That many seconds, or some fewer, as a test may be slow. */
  const about = (seconds: number, all: number) => (seconds <= all && seconds >= all - 30 ? all : seconds);
  const retryAfter = ({ headers }: Answer) => Number(headers.get('retry-after'));
  const counters = async () => Number((await database.source.query('SELECT count(*) FROM rate_limits'))[0].count);
  const failTimes = async (times: number, email = EMAIL) => {
    for (let failure = 0; failure < times; failure += 1) expect((await wrong(email)).status).toBe(401);
  };

  /** Guesses wrong until the wait is long enough for a slow test to be over before. */
  const failUntilLongWait = async (fail = () => failTimes(1)) => {
    for (let failure = 0; failure < 5; failure += 1) await fail();
    for (const seconds of [1, 2, 4, 8, 16, 32, 64]) {
      await fail();
      await wait(seconds);
    }
    await fail();
  };

  beforeAll(async () => {
    database = await kind.create();
    server = await start();
    twin = await start();
    native = nativeApi(server);
    await server.createAccount({ email: EMAIL, password: PASSWORD });
  });
  beforeEach(async () => {
    await database.source.query('DELETE FROM rate_limits');
    verified.length = 0;
    held = undefined;
  });
  afterAll(async () => {
    await server.close();
    await twin.close();
    await database.close();
  });

  describe('wrong guesses at one address', () => {
    it('S01: count together through whichever API they come, and the wait that follows holds in every one, in its own words', async () => {
      for (const login of LOGINS) expect((await signIn(login, EMAIL, 'a wrong guess')).status).toBe(401);
      expect((await signIn(ALL_LOGINS[5] as AnyLogin, EMAIL.toUpperCase(), 'a wrong guess')).status).toBe(401);
      expect((await wrong()).status).toBe(429);

      await database.source.query('DELETE FROM rate_limits');
      await failUntilLongWait();
      verified.length = 0;

      for (const login of ALL_LOGINS) {
        const answer = await signIn(login, EMAIL, PASSWORD);

        expect([login.dialect, answer.status, answer.body]).toEqual([login.dialect, 429, TOO_MANY[login.dialect]]);
        expect(about(retryAfter(answer), 128)).toBe(128);
        expect(answer.headers.get('cache-control')).toBe('no-store');
      }
      expect(verified).toEqual([]); // no hash is computed while a wait lasts
    });

    it('S01: cost nothing five times; then each costs a wait that doubles from one second to a quarter of an hour', async () => {
      await failTimes(5);

      for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
        expect((await wrong()).status).toBe(401);
        const refused = await wrong();
        expect([refused.status, about(retryAfter(refused), seconds)]).toEqual([429, seconds]);
        await wait(seconds);
      }
    });

    it('S13: are forgotten after a right one, and not by a refresh', async () => {
      const { refreshToken } = await native.signIn(EMAIL);
      await failTimes(5);
      expect((await native.call('POST', '/sessions/refresh', { body: { refreshToken } })).status).toBe(200);
      expect((await wrong()).status).toBe(401);
      expect((await wrong()).status).toBe(429);

      await wait(1);
      expect((await signIn(px0, EMAIL, PASSWORD)).status).toBe(200);
      await failTimes(6);
      expect(retryAfter(await wrong())).toBe(1); // from the beginning
    });

    it('S13: make the password good for nothing after a hundred, until somebody unlocks it', async () => {
      await failTimes(5);
      for (let failure = 6; failure <= 100; failure += 1) {
        expect([failure, (await wrong()).status]).toEqual([failure, 401]);
        await wait(900);
      }
      const { status, headers } = await signIn(px0, EMAIL, PASSWORD);
      expect(status).toBe(429);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(28 * 24 * 3600);

      const unlocked = await runCommand({ name: 'accounts unlock', email: EMAIL }, server.service);
      expect(unlocked).toEqual({ output: `${EMAIL} waits no more\n`, exitCode: 0 });
      expect((await signIn(px0, EMAIL, PASSWORD)).status).toBe(200);
      expect(await counters()).toBe(1); // the network's failures
    });

    it('S14: leave open sessions alone, and a reset by mail ends the wait', async () => {
      const { accessToken, refreshToken } = await native.signIn(EMAIL);
      await failUntilLongWait();
      expect((await signIn(px0, EMAIL, PASSWORD)).status).toBe(429);

      expect((await native.call('GET', '/account', { token: accessToken })).status).toBe(200);
      expect((await native.call('POST', '/sessions/refresh', { body: { refreshToken } })).status).toBe(200);
      expect((await native.call('POST', '/password-reset', { body: { email: EMAIL } })).status).toBe(202);
      const reset = { token: native.tokenFor(EMAIL), newPassword: PASSWORD };
      expect((await native.call('POST', '/password-reset/confirm', { body: reset })).status).toBe(204);

      expect((await signIn(px0, EMAIL, PASSWORD)).status).toBe(200);
    });

    it('S15: are answered one for each wait, though they come at once to two processes', async () => {
      await failUntilLongWait();
      await wait(128);
      const guesses = Array.from({ length: 60 }, (_, index) => wrong(EMAIL, { at: index % 2 ? server : twin }));
      const statuses = (await Promise.all(guesses)).map(({ status }) => status);

      expect(statuses.filter((status) => status === 401)).toHaveLength(1);
      expect(statuses.filter((status) => status === 429)).toHaveLength(59);
    });

    it('S15: let no right one through that was under way meanwhile, once there were too many', async () => {
      let letGo = () => {};
      held = new Promise((resolve) => (letGo = resolve));
      const right = signIn(px0, EMAIL, PASSWORD);
      await until(() => verified.length === 1);
      await failUntilLongWait();
      letGo();

      expect((await right).status).toBe(429);
      const [last] = await database.source.query('SELECT outcome, reason FROM audit_events ORDER BY id DESC LIMIT 1');
      expect(last).toEqual({ outcome: 'failure', reason: 'rate_limited' }); // it was looked at, and so it is recorded
      await wait(128);
      expect((await signIn(px0, EMAIL, PASSWORD)).status).toBe(200);
    });

    it('S03: are answered alike whether or not anybody has the address', async () => {
      const seen = async (email: string) => {
        await database.source.query('DELETE FROM rate_limits');
        const answers: unknown[] = [];
        for (let guess = 0; guess < 9; guess += 1) {
          const { status, body, headers } = await wrong(email);
          const fields = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
          answers.push(withoutTimes({ status, body, fields }));
        }
        return answers;
      };

      expect(await seen('nobody@example.com')).toEqual(await seen(EMAIL));
    });

    it('hold no right one up: forty at once all sign in, and leave nothing behind', async () => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => signIn(px0, EMAIL, PASSWORD)));

      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(await counters()).toBe(0);
    });

    it('take no room in the table beyond the first that is refused', async () => {
      await failUntilLongWait();
      const before = await counters();
      for (let guess = 0; guess < 20; guess += 1) expect((await wrong()).status).toBe(429);

      expect(await counters()).toBe(before);
    });
  });

  it("wrong guesses at one's own password by a session are counted apart: they hold up no sign-in, and that session alone", async () => {
    const email = 'grace@example.com';
    const { accessToken } = await native.newcomer(email);
    const change = (currentPassword: string) =>
      native.call('PUT', '/account/password', { token: accessToken, body: { currentPassword, newPassword: 'another good one' } });
    await failUntilLongWait(async () => expect((await change('a wrong guess')).status).toBe(403));

    expect(await change(PASSWORD)).toMatchObject({ status: 429, body: TOO_MANY.latchkey });
    expect((await signIn(px0, email, PASSWORD)).status).toBe(200);
    expect((await native.call('GET', '/account', { token: accessToken })).status).toBe(200);
    await wait(128);
    expect((await change(PASSWORD)).status).toBe(204);
  });

  describe('a network', () => {
    let strict: TestServer;
    beforeAll(async () => {
      const limits = { LIMIT_NETWORK_FAILURES: '4', LIMIT_NETWORK_SIGN_UPS: '3', LIMIT_NETWORK_MAILS: '5' };
      strict = await start({ ...limits, LIMIT_SESSION_REFRESHES: '3' });
    });
    afterAll(() => strict.close());
    const failFrom = (from: string, guess = 9) => wrong(`guess-${guess}@example.com`, { from, at: strict });

    it('has so many failed sign-ins, at whichever addresses, and signs in no more then; another network does', async () => {
      for (let guess = 0; guess < 4; guess += 1) expect((await failFrom(CLIENT, guess)).status).toBe(401);
      const rows = await counters();

      const refused = await signIn(px0, EMAIL, PASSWORD, { at: strict });
      expect([refused.status, about(retryAfter(refused), 600)]).toEqual([429, 600]);
      expect((await failFrom(CLIENT, 5)).status).toBe(429);
      expect(await counters()).toBe(rows); // and what it tries now takes no room
      expect((await signIn(px0, EMAIL, PASSWORD, { at: strict, from: '198.51.100.8' })).status).toBe(200);
    });

    it('S15: has as many as allowed and not one more, though they come at once to two processes', async () => {
      const other = await start({ LIMIT_NETWORK_FAILURES: '4' });
      const guesses = Array.from({ length: 40 }, (_, guess) => wrong(`guess-${guess}@example.com`, { at: guess % 2 ? strict : other }));
      const statuses = (await Promise.all(guesses)).map(({ status }) => status);
      await other.close();

      expect(statuses.filter((status) => status === 401)).toHaveLength(4);
    });

    it('is never held up by those who sign in well', async () => {
      for (let login = 0; login < 10; login += 1) expect((await signIn(px0, EMAIL, PASSWORD, { at: strict })).status).toBe(200);

      expect((await failFrom(CLIENT)).status).toBe(401);
    });

    it.each([
      ['is an IPv4 address, also in the dress of IPv6', '198.51.100.7', '::ffff:198.51.100.7', '198.51.100.8'],
      ['is the /64 of an IPv6 address', '2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:3::1'],
      ['is one with all whose address cannot be told', 'garbage', 'unknown', '198.51.100.8'],
    ])('%s', async (_what, one, same, other) => {
      for (let guess = 0; guess < 4; guess += 1) await failFrom(one, guess);

      expect((await failFrom(same)).status).toBe(429);
      expect((await failFrom(other)).status).toBe(401);
    });

    it('S18: is where the last proxy that is trusted says, whatever stands to the left of that', async () => {
      for (let guess = 0; guess < 4; guess += 1) await failFrom(`203.0.113.${guess}, ${CLIENT}`, guess);

      expect((await failFrom(`203.0.113.9, ${CLIENT}`)).status).toBe(429);
      expect((await failFrom(`${CLIENT}, 203.0.113.9`)).status).toBe(401);
    });

    it('S18: is the proxy itself where it names nobody: all of those share what is allowed to one', async () => {
      const unnamed = () => strict.send('POST', px0.path, { body: { email: `x${Math.random()}@example.com`, password: 'a wrong guess' } });
      for (let guess = 0; guess < 4; guess += 1) expect((await unnamed()).status).toBe(401);

      expect((await unnamed()).status).toBe(429);
      expect((await failFrom(CLIENT)).status).toBe(401);
    });

    it('S18: is who is connected where that is no trusted proxy: a forged header makes no new one', async () => {
      const open = await start({ TRUSTED_PROXIES: '', LIMIT_NETWORK_FAILURES: '4' });
      const forged = (guess: number) => wrong(`guess-${guess}@example.com`, { from: `203.0.113.${guess}`, at: open });
      for (let guess = 0; guess < 4; guess += 1) expect((await forged(guess)).status).toBe(401);

      expect((await forged(5)).status).toBe(429);
      await open.close();
    });

    it('signs up so many in an hour, through all APIs together', async () => {
      const signUp = (path: string, body: object, from = CLIENT) =>
        strict.send('POST', path, { body, headers: { 'x-forwarded-for': from } });
      const person = (name: string) => ({ email: `${name}@new.example`, password: PASSWORD });
      expect((await signUp('/api/register', person('one'))).status).toBe(201);
      expect((await signUp('/v1/auth/register', person('two'))).status).toBe(201);
      expect((await signUp('/latchkey/v1/sign-up', person('three'))).status).toBe(202);

      for (const [path, dialect] of [
        ['/api/register', 'pyth-on'],
        ['/v1/auth/register', 'px0'],
        ['/latchkey/v1/sign-up', 'latchkey'],
      ] as const) {
        const refused = await signUp(path, person('four'));
        expect([refused.status, refused.body, about(retryAfter(refused), 3600)]).toEqual([429, TOO_MANY[dialect], 3600]);
      }
      expect((await signUp('/api/register', person('four'), '198.51.100.8')).status).toBe(201);
    });

    it('asks for so many mails in an hour, whoever is to get them', async () => {
      const ask = (name: string, from = CLIENT) =>
        strict.send('POST', '/latchkey/v1/password-reset', { body: { email: `${name}@x.example` }, headers: { 'x-forwarded-for': from } });
      for (const name of ['a', 'b', 'c', 'd', 'e']) expect((await ask(name)).status).toBe(202);

      expect((await ask('f')).status).toBe(429);
      expect((await ask('f', '198.51.100.8')).status).toBe(202);
    });

    it('a session is refreshed so often in a minute, and no more; another one goes on', async () => {
      let { refreshToken } = await native.signIn(EMAIL);
      const refresh = (token: string) => strict.send('POST', '/latchkey/v1/sessions/refresh', { body: { refreshToken: token } });
      for (let turn = 0; turn < 3; turn += 1) {
        const refreshed = await refresh(refreshToken);
        expect(refreshed.status).toBe(200);
        refreshToken = (refreshed.body as { refreshToken: string }).refreshToken;
      }

      expect(await refresh(refreshToken)).toMatchObject({ status: 429, body: TOO_MANY.latchkey });
      expect((await refresh((await native.signIn(EMAIL)).refreshToken)).status).toBe(200);
    });
  });

  describe('one address', () => {
    const resets = (email: string): [method: string, path: string, sent: Sent][] => [
      ['POST', '/latchkey/v1/password-reset', { body: { email } }],
      ['POST', '/auth/request-password-reset', { body: { email }, headers: { 'X-API-Version': 'v1' } }],
      ['POST', '/v1/auth/password-reset/trigger', { body: { email: email.toUpperCase() } }],
      ['POST', '/user/request-reset-password', { body: { email } }],
    ];
    const verify = (email: string) => native.call('POST', '/email-verification', { body: { email } });

    it.each([EMAIL, 'nobody@example.com'])(
      'gets three new passwords an hour, through all APIs together, whether or not anybody has it: %s',
      async (email) => {
        const statuses: number[] = [];
        for (const [method, path, sent] of resets(email)) statuses.push((await server.send(method, path, sent)).status);
        expect(statuses.slice(0, 3).includes(429)).toBe(false);
        expect(statuses[3]).toBe(429);
        const before = server.mails.length;

        const refused = await native.call('POST', '/password-reset', { body: { email } });
        expect([refused.status, about(retryAfter(refused), 3600)]).toEqual([429, 3600]);
        expect(server.mails).toHaveLength(before);
      },
    );

    it("S14: gets a new password though others have asked for its other mails, or signed up with it, and 'unlock' gives three more", async () => {
      for (let turn = 0; turn < 3; turn += 1) await server.send('GET', `/v1/auth/verify-email?email=${EMAIL}`);
      expect((await server.send('POST', '/v1/auth/register', { body: { email: EMAIL, password: PASSWORD } })).status).toBe(429);
      for (let turn = 0; turn < 3; turn += 1) {
        expect((await native.call('POST', '/password-reset', { body: { email: EMAIL } })).status).toBe(202);
      }
      expect((await native.call('POST', '/password-reset', { body: { email: EMAIL } })).status).toBe(429);

      await runCommand({ name: 'accounts unlock', email: EMAIL }, server.service);
      expect((await native.call('POST', '/password-reset', { body: { email: EMAIL } })).status).toBe(202);
    });

    it('gets no more other mails than three, also not as the new address of somebody', async () => {
      const email = 'a-stranger@example.com';
      const { accessToken: token } = await native.newcomer('alan@example.com');
      for (let mail = 0; mail < 3; mail += 1) expect((await verify(email)).status).toBe(202);

      const change = await native.call('PUT', '/account/email', { token, body: { email, currentPassword: PASSWORD } });
      expect(change.status).toBe(429);
    });

    it('gets no notices as long as nobody has proven that it is theirs, however often the password is changed', async () => {
      const email = 'unproven@example.com';
      const { accessToken: token } = await native.newcomer(email);
      await database.source.query('UPDATE accounts SET email_verified = false WHERE email = $1', [email]);
      const change = (currentPassword: string, newPassword: string) =>
        native.call('PUT', '/account/password', { token, body: { currentPassword, newPassword } });

      expect((await change(PASSWORD, 'another good one')).status).toBe(204);
      expect(native.mailsTo(email)).toEqual([]);
    });
  });

  it("guesses at px0's typed codes, and questions whether an address is verified, count as a network's failures", async () => {
    const strict = await start({ LIMIT_NETWORK_FAILURES: '4' });
    const guess = (email: string) =>
      strict.send('POST', '/v1/auth/verify-email', { body: { email, code: '123456' }, headers: { 'x-forwarded-for': CLIENT } });
    const statuses: number[] = [];
    for (const email of [EMAIL, 'nobody@example.com', EMAIL, 'nobody@example.com', EMAIL]) statuses.push((await guess(email)).status);
    await strict.close();

    expect(statuses).toEqual([200, 401, 200, 401, 429]);
  });

  describe('the answers of what is limited', () => {
    it.each(ALL_LOGINS)(
      'S17: $dialect shows policy and standing as structured fields, and never the three fields of old',
      async (login) => {
        const failed = await signIn(login, EMAIL, 'a wrong guess');

        expect(failed.headers.get('ratelimit-policy')).toBe('"network-failures";q=100;w=600, "password-failures";q=5;w=2592000');
        expect(failed.headers.get('ratelimit')).toMatch(/^"network-failures";r=99;t=\d+, "password-failures";r=4;t=\d+$/);
        await database.source.query('DELETE FROM rate_limits');
        await failUntilLongWait();
        const refused = await signIn(login, EMAIL, PASSWORD);
        expect(refused.headers.get('ratelimit')).toMatch(/"password-wait";r=0;t=\d+/);
        expect(refused.headers.get('ratelimit-policy')).toContain('"password-wait";q=1;w=');
        expect([...refused.headers.keys()].filter((name) => /^(x-)?ratelimit-(limit|remaining|reset)$/.test(name))).toEqual([]);
      },
    );

    it('S16: tell in whole seconds when to come again', async () => {
      await failUntilLongWait();
      expect((await wrong()).headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    });
  });

  it('counters that have run out are deleted with everything else that has', async () => {
    await failTimes(6);
    await wait(31 * 24 * 3600);
    const deleted: Record<string, number> = {};
    await cleanUp(server.service.ports, (table, rows) => (deleted[table] = rows));

    expect(deleted.rate_limits).toBeGreaterThanOrEqual(3);
    expect(await counters()).toBe(0);
  });
});
