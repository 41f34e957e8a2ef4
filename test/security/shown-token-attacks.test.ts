import crypto, { type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { APIS, ask, PASSWORD, signIn, type Api } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { es256, forge, hmac, workingKey } from '../support/forged-tokens.js';
import { decodeJwt, decodeJwtHeader } from '../support/jwt.js';
import { nativeApi, type Native } from '../support/native.js';
import { startServer, type TestServer } from '../support/server.js';
import {
  ALGORITHM_ATTACKS,
  KEY_ATTACKS,
  listenAsAttacker,
  SIGNATURE_ATTACKS,
  UNFIT_CLAIMS,
  UNFIT_HEADERS,
  UNFIT_TYPES,
  type Material,
} from '../support/token-attacks.js';
import { leastWork } from '../support/work.js';

/** Where any audience is good. */
const ANYWHERE = UNFIT_CLAIMS.filter(([what]) => !/audience/.test(what));
const OPAQUE = [
  `sess_${'0'.repeat(64)}`,
  `sess_${'0'.repeat(63)}`,
  `SESS_${'0'.repeat(64)}`,
  `lk_${'0'.repeat(64)}`,
  `ak_${'0'.repeat(64)}`,
];

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let native: Native;
  let keys: { introspect: string; revoke: string };
  let signingKey: KeyObject;
  let refreshKey: KeyObject;
  let attacker: Awaited<ReturnType<typeof listenAsAttacker>>;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    native = nativeApi(server);
    [signingKey, refreshKey] = [await workingKey(database, 'access-token'), await workingKey(database, 'refresh-token')];
    attacker = await listenAsAttacker();
    await server.createAccount({ email: 'ada@example.com', password: PASSWORD });
    const { accessToken } = await native.newcomer('operator@example.com', { operator: true });
    const key = async (scope: string) => {
      const made = await native.call('POST', '/api-keys', { token: accessToken, body: { name: scope, scopes: [scope] } });
      return (made.body as { key: string }).key;
    };
    keys = { introspect: await key('tokens:introspect'), revoke: await key('tokens:revoke') };
  });
  afterAll(async () => {
    await server.close();
    await database.close();
    await attacker.close();
  });

  const introspect = (token: string) => native.call('POST', '/introspect', { token: keys.introspect, form: { token } });
  const revoke = (token: string) => native.call('POST', '/revoke', { token: keys.revoke, form: { token } });

  describe.each(['latchkey'].map((name): [string, Api] => [name, APIS.find(({ dialect }) => dialect === name) as Api]))(
    'what is forged after a token of %s',
    (_dialect, api) => {
      let material: Material;
      let refreshMaterial: Material;
      beforeAll(async () => {
        const { access, refresh } = await signIn(server, api, 'ada@example.com');
        const materialOf = (token: string) => ({
          token,
          header: decodeJwtHeader(token),
          claims: decodeJwt(token),
          publicKey: crypto.createPublicKey(signingKey),
          ownKey: attacker.key,
          ownUrl: attacker.url,
        });
        [material, refreshMaterial] = [materialOf(access), materialOf(refresh)];
      });

      const signedAccess = [...UNFIT_HEADERS, ...UNFIT_TYPES, ...ANYWHERE].map(([what, header, change]): [string, () => string] => [
        `${what}, rightly signed`,
        () => forge({ ...material.header, ...header }, { ...material.claims, ...change(material.claims) }, es256(signingKey)),
      ]);
      const signedRefresh = UNFIT_TYPES.filter(([, { typ }]) => typ !== 'rt+jwt').map(([what, header]): [string, () => string] => [
        `a refresh token of the ${what}, rightly signed`,
        () => forge({ ...refreshMaterial.header, ...header }, refreshMaterial.claims, hmac(refreshKey)),
      ]);
      const unsigned = [...ALGORITHM_ATTACKS, ...KEY_ATTACKS, ...SIGNATURE_ATTACKS].flatMap(([what, attack]): [string, () => string][] => [
        [what, () => attack(material)],
        [`${what}, as a refresh token`, () => attack(refreshMaterial)],
      ]);
      const opaque = OPAQUE.map((token): [string, () => string] => [token, () => token]);
      const attacks = [...unsigned, ...signedAccess, ...signedRefresh, ...opaque];

      it.each(attacks)('S35: is told to be inactive, and no more: %s', async (_what, attack) => {
        const { status, body } = await introspect(attack());
        expect({ status, body }).toEqual({ status: 200, body: { active: false } });
      });

      it.each(attacks)('S34: is no error to revoke, and ends nothing: %s', async (_what, attack) => {
        const { status, body } = await revoke(attack());
        expect({ status, body }).toEqual({ status: 200, body: undefined });
      });

      it('S34: after all of which both tokens are as good as before, and no key was fetched', async () => {
        expect(attacker.calls).toEqual([]);
        expect((await introspect(material.token)).body).toMatchObject({ active: true });
        const [{ operation, sent }] = api.refreshing as [Api['refreshing'][number]];
        expect((await server.send(...operation, sent(refreshMaterial.token))).status).toBe(200);
      });

      it('S35: none of it costs a statement more than what is no token at all, nor more than one verification', async () => {
        const [least, leastToRevoke] = [await leastWork(database, () => introspect('x')), await leastWork(database, () => revoke('x'))];
        for (const [, attack] of unsigned) {
          const token = attack(); // not to be counted
          const [told, ended] = [await leastWork(database, () => introspect(token)), await leastWork(database, () => revoke(token))];
          expect(told.statements).toBeLessThanOrEqual(least.statements);
          expect(ended.statements).toBeLessThanOrEqual(leastToRevoke.statements);
          expect(Math.max(told.verifications, ended.verifications)).toBeLessThanOrEqual(1);
        }
      });
    },
  );

  it.each(APIS.map((api): [string, Api] => [api.dialect, api]))(
    'S34: an access token of %s is good until it is revoked',
    async (_name, api) => {
      const { access } = await signIn(server, api, 'ada@example.com');
      expect((await introspect(access)).body).toMatchObject({ active: true });
      expect((await revoke(access)).status).toBe(200);

      expect((await introspect(access)).body).toEqual({ active: false });
      expect(await ask(server, api, access)).toMatchObject(api.refused);
    },
  );
});
