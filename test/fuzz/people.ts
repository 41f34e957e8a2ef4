import type { TestDatabase } from '../support/databases.js';
import type { Answer, TestServer } from '../support/server.js';

/** What there is of somebody or something, by name. */
export type Fields = Record<string, string>;

const V1 = { 'X-API-Version': 'v1' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
export const PASSWORD = 'wholly unguessable fuzz';

/** How one signs in, through each dialect. */
export const SIGN_INS: { dialect: string; path: string; headers?: Fields }[] = [
  { dialect: 'pyth-on', path: '/api/login' },
  { dialect: 'px0', path: '/v1/auth/login' },
  { dialect: 'pixyle', path: '/auth/v1/token' },
  { dialect: 'puppilot', path: '/auth/login', headers: V1 },
  { dialect: 'flashback', path: '/user/login' },
  { dialect: 'latchkey', path: '/latchkey/v1/sessions' },
];

/** Makes an account that is signed in everywhere, with an API key of each dialect that has some. */
export async function createPerson(
  server: TestServer,
  database: TestDatabase,
  email: string,
  { operator = false, password = PASSWORD } = {},
): Promise<Fields> {
  const account = await server.createAccount({ email, password, operator });
  const person: Fields = { email, password, account: account.id, organization: account.organization.id };
  for (const { dialect, path, headers = {} } of SIGN_INS) {
    const body = good(await server.send('POST', path, { body: { email, password }, headers }));
    person[`access-${dialect}`] = body.accessToken ?? body.access_token ?? body.token ?? '';
    person[`refresh-${dialect}`] = body.refreshToken ?? body.refresh_token ?? '';
    if (body.apiKey) person[`key-${dialect}`] = body.apiKey;
  }
  const sessions: { id: string; dialect: string }[] = await database.source.query(
    'SELECT id, dialect FROM sessions WHERE account_id = $1',
    [account.id],
  );
  for (const { id, dialect } of sessions) person[`session-${dialect}`] = id;
  return { ...person, ...(await createApiKeys(server, person, operator)) };
}

async function createApiKeys(server: TestServer, person: Fields, operator: boolean): Promise<Fields> {
  const forPx0 = await server.send('POST', '/v1/api-keys', {
    body: { name: 'fuzz', org_id: person.organization, operation: 'all' },
    headers: bearer(person['access-px0'] ?? ''),
  });
  const scopes = operator ? ['tokens:introspect', 'tokens:revoke'] : ['account:read'];
  const native = await server.send('POST', '/latchkey/v1/api-keys', {
    body: { name: 'fuzz', scopes },
    headers: bearer(person['access-latchkey'] ?? ''),
  });
  const { apiKey, key } = good(native) as unknown as { apiKey: { id: string }; key: string };
  return { 'key-px0': good(forPx0).key ?? '', 'key-id-px0': good(forPx0).id ?? '', 'key-latchkey': key, 'key-id-latchkey': apiKey.id };
}

function good(answer: Answer): Fields {
  if (answer.status >= 300) throw new Error(`somebody new was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Fields;
}
