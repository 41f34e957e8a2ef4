import { Not, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import type { LiveSession, StoredPorts } from '../core/ports.js';
import { SessionEntity, type SessionRow } from './entities.js';
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
const LIVE = `account.id = session.account_id AND account.status = 'active' AND session.idle_expires_at > now() AND session.expires_at > now()`;
const ROTATE = `
  UPDATE sessions session
  SET generation = generation + 1, renewed_at = now(), last_active_at = now(),
    idle_expires_at = LEAST(now() + (idle_expires_at - renewed_at), expires_at)
  FROM accounts account WHERE session.id = $1 AND session.generation = $2 AND ${LIVE}
  RETURNING session.id`;
const RENEW = `UPDATE sessions session
  SET renewed_at = now(), last_active_at = now(), idle_expires_at = LEAST(now() + (idle_expires_at - renewed_at), expires_at)
  FROM accounts account WHERE session.id = $1 AND ${LIVE} RETURNING session.id`;

const TOUCH = `
  UPDATE sessions SET last_active_at = now()
  WHERE id = $1 AND account_id = $2 AND dialect = $3 AND idle_expires_at > now() AND expires_at > now()`;

const IS_LIVE = `
  SELECT FROM sessions session JOIN accounts account ON ${LIVE}
  WHERE session.id = $1 AND NOT EXISTS (SELECT FROM revocations WHERE kind = 'token' AND id = $2)`;

/** The minute is for clocks that differ, as in the migrations. */
const REVOKE_TOKEN = `
  INSERT INTO revocations (kind, id, until) VALUES ('token', $1, $2::timestamptz + interval '1 minute') ON CONFLICT DO NOTHING`;

/** The sessions in the database. */
export function sessionsIn(manager: EntityManager): StoredPorts['sessions'] {
  const sessions = manager.getRepository(SessionEntity);
  const live = () =>
    sessions
      .createQueryBuilder('session')
      .innerJoinAndSelect('session.account', 'account')
      .innerJoinAndSelect('account.organization', 'organization')
      .where("account.status = 'active' AND session.idle_expires_at > now() AND session.expires_at > now()");
  const only = async (query: SelectQueryBuilder<SessionRow>): Promise<LiveSession | null> => {
    const found = await query.getOne();
    if (!found) return null;
    const { account, ...session } = found;
    return { session, account };
  };
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
      return (await manager.query(IS_LIVE, [id, accessTokenId])).length > 0;
    },

    findLiveByOpaqueToken: (hash) => only(live().andWhere('session.opaque_token_hash = :hash', { hash })),

    list(accountId, page, dialect) {
      const query = sessions
        .createQueryBuilder('session')
        .where({ accountId, ...(dialect && { dialect }) })
        .andWhere('session.idle_expires_at > now() AND session.expires_at > now()');
      return atMost(query, 'session', page).getMany();
    },

    async rotate(id, generation) {
      const [rows] = await manager.query(ROTATE, [id, generation]);
      return rows.length > 0 ? only(live().andWhere('session.id = :id', { id })) : null;
    },

    async renew(id) {
      const [rows] = await manager.query(RENEW, [id]);
      return rows.length > 0 ? only(live().andWhere('session.id = :id', { id })) : null;
    },

    findJustRotated: (id, generation, withinSeconds) =>
      only(
        live()
          .andWhere('session.id = :id AND session.generation = :next', { id, next: generation + 1 })
          .andWhere('session.renewed_at > now() - make_interval(secs => :withinSeconds)', { withinSeconds }),
      ),

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
      const { affected } = await sessions.delete({ opaqueTokenHash });
      return affected === 1;
    },

    async revokeAccessToken(accessTokenId, until) {
      await manager.query(REVOKE_TOKEN, [accessTokenId, until]);
    },
  };
}
