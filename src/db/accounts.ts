import { MoreThan, type DataSource, type FindOptionsWhere } from 'typeorm';
import { normalizedEmail } from '../core/email-address.js';
import type { Ports } from '../core/ports.js';
import { AccountEntity, type AccountRow } from './entities.js';
import { violates } from './faults.js';

const WITH_ORGANIZATION = { organization: true };

/** One statement, so that an address that is taken leaves no organisation behind. Who makes an organisation owns it. */
const INSERT_WITH_OWN_ORGANIZATION = `
  WITH organization AS (
    INSERT INTO organizations (name, personal) VALUES ($2, true) RETURNING id, 'owner' AS role
  )`;
const INSERT_WITH_SHARED_ORGANIZATION = `
  WITH organization AS (
    INSERT INTO organizations (name, personal) VALUES ($9, false)
    ON CONFLICT (name) WHERE NOT personal DO UPDATE SET name = organizations.name
    RETURNING id, CASE WHEN xmax = 0 THEN 'owner' ELSE 'member' END AS role
  )`;
const INSERT_ACCOUNT = `
  INSERT INTO accounts (email, name, normalized_email, status, email_verified, demo, operator, password_hash, organization_id, organization_role)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, organization.id, organization.role FROM organization
  RETURNING id`;

/** Enough to draw from, and no more work for a large store than for a small one. */
const SCHEME_SAMPLE_SIZE = 1000;

/** The part of a hash that tells its scheme and cost, without salt and digest. */
const SCHEME = String.raw`substring(password_hash FROM '^(\$bcrypt-sha256\$[^$]+|\$2[aby]\$[0-9]+|\$argon2id\$v=[0-9]+\$[^$]+)')`;

/** The accounts in the database. */
export function accountsIn(source: DataSource): Ports['accounts'] {
  const accounts = source.getRepository(AccountEntity);
  // not `findOne`: with a relation it makes two queries, to get its LIMIT right
  const findOnly = async (where: FindOptionsWhere<AccountRow>) => (await accounts.find({ where, relations: WITH_ORGANIZATION }))[0] ?? null;
  return {
    findById: (id) => findOnly({ id }),
    findByEmail: (email) => findOnly({ normalizedEmail: normalizedEmail(email) }),

    async insert(account) {
      const { email, name, status, emailVerified, demo, operator, passwordHash, organizationName } = account;
      const values = [email, name, normalizedEmail(email), status, emailVerified, demo, operator, passwordHash];
      try {
        const [{ id }] =
          organizationName === null
            ? await source.query(INSERT_WITH_OWN_ORGANIZATION + INSERT_ACCOUNT, values)
            : await source.query(INSERT_WITH_SHARED_ORGANIZATION + INSERT_ACCOUNT, [...values, organizationName]);
        return await findOnly({ id });
      } catch (error) {
        if (violates(error, 'accounts_normalized_email_key')) return null;
        throw error;
      }
    },

    list: ({ after, limit }) =>
      accounts.find({
        where: after === null ? {} : { normalizedEmail: MoreThan(normalizedEmail(after)) },
        order: { normalizedEmail: 'ASC' },
        take: limit,
        relations: WITH_ORGANIZATION,
      }),

    async setStatus(id, status) {
      await source.transaction(async (manager) => {
        await manager.query('UPDATE accounts SET status = $2 WHERE id = $1', [id, status]);
        if (status !== 'active') await manager.query('DELETE FROM sessions WHERE account_id = $1', [id]);
      });
    },

    async replacePasswordHash(id, oldHash, newHash) {
      await source.query('UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2', [id, oldHash, newHash]);
    },

    countPasswordSchemes: () =>
      source.query(
        `SELECT ${SCHEME} AS scheme, count(*)::integer AS accounts
         FROM (SELECT password_hash FROM accounts WHERE password_hash IS NOT NULL LIMIT ${SCHEME_SAMPLE_SIZE}) sample
         WHERE ${SCHEME} IS NOT NULL GROUP BY 1 ORDER BY 1`,
      ),
  };
}
