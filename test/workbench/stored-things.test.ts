import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account } from '../../src/core/account.js';
import type { Principal } from '../../src/core/authenticate.js';
import { deleteEncryptedCode } from '../../src/workbench/delete-encrypted-code.js';
import { deleteSecret } from '../../src/workbench/delete-secret.js';
import { encryptCode } from '../../src/workbench/encrypt-code.js';
import type { EncryptedCode } from '../../src/workbench/encrypted-code.js';
import { listEncryptedCode } from '../../src/workbench/list-encrypted-code.js';
import { listSecrets } from '../../src/workbench/list-secrets.js';
import { putSecret } from '../../src/workbench/put-secret.js';
import { readOwnAuditTrail } from '../../src/workbench/read-own-audit-trail.js';
import { storeEncryptedCode } from '../../src/workbench/store-encrypted-code.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { openWorkbench, type TestWorkbench } from '../support/workbench.js';

const CODE: EncryptedCode = {
  v: 1,
  name: 'job-1',
  language: 'python',
  kdf: { alg: 'argon2id', v: 19, m: 65_536, t: 3, p: 1, salt: Buffer.alloc(16).toString('base64') },
  cipher: 'xchacha20poly1305-ietf',
  nonce: Buffer.alloc(24).toString('base64'),
  ct: Buffer.alloc(21).toString('base64'),
};
const bytes = (length: number) => Buffer.alloc(length, 7).toString('base64');
const PAGE = { after: null, limit: 200 };

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let bench: TestWorkbench;
  let people = 0;
  beforeAll(async () => {
    database = await kind.create();
    bench = await openWorkbench(database);
  });
  afterAll(async () => {
    bench.close();
    await database.close();
  });
  const newcomer = () => bench.insert(`person-${(people += 1)}@example.com`);
  const put = (who: Principal, name: string, value = 'a value') => putSecret(bench.context, who, { name, value, description: null });
  const store = (who: Principal, name: string) => storeEncryptedCode(bench.context, who, name, { ...CODE, name });
  const recorded = async ({ id }: Account) =>
    (await bench.stored.audit.list(PAGE, { accountId: id }))
      .reverse()
      .map(({ action, resource, reason }) => `${action} ${resource}${reason ? `: ${reason}` : ''}`);

  /** The two kinds of things that an account keeps, of which the same is true. */
  const THINGS = [
    { what: 'secrets', keep: put, remove: deleteSecret, list: listSecrets, tooMany: 'too_many_secrets', missing: 'secret_not_found' },
    {
      what: 'encrypted programs',
      keep: store,
      remove: deleteEncryptedCode,
      list: listEncryptedCode,
      tooMany: 'too_many_programs',
      missing: 'program_not_found',
    },
  ] as const;

  describe.each(THINGS)('$what', ({ what, keep, remove, list, tooMany, missing }) => {
    const [kept, deleted] =
      what === 'secrets' ? ['secret.set', 'secret.deleted'] : (['encrypted_code.stored', 'encrypted_code.deleted'] as const);

    it('are kept, replaced and deleted by their owner, each attempt with its record; listing them leaves none', async () => {
      const [ada, bob] = [await newcomer(), await newcomer()];
      expect(await keep(ada.principal, 'TOKEN')).toMatchObject({ ok: true, value: { created: true } });
      expect(await keep(ada.principal, 'TOKEN')).toMatchObject({ ok: true, value: { created: false } });
      expect(await list(bench.context, bob.principal)).toEqual({ ok: true, value: [] });
      expect(await remove(bench.context, bob.principal, 'TOKEN')).toEqual({ ok: false, refusal: missing });
      expect(await list(bench.context, ada.principal)).toMatchObject({ ok: true, value: [{ name: 'TOKEN' }] });
      expect(await remove(bench.context, ada.principal, 'TOKEN')).toEqual({ ok: true, value: null });
      expect(await remove(bench.context, ada.principal, 'TOKEN')).toEqual({ ok: false, refusal: missing });

      expect(await recorded(ada.account)).toEqual([`${kept} TOKEN`, `${kept} TOKEN`, `${deleted} TOKEN`, `${deleted} TOKEN: ${missing}`]);
      expect(await recorded(bob.account)).toEqual([`${deleted} TOKEN: ${missing}`]);
    });

    it('are a hundred at most, exactly, however many come at once; those that are there may still be changed', async () => {
      const { account, principal } = await newcomer();
      const outcomes = await Promise.all(Array.from({ length: 110 }, (_, i) => keep(principal, `T${i}`)));

      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(100);
      expect(outcomes.filter((outcome) => !outcome.ok && outcome.refusal === tooMany)).toHaveLength(10);
      const listed = await list(bench.context, principal);
      const [first] = listed.ok ? listed.value : [];
      expect(listed.ok && listed.value.length).toBe(100);
      expect(await keep(principal, first?.name ?? '')).toMatchObject({ ok: true, value: { created: false } });
      expect((await recorded(account)).filter((each) => !each.includes(': '))).toHaveLength(101);
      expect((await recorded(account)).filter((each) => each.endsWith(`: ${tooMany}`))).toHaveLength(10);
      await remove(bench.context, principal, first?.name ?? '');
      expect(await keep(principal, 'ONE_MORE')).toMatchObject({ ok: true });
    });

    it('S42: are not changed where that cannot be recorded', async () => {
      const { principal } = await newcomer();
      await keep(principal, 'TOKEN');
      const before = await list(bench.context, principal);
      await database.source.query('ALTER TABLE audit_events RENAME TO audit_events_away');
      const changes = [() => keep(principal, 'OTHER'), () => keep(principal, 'TOKEN'), () => remove(bench.context, principal, 'TOKEN')];
      for (const change of changes) await expect(change()).rejects.toThrow('SQLSTATE 42P01');
      await database.source.query('ALTER TABLE audit_events_away RENAME TO audit_events');

      expect(await list(bench.context, principal)).toEqual(before);
    });

    it('are nobody’s to change or to see whose account is banned, whatever they show', async () => {
      const { account, principal } = await newcomer();
      await keep(principal, 'TOKEN');
      await bench.stored.accounts.setStatus(account.id, 'banned');

      for (const outcome of [
        keep(principal, 'OTHER'),
        list(bench.context, principal),
        remove(bench.context, principal, 'TOKEN'),
        readOwnAuditTrail(bench.context, principal, PAGE, {}),
      ])
        expect(await outcome).toEqual({ ok: false, refusal: 'unauthorized' });
    });
  });

  describe('a secret', () => {
    it('is listed and recorded without its value, and opens for its owner alone', async () => {
      const [ada, bob] = [await newcomer(), await newcomer()];
      await putSecret(bench.context, ada.principal, { name: 'TOKEN', value: 'hunter2-hunter2', description: 'mail' });
      const shown = [
        await listSecrets(bench.context, ada.principal),
        await readOwnAuditTrail(bench.context, ada.principal, PAGE, {}),
        await bench.stored.secrets.list(ada.account.id),
      ];

      expect(JSON.stringify(shown)).not.toContain('hunter2');
      const [secret] = await bench.stored.secrets.read(ada.account.id);
      if (!secret) throw new Error('there is no secret');
      expect(await bench.sealing.open(secret)).toBe('hunter2-hunter2');
      await expect(bench.sealing.open({ ...secret, accountId: bob.account.id })).rejects.toThrow();
    });
  });

  describe('encrypted code', () => {
    it.each<[why: string, name: string, payload: EncryptedCode]>([
      ['it has another name', 'job-2', CODE],
      ['its salt is too short', 'job-1', { ...CODE, kdf: { ...CODE.kdf, salt: bytes(15) } }],
      ['its salt is too long', 'job-1', { ...CODE, kdf: { ...CODE.kdf, salt: bytes(17) } }],
      ['its nonce is that of another cipher', 'job-1', { ...CODE, nonce: bytes(12) }],
      ['it has no tag', 'job-1', { ...CODE, ct: bytes(15) }],
      ['it is too large', 'job-1', { ...CODE, ct: bytes(512 * 1024 + 1) }],
      ['its base64 has no padding', 'job-1', { ...CODE, nonce: bytes(25).replaceAll('=', '') }],
      ['its base64 is that of URLs', 'job-1', { ...CODE, ct: `${'-_'.repeat(20)}` }],
      ['bits are left over in its base64', 'job-1', { ...CODE, kdf: { ...CODE.kdf, salt: 'AAAAAAAAAAAAAAAAAAAAAB==' } }],
    ])('is refused where %s', async (_why, name, payload) => {
      const { account, principal } = await newcomer();

      expect(await storeEncryptedCode(bench.context, principal, name, payload)).toEqual({ ok: false, refusal: 'invalid_payload' });
      expect(await recorded(account)).toEqual([`encrypted_code.stored ${name}: invalid_payload`]);
    });

    it.each([16, 512 * 1024])('may be %d bytes with its tag, and its size is told without it', async (size) => {
      const { principal } = await newcomer();
      const stored = await storeEncryptedCode(bench.context, principal, 'job-1', { ...CODE, ct: bytes(size) });

      expect(stored).toMatchObject({ ok: true, value: { code: { sizeBytes: size - 16 } } });
    });

    it('made by the service for who tries it is what it stores; nothing of it is kept or recorded', async () => {
      const { account, principal } = await newcomer();
      const request = { code: 'print(1)', password: 'correct horse', name: 'job-1', language: 'python' } as const;
      const made = await encryptCode(bench.context, principal, request);

      expect(await bench.stored.encryptedCode.count(account.id)).toBe(0);
      expect(await recorded(account)).toEqual([]);
      expect(JSON.stringify(made)).not.toContain('print');
      if (!made.ok) throw new Error(made.refusal);
      expect(await storeEncryptedCode(bench.context, principal, 'job-1', made.value)).toMatchObject({
        value: { code: { sizeBytes: request.code.length } },
      });
      const tooLarge = { ...request, code: 'é'.repeat(262_137) };
      expect(await encryptCode(bench.context, principal, tooLarge)).toEqual({ ok: false, refusal: 'invalid_payload' });
    });
  });

  it('one reads the trail of one’s own account alone, by pages, action, outcome and time', async () => {
    const [ada, bob] = [await newcomer(), await newcomer()];
    for (const name of ['A', 'B', 'C']) await put(ada.principal, name);
    await put(bob.principal, 'BOB');
    await deleteSecret(bench.context, ada.principal, 'B');
    const read = async (page: Parameters<typeof readOwnAuditTrail>[2], filter: Parameters<typeof readOwnAuditTrail>[3] = {}) => {
      const found = await readOwnAuditTrail(bench.context, ada.principal, page, filter);
      return found.ok ? found.value : [];
    };
    const all = await read(PAGE);

    expect(all.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      'secret.deleted B',
      'secret.set C',
      'secret.set B',
      'secret.set A',
    ]);
    expect([...(await read({ after: null, limit: 3 })), ...(await read({ after: all[2]?.id ?? '', limit: 3 }))]).toEqual(all);
    expect(await read(PAGE, { action: 'secret.deleted', outcome: 'success' })).toEqual(all.slice(0, 1));
    expect(await read(PAGE, { outcome: 'failure' })).toEqual([]);
    const [from, until] = [all[2]?.at, all[0]?.at] as [Date, Date];
    expect(await read(PAGE, { from, until })).toEqual(all.filter(({ at }) => at >= from && at < until));
    expect(await read(PAGE, { ...({ accountId: bob.account.id } as object) })).toEqual(all);
  });
});
