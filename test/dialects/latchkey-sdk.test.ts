import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createClient, createConfig } from '../../generated/client/client/index.js';
import * as sdk from '../../generated/client/sdk.gen.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { nativeApi } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';

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

  it('the generated client leads from sign-up to the end of the account', async () => {
    const email = 'ada@example.com';
    const password = 'open sesame, please';
    let token = '';
    const client = createClient(createConfig({ baseUrl: server.url, auth: () => token, throwOnError: true }));
    const at = { client, throwOnError: true } as const;

    const { data: accepted } = await sdk.latchkeySignUp({ ...at, body: { email, password, name: 'Ada' } });
    expect(accepted).toEqual({ status: 'accepted' });
    await sdk.latchkeyConfirmEmail({ ...at, body: { token: nativeApi(server).tokenFor(email) } });
    const { data: signedIn } = await sdk.latchkeySignIn({ ...at, body: { email, password, deviceName: 'a test' } });
    const { data: refreshed } = await sdk.latchkeyRefreshSession({ ...at, body: { refreshToken: signedIn.refreshToken } });
    token = refreshed.accessToken;

    const { data: changed } = await sdk.latchkeyChangeAccount({ ...at, body: { name: 'Ada King' } });
    expect(changed).toEqual({ ...signedIn.account, name: 'Ada King' });
    expect((await sdk.latchkeyGetAccount(at)).data).toEqual(changed);
    const { data: page } = await sdk.latchkeyListSessions({ ...at, query: { limit: 1 } });
    expect(page).toMatchObject({ items: [{ deviceName: 'a test', current: true }], nextCursor: null });
    const refused = await sdk.latchkeySearchAccounts({ client, throwOnError: false, query: { query: 'ada@example.com' } });
    expect(refused.error).toMatchObject({ status: 403, code: 'forbidden' });

    await database.source.query('UPDATE accounts SET operator = true');
    const { data: found } = await sdk.latchkeySearchAccounts({ ...at, query: { query: 'ada@example.com' } });
    expect(found.items).toMatchObject([{ email }]);
    const { data: made } = await sdk.latchkeyCreateApiKey({ ...at, body: { name: 'a service', scopes: ['tokens:introspect'] } });
    const { data: live } = await sdk.latchkeyIntrospectToken({ client, throwOnError: true, auth: made.key, body: { token } });
    expect(live).toMatchObject({ active: true, sub: signedIn.account.id, aud: 'latchkey' });

    await sdk.latchkeyDeleteAccount({ ...at, body: { currentPassword: password } });
    expect((await sdk.latchkeyGetAccount({ client, throwOnError: false })).error).toMatchObject({ status: 401, code: 'unauthorized' });
  });
});
