import crypto, { type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { APIS, PASSWORD, signIn } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { es256, forge, hmac, workingKey } from '../support/forged-tokens.js';
import { decodeJwt, decodeJwtHeader } from '../support/jwt.js';
import { startServer, type TestServer } from '../support/server.js';
import {
  ALGORITHM_ATTACKS,
  KEY_ATTACKS,
  listenAsAttacker,
  SIGNATURE_ATTACKS,
  UNFIT_TYPES,
  type Material,
  type Unfit,
} from '../support/token-attacks.js';
import { leastWork } from '../support/work.js';

/** Rightly signed, and wrong in one thing alone. */
const UNFIT: Unfit[] = [
  ['an extension that must be understood', { crit: ['exp'] }, () => ({})],
  ['alg ES256', { alg: 'ES256' }, () => ({})],
  ['alg HS512', { alg: 'HS512' }, () => ({})],
];
const UNFIT_CLAIMS: Unfit[] = [
  ['another audience', {}, () => ({ aud: 'elsewhere' })],
  ['no audience', {}, () => ({ aud: undefined })],
  ['another issuer', {}, () => ({ iss: 'http://elsewhere.test' })],
  ['no issuer', {}, () => ({ iss: undefined })],
  ['a beginning to come', {}, () => ({ nbf: Math.floor(Date.now() / 1000) + 3600 })],
  ['no session', {}, () => ({ sid: undefined })],
  ['no generation', {}, () => ({ gen: undefined })],
  ['a generation that is no number', {}, () => ({ gen: '1 OR 1=1' })],
  ['no subject', {}, () => ({ sub: undefined })],
  ['no end', {}, () => ({ exp: undefined })],
  ['an end that is text', {}, () => ({ exp: '9999999999' })],
];

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let refreshKey: KeyObject;
  let accessKey: KeyObject;
  let attacker: Awaited<ReturnType<typeof listenAsAttacker>>;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    [refreshKey, accessKey] = [await workingKey(database, 'refresh-token'), await workingKey(database, 'access-token')];
    attacker = await listenAsAttacker();
    await server.createAccount({ email: 'ada@example.com', password: PASSWORD });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
    await attacker.close();
  });

  const operations = APIS.flatMap((api) => api.refreshing.map((refreshing) => ({ api, ...refreshing })));
  describe.each(operations.map((each): [string, typeof each] => [each.operation.join(' '), each]))('%s', (_operation, each) => {
    const { api, operation, sent, refused } = each;
    const show = (token: string) => server.send(...operation, sent(token));
    let material: Material;
    beforeAll(async () => {
      const { refresh: token } = await signIn(server, api, 'ada@example.com');
      const { key: ownKey, url: ownUrl } = attacker;
      material = {
        token,
        header: decodeJwtHeader(token),
        claims: decodeJwt(token),
        publicKey: crypto.createPublicKey(accessKey),
        ownKey,
        ownUrl,
      };
    });
    /** For no statement, and one verification at most. */
    async function expectRefused(token: string): Promise<void> {
      expect(await show(token)).toMatchObject(refused);
      const { statements, verifications } = await leastWork(database, () => show(token));
      expect(statements).toBe(0);
      expect(verifications).toBeLessThanOrEqual(1);
    }
    const signed = ([, header, change]: Unfit) =>
      forge({ ...material.header, ...header }, { ...material.claims, ...change(material.claims) }, hmac(refreshKey));

    it.each(ALGORITHM_ATTACKS)('S29: refuses %s', (_what, attack) => expectRefused(attack(material)));
    it.each(KEY_ATTACKS)('S29: refuses %s', async (_what, attack) => {
      await expectRefused(attack(material));
      expect(attacker.calls).toEqual([]);
    });
    it.each(SIGNATURE_ATTACKS)('S29: refuses %s', (_what, attack) => expectRefused(attack(material)));
    it.each(UNFIT)('S29: refuses %s, rightly signed', (...unfit) => expectRefused(signed(unfit)));
    it.each(UNFIT_TYPES.filter(([, { typ }]) => typ !== 'rt+jwt'))('S31: refuses %s, rightly signed', (...unfit) =>
      expectRefused(signed(unfit)),
    );
    it.each(UNFIT_CLAIMS)('S30: refuses %s, rightly signed', (...unfit) => expectRefused(signed(unfit)));

    it('S29: refuses one that is signed with the key of access tokens, under either id', async () => {
      const kid = decodeJwtHeader((await signIn(server, api, 'ada@example.com')).access).kid;
      await expectRefused(forge({ ...material.header, alg: 'ES256', kid }, material.claims, es256(accessKey)));
      await expectRefused(forge({ ...material.header, alg: 'ES256' }, material.claims, es256(accessKey)));
    });

    it('S29: all of that ended nothing: the good one is still good', async () => {
      expect((await show(material.token)).status).toBe(200);
    });
  });
});
