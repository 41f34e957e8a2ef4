import type { DataSource, SelectQueryBuilder } from 'typeorm';
import type { LiveSession, Ports } from '../core/ports.js';
import { SessionEntity, type SessionRow } from './entities.js';

/**
 * The row lock makes a reset or a ban that is under way come first: it changes the account's row before it ends sessions, and
 * so either this statement sees the change, or the change sees this session.
 */
const OPEN = `
  INSERT INTO sessions (account_id, dialect, idle_expires_at, expires_at, user_agent, ip_address, opaque_token_hash)
  SELECT id, $3, now() + make_interval(secs => $4), now() + make_interval(secs => $5), $6, $7, $8
  FROM accounts WHERE id = $1 AND status = 'active' AND password_version = $2
  FOR SHARE
  RETURNING id, generation, created_at AS "createdAt", renewed_at AS "renewedAt", idle_expires_at AS "idleExpiresAt", expires_at AS "expiresAt"`;

/** The idle life begins anew; how long it is, the row tells by itself. Once it reaches the absolute end it stays there. */
const LIVE = `account.id = session.account_id AND account.status = 'active' AND session.idle_expires_at > now() AND session.expires_at > now()`;
const ROTATE = `
  UPDATE sessions session
  SET generation = generation + 1, renewed_at = now(), idle_expires_at = LEAST(now() + (idle_expires_at - renewed_at), expires_at)
  FROM accounts account WHERE session.id = $1 AND session.generation = $2 AND ${LIVE}
  RETURNING session.id`;
const RENEW = `UPDATE sessions session
  SET renewed_at = now(), idle_expires_at = LEAST(now() + (idle_expires_at - renewed_at), expires_at)
  FROM accounts account WHERE session.id = $1 AND ${LIVE} RETURNING session.id`;

const IS_LIVE = `SELECT FROM sessions session, accounts account WHERE session.id = $1 AND ${LIVE}
  AND NOT EXISTS (SELECT FROM revocations WHERE kind = 'token' AND revocations.id = $2)`;

/** The minute is for clocks that differ, as in the migrations. */
const REVOKE_TOKEN = `
  INSERT INTO revocations (kind, id, until) VALUES ('token', $1, $2::timestamptz + interval '1 minute') ON CONFLICT DO NOTHING`;

/** The sessions in the database. */
export function sessionsIn(source: DataSource): Ports['sessions'] {
  const sessions = source.getRepository(SessionEntity);
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
    async open({ account, dialect, lives, device, opaqueTokenHash }) {
      const { userAgent, ipAddress } = device;
      const idleSeconds = Math.min(lives.idleTtlSeconds ?? lives.absoluteTtlSeconds, lives.absoluteTtlSeconds);
      const [row] = await source.query(OPEN, [
        account.id,
        account.passwordVersion,
        dialect,
        idleSeconds,
        lives.absoluteTtlSeconds,
        userAgent,
        ipAddress,
        opaqueTokenHash,
      ]);
      return row ? { ...row, accountId: account.id, dialect, userAgent, ipAddress } : null;
    },

    findLive: (id, accessTokenId) =>
      only(
        live()
          .andWhere('session.id = :id', { id })
          .andWhere("NOT EXISTS (SELECT FROM revocations WHERE kind = 'token' AND revocations.id = :accessTokenId)", { accessTokenId }),
      ),

    isLive: async (id, accessTokenId) => (await source.query(IS_LIVE, [id, accessTokenId])).length > 0,

    findLiveByOpaqueToken: (hash) => only(live().andWhere('session.opaque_token_hash = :hash', { hash })),

    async rotate(id, generation) {
      const [rows] = await source.query(ROTATE, [id, generation]);
      return rows.length > 0 ? only(live().andWhere('session.id = :id', { id })) : null;
    },

    async renew(id) {
      const [rows] = await source.query(RENEW, [id]);
      return rows.length > 0 ? only(live().andWhere('session.id = :id', { id })) : null;
    },

    findJustRotated: (id, generation, withinSeconds) =>
      only(
        live()
          .andWhere('session.id = :id AND session.generation = :next', { id, next: generation + 1 })
          .andWhere('session.renewed_at > now() - make_interval(secs => :withinSeconds)', { withinSeconds }),
      ),

    async end(id) {
      const [, ended] = await source.query('DELETE FROM sessions WHERE id = $1', [id]);
      return ended > 0;
    },

    async endByOpaqueToken(hash) {
      await source.query('DELETE FROM sessions WHERE opaque_token_hash = $1', [hash]);
    },

    async revokeAccessToken(accessTokenId, until) {
      await source.query(REVOKE_TOKEN, [accessTokenId, until]);
    },
  };
}
