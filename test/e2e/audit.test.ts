import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createEmptyPostgres, onServer } from '../support/databases.js';
import { freshFolder, launch, removeEverything, run, startProgram, type Ended, type RunningServer } from '../support/process.js';

const EMAIL = 'ada@example.com';
const SECRET = 'pN4vXw8zQk2mJr6tYb1cLh5sDf9gAe3u';
const WHOLE = /^The audit trail is whole: (\d+) rows are sealed, (\d+) wait to be\nHead: (\d+):([0-9a-f]{64})\n$/;

jest.setTimeout(120_000); // each starts processes, some of them several after each other

afterAll(removeEverything);

interface Line {
  position: number;
  id: string;
  action: string;
  outcome: string;
  mac: string;
}

const linesOf = ({ stdout }: Ended): Line[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Where commands find the database: an embedded one with and without a server on it, and PostgreSQL. */
const PLACES = ['an embedded database that a server holds', 'an embedded database that nobody holds', 'PostgreSQL'] as const;

describe.each(PLACES)('the audit trail of %s', (place) => {
  if (place === 'PostgreSQL' && !process.env.LATCHKEY_TEST_POSTGRES) {
    it.skip('there is no PostgreSQL server, as said above', () => {});
    return;
  }
  let environment: Record<string, string>;
  let server: RunningServer | null = null;
  let drop = async () => {};
  beforeAll(async () => {
    environment = { DATA_DIR: path.join(freshFolder(), 'data') };
    if (place === 'PostgreSQL') {
      const database = await createEmptyPostgres();
      drop = database.drop;
      environment = { DATABASE_URL: database.url, LATCHKEY_SECRET: SECRET };
      await run(['migrate'], { environment });
    }
    if (place === 'an embedded database that a server holds') server = await startProgram(environment);
    for (const number of [1, 2, 3]) await run(['accounts', 'create', '--email', `${number}@example.com`, '--no-password'], { environment });
  });
  afterAll(async () => {
    await server?.stop();
    await drop();
  });

  const audit = (...args: string[]) => run(['audit', ...args], { environment });

  it('S41: is exported as JSON lines, in the order of its seals, and nothing else is on standard output', async () => {
    const exported = await audit('export');

    expect(exported).toMatchObject({ exitCode: 0, stderr: '' });
    const lines = linesOf(exported);
    expect(lines.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(lines[0]).toEqual({
      position: 1,
      id: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/),
      action: 'account.created',
      outcome: 'success',
      reason: null,
      accountId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      actorId: null,
      addressHash: null,
      dialect: 'command line',
      ipAddress: null,
      requestId: null,
      resource: null,
      mac: expect.stringMatching(/^[0-9a-f]{64}$/),
      keyId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(linesOf(await audit('export', '--after', '2'))).toEqual(lines.slice(2));
    expect(await audit('export', '--after', '1000')).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('S41: is compared with its seals, and with a head that was kept', async () => {
    const last = linesOf(await audit('export')).at(-1);
    const verified = await audit('verify');

    expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(WHOLE), stderr: '' });
    const [, sealed, waiting, position, mac] = WHOLE.exec(verified.stdout) ?? [];
    expect([sealed, waiting, Number(position), mac]).toEqual(['3', '0', last?.position, last?.mac]);
    expect(await audit('verify', '--head', `${position}:${mac}`)).toEqual(verified);
    expect(await audit('verify', '--head', `2:${mac}`)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: row \d+ \(position 2\) is not the head that was kept/),
    });
    expect(await audit('verify', '--head', `7:${mac}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('position 4 is missing'),
    });
    for (const wrong of ['7', `0:${mac}`, `1:${mac}0`, 'x'])
      expect(await audit('verify', '--head', wrong)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--head') });
  });

  if (place === 'PostgreSQL') {
    it('S41: names the row that was altered by whoever owns the tables, and ends with 1', async () => {
      const database = new URL(environment.DATABASE_URL ?? '').pathname.slice(1);
      const [, second] = linesOf(await audit('export'));
      const alter = (action: string) =>
        onServer(
          `BEGIN; ALTER TABLE audit_events DISABLE TRIGGER USER; UPDATE audit_events SET action = '${action}' WHERE id = ${second?.id};
          ALTER TABLE audit_events ENABLE TRIGGER USER; COMMIT`,
          database,
        );
      await alter('account.read');

      expect(await audit('verify')).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: `error: row ${second?.id} (position 2) is not what was sealed there: it, its seal or its place was altered\n`,
      });
      await alter('account.created');
      expect((await audit('verify')).exitCode).toBe(0);
    });

    it('S41: loses no row and stays whole, however often who seals is killed', async () => {
      const database = new URL(environment.DATABASE_URL ?? '').pathname.slice(1);
      await onServer(`INSERT INTO audit_events (action, dialect) SELECT 'session.opened', 'px0' FROM generate_series(1, 15000)`, database);
      for (let round = 0; round < 4; round += 1) {
        const killed = launch(['serve'], { environment: { PORT: '0', ...environment } });
        while (!killed.output().stdout) await new Promise((resolve) => setTimeout(resolve, 5));
        await new Promise((resolve) => setTimeout(resolve, 40 * round)); // it has begun to seal: somewhere in the middle of it
        killed.signal('SIGKILL');
        await killed.ended;
        expect(await audit('verify')).toMatchObject({ exitCode: 0, stderr: '' });
      }

      const lines = linesOf(await audit('export'));
      expect(lines).toHaveLength(15_003);
      expect(new Set(lines.map(({ id }) => id)).size).toBe(15_003);
      expect((await audit('verify')).stdout).toContain('15003 rows are sealed, 0 wait');
    });
  }
});

it('the audit trail is sealed when a server stops, and by itself while it runs', async () => {
  const environment = { DATA_DIR: path.join(freshFolder(), 'data') };
  const server = await startProgram(environment);
  const signIn = () => server.send('POST', '/api/login', { body: { email: EMAIL, password: 'nobody has it' } });
  const sealed = async () => Number(WHOLE.exec((await run(['audit', 'verify'], { environment })).stdout)?.[1] ?? 0);
  await signIn();
  while ((await sealed()) < 1); // it takes some seconds
  await signIn();
  await server.stop();

  expect((await run(['audit', 'verify'], { environment })).stdout).toContain('2 rows are sealed, 0 wait');
});
