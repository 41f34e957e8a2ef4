import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PASSWORD } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { nativeApi } from '../support/native.js';
import { mergedDocument } from '../support/response-checker.js';
import { startServer, type TestServer } from '../support/server.js';

interface Documented {
  at: string;
  request: string[];
  answers: string[];
}

/** Every operation of the document, with the names of all that it takes and of all that it answers. */
const OPERATIONS: Documented[] = Object.entries(mergedDocument.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([, operation]) => operation.operationId)
    .map(([method, operation]) => {
      const { requestBody, parameters } = operation as { requestBody?: unknown; parameters?: unknown };
      return { at: `${method} ${path}`, request: namesIn([requestBody, parameters]), answers: namesIn(operation.responses) };
    }),
);

/** The names of all properties and parameters in a part of the document, references followed. */
function namesIn(part: unknown, seen = new Set<unknown>()): string[] {
  if (typeof part !== 'object' || part === null || seen.has(part)) return [];
  seen.add(part);
  const { $ref, properties, name, in: where } = part as { $ref?: string; properties?: object; name?: string; in?: string };
  const target = $ref
    ?.split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], mergedDocument);
  const own = [...Object.keys(properties ?? {}), ...(name && where ? [name] : [])];
  return [...own, ...[target, ...Object.values(part)].flatMap((inner) => namesIn(inner, seen))];
}

describe('the document', () => {
  const forOperators = OPERATIONS.filter(({ at }) => at.includes('/operator/'));

  it('S39: has no operation with which an operator sets or sees a password', () => {
    expect(forOperators.length).toBeGreaterThan(5);
    for (const { at, request, answers } of forOperators) {
      const secrets = [...request, ...answers].filter((name) => /password|secret|token/i.test(name) && name !== 'hasPassword');
      expect({ at, secrets }).toEqual({ at, secrets: [] });
    }
  });

  it("S39: has none that takes a password and names somebody's account in its path", () => {
    const isOfAccount = (name: string) => /password/i.test(name) && name !== 'masterPassword'; // which opens a program of one's own
    const taking = OPERATIONS.filter(({ request }) => request.some(isOfAccount));
    expect(taking.length).toBeGreaterThan(15);
    expect(taking.filter(({ at }) => at.includes('{'))).toEqual([]);
  });

  it('S39: has none that answers with a password or a hash', () => {
    const harmless: Record<string, RegExp> = { 'post /api/v1/zk/encrypt': /^salt$/ }; // of a program's key, made for who asks
    for (const { at, answers } of OPERATIONS) {
      const isHarmless = (name: string) => /^(has_?password|addressHash)$/i.test(name) || harmless[at]?.test(name);
      const told = answers.filter((name) => /password|hash|salt/i.test(name) && !isHarmless(name));
      expect({ at, told }).toEqual({ at, told: [] });
    }
  });
});

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  it('S39: there are no accounts in a new database, nor anything that signs in', async () => {
    for (const table of ['accounts', 'organizations', 'sessions', 'api_keys', 'codes']) {
      expect(await database.source.query(`SELECT FROM ${table}`)).toEqual([]);
    }
  });

  it('S39: no operator sees a hash of a password, whatever they ask for', async () => {
    const native = nativeApi(server);
    const { accessToken: token, account: operator } = await native.newcomer('operator@example.com', { operator: true });
    const { account } = await native.newcomer('ada@example.com');
    const [{ password_hash: hash }] = await database.source.query('SELECT password_hash FROM accounts WHERE id = $1', [account.id]);
    const asked: [method: string, path: string, body?: object][] = [
      ['GET', '/accounts'],
      ['GET', `/accounts/${account.id}`],
      ['GET', `/accounts/${operator.id}`],
      ['PUT', `/accounts/${account.id}/status`, { status: 'active', password: 'a password of theirs', passwordHash: hash }],
      ['POST', `/accounts/${account.id}/password-reset`, { newPassword: 'a password of theirs' }],
      ['POST', '/accounts', { email: 'invited@example.com', password: 'a password of theirs' }],
      ['GET', '/audit'],
    ];
    for (const [method, path, body] of asked) {
      const answer = await native.call(method, `/operator${path}`, { token, ...(body && { body }) });
      expect(answer.status).toBeLessThan(300);
      expect(JSON.stringify(answer.body ?? null)).not.toMatch(/\$2[aby]?\$|\$bcrypt|\$argon2|passwordHash|password_hash/);
      expect(JSON.stringify(answer.body ?? null)).not.toContain(native.tokenFor('ada@example.com') || hash);
    }

    expect((await native.signIn('ada@example.com', { password: PASSWORD })).account.id).toBe(account.id); // whatever they sent along
    const [invited] = await database.source.query(`SELECT password_hash FROM accounts WHERE email = 'invited@example.com'`);
    expect(invited).toEqual({ password_hash: null });
  });
});
