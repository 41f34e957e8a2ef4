import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account, EmailAddress } from '../../src/core/account.js';
import { isAccessTokenLive } from '../../src/core/token-liveness.js';
import { openDatabase } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrations.js';
import { databasePorts } from '../../src/db/ports.js';
import { openRevocationFeed, type RevocationFeed } from '../../src/db/revocation-feed.js';
import { createRevocationView } from '../../src/db/revocation-view.js';
import { DIALECTS } from '../../src/dialects/index.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const LIVES = { accessTtlSeconds: 60, idleTtlSeconds: 3600, absoluteTtlSeconds: 7200 };
const ORIGIN = { userAgent: 'test', network: '192.0.2.1', ipAddress: '127.0.0.1', requestId: null };
const ANY_TOKEN = 'a token that nobody revoked';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let ports: ReturnType<typeof databasePorts>;
  let feed: RevocationFeed;
  beforeAll(async () => {
    database = await kind.create();
    feed = database.revocations;
    ports = databasePorts(database.source, feed);
    await until(() => isUp(feed));
  });
  afterAll(() => database.close());

  const query = (sql: string, ...values: unknown[]) => database.source.query(sql, values);
  let accounts = 0;
  async function account(): Promise<Account> {
    const mark = {
      status: 'active',
      emailVerified: true,
      demo: false,
      operator: false,
      passwordHash: null,
      givenName: null,
      familyName: null,
      organization: { kind: 'own', name: 'Ada' },
    } as const;
    const made = await ports.accounts.insert({ ...mark, name: 'Ada', email: `ada${accounts++}@example.com` as EmailAddress });
    if (!made) throw new Error('the address is taken');
    return made;
  }
  async function session(of?: Account, opaqueTokenHash: Buffer | null = null): Promise<string> {
    const opened = { account: of ?? (await account()), dialect: 'pixyle', lives: LIVES, origin: ORIGIN, deviceName: null, opaqueTokenHash };
    const { id } = (await ports.sessions.open(opened)) ?? {};
    return String(id);
  }
  const sessions = (number: number, of?: Account) => Promise.all(Array.from({ length: number }, () => session(of)));
  const inTwoMinutes = () => new Date(Date.now() + 120_000);
  const hasEnded = (id: string, accessTokenId = ANY_TOKEN) => feed.hasEnded(id, accessTokenId);
  const deleteSession = (id: string) => query('DELETE FROM sessions WHERE id = $1', id);

  describe('the feed', () => {
    const ways: [string, (of: Account, ids: string[]) => Promise<unknown>][] = [
      ['by its id', async (_of, ids) => Promise.all(ids.map((id) => ports.sessions.end(id)))],
      ['because its account is banned', (of) => ports.accounts.setStatus(of.id, 'banned')],
      [
        'because somebody banned its account with a statement of his own',
        (of) => query(`UPDATE accounts SET status = 'banned' WHERE id = $1`, of.id),
      ],
      ['because its account is deleted', (of) => query('DELETE FROM accounts WHERE id = $1', of.id)],
      [
        'because it is cleaned away while its token may still look good',
        async (of) => {
          await query(`UPDATE sessions SET idle_expires_at = now() - interval '1 second' WHERE account_id = $1`, of.id);
          await ports.maintenance.deleteExpired(1000);
        },
      ],
    ];
    it.each(ways)('hears of a session that ends %s, and of no other', async (_way, end) => {
      const of = await account();
      const ids = await sessions(3, of);
      const other = await session();
      expect([...ids, other].map((id) => hasEnded(id))).toEqual([false, false, false, false]);

      await end(of, ids);

      await until(() => ids.every((id) => hasEnded(id)));
      expect(hasEnded(other)).toBe(false);
    });

    it('hears of an access token that is revoked, whose session goes on', async () => {
      const id = await session();
      await ports.sessions.revokeAccessToken('a revoked token', inTwoMinutes());

      await until(() => hasEnded(id, 'a revoked token') === true);
      expect(hasEnded(id)).toBe(false);
    });

    it('hears of nothing that is taken back', async () => {
      const id = await session();
      const undone = database.source.transaction(async (manager) => {
        await manager.query('DELETE FROM sessions WHERE id = $1', [id]);
        throw new Error('taken back');
      });
      await expect(undone).rejects.toThrow('taken back');
      const later = await session();
      await deleteSession(later);

      await until(() => hasEnded(later) === true);
      expect(hasEnded(id)).toBe(false);
    });

    it('makes the very next check in this process right, a hundred times', async () => {
      for (const id of await sessions(100)) {
        await until(() => isUp(feed));
        const before = await isAccessTokenLive(ports, id, ANY_TOKEN);
        await ports.sessions.end(id);
        expect([before, hasEnded(id) === false, await isAccessTokenLive(ports, id, ANY_TOKEN)]).toEqual([true, false, false]);
      }
    });

    it('lets a check make no query', async () => {
      const [live, ended] = (await sessions(2)) as [string, string];
      await ports.sessions.end(ended);
      await until(() => hasEnded(ended) === true);
      const noDatabase = { revocations: ports.revocations, sessions: new Proxy({} as typeof ports.sessions, {}) };

      expect(await isAccessTokenLive(noDatabase, live, ANY_TOKEN)).toBe(true);
      expect(await isAccessTokenLive(noDatabase, ended, ANY_TOKEN)).toBe(false);
    });
  });

  describe('revocations', () => {
    const rowsOf = (id: string) => query('SELECT kind, until FROM revocations WHERE id = $1', id);

    it('are not made for a session whose tokens are over anyway, or are opaque', async () => {
      const [expired, opaque] = [await session(), await session(undefined, Buffer.from('hash'))];
      await query(`UPDATE sessions SET idle_expires_at = now() - interval '61 seconds' WHERE id = $1`, expired);
      await Promise.all([deleteSession(expired), deleteSession(opaque)]);

      expect([await rowsOf(expired), await rowsOf(opaque)]).toEqual([[], []]);
    });

    it('of a session last until no token of it can look good: no longer than that', async () => {
      const [short, long] = (await sessions(2)) as [string, string];
      await query(
        `UPDATE sessions SET idle_expires_at = now() + interval '30 days', expires_at = now() + interval '30 days' WHERE id = $1`,
        long,
      );
      const endOf = async (id: string) => {
        await deleteSession(id);
        const [{ seconds }] = await query(
          'SELECT extract(epoch FROM until - now())::integer AS seconds FROM revocations WHERE id = $1',
          id,
        );
        return Math.round(Number(seconds) / 10) * 10;
      };

      expect([await endOf(short), await endOf(long)]).toEqual([3600 + 60, 24 * 3600 + 60]);
      const lives = DIALECTS.flatMap(({ policy }) => [policy.sessions, policy.longSessions ?? policy.sessions]).map(
        (each) => each.accessTtlSeconds,
      );
      expect(Math.max(...lives)).toBeLessThanOrEqual(24 * 3600);
    });

    it('that are past do not enter', async () => {
      const id = await session();
      await query(`INSERT INTO revocations (kind, id, until) VALUES ('session', $1, now() - interval '1 second')`, id);
      const later = await session();
      await deleteSession(later);

      await until(() => hasEnded(later) === true);
      expect(hasEnded(id)).toBe(false);
    });
  });

  describe("the database's own answer", () => {
    it('is that of a session, its account and its token', async () => {
      const of = await account();
      const [first, second] = (await sessions(2, of)) as [string, string];
      const isLive = (id: string, token = ANY_TOKEN) => ports.sessions.isLive(id, token);
      expect([await isLive(first), await isLive(second)]).toEqual([true, true]);

      await ports.sessions.revokeAccessToken('one token', inTwoMinutes());
      await ports.sessions.end(first);
      expect([await isLive(first), await isLive(second), await isLive(second, 'one token')]).toEqual([false, true, false]);

      await query(`UPDATE sessions SET idle_expires_at = now() - interval '1 second' WHERE id = $1`, second);
      const third = await session(of);
      await ports.accounts.setStatus(of.id, 'inactive');
      expect([await isLive(second), await isLive(third)]).toEqual([false, false]);
    });
  });

  if (kind.kind === 'embedded') {
    describe('the embedded feed', () => {
      it('has it before the statement is answered: by itself, in a transaction, among others', async () => {
        const [alone, inTransaction, ...among] = (await sessions(52)) as [string, string];
        await deleteSession(alone);
        expect(hasEnded(alone)).toBe(true);

        await database.source.transaction(async (manager) => {
          await manager.query('DELETE FROM sessions WHERE id = $1', [inTransaction]);
        });
        expect(hasEnded(inTransaction)).toBe(true);

        const seen = await Promise.all(among.map((id) => deleteSession(id).then(() => hasEnded(id))));
        expect(seen).toEqual(among.map(() => true));
      });

      it('knows after a restart what ended before', async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-feed-'));
        const first = await openDatabase({ folder });
        await migrate(first.source);
        await first.source.query(`INSERT INTO revocations (kind, id, until) VALUES ('token', 'revoked', now() + interval '1 hour')`);
        await first.close();
        const second = await openDatabase({ folder });
        expect(second.revocations.hasEnded('a session', 'revoked')).toBeNull();

        await until(() => isUp(second.revocations));
        expect([second.revocations.hasEnded('a session', 'revoked'), second.revocations.hasEnded('a session', ANY_TOKEN)]).toEqual([
          true,
          false,
        ]);
        await second.close();
        fs.rmSync(folder, { recursive: true });
      });
    });
    return;
  }

  describe('on a server', () => {
    const feeds: RevocationFeed[] = [];
    const proxies: TcpProxy[] = [];
    afterEach(async () => {
      for (const opened of feeds.splice(0)) opened.close();
      for (const proxy of proxies.splice(0)) await proxy.close();
    });
    const url = () => String('url' in database.location && database.location.url);
    function another(options = {}, at = url()): RevocationFeed {
      const opened = openRevocationFeed(at, options);
      feeds.push(opened);
      return opened;
    }
    async function throughProxy(change?: (sent: Buffer) => Buffer): Promise<{ proxy: TcpProxy; cut: RevocationFeed }> {
      const direct = new URL(url());
      const proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) || 5432 }, change);
      proxies.push(proxy);
      direct.hostname = '127.0.0.1';
      direct.port = String(proxy.port);
      return { proxy, cut: another({}, direct.href) };
    }

    it('another process hears of it soon', async () => {
      const other = another();
      await until(() => isUp(other));
      const delaysMs: number[] = [];
      for (const id of await sessions(100)) {
        await ports.sessions.end(id);
        const endedAt = performance.now();
        await until(() => other.hasEnded(id, ANY_TOKEN) === true);
        delaysMs.push(performance.now() - endedAt);
      }
      delaysMs.sort((a, b) => a - b);
      console.info(`another process heard after ${delaysMs[50]?.toFixed(1)} ms (median), ${delaysMs[99]?.toFixed(1)} ms (longest)`);
    });

    it('a process that starts later knows it', async () => {
      const id = await session();
      await ports.sessions.end(id);
      const other = another();
      expect(other.hasEnded(id, ANY_TOKEN)).toBeNull();

      await until(() => isUp(other));
      expect(other.hasEnded(id, ANY_TOKEN)).toBe(true);
    });

    it('a connection that is cut: it cannot tell until it has read anew what ended meanwhile', async () => {
      const [before, meanwhile] = (await sessions(2)) as [string, string];
      const other = another();
      await until(() => isUp(other));
      await deleteSession(before);
      await until(() => other.hasEnded(before, ANY_TOKEN) === true);
      const told: (boolean | null)[] = [];

      await query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchkey revocation feed' AND datname = current_database()`,
      );
      await until(() => !isUp(other));
      await deleteSession(meanwhile);
      await until(() => (told.push(other.hasEnded(meanwhile, ANY_TOKEN)), told.at(-1) !== null));

      expect(new Set(told)).toEqual(new Set([null, true]));
      expect(other.hasEnded(before, ANY_TOKEN)).toBe(true);
    });

    it.each([
      ['comes back', 'letGo'],
      ['never comes back', 'letNewOnesThrough'],
    ] as const)('a connection that dies silently and %s: it cannot tell, and then it has what ended meanwhile', async (_end, recover) => {
      const { proxy, cut } = await throughProxy();
      const id = await session();
      await until(() => isUp(cut));

      proxy.stall();
      const stalledAt = performance.now();
      await deleteSession(id);
      await until(() => !isUp(cut));
      expect(performance.now() - stalledAt).toBeLessThan(1_300);
      proxy[recover]();

      await until(() => isUp(cut));
      expect(cut.hasEnded(id, ANY_TOKEN)).toBe(true);
    });

    it('a process that stood still: it does not trust what it had', async () => {
      const other = another();
      await until(() => isUp(other));
      const since = performance.now();
      while (performance.now() - since < 1_000);

      expect(isUp(other)).toBe(false);
      await until(() => isUp(other));
    });

    it('a connection that a pooler lends to others, too, is not believed', async () => {
      let connections = 0;
      const { cut } = await throughProxy((sent) => {
        const at = sent.indexOf(Buffer.from([0x4b, 0, 0, 0, 12])); // BackendKeyData: a pooler has its own
        if (at >= 0) connections += 1;
        if (at >= 0) sent.writeUInt8(sent.readUInt8(at + 8) ^ 1, at + 8);
        return sent;
      });

      await until(() => isUp(cut) || connections >= 2);
      expect(isUp(cut)).toBe(false);
    });

    it('a notification of somebody else does it no harm', async () => {
      await query(`NOTIFY latchkey_revocations, 'nonsense'`);
      const id = await session();
      await deleteSession(id);

      await until(() => hasEnded(id) === true);
    });

    it('more revocations than it holds: it cannot tell', async () => {
      const already = Number((await query('SELECT count(*) FROM revocations WHERE until > now()'))[0].count);
      const [roomy, tight] = [another({ maxRevocations: already + 1 }), another({ maxRevocations: already })];
      await until(() => isUp(roomy) && isUp(tight));
      const ids = (await sessions(2)) as [string, string];

      await deleteSession(ids[0]);
      await until(() => roomy.hasEnded(ids[0], ANY_TOKEN) === true && !isUp(tight));
      await deleteSession(ids[1]);
      await until(() => !isUp(roomy));
      const late = another({ maxRevocations: already });
      const enough = another();
      await until(() => enough.hasEnded(ids[1], ANY_TOKEN) === true);
      expect([isUp(roomy), isUp(tight), isUp(late)]).toEqual([false, false, false]);
    });

    it('a feed that is closed cannot tell', async () => {
      const other = another();
      await until(() => isUp(other));
      other.close();

      expect(isUp(other)).toBe(false);
    });
  });
});

describe('a view of revocations', () => {
  const entry = (id: string, forMs: number) => ({ kind: 'session', id, untilMs: Date.now() + forMs });

  it('forgets what is past, and only that', async () => {
    const view = createRevocationView(3);
    view.note(entry('long', 60_000));
    view.note(entry('short', 20));
    view.note(entry('past', 0));
    expect(['long', 'short', 'past'].map((id) => view.has(id, ''))).toEqual([true, true, false]);

    await until(() => (view.sweep(), !view.has('short', '')));
    expect(view.has('long', '')).toBe(true);
  });

  it('holds so many and no more, until it is cleared', () => {
    const view = createRevocationView(2);
    for (const id of ['one', 'two', 'two']) view.note(entry(id, 60_000));
    expect(view.isOverfull()).toBe(false);
    view.note(entry('three', 60_000));
    expect(view.isOverfull()).toBe(true);

    view.clear();
    expect([view.isOverfull(), view.has('one', '')]).toEqual([false, false]);
  });
});

function isUp(feed: RevocationFeed): boolean {
  return feed.hasEnded('no session', 'no token') !== null;
}
