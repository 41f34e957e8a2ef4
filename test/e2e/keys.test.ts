import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { LEARN_EVERY_SECONDS } from '../../src/crypto/key-ring.js';
import { createEmptyPostgres, onServer } from '../support/databases.js';
import { decodeJwtHeader } from '../support/jwt.js';
import { freshFolder, removeEverything, run, startProgram, type RunningServer } from '../support/process.js';

const PASSWORD = 'correct horse battery';
const EMAIL = 'ada@example.com';
const SECRET = 'pN4vXw8zQk2mJr6tYb1cLh5sDf9gAe3u';
const NEW_SECRET = 'Zr7kWq3nVb9xTm2cHy6uJd8fLp4gSe1a';
const SHORT_KEY_TIMES = path.resolve('test/support/short-key-times.mjs');
/** How long others keep published keys in the tests of rotation: as `max-age`, as much shorter as the lead is there. */
const PUBLISHED_MAX_AGE_MS = 2000;
const KILLS = 3;

jest.setTimeout(120_000); // processes start after each other, and keys take over after some seconds

afterAll(removeEverything);

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

const createAda = (environment: Record<string, string>) =>
  run(['accounts', 'create', '--email', EMAIL, '--password-stdin'], { environment, input: PASSWORD });
const signIn = async (server: RunningServer) =>
  (await server.send('POST', '/latchkey/v1/sessions', { body: { email: EMAIL, password: PASSWORD } })).body as Tokens;
const refresh = (server: RunningServer, { refreshToken }: Tokens) =>
  server.send('POST', '/latchkey/v1/sessions/refresh', { body: { refreshToken } });
const statusOf = async (server: RunningServer, { accessToken }: Tokens) =>
  (await server.send('GET', '/latchkey/v1/account', { headers: { authorization: `Bearer ${accessToken}` } })).status;
const kidOf = (token: string) => decodeJwtHeader(token).kid;
const publishedBy = async (server: RunningServer) =>
  ((await server.send('GET', '/.well-known/jwks.json')).body as { keys: (crypto.JsonWebKey & { kid: string })[] }).keys;

async function listKeys(environment: Record<string, string>): Promise<{ id: string; purpose: string; state: string }[]> {
  const { stdout, exitCode } = await run(['keys', 'list'], { environment });
  expect(exitCode).toBe(0);
  const rows = stdout.split('\n').slice(1, -1);
  return rows.map((row) => row.split(/ +/)).map(([id = '', purpose = '', state = '']) => ({ id, purpose, state }));
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await sleep(50);
}

(process.env.LATCHKEY_TEST_POSTGRES ? describe : describe.skip)('the keys of two servers on one PostgreSQL', () => {
  let environment: Record<string, string>;
  let drop: () => Promise<void>;
  let servers: [RunningServer, RunningServer];
  const command = (...args: string[]) => run(['keys', ...args], { environment, main: SHORT_KEY_TIMES });
  beforeAll(async () => {
    const database = await createEmptyPostgres();
    drop = database.drop;
    environment = { DATABASE_URL: database.url, LATCHKEY_SECRET: SECRET, PUBLIC_URL: 'http://latchkey.test' };
    await run(['migrate'], { environment });
    await createAda(environment);
    servers = [await startProgram(environment, SHORT_KEY_TIMES), await startProgram(environment, SHORT_KEY_TIMES)];
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await drop();
  });

  /** Somebody who uses both servers all the time, and notes each good token that is refused; `verifiers` check by published keys alone. */
  async function startClient(first: number, verifiers: ((token: string) => Promise<boolean>)[] = []) {
    const refused: string[] = [];
    let over = false;
    const client = { tokens: await signIn(servers[first] as RunningServer), rounds: 0, refused, stop: async () => {} };
    const going = (async () => {
      for (; !over; client.rounds++) {
        for (const server of servers) if ((await statusOf(server, client.tokens)) !== 200) refused.push('an access token, by a server');
        for (const verifies of verifiers)
          if (!(await verifies(client.tokens.accessToken))) refused.push('an access token, by its published key');
        const answer = await refresh(servers[(first + client.rounds) % 2] as RunningServer, client.tokens);
        if (answer.status === 200) client.tokens = answer.body as Tokens;
        else refused.push(`a refresh token: ${answer.status}`);
        if (client.rounds % 20 === 19) client.tokens = await signIn(servers[first] as RunningServer);
      }
    })();
    client.stop = async () => {
      over = true;
      await going;
    };
    return client;
  }

  /** A service that keeps the keys that a server publishes for as long as it may, and looks for no other ones meanwhile. */
  function verifierOf(server: RunningServer): (token: string) => Promise<boolean> {
    let keys: ReturnType<typeof publishedBy>;
    let readAtMs = -Infinity;
    return async (token) => {
      if (performance.now() >= readAtMs + PUBLISHED_MAX_AGE_MS) {
        readAtMs = performance.now();
        keys = publishedBy(server);
      }
      const jwk = (await keys).find(({ kid }) => kid === kidOf(token));
      return Boolean(jwk && jwt.verify(token, crypto.createPublicKey({ key: jwk, format: 'jwk' }), { algorithms: ['ES256'] }));
    };
  }

  it('S32: a rolling rotation loses no verification: at no server, by no published key, and no refresh either', async () => {
    const old = await signIn(servers[0]);
    const verifiers = servers.map(verifierOf);
    const clients = await Promise.all([0, 1, 0].map((first) => startClient(first, verifiers)));
    const oldIsGood = async () => {
      for (const server of servers) expect(await statusOf(server, old)).toBe(200);
      for (const verifies of verifiers) expect(await verifies(old.accessToken)).toBe(true);
    };
    await until(() => clients.every(({ rounds }) => rounds > 2));

    expect(await command('rotate', 'access-token', 'refresh-token')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/ access-token +next .*\n.* refresh-token +next /),
    });
    const isAllNew = ({ tokens }: { tokens: Tokens }) =>
      kidOf(tokens.accessToken) !== kidOf(old.accessToken) && kidOf(tokens.refreshToken) !== kidOf(old.refreshToken);
    await until(async () => {
      await oldIsGood();
      return clients.every(isAllNew);
    });
    expect(new Set(clients.map(({ tokens }) => kidOf(tokens.accessToken))).size).toBe(1);
    for (const server of servers) expect(await publishedBy(server)).toHaveLength(2);

    for (const token of [old.accessToken, old.refreshToken]) expect(await command('retire', kidOf(token))).toMatchObject({ exitCode: 0 });
    await until(async () => (await statusOf(servers[0], old)) === 401 && (await statusOf(servers[1], old)) === 401);
    for (const server of servers) {
      expect((await refresh(server, old)).status).toBe(401);
      expect(await publishedBy(server)).toMatchObject([{ kid: kidOf(clients[0]?.tokens.accessToken ?? '') }]);
    }
    const rounds = clients.map((client) => client.rounds);
    await until(() => clients.every((client, index) => client.rounds > (rounds[index] ?? 0) + 2));
    await Promise.all(clients.map(({ stop }) => stop()));
    expect(clients.flatMap(({ refused }) => refused)).toEqual([]);
  });

  it('S32: one that cannot wait loses none at the servers either', async () => {
    await sleep(LEARN_EVERY_SECONDS * 1000); // the test before has made the servers look for keys that are gone
    const clients = await Promise.all([0, 1].map((first) => startClient(first)));
    const kids = clients.map(({ tokens }) => kidOf(tokens.accessToken));

    await command('rotate', 'access-token', 'refresh-token', '--now');
    await until(() => clients.every(({ tokens }, index) => kidOf(tokens.accessToken) !== kids[index]));
    const rounds = clients.map((client) => client.rounds);
    await until(() => clients.every((client, index) => client.rounds > (rounds[index] ?? 0) + 4));
    await Promise.all(clients.map(({ stop }) => stop()));

    expect(clients.flatMap(({ refused }) => refused)).toEqual([]);
  });

  it('have the master secret replaced while they serve, and change no token; with the old one nobody starts again', async () => {
    const before = await signIn(servers[0]);
    const renewed = { ...environment, LATCHKEY_SECRET: NEW_SECRET };
    expect(await command('rewrap')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('NEW_LATCHKEY_SECRET is missing') });
    const rewrap = (secret: string) => run(['keys', 'rewrap'], { environment: { ...environment, NEW_LATCHKEY_SECRET: secret } });
    expect(await rewrap(SECRET)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the master secret already') });

    const keys = await listKeys(environment);
    expect(await rewrap(NEW_SECRET)).toMatchObject({ exitCode: 0, stderr: '' });

    for (const server of servers) expect(await statusOf(server, before)).toBe(200);
    await until(() => servers.every((server) => server.output().stderr.includes('the working keys could not be read anew')));
    for (const server of servers) expect((await signIn(server)).accessToken).toBeDefined();
    expect(await run(['serve'], { environment: { ...environment, PORT: '0' } })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('LATCHKEY_SECRET is not the secret'),
    });
    for (const index of [0, 1] as const) {
      await servers[index].stop();
      servers[index] = await startProgram(renewed, SHORT_KEY_TIMES);
      for (const server of servers) expect(await statusOf(server, before)).toBe(200);
    }
    expect((await refresh(servers[0], before)).status).toBe(200);
    expect(await listKeys(renewed)).toEqual(keys);
    environment = renewed;
  });

  it('are replaced by age, by one of them', async () => {
    const aged = { ...environment, KEY_MAX_AGE_DAYS: '1' };
    const keys = await listKeys(environment);
    await onServer(
      `UPDATE keys SET created_at = created_at - interval '2 days'`,
      new URL(environment.DATABASE_URL ?? '').pathname.slice(1),
    );

    const both = await Promise.all([startProgram(aged), startProgram(aged)]);
    await until(() => both.some((server) => server.output().stderr.includes('new keys were made')));
    await Promise.all(both.map((server) => server.stop()));

    const made = (await listKeys(environment)).filter(({ id }) => !keys.some((key) => key.id === id));
    expect(made.map(({ purpose }) => purpose).sort()).toEqual(['access-token', 'code', 'outbox', 'refresh-token', 'secret']);
    expect(both.map((server) => server.output().stderr.includes('new keys were made')).sort()).toEqual([false, true]);
  });
});

describe('the keys in a data folder', () => {
  let environment: { DATA_DIR: string; PUBLIC_URL: string };
  const keys = (...args: string[]) => run(['keys', ...args], { environment });
  const file = (name: string) => path.join(environment.DATA_DIR, name);
  beforeAll(async () => {
    environment = { DATA_DIR: path.join(freshFolder(), 'data'), PUBLIC_URL: 'http://latchkey.test' };
    await createAda(environment);
  });

  it.each(['with', 'without'])('are listed, rotated and retired by commands, %s a server, and no secret is told', async (server) => {
    const running = server === 'with' ? await startProgram(environment) : null;
    const [before] = (await listKeys(environment)).filter(({ purpose, state }) => purpose === 'refresh-token' && state === 'current');
    const { id = '' } = before ?? {};

    expect(await keys('retire', id)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('run npx latchkey keys rotate first') });
    const rotated = await keys('rotate', 'refresh-token', '--now');
    expect(rotated).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ID .*\n[0-9a-f-]{36} +refresh-token +current /) });
    const states = async () => (await listKeys(environment)).filter(({ purpose }) => purpose === 'refresh-token').map(({ state }) => state);
    expect((await states()).slice(-2)).toEqual(['old', 'current']);
    expect(await keys('retire', id)).toMatchObject({ exitCode: 0, stdout: `The key ${id} is gone\n` });
    expect((await listKeys(environment)).map((key) => key.id)).not.toContain(id);
    const secret = fs.readFileSync(file('secret'), 'utf8').trim();
    expect((await keys('list')).stdout + (running?.output().stderr ?? '')).not.toContain(secret);
    await running?.stop();
  });

  it('are not changed by a command that is not right', async () => {
    const server = await startProgram(environment);
    const before = await listKeys(environment);
    const faults: [args: string[], words: RegExp][] = [
      [['rotate', 'address-hash'], /never replaced/],
      [['rotate', 'code', 'everything'], /Allowed choices are access-token/],
      [['rotate'], /missing required argument/],
      [['retire', 'no id'], /no key of this id/],
    ];
    for (const [args, words] of faults)
      expect(await keys(...args)).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(words) });
    expect(await listKeys(environment)).toEqual(before);
    await server.stop();
  });

  it('are sealed anew while the server runs, which goes on, and hears of what comes later; no token changes', async () => {
    const server = await startProgram(environment);
    const [before, secret] = [await signIn(server), fs.readFileSync(file('secret'), 'utf8')];
    expect(await keys('rewrap')).toMatchObject({ exitCode: 0, stderr: '' });
    const rewrapped = fs.readFileSync(file('secret'), 'utf8');

    expect(rewrapped).not.toBe(secret);
    expect([fs.statSync(file('secret')).mode & 0o777, fs.existsSync(file('secret.next'))]).toEqual([0o600, false]);
    await keys('rotate', 'access-token', '--now');
    const after = await signIn(server);
    expect(kidOf(after.accessToken)).not.toBe(kidOf(before.accessToken));
    const twice = await Promise.all([keys('rewrap'), keys('rewrap')]);
    expect(twice.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(server.output().stderr).not.toContain('could not be read anew');
    await server.stop();

    const restarted = await startProgram(environment);
    for (const tokens of [before, after]) expect(await statusOf(restarted, tokens)).toBe(200);
    expect((await refresh(restarted, before)).status).toBe(200);
    await restarted.stop();
  });

  it('open after an end between any two steps of that, with the secret that they are sealed with; nothing is left behind', async () => {
    const server = await startProgram(environment);
    const tokens = await signIn(server);
    await server.stop();
    const old = fs.readFileSync(file('secret'), 'utf8');
    const left: [step: string, leave: () => void | Promise<void>, kept: 'old' | 'new'][] = [
      ['while the next secret was written', () => fs.writeFileSync(file('secret.next'), 'kR8s'), 'old'],
      ['after the next secret was written', () => fs.writeFileSync(file('secret.next'), NEW_SECRET), 'old'],
      [
        'after the keys were sealed',
        async () => {
          expect((await run(['keys', 'rewrap'], { environment: { ...environment, NEW_LATCHKEY_SECRET: NEW_SECRET } })).exitCode).toBe(0);
          fs.renameSync(file('secret'), file('secret.next'));
          fs.writeFileSync(file('secret'), old, { mode: 0o600 });
        },
        'new',
      ],
    ];
    for (const [step, leave, kept] of left) {
      await leave();
      const restarted = await startProgram(environment);
      expect({ step, status: await statusOf(restarted, tokens) }).toEqual({ step, status: 200 });
      expect(fs.readFileSync(file('secret'), 'utf8').trim()).toBe(kept === 'old' ? old.trim() : NEW_SECRET);
      expect(fs.existsSync(file('secret.next'))).toBe(false);
      await restarted.stop();
    }
  });

  it('are not lost where neither secret opens them: both files stay', async () => {
    const secret = fs.readFileSync(file('secret'), 'utf8');
    const others = { secret: `${SECRET}\n`, 'secret.next': `${NEW_SECRET.toLowerCase()}\n` };
    for (const [name, text] of Object.entries(others)) fs.writeFileSync(file(name), text);

    expect((await run(['serve'], { environment: { ...environment, PORT: '0' } })).exitCode).toBe(1);
    for (const [name, text] of Object.entries(others)) expect(fs.readFileSync(file(name), 'utf8')).toBe(text);
    fs.rmSync(file('secret.next'));
    fs.writeFileSync(file('secret'), secret);
  });

  it('open after the server is killed at any moment of it', async () => {
    let server = await startProgram(environment);
    const tokens = await signIn(server);
    for (let kill = 0; kill < KILLS; kill++) {
      const rewrapping = keys('rewrap');
      const secret = fs.readFileSync(file('secret'), 'utf8');
      const isUnderWay = () => fs.existsSync(file('secret.next')) || fs.readFileSync(file('secret'), 'utf8') !== secret;
      while (!isUnderWay()) await sleep(0);
      await sleep(kill * 2); // the moments of one run differ from those of another: any of them must do
      server.signal('SIGKILL');
      await Promise.all([server.ended, rewrapping]);

      server = await startProgram(environment);
      expect(await statusOf(server, tokens)).toBe(200);
      expect(fs.existsSync(file('secret.next'))).toBe(false);
    }
    await server.stop();
  });
});
