import crypto from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PASSWORD } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { nativeApi, type Native } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';

const V1 = { 'X-API-Version': 'v1' };
const HEX = /^(?:sess|ak|lk)_([0-9a-f]{64})$/;
const BASE64 = /^[A-Za-z0-9_-]{43}$/;
/** So many that a bit which is the same in all of them is no chance. */
const SAMPLES = 100;

/** The random bytes of an opaque value. */
function bytesOf(value: string): Buffer {
  const [, hex] = HEX.exec(value) ?? [];
  if (hex) return Buffer.from(hex, 'hex');
  expect(value).toMatch(BASE64);
  return Buffer.from(value, 'base64url');
}

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let count = 0;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });
  afterEach(() => void jest.restoreAllMocks());

  const someAddress = () => `person-${++count}@example.com`;
  const post = (path: string, body: object, token?: string) =>
    server.send('POST', path, { body, headers: { ...V1, ...(token && { authorization: `Bearer ${token}` }) } });
  const px0Token = async (email: string) => ((await post('/v1/auth/login', { email, password: PASSWORD })).body as { token: string }).token;

  /** Every value that is good for something by itself, as it comes out of the service. */
  const VALUES: Record<string, () => Promise<string>> = {
    async "px0's token"() {
      const { email } = await server.createAccount({ email: someAddress(), password: PASSWORD });
      return px0Token(email);
    },
    async "px0's API key"() {
      const { email, organization } = await server.createAccount({ email: someAddress(), password: PASSWORD });
      return ((await post('/v1/api-keys', { name: 'CI', org_id: organization.id }, await px0Token(email))).body as { key: string }).key;
    },
    async 'an API key'() {
      const { accessToken } = await native.newcomer(someAddress());
      const { body } = await post('/latchkey/v1/api-keys', { name: 'CI', scopes: ['account:read'] }, accessToken);
      return (body as { key: string }).key;
    },
    'a token that verifies an address': async () => mailedAfter('/latchkey/v1/sign-up', { password: PASSWORD }),
    'a token that sets a password': async () => mailedAfter('/latchkey/v1/password-reset', {}, true),
    "px0's code that sets a password": async () => mailedAfter('/v1/auth/password-reset/trigger', {}, true),
    "Puppilot's token that sets a password": async () => mailedAfter('/auth/request-password-reset', {}, true),
    "Flashback's token that sets a password": async () => mailedAfter('/user/request-reset-password', {}, true),
    async 'an invitation'() {
      const { accessToken } = await native.newcomer(someAddress(), { operator: true });
      return mailedAfter('/latchkey/v1/operator/accounts', {}, false, accessToken);
    },
  };

  async function mailedAfter(path: string, body: object, isKnown = false, token?: string): Promise<string> {
    const email = someAddress();
    if (isKnown) await server.createAccount({ email, password: PASSWORD });
    await post(path, { email, ...body }, token);
    return native.tokenFor(email);
  }

  it.each(Object.entries(VALUES))('S19: %s is 256 bits of the random source of node:crypto, and nothing else', async (_what, make) => {
    const source = jest.spyOn(crypto, 'randomBytes');

    const values = [await make(), await make()].map(bytesOf);

    const drawn = source.mock.results.map(({ value }) => (value as Buffer).toString('hex'));
    for (const bytes of values) {
      expect(bytes).toHaveLength(32);
      expect(drawn).toContain(bytes.toString('hex'));
    }
    expect(values[0]?.equals(values[1] as Buffer)).toBe(false);
  });

  describe.each<[string, (of: TestServer['service']['ports']['tokens']) => string]>([
    ['token', (tokens) => tokens.createOpaqueToken().token],
    ['mailed token', (tokens) => tokens.createMailedToken().token],
    ['API key', (tokens) => tokens.createStoredApiKey('lk_').key],
  ])('an opaque %s', (_what, make) => {
    it('S19: has no bit that is always the same, as a UUID has', () => {
      const made = Array.from({ length: SAMPLES }, () => bytesOf(make(server.service.ports.tokens)));

      const everSet = made.reduce((seen, bytes) => seen.map((byte, at) => byte | (bytes[at] ?? 0)), new Array<number>(32).fill(0));
      const alwaysSet = made.reduce((seen, bytes) => seen.map((byte, at) => byte & (bytes[at] ?? 0)), new Array<number>(32).fill(255));
      expect([new Set(everSet), new Set(alwaysSet)]).toEqual([new Set([255]), new Set([0])]);
    });
  });
});
