import type { EntityManager, FindOptionsWhere } from 'typeorm';
import { normalizedEmail } from '../core/email-address.js';
import type { StoredPorts } from '../core/ports.js';
import { AccountEntity, type AccountRow } from './entities.js';
import { violates } from './faults.js';

const WITH_ORGANIZATION = { organization: true };

/** Who makes an organisation owns it. Of an address that is taken the organisation goes as the transaction is undone. */
const WITH_OWN_ORGANIZATION = `
  WITH organization AS (
    INSERT INTO organizations (name, personal) VALUES ($11, true) RETURNING id, 'owner' AS role
  )`;
const WITH_SHARED_ORGANIZATION = `
  WITH organization AS (
    INSERT INTO organizations (name, personal) VALUES ($11, false)
    ON CONFLICT (name) WHERE NOT personal DO UPDATE SET name = organizations.name
    RETURNING id, CASE WHEN xmax = 0 THEN 'owner' ELSE 'member' END AS role
  )`;
const INSERT_ACCOUNT = `
  INSERT INTO accounts (email, name, normalized_email, status, email_verified, demo, operator, password_hash, given_name, family_name,
    organization_id, organization_role)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, organization.id, organization.role FROM organization
  ON CONFLICT (normalized_email) DO NOTHING
  RETURNING id`;

/** Rows that refer to the account may still be made: each of them sees to itself. */
const LOCK = 'SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE';

const SET_PASSWORD = `
  UPDATE accounts SET password_hash = $3, password_version = password_version + 1
  WHERE id = $1 AND password_version = $2 AND status = 'active'`;

const ACTIVATE = `
  UPDATE accounts
  SET status = 'active', email_verified = true, password_hash = $2, password_version = password_version + 1, name = $3,
    given_name = $4, family_name = $5
  WHERE id = $1 AND status = 'inactive'`;

/** The foreign keys see to what is the account's own. */
const DELETE = `
  WITH gone AS (DELETE FROM accounts WHERE id = $1 RETURNING organization_id)
  SELECT organization_id AS "organizationId" FROM gone`;
/** Whoever else leaves or joins it waits, and is seen by the statement after this one. */
const LOCK_ORGANIZATION = 'SELECT FROM organizations WHERE id = $1 FOR UPDATE';
const DELETE_EMPTY_ORGANIZATION = `
  DELETE FROM organizations WHERE id = $1 AND NOT EXISTS (SELECT FROM accounts WHERE organization_id = $1)`;

/** What a person types, with nothing in it that LIKE would take for a pattern. */
const asPattern = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** Enough to draw from, and no more work for a large store than for a small one. */
const SCHEME_SAMPLE_SIZE = 1000;

/** The part of a hash that tells its scheme and cost, without salt and digest. */
const SCHEME = String.raw`substring(password_hash FROM '^(\$bcrypt-sha256\$[^$]+|\$2[aby]\$[0-9]+|\$argon2id\$v=[0-9]+\$[^$]+)')`;

/** The accounts in the database. */
export function accountsIn(manager: EntityManager): StoredPorts['accounts'] {
  const accounts = manager.getRepository(AccountEntity);
  const changes = async (sql: string, values: unknown[]) => (await manager.query(sql, values))[1] > 0;
  // not `findOne`: with a relation it makes two queries, to get its LIMIT right
  const findOnly = async (where: FindOptionsWhere<AccountRow>) => (await accounts.find({ where, relations: WITH_ORGANIZATION }))[0] ?? null;
  return {
    findById: (id) => findOnly({ id }),
    findByEmail: (email) => findOnly({ normalizedEmail: normalizedEmail(email) }),

    async lock(id) {
      await manager.query(LOCK, [id]);
      return findOnly({ id }); // by a statement of its own, which sees what whoever held it before has done
    },

    async insert({ email, name, status, emailVerified, demo, operator, passwordHash, givenName, familyName, organization }) {
      const own = [email, name, normalizedEmail(email), status, emailVerified, demo, operator, passwordHash, givenName, familyName];
      const withOrganization = organization.kind === 'own' ? WITH_OWN_ORGANIZATION : WITH_SHARED_ORGANIZATION;
      const [row] = await manager.query(withOrganization + INSERT_ACCOUNT, [...own, organization.name]);
      return row ? findOnly({ id: row.id }) : null;
    },

    list({ after, limit }, { matching, status } = {}) {
      const query = accounts.createQueryBuilder('account').innerJoinAndSelect('account.organization', 'organization');
      if (after !== null) query.andWhere('account.normalized_email > :after', { after: normalizedEmail(after) });
      if (matching)
        query.andWhere('(account.normalized_email LIKE :part OR lower(account.name) LIKE :part)', {
          part: asPattern(matching.toLowerCase()),
        });
      if (status) query.andWhere({ status });
      return query.orderBy('account.normalized_email', 'ASC').limit(limit).getMany();
    },

    async setStatus(id, status) {
      await accounts.update({ id }, { status });
    },

    async replacePasswordHash(id, oldHash, newHash) {
      await accounts.update({ id, passwordHash: oldHash }, { passwordHash: newHash });
    },

    setPassword: (id, passwordVersion, hash) => changes(SET_PASSWORD, [id, passwordVersion, hash]),

    async verifyEmail(id, email) {
      const { affected } = await accounts.update({ id, normalizedEmail: normalizedEmail(email) }, { emailVerified: true });
      return affected === 1;
    },

    async setEmail(id, email) {
      const values = [id, email, normalizedEmail(email)];
      try {
        return await changes('UPDATE accounts SET email = $2, normalized_email = $3, email_verified = false WHERE id = $1', values);
      } catch (error) {
        if (violates(error, 'accounts_normalized_email_key')) return false;
        throw error;
      }
    },

    async updateProfile(id, { name }) {
      if (name !== undefined) await accounts.update({ id }, { name, givenName: null, familyName: null });
    },

    async revokeDerivedApiKey(id) {
      await accounts.increment({ id }, 'apiKeyVersion', 1);
    },

    activate: (id, { passwordHash, name, givenName, familyName }) => changes(ACTIVATE, [id, passwordHash, name, givenName, familyName]),

    async delete(id) {
      const [gone] = await manager.query(DELETE, [id]);
      if (!gone) return;
      await manager.query(LOCK_ORGANIZATION, [gone.organizationId]);
      await manager.query(DELETE_EMPTY_ORGANIZATION, [gone.organizationId]);
    },

    countPasswordSchemes: () =>
      manager.query(
        `SELECT ${SCHEME} AS scheme, count(*)::integer AS accounts
         FROM (SELECT password_hash FROM accounts WHERE password_hash IS NOT NULL LIMIT ${SCHEME_SAMPLE_SIZE}) sample
         WHERE ${SCHEME} IS NOT NULL GROUP BY 1 ORDER BY 1`,
      ),
  };
}
