import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account, NewAccount } from '../../src/core/account.js';
import { cleanUp } from '../../src/core/clean-up.js';
import { done, refuse } from '../../src/core/outcome.js';
import { databasePorts } from '../../src/db/ports.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';

const LIVES = { accessTtlSeconds: 60, idleTtlSeconds: 3600, absoluteTtlSeconds: 7200 };
const ORIGIN = { userAgent: 'test', network: '192.0.2.1', ipAddress: '127.0.0.1', requestId: null };
const USUAL = {
  name: 'Ada',
  givenName: null,
  familyName: null,
  organization: { kind: 'own', name: 'Ada' },
  status: 'active',
  emailVerified: true,
  demo: false,
  operator: false,
  passwordHash: '$2b$04$x',
} as const;

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let ports: ReturnType<typeof databasePorts>;
  beforeAll(async () => {
    database = await kind.create();
    ports = databasePorts(database.source);
  });
  afterAll(() => database.close());

  function insert(email: string, changes: Partial<NewAccount> = {}): Promise<Account | null> {
    const account: NewAccount = { ...USUAL, ...changes, email: email as NewAccount['email'] };
    const insertedOrNot = ports.atomically(async (stored) => {
      const made = await stored.accounts.insert(account);
      return made ? done(made) : refuse('email_taken');
    });
    return insertedOrNot.then((outcome) => (outcome.ok ? outcome.value : null));
  }
  async function inserted(email: string, changes: Partial<NewAccount> = {}): Promise<Account> {
    const account = await insert(email, changes);
    if (!account) throw new Error(`${email} is taken`);
    return account;
  }
  const open = (account: Account, lives = LIVES) =>
    ports.sessions.open({ account, dialect: 'pixyle', lives, origin: ORIGIN, deviceName: null, opaqueTokenHash: null });
  const count = async (table: string) => Number((await database.source.query(`SELECT count(*) FROM ${table}`))[0].count);

  describe('accounts', () => {
    it('are found by their address without regard to case, and keep it as it was written', async () => {
      const account = await inserted('Ada.L@Example.com');

      expect(await ports.accounts.findByEmail('ada.l@EXAMPLE.com' as NewAccount['email'])).toEqual(account);
      expect(await ports.accounts.findById(account.id)).toEqual(account);
      expect(account).toMatchObject({
        email: 'Ada.L@Example.com',
        organizationRole: 'owner',
        passwordVersion: 1,
        createdAt: expect.any(Date),
      });
    });

    it('have an address for themselves: of twenty at once, one is made, and one organisation', async () => {
      const before = [await count('accounts'), await count('organizations')];
      const made = await Promise.all(Array.from({ length: 20 }, (_, i) => insert(i % 2 ? 'Race@Example.com' : 'race@example.com')));

      expect(made.filter(Boolean)).toHaveLength(1);
      expect([await count('accounts'), await count('organizations')]).toEqual(before.map((number) => number + 1));
    });

    it('share an organisation of a name: who came first owns it, and ten at once make one', async () => {
      const made = await Promise.all(
        Array.from({ length: 10 }, (_, i) => inserted(`acme${i}@example.com`, { organization: { kind: 'shared', name: 'Acme' } })),
      );

      expect(new Set(made.map(({ organization }) => organization.id)).size).toBe(1);
      expect(made.filter(({ organizationRole }) => organizationRole === 'owner')).toHaveLength(1);
    });

    it('never join an organisation that somebody has for themselves, whatever it is called', async () => {
      const own = await inserted('own@example.com', { organization: { kind: 'own', name: 'Initech' } });
      const shared = await inserted('shared@example.com', { organization: { kind: 'shared', name: 'Initech' } });

      expect(shared.organization.id).not.toBe(own.organization.id);
    });

    it('take an organisation with them that nobody else is in, whoever else leaves or joins it at the same time', async () => {
      const organization = { kind: 'shared', name: 'Globex' } as const;
      const remove = (id: string) =>
        ports.atomically(async (stored) => {
          await stored.accounts.delete(id);
          return done(null);
        });
      for (let round = 0; round < 5; round++) {
        const [one, other] = [
          await inserted(`leaves-${round}@example.com`, { organization }),
          await inserted(`leaves-too-${round}@example.com`, { organization }),
        ];
        await Promise.all([remove(one.id), remove(other.id)]);
        expect(await database.source.query(`SELECT FROM organizations WHERE name = 'Globex'`)).toEqual([]);

        const last = await inserted(`last-${round}@example.com`, { organization });
        const [joined] = await Promise.all([inserted(`joins-${round}@example.com`, { organization }), remove(last.id)]);
        expect(await ports.accounts.findById(joined.id)).toMatchObject({ organization: { name: 'Globex' } });
        await remove(joined.id);
      }
    });

    it('are listed by address, a page at a time', async () => {
      const all = await ports.accounts.list({ after: null, limit: 1000 });
      const pages = [];
      for (
        let after: string | null = null, page;
        (page = await ports.accounts.list({ after, limit: 3 })).length > 0;
        after = page.at(-1)?.email ?? null
      ) {
        pages.push(...page);
      }

      expect(pages).toEqual(all);
      expect(all.map(({ email }) => email.toLowerCase())).toEqual(all.map(({ email }) => email.toLowerCase()).sort());
    });

    it('get a better hash only in place of the one that it is better than', async () => {
      const { id } = await inserted('rehash@example.com', { passwordHash: 'first' });
      await ports.accounts.replacePasswordHash(id, 'another', 'second');
      expect((await ports.accounts.findById(id))?.passwordHash).toBe('first');
      await ports.accounts.replacePasswordHash(id, 'first', 'second');
      expect((await ports.accounts.findById(id))?.passwordHash).toBe('second');
    });

    it('are counted by the scheme and cost of their hashes', async () => {
      await database.source.query('DELETE FROM accounts');
      const hashes = ['$bcrypt-sha256$v=2,t=2b,r=10$salt$digest', '$bcrypt-sha256$v=2,t=2b,r=12$salt$digest', '$2y$12$saltdigest', null];
      hashes.push('$bcrypt-sha256$v=2,t=2b,r=10$other$digest', '$argon2id$v=19$m=19456,t=2,p=1$salt$digest', 'something else');
      for (const [i, passwordHash] of hashes.entries()) await inserted(`scheme${i}@example.com`, { passwordHash });

      const counts = await ports.accounts.countPasswordSchemes();

      expect(Object.fromEntries(counts.map(({ scheme, accounts }) => [scheme, accounts]))).toEqual({
        '$bcrypt-sha256$v=2,t=2b,r=10': 2,
        '$bcrypt-sha256$v=2,t=2b,r=12': 1,
        $2y$12: 1,
        '$argon2id$v=19$m=19456,t=2,p=1': 1,
      });
    });
  });

  describe('sessions', () => {
    it("S22: live by the database's clock: idle end, absolute end, and the idle one never behind the absolute one", async () => {
      const account = await inserted('lives@example.com');
      const secondsTo = (session: { createdAt: Date } | null, end: Date | undefined) =>
        ((end?.getTime() ?? 0) - (session?.createdAt.getTime() ?? 0)) / 1000;

      const usual = await open(account);
      const endless = await open(account, { ...LIVES, idleTtlSeconds: null as never });
      const inverted = await open(account, { ...LIVES, idleTtlSeconds: 999_999 });

      expect(
        [usual, endless, inverted].map((session) => [secondsTo(session, session?.idleExpiresAt), secondsTo(session, session?.expiresAt)]),
      ).toEqual([
        [3600, 7200],
        [7200, 7200],
        [7200, 7200],
      ]);
    });

    it('do not open for an account that is banned or has a new password since it was read', async () => {
      const account = await inserted('changed@example.com');
      const before = await count('sessions');

      await database.source.query(`UPDATE accounts SET password_version = 2 WHERE id = $1`, [account.id]);
      expect(await open(account)).toBeNull();
      const current = { ...account, passwordVersion: 2 };
      expect(await open(current)).not.toBeNull();
      await ports.accounts.setStatus(account.id, 'banned');
      expect(await open(current)).toBeNull();

      expect(await count('sessions')).toBe(before);
    });

    it.each(['banned', 'inactive', 'deleted'] as const)('end when their account becomes %s', async (status) => {
      const account = await inserted(`${status}@example.com`);
      const session = await open(account);
      expect(await ports.sessions.isLive(session?.id ?? '', 'a token')).toBe(true);

      await ports.accounts.setStatus(account.id, status);

      expect(await ports.sessions.isLive(session?.id ?? '', 'a token')).toBe(false);
    });

    it.each(['idle_expires_at', 'expires_at'])('S22: are not live after their %s', async (column) => {
      const session = await open(await inserted(`${column}@example.com`));
      await database.source.query(`UPDATE sessions SET ${column} = now() - interval '1 millisecond' WHERE id = $1`, [session?.id]);

      expect(await ports.sessions.isLive(session?.id ?? '', 'a token')).toBe(false);
    });

    if (kind.kind === 'PostgreSQL') {
      it('wait for a ban that is under way, and then do not open', async () => {
        const account = await inserted('waiting@example.com');
        const runner = database.source.createQueryRunner();
        await runner.startTransaction();
        await runner.query(`UPDATE accounts SET status = 'banned' WHERE id = $1`, [account.id]);
        const opening = open(account);
        await new Promise((resolve) => setTimeout(resolve, 100));
        await runner.query(`DELETE FROM sessions WHERE account_id = $1`, [account.id]);
        await runner.commitTransaction();
        await runner.release();

        expect(await opening).toBeNull();
      });
    }
  });

  describe('the feed is told that its view may be behind', () => {
    const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
    const ways: [string, (of: ReturnType<typeof databasePorts>) => Promise<unknown>][] = [
      ['the end of a session', ({ sessions }) => sessions.end(id)],
      ['the end of an own session', ({ sessions }) => sessions.endOwn(id, id)],
      ['the end of all sessions', ({ sessions }) => sessions.endAll(id, null)],
      ['the end of an opaque token', ({ sessions }) => sessions.endByOpaqueToken(Buffer.alloc(32))],
      ['the revocation of a token', ({ sessions }) => sessions.revokeAccessToken(id, new Date())],
      ['a change of status', ({ accounts }) => accounts.setStatus(id, 'active')],
      ['the deletion of an account', ({ accounts }) => accounts.delete(id)],
      ['a transaction with one of them', ({ atomically }) => atomically(async ({ sessions }) => done(await sessions.end(id)))],
      [
        'such a transaction that was undone',
        ({ atomically }) => atomically(async ({ accounts }) => accounts.delete(id).then(() => refuse('unauthorized'))),
      ],
    ];
    it.each(ways)('after %s', async (_what, end) => {
      let doubts = 0;
      await end(databasePorts(database.source, { hasEnded: () => null, doubt: () => void doubts++ }));

      expect(doubts).toBe(1);
    });

    it('and is not by a transaction in which nothing ends, as that of a sign-in', async () => {
      let doubts = 0;
      await databasePorts(database.source, { hasEnded: () => null, doubt: () => void doubts++ }).atomically(async () => done(null));

      expect(doubts).toBe(0);
    });
  });

  describe('what has ended', () => {
    const revoke = (id: string, seconds: number) => ports.sessions.revokeAccessToken(id, new Date(Date.now() + seconds * 1000));

    it('is deleted in batches, and nothing else', async () => {
      await database.source.query('DELETE FROM sessions');
      await database.source.query('DELETE FROM revocations');
      const account = await inserted('ended@example.com');
      const [live, ...ended] = await Promise.all(Array.from({ length: 6 }, () => open(account)));
      await database.source.query(`UPDATE sessions SET idle_expires_at = now() - interval '1 second' WHERE id <> $1`, [live?.id]);
      await revoke('a token that would live', 60);
      await revoke('a token that has ended', -60);

      const deleted: [string, number][] = [];
      await cleanUp(ports, (table, rows) => deleted.push([table, rows]), 3);

      expect(deleted).toEqual([
        ['sessions', 3],
        ['revocations', 1],
        ['sessions', ended.length - 3],
      ]);
      expect(await database.source.query('SELECT id FROM sessions')).toEqual([{ id: live?.id }]);
      expect(await database.source.query(`SELECT id FROM revocations WHERE kind = 'token'`)).toEqual([{ id: 'a token that would live' }]);
    });

    it('a token that is revoked twice is revoked', async () => {
      const session = await open(await inserted('twice@example.com'));
      await revoke('a token', 60);
      await revoke('a token', 60);

      expect(await ports.sessions.isLive(session?.id ?? '', 'a token')).toBe(false);
      expect(await ports.sessions.isLive(session?.id ?? '', 'another token')).toBe(true);
    });
  });
});
