import crypto from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrateServerDatabase } from '../../src/cli/service.js';
import { cleanUp } from '../../src/core/clean-up.js';
import { openDatabase, type Database } from '../../src/db/database.js';
import { MIGRATION_NAMES } from '../../src/db/migrations.js';
import { trailOf } from '../support/audit.js';
import { createEmptyPostgres, onServer } from '../support/databases.js';
import { LOGINS, loginRequest } from '../support/logins.js';
import { nativeApi, PASSWORD } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A database that belongs to one role, and the URLs by which that one and another one reach it. */
async function createOwnedDatabase() {
  const empty = await createEmptyPostgres();
  const roles = ['owner', 'serving'].map((name) => `latchkey_${name}_${crypto.randomBytes(6).toString('hex')}`);
  const urls = roles.map((role) => {
    const url = new URL(empty.url);
    url.username = role;
    url.password = 'secret';
    return url.href;
  });
  for (const role of roles) await onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  const [owner = '', serving = ''] = roles;
  const [ownerUrl = '', servingUrl = ''] = urls;
  await onServer(`ALTER DATABASE ${empty.name} OWNER TO ${owner}`);
  return {
    ...empty,
    owner,
    serving,
    ownerUrl,
    servingUrl,
    async drop() {
      await empty.drop();
      for (const role of roles) await onServer(`DROP ROLE ${role}`);
    },
  };
}

(process.env.LATCHKEY_TEST_POSTGRES ? describe : describe.skip)('a PostgreSQL server with a role for migrations', () => {
  let place: Awaited<ReturnType<typeof createOwnedDatabase>>;
  let database: Database;
  let server: TestServer;
  beforeAll(async () => {
    place = await createOwnedDatabase();
    expect(await migrateServerDatabase(place.servingUrl, place.ownerUrl)).toEqual(MIGRATION_NAMES);
    expect(await migrateServerDatabase(place.servingUrl, place.ownerUrl)).toEqual([]);
    database = await openDatabase({ url: place.servingUrl });
    server = await startServer(database);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
    await place.drop();
  });

  const query = (sql: string) => database.source.query(sql);

  it.each(['audit_events', 'audit_seals'])('S41: the role that serves may do nothing to %s but read it and add to it', async (table) => {
    const trigger = `${table}_append_only`;
    for (const statement of [
      `UPDATE ${table} SET ${table === 'audit_seals' ? 'mac' : 'address_hash'} = ''`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `DROP TRIGGER ${trigger} ON ${table}`,
      `ALTER TABLE ${table} DISABLE TRIGGER ${trigger}`,
      `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
      `ALTER TABLE ${table} ADD COLUMN more text`,
      `DROP TABLE ${table}`,
      'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      `SET session_replication_role = 'replica'`,
      `DELETE FROM migrations`,
      `SET ROLE ${place.owner}`,
    ])
      expect(await query(statement).catch((error: { driverError: pg.DatabaseError }) => `${statement}: ${error.driverError.code}`)).toBe(
        `${statement}: 42501`,
      ); // insufficient privilege

    expect(
      await query(`SELECT privilege_type AS may FROM information_schema.table_privileges WHERE table_name = '${table}' ORDER BY 1`),
    ).toEqual([{ may: 'INSERT' }, { may: 'SELECT' }]);
  });

  it('S41: all that a service does goes well as that role', async () => {
    const native = nativeApi(server);
    const { accessToken: token, refreshToken, account } = await native.newcomer('ada@example.com', { operator: true });
    const ask = async (method: string, path: string, body?: object) => (await native.call(method, path, { token, body })).status;

    for (const login of LOGINS)
      expect((await server.send('POST', login.path, loginRequest(login, 'ada@example.com', PASSWORD))).status).toBe(200);
    expect(await ask('POST', '/sessions/refresh', { refreshToken })).toBe(200);
    expect(await ask('POST', '/sign-up', { email: 'new@example.com', password: PASSWORD })).toBe(202);
    expect(await ask('POST', '/email-verification/confirm', { token: native.tokenFor('new@example.com') })).toBe(204);
    expect(await ask('POST', '/api-keys', { name: 'CI', scopes: ['account:read'] })).toBe(201);
    expect(await ask('POST', '/operator/accounts', { email: 'late@example.com' })).toBe(201);
    expect(await ask('PUT', '/account/password', { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` })).toBe(204);
    expect(await ask('PUT', '/account/email', { email: 'lovelace@example.com', currentPassword: `${PASSWORD}!` })).toBe(200);
    expect(await ask('PUT', `/operator/accounts/${account.id}/status`, { status: 'banned' })).toBe(200);
    expect(await ask('GET', '/account')).toBe(401); // the trigger that ends sessions has ended it
    await until(() => database.revocations.hasEnded(crypto.randomUUID(), crypto.randomUUID()) === false); // the feed follows
    await cleanUp(server.service.ports, () => {});
    const trail = await trailOf(database);
    await trail.seal();
    expect(await trail.verify()).toMatchObject({ kind: 'whole', waiting: 0 });
  });

  it('needs a role that serves and is no owner, and one that owns the tables', async () => {
    const { ownerUrl, servingUrl, url } = place;
    await expect(migrateServerDatabase(ownerUrl, ownerUrl)).rejects.toThrow('must be another one');
    await expect(migrateServerDatabase(url, ownerUrl)).rejects.toThrow('must be another one'); // an administrator
    await expect(migrateServerDatabase(servingUrl, url)).rejects.toThrow('REASSIGN OWNED');
    await onServer(`GRANT ${place.owner} TO ${place.serving}`);
    await expect(migrateServerDatabase(servingUrl, ownerUrl)).rejects.toThrow('must be another one');
    await onServer(`REVOKE ${place.owner} FROM ${place.serving}`);

    expect(await migrateServerDatabase(servingUrl, ownerUrl)).toEqual([]);
  });

  it('takes back what the role that serves was given before, and gives it the tables of new migrations', async () => {
    await onServer(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${place.serving}`, place.name);
    await onServer(`CREATE TABLE newer (id int); ALTER TABLE newer OWNER TO ${place.owner}`, place.name);
    await expect(query('SELECT * FROM newer')).rejects.toThrow('permission denied');

    await migrateServerDatabase(place.servingUrl, place.ownerUrl);

    await expect(query('DELETE FROM audit_seals')).rejects.toThrow('permission denied');
    expect(await query('SELECT * FROM newer')).toEqual([]);
  });
});
