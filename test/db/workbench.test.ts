import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewAccount } from '../../src/core/account.js';
import { Unavailable } from '../../src/core/faults.js';
import { done } from '../../src/core/outcome.js';
import { keyLivesIn } from '../../src/crypto/key-changes.js';
import { createSealer } from '../../src/crypto/sealing.js';
import { databasePorts } from '../../src/db/ports.js';
import type { EncryptedCode } from '../../src/workbench/encrypted-code.js';
import type { LockedPackage } from '../../src/workbench/packages.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { sealed, startSealing, type SealingProcess } from '../support/secrets.js';
import { TEST_SECRET } from '../support/server.js';

const SIX: LockedPackage = {
  name: 'six',
  version: '1.16.0',
  filename: 'six-1.16.0-py2.py3-none-any.whl',
  url: 'https://files.example.com/six-1.16.0-py2.py3-none-any.whl',
  sha256: 'ab'.repeat(32),
  sizeBytes: 11_053,
};
const CODE: EncryptedCode = {
  v: 1,
  name: 'job-1',
  language: 'python',
  kdf: { alg: 'argon2id', v: 19, m: 65_536, t: 3, p: 1, salt: 'AAAAAAAAAAAAAAAAAAAAAA==' },
  cipher: 'xchacha20poly1305-ietf',
  nonce: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ct: 'AAAAAAAAAAAAAAAAAAAAAA==',
};
const NOBODY = '0f8fad5b-d9cb-469f-a165-70867728950e';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let ports: ReturnType<typeof databasePorts>;
  let one: SealingProcess;
  let [ada, bob] = ['', ''];
  const processes: SealingProcess[] = [];
  const lives = () => keyLivesIn(ports.keys, createSealer(TEST_SECRET));
  const query = (sql: string, values: unknown[] = []) => database.source.query(sql, values);
  const start = async () => {
    const process = await startSealing(ports.keys);
    processes.push(process);
    return process;
  };
  const insert = async (email: string) => {
    const usual = { givenName: null, familyName: null, emailVerified: true, demo: false, operator: false, passwordHash: null };
    const organization = { kind: 'own', name: email } as const;
    const account: NewAccount = { ...usual, name: email, email: email as NewAccount['email'], status: 'active', organization };
    return (await ports.accounts.insert(account))?.id ?? '';
  };
  const put = (accountId: string, name: string, value = name, description: string | null = null) =>
    ports.secrets.put({ ...sealed(one, accountId, name, value), description });

  beforeAll(async () => {
    database = await kind.create();
    ports = databasePorts(database.source);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await query('DELETE FROM accounts');
    await query('DELETE FROM keys');
    one = await start();
    [ada, bob] = [await insert('ada@example.com'), await insert('bob@example.com')];
  });
  afterEach(() => {
    for (const { ring } of processes.splice(0)) ring.close();
  });

  describe('secrets', () => {
    it('are made, get another value under their name, and are listed by name without any value', async () => {
      const made = await put(ada, 'TOKEN', 'first', 'for the mailer');
      await put(ada, 'API');
      await put(bob, 'TOKEN', "bob's");
      const changed = await put(ada, 'TOKEN', 'second');

      expect(made).toEqual({
        secret: { name: 'TOKEN', description: 'for the mailer', createdAt: expect.any(Date), updatedAt: made.secret.createdAt },
        created: true,
      });
      expect(changed.created).toBe(false);
      expect(changed.secret).toMatchObject({ description: null, createdAt: made.secret.createdAt });
      expect(changed.secret.updatedAt.getTime()).toBeGreaterThan(made.secret.updatedAt.getTime());
      const shown = await ports.secrets.list(ada);
      expect(shown.map(({ name }) => name)).toEqual(['API', 'TOKEN']);
      expect(shown[1]).toEqual(changed.secret);
      expect(await ports.secrets.count(ada)).toBe(2);
      const values = (await ports.secrets.read(ada)).map((secret) => one.sealing.open(secret));
      expect(await Promise.all(values)).toEqual(['API', 'second']);
    });

    it('S20: lie in the database as nothing but their seals', async () => {
      await put(ada, 'TOKEN', 'correct-horse-battery');
      const dump = JSON.stringify(await query('SELECT *, encode(data_key, $1) AS a, encode(sealed, $1) AS b FROM secrets', ['hex']));

      expect(dump).toContain('TOKEN');
      expect(dump).not.toContain('correct-horse');
      expect(dump).not.toContain(Buffer.from('correct-horse').toString('hex'));
    });

    it('are deleted by their owner alone, and with their account', async () => {
      await put(ada, 'TOKEN');
      expect(await ports.secrets.delete(bob, 'TOKEN')).toBe(false);
      expect(await ports.secrets.delete(ada, 'TOKEN')).toBe(true);
      expect(await ports.secrets.delete(ada, 'TOKEN')).toBe(false);

      for (const id of [ada, bob]) await put(id, 'TOKEN');
      await ports.packages.put(ada, SIX);
      await ports.encryptedCode.put(ada, CODE, 0);
      await ports.accounts.delete(ada);
      expect(await query('SELECT account_id AS id FROM secrets')).toEqual([{ id: bob }]);
      expect(await query('SELECT FROM packages UNION ALL SELECT FROM encrypted_code')).toEqual([]);
    });

    it.each(['1TOKEN', 'API-TOKEN', 'API TOKEN', 'TOKEN\n', 'É', '', 'A'.repeat(129)])('cannot be called %j', async (name) => {
      await expect(put(ada, name)).rejects.toThrow('23514');
    });

    it('may be as long as 65536 characters of any kind, and be called by 128', async () => {
      const value = '𝄞'.repeat(65_536);
      await put(ada, '_'.repeat(128), value);

      const [secret] = await ports.secrets.read(ada);
      expect(secret && (await one.sealing.open(secret))).toBe(value);
      await expect(put(ada, 'TOKEN', `${value}x`)).rejects.toThrow('23514');
    });

    it('are found as long as they lie under another key, so many at once, and counted', async () => {
      for (const name of ['A', 'B', 'C']) await put(ada, name);
      const old = one.sealing.currentKeyId();
      expect(await ports.secrets.listNotUnder(old, { after: null, limit: 10 })).toEqual({ secrets: [], total: 0 });
      await lives().rotate(['secret'], true);
      await one.ring.reload();
      await put(ada, 'D');

      const keyId = one.sealing.currentKeyId();
      const first = await ports.secrets.listNotUnder(keyId, { after: null, limit: 2 });
      const second = await ports.secrets.listNotUnder(keyId, { after: first.secrets.at(-1) ?? null, limit: 2 });
      expect([first, second].map(({ secrets, total }) => [secrets.map((secret) => [secret.name, secret.keyId]), total])).toEqual([
        [
          [
            ['A', old],
            ['B', old],
          ],
          3,
        ],
        [[['C', old]], 3],
      ]);
    });

    it('get another data key only in place of the one that was read', async () => {
      await put(ada, 'A', 'first');
      const [before] = await ports.secrets.read(ada);
      if (!before) throw new Error('there is no secret');
      await lives().rotate(['secret'], true);
      await one.ring.reload();
      const moved = await one.sealing.rewrap(before);

      await put(ada, 'A', 'second');
      await ports.secrets.replaceDataKey(before, moved);
      const [changed] = await ports.secrets.read(ada);
      expect(changed && (await one.sealing.open(changed))).toBe('second');

      await ports.secrets.delete(ada, 'A');
      await ports.secrets.replaceDataKey(before, moved);
      expect(await ports.secrets.count(ada)).toBe(0);

      await ports.secrets.put({ ...before, description: null });
      const [{ updatedAt } = { updatedAt: null }] = await ports.secrets.list(ada);
      await ports.secrets.replaceDataKey(before, moved);
      const [after] = await ports.secrets.read(ada);
      expect(after).toMatchObject({ keyId: moved.keyId, dataKey: moved.dataKey, sealed: before.sealed, updatedAt });
      expect(after && (await one.sealing.open(after))).toBe('first');
    });
  });

  describe('a key that secrets lie under', () => {
    const oldKey = async () => {
      await put(ada, 'TOKEN');
      const old = one.sealing.currentKeyId();
      await lives().rotate(['secret'], true);
      await one.ring.reload();
      return old;
    };

    it('cannot be retired, and nothing says that it was; once nothing lies under it, it can', async () => {
      const old = await oldKey();
      expect(await lives().retire(old)).toBe('key_in_use');
      expect((await ports.keys.load()).map(({ id }) => id)).toContain(old);
      expect(await ports.audit.list({ after: null, limit: 1 }, {})).toMatchObject([{ action: 'key.rotated' }]);

      await put(ada, 'TOKEN', 'again');
      expect(await lives().retire(old)).toBeNull();
      expect(await ports.audit.list({ after: null, limit: 1 }, {})).toMatchObject([{ action: 'key.retired' }]);
    });

    it('leaves the rest of a change as it is where it cannot go', async () => {
      const old = await oldKey();
      await ports.keys.change(async (_keys, changes) => {
        await changes.insert({ id: NOBODY, purpose: 'code', sealed: Buffer.alloc(1) }, 0);
        expect(await changes.delete(old)).toBe(false);
      });

      expect((await ports.keys.load()).map(({ id }) => id)).toEqual(expect.arrayContaining([old, NOBODY]));
    });

    it('may be one that a process still seals with, though it was retired: the value is not stored, and may be sent again', async () => {
      const behind = await start();
      const old = behind.sealing.currentKeyId();
      await lives().rotate(['secret'], true);
      expect(await lives().retire(old)).toBeNull();

      const late = { ...sealed(behind, ada, 'TOKEN', 'x'), description: null };
      await expect(ports.secrets.put(late)).rejects.toThrow(Unavailable);
      await expect(ports.atomically(async ({ secrets }) => done(await secrets.put(late)))).rejects.toThrow(Unavailable);
      expect(await ports.secrets.count(ada)).toBe(0);
    });
  });

  describe('packages', () => {
    it('are listed by name; another version takes the place of the one before', async () => {
      await ports.packages.put(ada, { ...SIX, name: 'zope-event' });
      await ports.packages.put(ada, SIX);
      const newer = { ...SIX, version: '1.17.0', filename: 'six-1.17.0-py3-none-any.whl', sha256: 'cd'.repeat(32), sizeBytes: 11_050 };
      const put = await ports.packages.put(ada, newer);

      expect(put).toEqual({ ...newer, addedAt: expect.any(Date) });
      expect(await ports.packages.list(ada)).toEqual([put, { ...SIX, name: 'zope-event', addedAt: expect.any(Date) }]);
      expect(await ports.packages.list(bob)).toEqual([]);
    });

    it('go one by one, or all of an account', async () => {
      for (const name of ['a', 'b', 'c']) for (const id of [ada, bob]) await ports.packages.put(id, { ...SIX, name });
      expect([await ports.packages.delete(ada, 'a'), await ports.packages.delete(ada, 'a')]).toEqual([true, false]);
      await ports.packages.deleteAll(ada);

      expect(await ports.packages.list(ada)).toEqual([]);
      expect(await ports.packages.list(bob)).toHaveLength(3);
    });

    it.each([{ name: 'Six' }, { name: 'a_b' }, { name: '-a' }, { sha256: 'AB'.repeat(32) }, { sha256: 'ab' }, { sizeBytes: 0 }])(
      'are not what nobody has locked: %j',
      async (change) => {
        await expect(ports.packages.put(ada, { ...SIX, ...change })).rejects.toThrow('23514');
      },
    );
  });

  describe('encrypted code', () => {
    it('comes back as it was sent, is replaced under its name, and listed without its payload', async () => {
      const made = await ports.encryptedCode.put(ada, CODE, 0);
      const other: EncryptedCode = { ...CODE, language: 'javascript', ct: 'A'.repeat(699_052) };
      const changed = await ports.encryptedCode.put(ada, other, 524_272);
      await ports.encryptedCode.put(ada, { ...CODE, name: 'a job' }, 5);

      expect(made).toMatchObject({ created: true, code: { name: 'job-1', language: 'python', sizeBytes: 0 } });
      expect(changed).toEqual({
        created: false,
        code: { ...made.code, language: 'javascript', sizeBytes: 524_272, updatedAt: expect.any(Date) },
      });
      expect(await ports.encryptedCode.find(ada, 'job-1')).toEqual(other);
      expect(await ports.encryptedCode.list(ada)).toEqual([expect.objectContaining({ name: 'a job' }), changed.code]);
      expect(await ports.encryptedCode.count(ada)).toBe(2);
      expect([await ports.encryptedCode.find(bob, 'job-1'), await ports.encryptedCode.delete(bob, 'job-1')]).toEqual([null, false]);
      expect([await ports.encryptedCode.delete(ada, 'job-1'), await ports.encryptedCode.find(ada, 'job-1')]).toEqual([true, null]);
    });

    it.each<[Partial<EncryptedCode>, number]>([
      [{ name: '' }, 0],
      [{ name: 'a\nb' }, 0],
      [{ name: 'a'.repeat(129) }, 0],
      [{ language: 'perl' as 'python' }, 0],
      [{}, -1],
      [{}, 524_273],
    ])('is not stored with %j and %d bytes', async (change, sizeBytes) => {
      await expect(ports.encryptedCode.put(ada, { ...CODE, ...change }, sizeBytes)).rejects.toThrow('23514');
    });
  });
});
