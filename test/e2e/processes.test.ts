import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { createEmptyPostgres, onServer } from '../support/databases.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { freshFolder, launch, removeEverything, run, startProgram, type RunningServer } from '../support/process.js';

const PASSWORD = 'correct horse battery';
const EMAIL = 'ada@example.com';
const SECRET = 'pN4vXw8zQk2mJr6tYb1cLh5sDf9gAe3u';
const CREDENTIALS = { email: EMAIL, password: PASSWORD };

jest.setTimeout(60_000); // each starts processes, some of them several after each other

afterAll(removeEverything);

const dataFolder = () => path.join(freshFolder(), 'data');
const createAda = (environment: Record<string, string>, email = EMAIL) =>
  run(['accounts', 'create', '--email', email, '--password-stdin'], { environment, input: PASSWORD });
const login = (server: RunningServer) => server.send('POST', '/api/login', { body: CREDENTIALS });

describe('a start that cannot go well', () => {
  it('names every setting that is wrong, with its rule and without its value, and makes nothing', async () => {
    const DATA_DIR = dataFolder();
    const wrong = {
      PORT: 'hunter2',
      DATABASE_URL: 'mysql://hunter2',
      BCRYPT_COST: '4',
      DIALECTS: 'hunter2',
      LATCHKEY_SECRET: 'hunter2',
      LOG_LEVEL: 'loud',
    };

    const { exitCode, stdout, stderr } = await run(['serve'], { environment: { DATA_DIR, ...wrong } });

    expect([exitCode, stdout]).toEqual([1, '']);
    for (const name of Object.keys(wrong)) expect(stderr).toContain(`  ${name} must`);
    expect(stderr).not.toMatch(/hunter2|mysql|loud/);
    expect(fs.existsSync(DATA_DIR)).toBe(false);
  });

  it.each([
    ['changeme-changeme-changeme-changeme', 'random'],
    ['abcdabcdabcdabcdabcdabcdabcdabcdabcd', 'random'],
    ['short', 'at least 32 bytes'],
  ])('refuses the secret %s', async (LATCHKEY_SECRET, rule) => {
    expect(await run(['serve'], { environment: { DATA_DIR: dataFolder(), LATCHKEY_SECRET } })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(rule),
    });
  });

  it('wants a secret with a database that others may use, too', async () => {
    const { exitCode, stderr } = await run(['serve'], { environment: { DATABASE_URL: 'postgres://127.0.0.1:1/x' } });

    expect(exitCode).toBe(1);
    expect(stderr).toContain('LATCHKEY_SECRET is required with DATABASE_URL');
  });

  it('says that the database does not answer', async () => {
    const environment = { DATABASE_URL: 'postgres://127.0.0.1:1/x', LATCHKEY_SECRET: SECRET };

    expect(await run(['serve'], { environment })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: the database .*ECONNREFUSED/),
    });
  });

  it('says that the data folder cannot be written to', async () => {
    const file = path.join(freshFolder(), 'a file');
    fs.writeFileSync(file, 'its content');

    const { exitCode, stderr } = await run(['serve'], { environment: { DATA_DIR: path.join(file, 'data') } });

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: the data folder .* cannot be written to \(ENOTDIR\)\n$/);
    expect(fs.readFileSync(file, 'utf8')).toBe('its content');
  });

  it('leaves a data folder of a newer version as it is', async () => {
    const DATA_DIR = dataFolder();
    expect((await createAda({ DATA_DIR })).exitCode).toBe(0);
    fs.writeFileSync(path.join(DATA_DIR, 'schema'), 'later9999999999999\n');
    const before = contentsOf(DATA_DIR);

    const { exitCode, stderr } = await run(['serve'], { environment: { DATA_DIR } });

    expect(exitCode).toBe(1);
    expect(stderr).toContain('was used by a newer version of Latchkey');
    expect(contentsOf(DATA_DIR)).toEqual(before);
  });

  it('refuses another master secret than the one that the data was set up with', async () => {
    const DATA_DIR = dataFolder();
    await createAda({ DATA_DIR });

    expect(await run(['serve'], { environment: { DATA_DIR, LATCHKEY_SECRET: SECRET } })).toMatchObject({
      exitCode: 1,
      stderr: 'error: LATCHKEY_SECRET is not the secret that this database was set up with\n',
    });
    expect(await createAda({ DATA_DIR }, 'bob@example.com')).toMatchObject({ exitCode: 0 });
  });

  it('says that the master secret is lost, and makes no other', async () => {
    const DATA_DIR = dataFolder();
    await createAda({ DATA_DIR });
    const secretFile = path.join(DATA_DIR, 'secret');
    fs.rmSync(secretFile);

    expect(await run(['serve'], { environment: { DATA_DIR } })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`${secretFile} is missing`),
    });
    expect(fs.existsSync(secretFile)).toBe(false);
  });

  it('says that the port is taken, and leaves the data folder free', async () => {
    const blocker = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const environment = { DATA_DIR: dataFolder(), PORT: String((blocker.address() as AddressInfo).port) };

    expect(await run(['serve'], { environment })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: cannot listen on .*EADDRINUSE/),
    });
    expect(await createAda({ DATA_DIR: environment.DATA_DIR })).toMatchObject({ exitCode: 0 });
    blocker.close();
  });
});

describe('one data folder', () => {
  it('is for one server at a time: the second is refused, and the first goes on', async () => {
    const DATA_DIR = dataFolder();
    const server = await startProgram({ DATA_DIR });
    await createAda({ DATA_DIR });

    expect(await run(['serve'], { environment: { DATA_DIR, PORT: '0' } })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`${DATA_DIR} is in use`),
    });
    expect((await login(server)).status).toBe(200);
    expect(await server.stop()).toMatchObject({ exitCode: 0 });
  });

  it('is for one of two servers that start at the very same moment', async () => {
    const environment = { DATA_DIR: dataFolder(), PORT: '0' };
    const both = [launch(['serve'], { environment }), launch(['serve'], { environment })];

    const loser = await Promise.race(both.map(async (each) => ({ each, end: await each.ended })));
    const winner = both.find((each) => each !== loser.each);

    expect(loser.end).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is in use') });
    expect((await createAda({ DATA_DIR: environment.DATA_DIR })).exitCode).toBe(0); // through whoever holds the folder
    winner?.signal('SIGTERM');
    expect(await winner?.ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ready') });
  });

  it('loses nothing when its server is killed while people sign in, and can be used again at once', async () => {
    const DATA_DIR = dataFolder();
    const killed = await startProgram({ DATA_DIR });
    await createAda({ DATA_DIR });
    const logins = Array.from({ length: 5 }, () => login(killed).catch(() => null));
    await createAda({ DATA_DIR }, 'bob@example.com');
    killed.signal('SIGKILL');
    await Promise.all([killed.ended, ...logins]);

    const server = await startProgram({ DATA_DIR });

    expect((await login(server)).status).toBe(200);
    expect((await run(['accounts', 'list'], { environment: { DATA_DIR } })).stdout).toContain('bob@example.com');
    await server.stop();
  });

  it('is free after SIGTERM, and a login that was under way is finished first, with the end of its connection', async () => {
    const DATA_DIR = dataFolder();
    const server = await startProgram({ DATA_DIR });
    await createAda({ DATA_DIR });
    const headers = { 'content-type': 'application/json' };
    const underWay = fetch(`${server.url}/api/login`, { method: 'POST', headers, body: JSON.stringify(CREDENTIALS) });
    await new Promise((resolve) => setTimeout(resolve, 15));

    const end = await server.stop();

    const answer = await underWay;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(end).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('stopping: finishing what runs') });
    expect(await run(['accounts', 'show', EMAIL], { environment: { DATA_DIR } })).toMatchObject({ exitCode: 0 });
  });
});

(process.env.LATCHKEY_TEST_POSTGRES ? describe : describe.skip)('a PostgreSQL server', () => {
  it('is left alone until it is migrated, by however many at once, and when a newer version was there', async () => {
    const database = await createEmptyPostgres();
    const environment = { DATABASE_URL: database.url, LATCHKEY_SECRET: SECRET, PORT: '0' };
    expect(await run(['serve'], { environment })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('npx latchkey migrate') });

    const migrations = await Promise.all([1, 2, 3].map(() => run(['migrate'], { environment })));

    expect(migrations.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(migrations.filter(({ stdout }) => stdout.startsWith('Applied'))).toHaveLength(1);
    await onServer(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'later9999999999999')`, database.name);
    for (const command of ['serve', 'migrate']) {
      expect(await run([command], { environment })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('newer version') });
    }
    await database.drop();
  });

  it('that is lost is answered with 503 in every dialect, and used again as soon as it is back', async () => {
    const database = await createEmptyPostgres();
    const proxy = await startProxy(new URL(database.url));
    const environment = { DATABASE_URL: proxy.url, LATCHKEY_SECRET: SECRET };
    await run(['migrate'], { environment });
    await createAda(environment);
    const server = await startProgram(environment);
    expect((await login(server)).status).toBe(200);

    proxy.cut();
    for (const each of LOGINS) {
      const answer = await server.send('POST', each.path, loginRequest(each, EMAIL, PASSWORD));
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect([(await server.send('GET', '/livez')).status, (await server.send('GET', '/readyz')).status]).toEqual([200, 503]);

    proxy.mend();
    expect((await server.send('GET', '/readyz')).status).toBe(200);
    for (const each of LOGINS) expect((await server.send('POST', each.path, loginRequest(each, EMAIL, PASSWORD))).status).toBe(200);
    await server.stop();
    await proxy.close();
    await database.drop();
  });
});

function contentsOf(folder: string): Record<string, string> {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((file) => path.join(file.parentPath, file.name)).map((file) => [file, fs.readFileSync(file, 'base64')]),
  );
}

/** A wire between the service and its database that can be cut and mended. */
async function startProxy(target: URL): Promise<{ url: string; cut(): void; mend(): void; close(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const proxy = net.createServer((near) => {
    if (isCut) return void near.destroy();
    const far = net.connect(Number(target.port || 5432), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    mend: () => void (isCut = false),
    close: () =>
      new Promise((resolve) => {
        cut();
        proxy.close(() => resolve());
      }),
  };
}

describe('metrics', () => {
  it('are served on a port of their own, where one is set, and tell what was cleaned up', async () => {
    const METRICS_PORT = String(await freePort());
    const server = await startProgram({ DATA_DIR: dataFolder(), METRICS_PORT });
    const text = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text();

    expect(text).toContain('# TYPE latchkey_deleted_rows_total counter');
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
    expect((await fetch(`http://127.0.0.1:${METRICS_PORT}/other`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
    expect((await server.stop()).exitCode).toBe(0);
  });

  it('stop the start when their port is taken', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const METRICS_PORT = String((taken.address() as AddressInfo).port);

    expect(await run(['serve'], { environment: { DATA_DIR: dataFolder(), PORT: '0', METRICS_PORT } })).toMatchObject({
      exitCode: 1,
      stderr: `error: cannot listen on 127.0.0.1 port ${METRICS_PORT} for metrics (EADDRINUSE)\n`,
    });
    taken.close();
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
