import type { DataSource } from 'typeorm';
import type { Ports } from '../core/ports.js';
import { SessionEntity } from './entities.js';

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

/** The sessions in the database. */
export function sessionsIn(source: DataSource): Ports['sessions'] {
  const sessions = source.getRepository(SessionEntity);
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

    async findLive(id) {
      const found = await sessions
        .createQueryBuilder('session')
        .innerJoinAndSelect('session.account', 'account')
        .innerJoinAndSelect('account.organization', 'organization')
        .where('session.id = :id', { id })
        .andWhere("account.status = 'active'")
        .andWhere('session.idle_expires_at > now() AND session.expires_at > now()')
        .getOne();
      if (!found) return null;
      const { account, ...session } = found;
      return { session, account };
    },
  };
}
