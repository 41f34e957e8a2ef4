import type { DataSource } from 'typeorm';

/** What serving only adds to and reads; a trigger refuses the rest, too, but an owner could drop it. */
const APPEND_ONLY = ['audit_events', 'audit_seals'];
/** What serving only reads. */
const READ_ONLY = ['migrations'];

/** A role that is in another one may do all that this one may; a superuser is in every one. Who owns the schema may drop its tables. */
const IS_OWNER_TOO = `
  SELECT pg_has_role($1, current_user, 'MEMBER') OR pg_has_role($1, nspowner, 'MEMBER') AS "isOwnerToo"
  FROM pg_namespace WHERE nspname = current_schema()`;
const OWN_TABLES = `
  SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema() AND tableowner = current_user`;
const OWN_SEQUENCES = `
  SELECT quote_ident(sequencename) AS name FROM pg_sequences WHERE schemaname = current_schema() AND sequenceowner = current_user`;

/**
 * Gives a role what serving needs of the tables of the role that is connected, and takes from it what serving does not need: it may not
 * change or delete what stands in the audit trail, nor drop what refuses that. To be repeated when there are new tables.
 *
 * @returns null; or why this cannot be: the role could do all of it anyway, or the tables belong to a third one.
 * @see OWASP ASVS 5.0, 16.4.2
 */
export async function grantServing(source: DataSource, role: string): Promise<string | null> {
  const [{ isOwnerToo }] = await source.query(IS_OWNER_TOO, [role]);
  if (isOwnerToo)
    return `the role of DATABASE_URL owns the tables or their schema, too: it must be another one than that of MIGRATION_DATABASE_URL`;
  const tables = await namesFrom(source, OWN_TABLES);
  const sequences = await namesFrom(source, OWN_SEQUENCES);
  if (!tables.includes('audit_events'))
    return 'the tables do not belong to the role of MIGRATION_DATABASE_URL: give them to it (REASSIGN OWNED)';
  const [{ schema, to }] = await source.query('SELECT quote_ident(current_schema()) AS schema, quote_ident($1) AS to', [role]);
  await source.transaction(async (manager) => {
    await manager.query(`GRANT USAGE ON SCHEMA ${schema} TO ${to}`);
    for (const name of sequences) await manager.query(`GRANT USAGE ON SEQUENCE ${schema}.${name} TO ${to}`);
    for (const name of tables) {
      await manager.query(`REVOKE ALL ON ${schema}.${name} FROM ${to}`);
      await manager.query(`GRANT ${privilegesOn(name)} ON ${schema}.${name} TO ${to}`);
    }
  });
  return null;
}

function privilegesOn(table: string): string {
  if (READ_ONLY.includes(table)) return 'SELECT';
  return APPEND_ONLY.includes(table) ? 'SELECT, INSERT' : 'SELECT, INSERT, UPDATE, DELETE';
}

async function namesFrom(source: DataSource, statement: string): Promise<string[]> {
  return (await source.query(statement)).map(({ name }: { name: string }) => name);
}
