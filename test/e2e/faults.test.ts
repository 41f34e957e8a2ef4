import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openDatabase, type DatabaseLocation } from '../../src/db/database.js';
import { createEmptyPostgres } from '../support/databases.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { freshFolder, removeEverything, run, startProgram, type RunningServer } from '../support/process.js';
import { TEST_SECRET, type Answer } from '../support/server.js';

const PASSWORD = 'open sesame, please';
const EMAIL = 'ada@example.com';
/** More room than a data folder needs, and still quickly filled. */
const SMALL_DISK_MEGABYTES = 110;

jest.setTimeout(120_000); // each starts processes, some of them several after each other

/** A data folder with one account, to be copied: making one takes seconds. */
let template: string;
beforeAll(async () => {
  template = path.join(freshFolder(), 'data');
  const environment = { DATA_DIR: template };
  const made = await run(['accounts', 'create', '--email', EMAIL, '--password-stdin'], { environment, input: PASSWORD });
  expect(made).toMatchObject({ exitCode: 0, stderr: '' });
});
afterAll(removeEverything);

function dataFolder(parent = freshFolder()): string {
  const folder = path.join(parent, 'data');
  fs.cpSync(template, folder, { recursive: true });
  return folder;
}

describe('a data folder', () => {
  it('serves exactly one of two servers that start at the same moment, however often', async () => {
    for (let round = 0; round < 4; round++) {
      const DATA_DIR = dataFolder();
      const starts = await Promise.allSettled([startProgram({ DATA_DIR }), startProgram({ DATA_DIR })]);
      const ready = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
      const errors = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []));

      expect(ready).toHaveLength(1);
      expect(errors).toEqual([expect.stringContaining(`error: the data folder ${DATA_DIR} is in use by another process\n`)]);
      expect(await ready[0]?.send('GET', '/readyz')).toMatchObject({ status: 200 });
      await ready[0]?.stop();
    }
  });

  it('whose database a newer version has migrated is refused', async () => {
    const DATA_DIR = dataFolder();
    await execute(
      { folder: path.join(DATA_DIR, 'database') },
      `INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'later9999999999999')`,
    );

    expect(await run(['serve'], { environment: { DATA_DIR } })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: the database was migrated by a newer version of Latchkey\n',
    });
  });

  it('is not served with what is left of its secret, and is again with the whole of it', async () => {
    const DATA_DIR = dataFolder();
    const secretFile = path.join(DATA_DIR, 'secret');
    const secret = fs.readFileSync(secretFile);
    fs.writeFileSync(secretFile, '');
    const refused = await run(['serve'], { environment: { DATA_DIR } });
    fs.writeFileSync(secretFile, secret);

    expect(refused).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `error: the master secret in ${secretFile} must be at least 32 bytes long\n`,
    });
    expect(await addresses({ DATA_DIR })).toEqual([EMAIL]);
  });

  it('whose path no socket can have is named', async () => {
    const DATA_DIR = path.join(freshFolder(), 'long-'.repeat(25));

    expect(await run(['accounts', 'list'], { environment: { DATA_DIR } })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `error: the path of the data folder is too long for a socket: ${DATA_DIR}/control.sock\n`,
    });
  });
});

(process.env.LATCHKEY_TEST_POSTGRES ? describe : describe.skip)('a PostgreSQL server', () => {
  it('that has no such database, or no such user, is told in one line', async () => {
    const database = await createEmptyPostgres();
    for (const change of [{ pathname: '/latchkey_nowhere' }, { username: 'latchkey_nobody' }]) {
      const { href } = Object.assign(new URL(database.url), change);
      const ended = await run(['serve'], { environment: { DATABASE_URL: href, LATCHKEY_SECRET: TEST_SECRET } });

      expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
      expect(ended.stderr).toMatch(/^error: the database is not available \(.+\)\n$/);
    }
    await database.drop();
  });

  it('that takes connections and answers none is answered with 503 in time, and used again as soon as it answers new ones', async () => {
    const database = await createEmptyPostgres();
    const proxy = await startMutableProxy(new URL(database.url));
    const environment = { DATABASE_URL: database.url, LATCHKEY_SECRET: TEST_SECRET };
    await run(['migrate'], { environment });
    await run(['accounts', 'create', '--email', EMAIL, '--password-stdin'], { environment, input: PASSWORD });
    const server = await startProgram({ ...environment, DATABASE_URL: proxy.url });
    expect(statuses(await signInEverywhere(server))).toEqual([200, 200, 200, 200, 200]);

    proxy.mute();
    const mutedAt = performance.now();
    const [answers, alive, ready] = await Promise.all([
      signInEverywhere(server),
      server.send('GET', '/livez'),
      server.send('GET', '/readyz'),
    ]);
    expect(statuses([...answers, alive, ready])).toEqual([503, 503, 503, 503, 503, 200, 503]);
    for (const { headers } of [...answers, ready]) expect(headers.get('retry-after')).toBe('5');
    expect(performance.now() - mutedAt).toBeLessThan(14_000);

    proxy.unmute(); // the connections of before stay dead
    expect(statuses(await signInEverywhere(server))).toEqual([200, 200, 200, 200, 200]);
    expect((await server.stop()).exitCode).toBe(0);
    await proxy.close();
    await database.drop();
  });
});

const smallDisk = mountSmallDisk();
(smallDisk ? describe : describe.skip)('a full disk', () => {
  const folder = smallDisk ?? '';
  const filler = path.join(folder, 'filler');
  beforeEach(() => fs.readdirSync(folder).forEach((name) => fs.rmSync(path.join(folder, name), { recursive: true })));
  afterAll(() => void execFileSync('umount', ['-l', folder])); // lazily: a test that failed may have left a server there

  function fill(): void {
    const file = fs.openSync(filler, 'a');
    for (const bytes of [1 << 20, 1 << 12]) {
      try {
        for (;;) fs.writeSync(file, new Uint8Array(bytes));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
    }
    fs.closeSync(file);
  }

  it('turns sign-ins into 503 in every dialect, and they work again once there is room', async () => {
    const environment = { DATA_DIR: dataFolder(folder) };
    const server = await startProgram(environment);
    fill();
    for (let tries = 0, refused = 0; refused < 3 && tries < 500; tries++) if ((await signIn(server)).status === 503) refused++;
    const full = await signInEverywhere(server);
    expect(await server.send('GET', '/livez')).toMatchObject({ status: 200 });
    fs.rmSync(filler);

    expect(statuses(full)).toEqual([503, 503, 503, 503, 503]);
    for (const { headers } of full) expect(headers.get('retry-after')).toBe('5');
    expect(statuses(await signInEverywhere(server))).toEqual([200, 200, 200, 200, 200]);
    expect((await server.stop()).exitCode).toBe(0);
    expect(await addresses(environment)).toEqual([EMAIL]);
  });

  it('ends the server where not even the write-ahead log can grow, and nothing is lost once there is room', async () => {
    const environment = { DATA_DIR: dataFolder(folder) };
    await execute({ folder: path.join(environment.DATA_DIR, 'database') }, WRITE_A_LOT_WITH_EACH_SESSION);
    const server = await startProgram(environment);
    expect((await run(['accounts', 'create', '--email', 'bob@example.com', '--no-password'], { environment })).exitCode).toBe(0);
    expect((await signIn(server)).status).toBe(200); // from here on the table has room, and only the log needs more
    fill();
    let status = 200;
    for (let tries = 0; status === 200 && tries < 50; tries++) ({ status } = await signIn(server));
    expect(status).toBe(503);
    const ended = await server.ended;
    const again = await run(['serve'], { environment });
    fs.rmSync(filler);

    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toMatch(/^error: the embedded database stopped, start again to recover it: .*No space left on device$/m);
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toMatch(/^error: the database in .* does not open \(0 MB are free\): .*\n$/);
    const recovered = await startProgram(environment);
    expect(await addresses(environment)).toEqual([EMAIL, 'bob@example.com']);
    expect((await signIn(recovered)).status).toBe(200);
    expect((await recovered.stop()).exitCode).toBe(0);
  });

  it('lets nothing be set up, and leaves nothing behind that stands in the way once there is room', async () => {
    const environment = { DATA_DIR: path.join(folder, 'data') };
    fill();
    const ended = await run(['serve'], { environment });
    fs.rmSync(filler);
    const afterwards = await run(['accounts', 'list'], { environment });

    expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^error: the data folder .* cannot be used: ENOSPC.*\n$/);
    expect(afterwards).toMatchObject({ exitCode: 0 });
    expect(fs.readFileSync(path.join(environment.DATA_DIR, 'secret'), 'utf8')).toMatch(/^[\w+/]{43}=\n$/);
  });
});

/** So that the write-ahead log needs another segment after a few sessions, not after tens of thousands. */
const WRITE_A_LOT_WITH_EACH_SESSION = `
  CREATE FUNCTION write_a_lot() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_logical_emit_message(false, 'test', repeat('x', 2000000)); RETURN new; END $$;
  CREATE TRIGGER write_a_lot BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION write_a_lot()`;

function signIn(server: RunningServer, login = LOGINS[0]): Promise<Answer> {
  if (!login) throw new Error('there is no login');
  return server.send('POST', login.path, loginRequest(login, EMAIL, PASSWORD));
}

/** With each of the five logins; `send` checks the shape of each answer. */
function signInEverywhere(server: RunningServer): Promise<Answer[]> {
  return Promise.all(LOGINS.map((login) => signIn(server, login)));
}

function statuses(answers: Answer[]): number[] {
  return answers.map(({ status }) => status);
}

/** The addresses of all accounts, in order. */
async function addresses(environment: Record<string, string>): Promise<(string | undefined)[]> {
  const listed = await run(['accounts', 'list'], { environment });
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
  const rows = listed.stdout.trimEnd().split('\n').slice(1);
  return rows.map((row) => row.split(' ')[0]);
}

/** Runs SQL on a database that no process of the program has. */
async function execute(location: DatabaseLocation, sql: string): Promise<void> {
  const database = await openDatabase(location);
  try {
    await database.source.query(sql);
  } finally {
    await database.close();
  }
}

/** Stands between a server and its database. Once muted, a connection is dead for good, and a new one is until it is unmuted. */
async function startMutableProxy(target: URL): Promise<{ url: string; mute(): void; unmute(): void; close(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const dead = new WeakSet<net.Socket>();
  let isMute = false;
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(target.port || 5432), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      if (isMute) dead.add(from);
      from.on('data', (bytes: Buffer) => void (dead.has(from) || to.write(bytes)));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    mute() {
      isMute = true;
      for (const socket of sockets) dead.add(socket);
    },
    unmute: () => void (isMute = false),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
}

/** A folder that is a small disk of its own; null, and a word of why, where there can be none. */
function mountSmallDisk(): string | null {
  const folder = fs.mkdtempSync(path.join(freshFolder(), 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_MEGABYTES}m`, 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch (error) {
    console.log(`No small disk can be mounted here, a full one is not tried: ${String((error as Error).message).trim()}`);
    return null;
  }
}
