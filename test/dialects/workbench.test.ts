import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encryptCode } from '../../src/sdk/encrypt-code.js';
import type { GenerationFault } from '../../src/workbench/code-model.js';
import type { Sandbox, SandboxJob } from '../../src/workbench/sandbox.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { fakeSandbox } from '../support/fake-workbench.js';
import { sendChecked, startServer, type Answer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const PASSWORD = 'open sesame, please';
const SECRET = 'a value that nobody is shown';
/** Of the quickest kind that the format allows. */
const KDF = { m: 19_456, t: 2 };

interface Person {
  email: string;
  token: string;
  apiKey: string;
}

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let people = 0;
  const jobs: SandboxJob[] = [];
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database, {
      workbench: {
        sandbox: {
          ...fakeSandbox,
          async run(prepare, signal, onOutput) {
            const job = await prepare();
            if (job.ok) jobs.push(job.value);
            return fakeSandbox.run(async () => job, signal, onOutput);
          },
        },
      },
    });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  async function newcomer(at = server): Promise<Person> {
    const email = `person-${people++}@example.com`;
    const { body } = await sendChecked(at.url, 'POST', '/api/register', { body: { email, password: PASSWORD } });
    return { email, ...(body as { token: string; apiKey: string }) };
  }
  const as = ({ apiKey }: Person, at = server) => {
    return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
      sendChecked(at.url, method, path, { ...(body !== undefined && { body }), headers: { 'x-api-key': apiKey, ...headers } });
  };
  const entriesOf = async (person: Person, query = '') => {
    const { body } = await as(person)('GET', `/api/v1/audit${query}`);
    return (
      body as {
        entries: { id: string; action: string; success: boolean; reason: string | null; resource: string | null; timestamp: string }[];
      }
    ).entries;
  };

  describe('every operation of the workbench', () => {
    it('opens with the API key, and with the token, and with nothing else', async () => {
      const person = await newcomer();

      expect((await as(person)('GET', '/api/v1/secrets')).status).toBe(200);
      expect((await server.send('GET', '/api/v1/secrets', { headers: { authorization: `Bearer ${person.token}` } })).status).toBe(200);
      expect((await server.send('GET', '/api/v1/secrets')).status).toBe(401);
      expect((await as({ ...person, apiKey: 'pyth_nothing' })('GET', '/api/v1/secrets')).status).toBe(401);
    });
  });

  describe('secrets', () => {
    it('are made, replaced, listed by name and deleted; no answer and no row has the value', async () => {
      const person = await newcomer();
      const send = as(person);

      const made = await send('PUT', '/api/v1/secrets/API_TOKEN', { value: SECRET, description: 'For the weather' });
      const replaced = await send('PUT', '/api/v1/secrets/API_TOKEN', { value: `${SECRET} again` });
      await send('PUT', '/api/v1/secrets/AAA_FIRST', { value: SECRET });
      const listed = await send('GET', '/api/v1/secrets');

      expect([made.status, replaced.status, listed.status]).toEqual([201, 200, 200]);
      expect(made.body).toMatchObject({ name: 'API_TOKEN', description: 'For the weather' });
      expect((listed.body as { secrets: { name: string }[] }).secrets.map(({ name }) => name)).toEqual(['AAA_FIRST', 'API_TOKEN']);
      expect(JSON.stringify([made.body, replaced.body, listed.body])).not.toContain(SECRET);
      const rows = await database.source.query<{ sealed: Buffer }[]>('SELECT * FROM secrets');
      expect(rows.some(({ sealed }) => Buffer.from(sealed).includes(SECRET))).toBe(false);
      expect((await send('DELETE', '/api/v1/secrets/AAA_FIRST')).status).toBe(204);
      expect((await send('DELETE', '/api/v1/secrets/AAA_FIRST')).status).toBe(404);
    });

    it("are their owner's alone", async () => {
      const owner = await newcomer();
      const other = await newcomer();
      await as(owner)('PUT', '/api/v1/secrets/MINE', { value: SECRET });

      expect((await as(other)('GET', '/api/v1/secrets')).body).toEqual({ secrets: [] });
      expect((await as(other)('DELETE', '/api/v1/secrets/MINE')).status).toBe(404);
      expect((await as(owner)('DELETE', '/api/v1/secrets/MINE')).status).toBe(204);
    });

    it('400: a name that is none of an environment variable, an empty and a too long value', async () => {
      const send = as(await newcomer());

      for (const name of ['1ST', 'WITH-DASH', 'UMLAUT_Ä', 'A'.repeat(129)]) {
        expect((await send('PUT', `/api/v1/secrets/${encodeURIComponent(name)}`, { value: SECRET })).status).toBe(400);
      }
      for (const value of ['', 'x'.repeat(65_537), 7]) expect((await send('PUT', '/api/v1/secrets/NAME', { value })).status).toBe(400);
    });

    it('409: one more than a hundred, however many are put at the same time', async () => {
      const send = as(await newcomer());
      const put = (n: number) => send('PUT', `/api/v1/secrets/S${n}`, { value: SECRET });

      for (let n = 0; n < 96; n++) await put(n);
      const last = await Promise.all(Array.from({ length: 8 }, (_, n) => put(100 + n)));

      expect(last.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 409, 409, 409, 409]);
      expect((await put(0)).status).toBe(200); // one that is there has room
    });
  });

  describe('GET /api/v1/audit', () => {
    it("tells what happened to one's own account through every API, newest first, and nothing of others", async () => {
      const person = await newcomer();
      await as(await newcomer())('PUT', '/api/v1/secrets/OTHERS', { value: SECRET });
      await server.send('POST', '/auth/v1/token', {
        body: { email: person.email, password: 'wrong, all wrong' },
        headers: { 'X-API-Version': 'v1' },
      });
      await as(person)('PUT', '/api/v1/secrets/TOKEN', { value: SECRET });

      const entries = await entriesOf(person);
      expect(entries.map(({ action, success, reason, resource }) => [action, success, reason, resource])).toEqual([
        ['secret.set', true, null, 'TOKEN'],
        ['session.opened', false, 'wrong_password', null],
        ['session.opened', true, null, null],
        ['account.created', true, null, null],
      ]);
    });

    it('goes on at the cursor, and is filtered by action, outcome and time', async () => {
      const person = await newcomer();
      for (const name of ['ONE', 'TWO', 'THREE']) await as(person)('PUT', `/api/v1/secrets/${name}`, { value: SECRET });

      const all = await entriesOf(person);
      const paged = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { body }: Answer = await as(person)('GET', `/api/v1/audit?limit=2${cursor && `&cursor=${cursor}`}`);
        const page = body as { entries: typeof all; nextCursor: string | null };
        paged.push(...page.entries);
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(all);
      expect((await entriesOf(person, '?action=secret.set')).map(({ resource }) => resource)).toEqual(['THREE', 'TWO', 'ONE']);
      expect(await entriesOf(person, '?outcome=failure')).toEqual([]);
      const [third, second] = all;
      const between = `?from=${encodeURIComponent(second?.timestamp ?? '')}&until=${encodeURIComponent(third?.timestamp ?? '')}`;
      const found = await entriesOf(person, between);
      expect(found.every(({ timestamp }) => timestamp >= (second?.timestamp ?? '') && timestamp < (third?.timestamp ?? ''))).toBe(true);
      for (const wrong of ['from=yesterday', 'until=2016-12-31T23:59:60Z', 'action=a%00b', 'limit=0', 'cursor=x']) {
        expect((await as(person)('GET', `/api/v1/audit?${wrong}`)).status).toBe(400);
      }
    });
  });

  describe('packages', () => {
    it('are set, added, listed and removed', async () => {
      const send = as(await newcomer());
      const names = async () =>
        ((await send('GET', '/api/v1/packages')).body as { packages: { name: string; version: string }[] }).packages.map(
          ({ name, version }) => `${name}==${version}`,
        );

      expect((await send('PUT', '/api/v1/packages', { packages: ['Idna==3.10', 'tomli_w'] })).status).toBe(200);
      expect(await names()).toEqual(['idna==3.10', 'tomli-w==1.0']);
      expect((await send('POST', '/api/v1/packages', { package: 'idna==3.11' })).status).toBe(201);
      expect(await names()).toEqual(['idna==3.11', 'tomli-w==1.0']);
      expect((await send('DELETE', '/api/v1/packages/Tomli.W')).status).toBe(204);
      expect((await send('DELETE', '/api/v1/packages/tomli-w')).status).toBe(404);
      expect((await send('PUT', '/api/v1/packages', { packages: [] })).status).toBe(200);
      expect(await names()).toEqual([]);
    });

    it('400: one package twice, in whichever spelling', async () => {
      const { status, body } = await as(await newcomer())('PUT', '/api/v1/packages', { packages: ['Tomli-W', 'tomli_w==1.0'] });

      expect([status, body]).toEqual([400, { error: expect.any(String), code: 'duplicate_package' }]);
    });

    it('409: one more than fifty, or files of more than 100 MiB together; the list stays as it was', async () => {
      const person = await newcomer();
      const send = as(person);
      const fifty = Array.from({ length: 50 }, (_, n) => `package-${n}`);

      expect((await send('PUT', '/api/v1/packages', { packages: fifty })).status).toBe(200);
      expect(await send('POST', '/api/v1/packages', { package: 'idna' })).toMatchObject({
        status: 409,
        body: { code: 'too_many_packages' },
      });
      expect((await send('POST', '/api/v1/packages', { package: 'package-7==2.0' })).status).toBe(201); // in place of another version
      const tooLarge = await send('PUT', '/api/v1/packages', { packages: ['large-one', 'large-two'] });
      expect(tooLarge).toMatchObject({ status: 409, body: { code: 'too_many_packages' } });
      const { body } = await send('GET', '/api/v1/packages');
      expect((body as { packages: { name: string }[] }).packages.map(({ name }) => name)).toEqual(fifty.sort());
      expect(await entriesOf(person, '?outcome=failure')).toMatchObject([{ action: 'packages.set' }, { action: 'package.added' }]);
    });

    it('422: what cannot be had leaves the list as it was, and is recorded', async () => {
      const person = await newcomer();
      const send = as(person);
      await send('PUT', '/api/v1/packages', { packages: ['idna'] });

      const refused = await send('PUT', '/api/v1/packages', { packages: ['tomli', 'no-such-package'] });

      expect(refused).toMatchObject({ status: 422, body: { code: 'package_not_found' } });
      expect((await send('GET', '/api/v1/packages')).body).toMatchObject({ packages: [{ name: 'idna' }] });
      expect(await entriesOf(person, '?outcome=failure')).toMatchObject([{ action: 'packages.set', reason: 'package_not_found' }]);
    });
  });

  describe('POST /api/v1/execute', () => {
    it("200: gives the program its owner's secrets and packages, its input and its time, and records it before it runs", async () => {
      const person = await newcomer();
      const send = as(person);
      await send('PUT', '/api/v1/secrets/TOKEN', { value: SECRET });
      await send('PUT', '/api/v1/secrets/OTHER', { value: 'another value' });
      await send('PUT', '/api/v1/packages', { packages: ['idna', 'tomli'] });

      const request = { code: 'print(1)', stdin: 'hello', timeout: 3, secrets: ['TOKEN'], packages: ['IDNA'] };
      const { status, body, headers } = await send('POST', '/api/v1/execute', request);

      expect(status).toBe(200);
      const executionId = headers.get('x-request-id');
      const output = { stdout: 'print(1)', stderr: '', stdoutTruncated: false, stderrTruncated: false };
      expect(body).toEqual({ executionId, status: 'ok', success: true, exitCode: 0, durationMs: 1, ...output });
      expect(jobs.at(-1)).toEqual({
        language: 'python',
        program: { source: 'print(1)' },
        stdin: 'hello',
        timeoutSeconds: 3,
        environment: { TOKEN: SECRET },
        wheels: [{ filename: 'idna-1.0-py3-none-any.whl', bytes: Buffer.from('idna-1.0-py3-none-any.whl') }],
      });
      expect(await entriesOf(person, '?action=code.executed')).toMatchObject([{ success: true, resource: executionId }]);
      await send('POST', '/api/v1/execute', { code: '1', language: 'javascript' });
      expect(jobs.at(-1)).toMatchObject({
        timeoutSeconds: 10,
        stdin: '',
        wheels: [],
        environment: { TOKEN: SECRET, OTHER: 'another value' },
      });
    });

    it('401: is not run where its owner is banned, or has signed out everywhere, while it waits for its turn', async () => {
      let goOn = () => {};
      let waiting = 0;
      const turn = new Promise<void>((resolve) => (goOn = resolve));
      const run: Sandbox['run'] = async (prepare, ...rest) => {
        waiting++;
        await turn;
        return fakeSandbox.run(prepare, ...rest);
      };
      const slow = await startServer(database, { workbench: { sandbox: { ...fakeSandbox, run } } });
      const [banned, signedOut, other] = [await newcomer(slow), await newcomer(slow), await newcomer(slow)];
      const bearer = { headers: { authorization: `Bearer ${signedOut.token}` } };
      const answers = [
        as(banned, slow)('POST', '/api/v1/execute', { code: '1' }),
        slow.send('POST', '/api/v1/execute', { body: { code: '1' }, ...bearer }),
        as(other, slow)('POST', '/api/v1/execute', { code: '1' }),
      ];
      await until(() => waiting === 3);
      const { accounts, sessions } = slow.service.ports;
      const idOf = async ({ email }: Person) => (await accounts.findByEmail(email as never))?.id ?? '';
      await accounts.setStatus(await idOf(banned), 'banned');
      await sessions.endAll(await idOf(signedOut), null);
      goOn();

      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([401, 401, 200]);
      const query = `SELECT reason FROM audit_events WHERE action = 'code.executed' AND account_id = $1`;
      expect(await database.source.query(query, [await idOf(banned)])).toEqual([{ reason: 'unauthorized' }]);
      await slow.close();
    });

    it("masks secrets' values in the output, and others' programs do not get them", async () => {
      const person = await newcomer();
      await as(person)('PUT', '/api/v1/secrets/TOKEN', { value: SECRET });

      const { body } = await as(person)('POST', '/api/v1/execute', { code: `print("${SECRET}")` });
      const others = await as(await newcomer())('POST', '/api/v1/execute', { code: `print("${SECRET}")` });

      expect(body).toMatchObject({ stdout: 'print("***")' });
      expect(others.body).toMatchObject({ stdout: `print("${SECRET}")` });
      expect(jobs.at(-1)?.environment).toEqual({});
    });

    it('400: a secret or a package that is not there, and a body that the contract does not have', async () => {
      const person = await newcomer();
      const send = as(person);
      const before = jobs.length;

      expect((await send('POST', '/api/v1/execute', { code: '1', secrets: ['NONE'] })).body).toMatchObject({ code: 'unknown_secret' });
      expect((await send('POST', '/api/v1/execute', { code: '1', packages: ['none'] })).body).toMatchObject({ code: 'unknown_package' });
      const tooLong = await send('POST', '/api/v1/execute', { code: '1', timeout: 61 });
      expect(tooLong).toMatchObject({ status: 400, body: { code: 'invalid_request', details: ['body timeout: maximum'] } });
      for (const wrong of [{ code: '' }, { code: '1', timeout: 61 }, { code: '1', language: 'ruby' }, { code: '1', more: 1 }]) {
        expect((await send('POST', '/api/v1/execute', wrong)).status).toBe(400);
      }
      expect(jobs).toHaveLength(before);
      expect(await entriesOf(person, '?outcome=failure')).toMatchObject([{ reason: 'unknown_package' }, { reason: 'unknown_secret' }]);
    });
  });

  describe('encrypted code', () => {
    it('is stored as it came, listed, run with its password alone, and deleted', async () => {
      const person = await newcomer();
      const send = as(person);
      const payload = await encryptCode({ code: 'print(1)', masterPassword: 'open sesame', name: 'report', language: 'python', kdf: KDF });

      const stored = await send('PUT', '/api/v1/zk/code/report', payload);

      expect(stored).toMatchObject({ status: 200, body: { name: 'report', language: 'python', sizeBytes: 'print(1)'.length } });
      expect((await send('GET', '/api/v1/zk/code')).body).toEqual({ programs: [stored.body] });
      expect((await send('POST', '/api/v1/zk/execute/report', { masterPassword: 'open sesame' })).body).toMatchObject({ stdout: 'opened' });
      expect(jobs.at(-1)).toMatchObject({ language: 'python', program: { encrypted: payload, password: 'open sesame' } });
      const wrong = await send('POST', '/api/v1/zk/execute/report', { masterPassword: 'another' });
      expect(wrong).toMatchObject({ status: 422, body: { code: 'decryption_failed' } });
      expect(await entriesOf(person, '?outcome=failure')).toMatchObject([{ action: 'code.executed', reason: 'decryption_failed' }]);
      expect((await as(await newcomer())('POST', '/api/v1/zk/execute/report', { masterPassword: 'open sesame' })).status).toBe(404);
      expect((await send('DELETE', '/api/v1/zk/code/report')).status).toBe(204);
      expect((await send('DELETE', '/api/v1/zk/code/report')).status).toBe(404);
      expect((await send('POST', '/api/v1/zk/execute/report', { masterPassword: 'open sesame' })).status).toBe(404);
    });

    it('400: a payload of another name, a weak key derivation, and what is no payload', async () => {
      const send = as(await newcomer());
      const payload = await encryptCode({ code: 'print(1)', masterPassword: 'x', name: 'report', language: 'python', kdf: KDF });
      const { kdf } = payload;

      expect((await send('PUT', '/api/v1/zk/code/another', payload)).body).toMatchObject({ code: 'invalid_payload' });
      const wrongs = [
        { ...payload, kdf: { ...kdf, m: 1024 } },
        { ...payload, kdf: { ...kdf, t: 1 } },
        { ...payload, kdf: { ...kdf, salt: 'AAAA' } },
        { ...payload, v: 2 },
        { ...payload, ct: 'no base64!' },
        { ...payload, more: true },
      ];
      for (const wrong of wrongs) expect((await send('PUT', '/api/v1/zk/code/report', wrong)).status).toBe(400);
      expect((await send('GET', '/api/v1/zk/code')).body).toEqual({ programs: [] });
    });

    it('409: one program more than a hundred', async () => {
      const send = as(await newcomer());
      const payload = await encryptCode({ code: 'print(1)', masterPassword: 'x', name: 'report', language: 'python', kdf: KDF });
      const put = (n: number) => send('PUT', `/api/v1/zk/code/p${n}`, { ...payload, name: `p${n}` });
      for (let n = 0; n < 100; n++) expect((await put(n)).status).toBe(200);

      expect(await put(100)).toMatchObject({ status: 409, body: { code: 'too_many_programs' } });
      expect((await put(0)).status).toBe(200); // one that is there has room
    });

    it('the test helper encrypts as a client does', async () => {
      const send = as(await newcomer());

      const { body, status } = await send('POST', '/api/v1/zk/encrypt', { code: 'print(1)', masterPassword: 'x', name: 'report' });

      expect(status).toBe(200);
      expect((await send('PUT', '/api/v1/zk/code/report', body)).status).toBe(200);
    });
  });

  describe('POST /api/v1/generate', () => {
    it('200: hands over what the model wrote, and runs it only where that is wanted', async () => {
      const person = await newcomer();
      const before = jobs.length;

      const written = await as(person)('POST', '/api/v1/generate', { prompt: 'hello' });

      const expected = { code: 'print("hello")', language: 'python', explanation: 'It prints the prompt.' };
      expect(written).toMatchObject({ status: 200, body: { ...expected, execution: null } });
      expect(jobs).toHaveLength(before);
      const run = await as(person)('POST', '/api/v1/generate', { prompt: 'hello', execute: true });
      expect(run.body).toMatchObject({ ...expected, execution: { status: 'ok', stdout: 'print("hello")' } });
      expect((await entriesOf(person)).slice(0, 3).map(({ action }) => action)).toEqual([
        'code.executed',
        'code.generated',
        'code.generated',
      ]);
    });

    it.each<[status: number, fault: GenerationFault]>([
      [422, 'generation_refused'],
      [502, 'generation_incomplete'],
    ])('%d %s: what the model does not write is not run, and is recorded', async (status, fault) => {
      const at = await startServer(database, { workbench: { codeModel: { generate: async () => ({ ok: false, fault }) } } });
      const person = await newcomer(at);
      const answer = await as(person, at)('POST', '/api/v1/generate', { prompt: 'hello', execute: true });

      expect(answer).toMatchObject({ status, body: { code: fault } });
      const recorded = (await entriesOf(person)).filter(({ action }) => action.startsWith('code.'));
      expect(recorded.map(({ action, reason }) => [action, reason])).toEqual([
        ['code.generated', fault],
        ['code.generated', null],
      ]);
      await at.close();
    });
  });

  describe('what cannot be recorded', () => {
    it('S42: 503: is not done, and nothing is run', async () => {
      const person = await newcomer();
      const before = jobs.length;
      await database.source.query('ALTER TABLE audit_events RENAME TO audit_away');
      try {
        const attempts: [string, string, unknown][] = [
          ['PUT', '/api/v1/secrets/TOKEN', { value: SECRET }],
          ['PUT', '/api/v1/packages', { packages: ['idna'] }],
          ['POST', '/api/v1/execute', { code: '1' }],
          ['POST', '/api/v1/generate', { prompt: 'hello' }],
        ];
        for (const [method, path, body] of attempts) expect((await as(person)(method, path, body)).status).toBeGreaterThanOrEqual(500);
      } finally {
        await database.source.query('ALTER TABLE audit_away RENAME TO audit_events');
      }
      expect((await as(person)('GET', '/api/v1/secrets')).body).toEqual({ secrets: [] });
      expect((await as(person)('GET', '/api/v1/packages')).body).toEqual({ packages: [] });
      expect(jobs).toHaveLength(before);
    });
  });

  describe('limits', () => {
    it('429: the sixty-first job of a minute, of whichever kind, and not those of others', async () => {
      const limited = await startServer(database, { environment: { LIMIT_ACCOUNT_JOBS: '' } });
      const person = await newcomer(limited);
      const send = as(person, limited);

      for (let n = 0; n < 59; n++) expect((await send('POST', '/api/v1/execute', { code: '1' })).status).toBe(200);
      expect((await send('POST', '/api/v1/generate', { prompt: 'hello' })).status).toBe(200);
      const { status, headers } = await send('POST', '/api/v1/execute', { code: '1' });

      expect(status).toBe(429);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await send('PUT', '/api/v1/packages', { packages: ['idna'] })).status).toBe(429);
      expect((await as(await newcomer(limited), limited)('POST', '/api/v1/execute', { code: '1' })).status).toBe(200);
      await limited.close();
    });

    it('429: the fifth job of one account at a time', async () => {
      let underWay = 0;
      let finish = () => {};
      const finished = new Promise<void>((resolve) => (finish = resolve));
      const slow = await startServer(database, {
        workbench: {
          sandbox: {
            ...fakeSandbox,
            async run(prepare, signal, onOutput) {
              underWay++;
              await finished;
              return fakeSandbox.run(prepare, signal, onOutput);
            },
          },
        },
      });
      const send = as(await newcomer(slow), slow);
      const four = Array.from({ length: 4 }, () => send('POST', '/api/v1/execute', { code: '1' }));
      await until(() => underWay === 4);

      expect((await send('POST', '/api/v1/execute', { code: '1' })).status).toBe(429);
      finish();
      expect((await Promise.all(four)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect((await send('POST', '/api/v1/execute', { code: '1' })).status).toBe(200);
      await slow.close();
    });
  });

  describe('DELETE of the account', () => {
    it('takes its secrets, packages and programs along', async () => {
      const person = await newcomer();
      const send = as(person);
      await send('PUT', '/api/v1/secrets/TOKEN', { value: SECRET });
      await send('PUT', '/api/v1/packages', { packages: ['idna'] });
      const account = await server.service.ports.accounts.findByEmail(person.email as never);
      await server.service.ports.accounts.delete(account?.id ?? '');

      for (const table of ['secrets', 'packages', 'encrypted_code']) {
        expect(await database.source.query(`SELECT FROM ${table} WHERE account_id = $1`, [account?.id])).toEqual([]);
      }
    });
  });
});
