import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createEmptyPostgres } from '../support/databases.js';
import { freshFolder, removeEverything, run, startProgram, type Ended, type RunningServer } from '../support/process.js';

const PASSWORD = 'correct horse battery';
const SECRET = 'pN4vXw8zQk2mJr6tYb1cLh5sDf9gAe3u';

jest.setTimeout(60_000); // a command opens a database of its own where no server holds it

afterAll(removeEverything);

/** Where commands find the database: an embedded one with and without a server on it, and PostgreSQL. */
const PLACES = ['an embedded database that a server holds', 'an embedded database that nobody holds', 'PostgreSQL'] as const;

describe.each(PLACES)('the accounts of %s', (place) => {
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
      expect(await run(['migrate'], { environment })).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Applied foundation/) });
      expect(await run(['migrate'], { environment })).toMatchObject({ exitCode: 0, stdout: 'The database is up to date\n' });
    }
    if (place !== 'an embedded database that nobody holds') server = await startProgram(environment);
  });
  afterAll(async () => {
    await server?.stop();
    await drop();
  });

  const accounts = (...args: string[]) => run(['accounts', ...args], { environment });
  const create = (email: string, args: string[] = [], input = `${PASSWORD}\n`): Promise<Ended> =>
    run(['accounts', 'create', '--email', email, '--password-stdin', ...args], { environment, input });
  /** A login, by a server that is started for it where none runs. */
  async function loginStatus(email: string, password: string): Promise<number> {
    const serving = server ?? (await startProgram(environment));
    const { status } = await serving.send('POST', '/api/login', { body: { email, password } });
    if (!server) await serving.stop();
    return status;
  }

  it('are active, verified and owners of their own organisation, unless told otherwise', async () => {
    expect(await create(' Ada@Example.com ')).toMatchObject({ exitCode: 0, stdout: 'Created Ada@Example.com\n', stderr: '' });

    const { stdout } = await accounts('show', 'ADA@example.com');
    for (const line of [
      /^e-mail +Ada@Example\.com$/m,
      /^name +Ada$/m,
      /^role +owner$/m,
      /^status +active$/m,
      /^verified +yes$/m,
      /^operator +no$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(await loginStatus('ada@example.com', PASSWORD)).toBe(200);
  });

  it('are what the options say', async () => {
    await create('boss@example.com', ['--organization', 'Acme', '--operator', '--name', 'The Boss']);
    await create('mate@example.com', ['--organization', 'Acme', '--unverified', '--inactive', '--demo']);
    const nobody = await accounts('create', '--email', 'nobody@example.com', '--no-password');

    expect(nobody).toMatchObject({ exitCode: 0, stdout: 'Created nobody@example.com\n' });
    const { stdout } = await accounts('list');
    expect(stdout).toMatch(/^boss@example\.com +The Boss +Acme +owner +active +operator$/m);
    expect(stdout).toMatch(/^mate@example\.com +mate +Acme +member +inactive +unverified, demo$/m);
    expect(stdout).toMatch(/^nobody@example\.com +nobody +nobody +owner +active +no password$/m);
  });

  it('get a password that is shown once, where none is given and nobody can be asked', async () => {
    const { stdout } = await accounts('create', '--email', 'made@example.com');
    const [, password = ''] = /^Password: (\S{24})$/m.exec(stdout) ?? [];

    expect(await loginStatus('made@example.com', password)).toBe(200);
  });

  it('have the first line of standard input as their password, with its blanks and without its line end', async () => {
    await create('line@example.com', [], '  two  blanks  \r\nanother line\n');

    expect(await loginStatus('line@example.com', '  two  blanks  ')).toBe(200);
  });

  const FAULTS: [fault: string, command: () => Promise<Ended>, words: RegExp][] = [
    ['a bad address', () => create('no address'), /e-mail address/],
    ['a short password', () => create('short@example.com', [], 'short\n'), /too short/],
    ['an address that is taken', () => create('ADA@EXAMPLE.COM'), /already/],
    ['no password on standard input', () => create('none@example.com', [], ''), /no password on standard input/],
    ['two wishes that exclude each other', () => create('both@example.com', ['--no-password']), /--password-stdin/],
    ['an unknown status', () => accounts('set-status', 'ada@example.com', 'asleep'), /active, inactive, banned, deleted/],
    ['nobody of that address', () => accounts('show', 'unknown@example.com'), /nobody/],
    ['nobody to change', () => accounts('set-status', 'unknown@example.com', 'banned'), /nobody/],
    ['no such command', () => accounts('destroy'), /unknown command/],
  ];
  it('are neither made nor changed by a command that is not right: one line says why', async () => {
    const before = await accounts('list');
    const ends = await Promise.all(FAULTS.map(([, command]) => command()));

    for (const [index, { exitCode, stdout, stderr }] of ends.entries()) {
      const [fault, , words] = FAULTS[index] ?? [];
      expect({ fault, exitCode, stdout }).toEqual({ fault, exitCode: 1, stdout: '' });
      expect(stderr).toMatch(words as RegExp);
      expect(stderr).not.toMatch(/^ {4}at /m);
    }
    expect(await accounts('list')).toEqual(before);
  }, 90_000);

  it('are listed by address, as many as one wants, and the rest from there', async () => {
    const all = (await accounts('list')).stdout.split('\n').slice(1, -1);
    const first = (await accounts('list', '--limit', '2')).stdout.split('\n');
    const rest = (await accounts('list', '--after', 'boss@example.com')).stdout.split('\n').slice(1, -1);

    expect(first.slice(1, 3).map((line) => line.split(' ')[0])).toEqual(all.slice(0, 2).map((line) => line.split(' ')[0]));
    expect(first[3]).toBe('More: npx latchkey accounts list --limit 2 --after boss@example.com');
    expect(rest.map((line) => line.split(' ')[0])).toEqual(all.slice(2).map((line) => line.split(' ')[0]));
  });

  it('cannot sign in any more once they are banned, and can again once they are active', async () => {
    await create('changing@example.com');

    expect(await accounts('set-status', 'changing@example.com', 'banned')).toMatchObject({
      exitCode: 0,
      stdout: 'changing@example.com is banned\n',
    });
    expect(await loginStatus('changing@example.com', PASSWORD)).toBe(401);
    await accounts('set-status', 'changing@example.com', 'active');
    expect(await loginStatus('changing@example.com', PASSWORD)).toBe(200);
  });

  it('leave no password in the log', () => {
    const { stdout, stderr } = server?.output() ?? { stdout: '', stderr: '' };

    expect(stdout + stderr).not.toContain(PASSWORD);
    if (server) expect(stderr).toContain('"operation":"login"');
  });

  it('lie in a folder for nobody else to read', () => {
    const { DATA_DIR } = environment;
    if (!DATA_DIR) return expect(place).toBe('PostgreSQL');
    const modeOf = (file: string) => (fs.statSync(path.join(DATA_DIR, file)).mode & 0o777).toString(8);

    expect([modeOf('.'), modeOf('secret')]).toEqual(['700', '600']);
    if (server) expect(modeOf('control.sock')).toBe('600');
  });
});

describe('the command line', () => {
  it('explains itself, with --help behind any command', async () => {
    const commands = [
      [],
      ['accounts'],
      ['accounts', 'create'],
      ['accounts', 'list'],
      ['serve'],
      ['migrate'],
      ['audit'],
      ['audit', 'verify'],
    ];
    const ends = await Promise.all(commands.map((command) => run([...command, '--help'])));

    for (const end of ends) expect(end).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage: latchkey') });
  });

  it('makes many accounts at once, one after the other, without a server', async () => {
    const environment = { DATA_DIR: path.join(freshFolder(), 'data') };
    const emails = Array.from({ length: 4 }, (_, i) => `user${i}@example.com`);

    const ended = await Promise.all(emails.map((email) => run(['accounts', 'create', '--email', email, '--no-password'], { environment })));

    expect(ended.map(({ exitCode }) => exitCode)).toEqual(emails.map(() => 0));
    const { stdout } = await run(['accounts', 'list'], { environment });
    expect(emails.filter((email) => stdout.includes(email))).toEqual(emails);
  });
});
