import { expect } from '@jest/globals';
import type { TestDatabase } from '../support/databases.js';
import type { TestServer } from '../support/server.js';
import { createPerson, PASSWORD, SIGN_INS, type Fields } from './people.js';

const SECRET_PASSWORD = 'no request knows this one';
const PUBLIC = /^(email|account|organization|session-.*|key-id-.*)$/;

/**
 * Accounts that no request may change: whoever asks knows their addresses and their ids, and none of their secrets; but for the banned
 * one, whose password everybody knows.
 */
export interface Wards {
  publicFields: Fields[];
  /** What an answer must not hold but to an operator: ids of theirs. */
  ids: string[];
  /** Fails where anything of them has changed. */
  expectUnharmed(): Promise<void>;
}

export async function createWards(server: TestServer, database: TestDatabase): Promise<Wards> {
  const secret = { password: SECRET_PASSWORD };
  const people = [
    await createPerson(server, database, 'ada@ward.test', secret),
    await createPerson(server, database, 'bob@ward.test', secret),
  ];
  const unverified = await server.createAccount({ email: 'unverified@ward.test', password: SECRET_PASSWORD, emailVerified: false });
  const waiting = await server.createAccount({ email: 'waiting@ward.test', password: null, status: 'inactive', emailVerified: false });
  const banned = await server.createAccount({ email: 'banned@ward.test', password: PASSWORD, status: 'banned' });
  const others = [unverified, waiting, banned].map(({ id, email, organization }) => ({
    email,
    account: id,
    organization: organization.id,
  }));
  const publicFields = [...people, ...others].map((fields) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => PUBLIC.test(name))),
  );
  const accounts = publicFields.map(({ account }) => account);
  const before = await rowsOf(database, accounts);
  return {
    publicFields,
    ids: publicFields.flatMap(({ email: _email, ...ids }) => Object.values(ids)),
    async expectUnharmed() {
      expect(await rowsOf(database, accounts)).toEqual(before);
      for (const person of people) await expectAtHome(server, person);
      for (const { path, headers = {} } of SIGN_INS) {
        const answer = await server.send('POST', path, { body: { email: 'banned@ward.test', password: PASSWORD }, headers });
        expect([401, 403]).toContain(answer.status);
      }
    },
  };
}

/** The password is still good, and so are sessions and keys. */
async function expectAtHome(server: TestServer, person: Fields): Promise<void> {
  const { email, password } = person;
  for (const { path, headers = {} } of SIGN_INS) {
    expect((await server.send('POST', path, { body: { email, password }, headers })).status).toBe(200);
  }
  const v1 = { 'X-API-Version': 'v1' };
  const checks: [string, string, string, Fields?][] = [
    ['GET', '/v1/auth/me', 'access-px0'],
    ['GET', '/v1/auth/me', 'key-px0'],
    ['GET', '/latchkey/v1/account', 'key-latchkey'],
    ['POST', '/api/verify', 'access-pyth-on'],
    ['POST', '/auth/v1/refresh', 'refresh-pixyle'],
    ['GET', '/users/me', 'access-puppilot', v1],
    ['GET', '/user/profile', 'access-flashback'],
  ];
  for (const [method, path, credential, headers = {}] of checks) {
    const answer = await server.send(method, path, { headers: { ...headers, authorization: `Bearer ${person[credential]}` } });
    expect([credential, answer.status]).toEqual([credential, 200]);
  }
  const refreshed = await server.send('POST', '/latchkey/v1/sessions/refresh', { body: { refreshToken: person['refresh-latchkey'] } });
  expect(refreshed.status).toBe(200);
}

/** Everything of the accounts in the database but for when something was used last. */
async function rowsOf({ source }: TestDatabase, accounts: (string | undefined)[]): Promise<unknown> {
  const rows = (table: string, without: string, key = 'account_id') =>
    source.query<unknown>(`SELECT to_jsonb(t) - '${without}' AS row FROM ${table} t WHERE ${key} = ANY($1) ORDER BY id`, [accounts]);
  return {
    accounts: await rows('accounts', '', 'id'),
    sessions: await rows('sessions', 'last_active_at'),
    apiKeys: await rows('api_keys', 'last_used_at'),
  };
}
