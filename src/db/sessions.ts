import { Not, type DataSource, type EntityManager } from 'typeorm';
import type { StoredPorts } from '../core/ports.js';
import { SessionEntity } from './entities.js';
import { IS_LIVE, liveColumns, toLiveSession } from './live-session.js';
import { atMost } from './pages.js';

/**
 * The row lock makes a reset or a ban that is under way come first: it changes the account's row before it ends sessions, and
 * so either this statement sees the change, or the change sees this session.
 */
const OPEN = `
  INSERT INTO sessions (account_id, dialect, idle_expires_at, expires_at, user_agent, ip_address, device_name, opaque_token_hash)
  SELECT id, $3, now() + make_interval(secs => $4), now() + make_interval(secs => $5), $6, $7, $8, $9
  FROM accounts WHERE id = $1 AND status = 'active' AND password_version = $2
  FOR SHARE
  RETURNING id, generation, created_at AS "createdAt", renewed_at AS "renewedAt", last_active_at AS "lastActiveAt",
    idle_expires_at AS "idleExpiresAt", expires_at AS "expiresAt"`;

/** The idle life begins anew; how long it is, the row tells by itself. Once it reaches the absolute end it stays there. */
const BEGIN_LIFE_ANEW =
  'renewed_at = now(), last_active_at = now(), idle_expires_at = LEAST(now() + (idle_expires_at - renewed_at), expires_at)';
const OF_ACCOUNT = 'accounts account, organizations organization';

/** One statement each, which hands over what it has found or changed. */
function statements(columns: string) {
  return {
    rotate: `UPDATE sessions session SET generation = generation + 1, ${BEGIN_LIFE_ANEW}
    FROM ${OF_ACCOUNT} WHERE session.id = $1 AND session.generation = $2 AND ${IS_LIVE} RETURNING ${columns}`,
    renew: `UPDATE sessions session SET ${BEGIN_LIFE_ANEW} FROM ${OF_ACCOUNT} WHERE session.id = $1 AND ${IS_LIVE} RETURNING ${columns}`,
    findJustRotated: `SELECT ${columns} FROM sessions session, ${OF_ACCOUNT}
    WHERE session.id = $1 AND session.generation = $2 AND session.renewed_at > now() - make_interval(secs => $3) AND ${IS_LIVE}`,
    findByOpaqueToken: `SELECT ${columns} FROM sessions session, ${OF_ACCOUNT} WHERE session.opaque_token_hash = $1 AND ${IS_LIVE}`,
  };
}

/** Put together once for each database, and not for each transaction. */
const statementsByDatabase = new WeakMap<DataSource, ReturnType<typeof statements>>();

function statementsOf(manager: EntityManager): ReturnType<typeof statements> {
  const known = statementsByDatabase.get(manager.connection) ?? statements(liveColumns(manager));
  statementsByDatabase.set(manager.connection, known);
  return known;
}

const IS_OPEN = 'SELECT FROM sessions WHERE id = $1 AND idle_expires_at > now() AND expires_at > now()';

const TOUCH = `
  UPDATE sessions SET last_active_at = now()
  WHERE id = $1 AND account_id = $2 AND dialect = $3 AND idle_expires_at > now() AND expires_at > now()`;

const TOKEN_IS_LIVE = `
  SELECT FROM sessions session, ${OF_ACCOUNT}
  WHERE session.id = $1 AND ${IS_LIVE} AND NOT EXISTS (SELECT FROM revocations WHERE kind = 'token' AND revocations.id = $2)`;

const END_BY_OPAQUE_TOKEN = 'DELETE FROM sessions WHERE opaque_token_hash = $1 RETURNING account_id';

/** The minute is for clocks that differ, as in the migrations. */
const REVOKE_TOKEN = `
  INSERT INTO revocations (kind, id, until) VALUES ('token', $1, $2::timestamptz + interval '1 minute') ON CONFLICT DO NOTHING`;

/** The sessions in the database. */
export function sessionsIn(manager: EntityManager): StoredPorts['sessions'] {
  const sessions = manager.getRepository(SessionEntity);
  const { rotate, renew, findJustRotated, findByOpaqueToken } = statementsOf(manager);
  return {
    async open({ account, dialect, lives, origin, deviceName, opaqueTokenHash }) {
      const { userAgent, ipAddress } = origin;
      const idleSeconds = Math.min(lives.idleTtlSeconds ?? lives.absoluteTtlSeconds, lives.absoluteTtlSeconds);
      const [row] = await manager.query(OPEN, [
        account.id,
        account.passwordVersion,
        dialect,
        idleSeconds,
        lives.absoluteTtlSeconds,
        userAgent,
        ipAddress,
        deviceName,
        opaqueTokenHash,
      ]);
      return row ? { ...row, accountId: account.id, dialect, userAgent, ipAddress, deviceName } : null;
    },

    async isLive(id, accessTokenId) {
      return (await manager.query(TOKEN_IS_LIVE, [id, accessTokenId])).length > 0;
    },

    async isOpen(id) {
      return (await manager.query(IS_OPEN, [id])).length > 0;
    },

    async findLiveByOpaqueToken(hash) {
      const [row] = await manager.query(findByOpaqueToken, [hash]);
      return toLiveSession(row);
    },

    list(accountId, page, dialect) {
      const query = sessions
        .createQueryBuilder('session')
        .where({ accountId, ...(dialect && { dialect }) })
        .andWhere('session.idle_expires_at > now() AND session.expires_at > now()');
      return atMost(query, 'session', page).getMany();
    },

    async rotate(id, generation) {
      const [[row]] = await manager.query(rotate, [id, generation]);
      return toLiveSession(row);
    },

    async renew(id) {
      const [[row]] = await manager.query(renew, [id]);
      return toLiveSession(row);
    },

    async findJustRotated(id, generation, withinSeconds) {
      const [row] = await manager.query(findJustRotated, [id, generation + 1, withinSeconds]);
      return toLiveSession(row);
    },

    async touch(id, accountId, dialect) {
      const [, touched] = await manager.query(TOUCH, [id, accountId, dialect]);
      return touched > 0 ? sessions.findOneBy({ id }) : null;
    },

    async end(id) {
      const { affected } = await sessions.delete({ id });
      return affected === 1;
    },

    async endOwn(id, accountId, dialect) {
      const { affected } = await sessions.delete({ id, accountId, ...(dialect && { dialect }) });
      return affected === 1;
    },

    async endAll(accountId, except) {
      const { affected } = await sessions.delete({ accountId, ...(except && { id: Not(except) }) });
      return affected ?? 0;
    },

    async endByOpaqueToken(opaqueTokenHash) {
      const [[row]] = await manager.query(END_BY_OPAQUE_TOKEN, [opaqueTokenHash]);
      return row?.account_id ?? null;
    },

    async revokeAccessToken(accessTokenId, until) {
      await manager.query(REVOKE_TOKEN, [accessTokenId, until]);
    },
  };
}
