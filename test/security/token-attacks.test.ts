import crypto, { type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, PASSWORD, SIGNED_APIS, signIn, type Api } from '../support/apis.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { es256, forge, workingKey } from '../support/forged-tokens.js';
import { decodeJwt, decodeJwtHeader } from '../support/jwt.js';
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
  type Unfit,
} from '../support/token-attacks.js';
import { leastWork } from '../support/work.js';

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let signingKey: KeyObject;
  let attacker: Awaited<ReturnType<typeof listenAsAttacker>>;
  beforeAll(async () => {
    database = await kind.create();
    server = await startServer(database);
    signingKey = await workingKey(database, 'access-token');
    attacker = await listenAsAttacker();
    await server.createAccount({ email: 'ada@example.com', password: PASSWORD });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
    await attacker.close();
  });

  describe.each(SIGNED_APIS.map((api): [string, Api] => [api.dialect, api]))('%s', (_dialect, api) => {
    let material: Material;
    beforeAll(async () => {
      const { access: token } = await signIn(server, api, 'ada@example.com');
      const publicKey = crypto.createPublicKey(signingKey);
      const { key: ownKey, url: ownUrl } = attacker;
      material = { token, header: decodeJwtHeader(token), claims: decodeJwt(token), publicKey, ownKey, ownUrl };
    });
    /** Refused in the API's words, for no statement, and one verification at most or exactly so many. */
    async function expectRefused(token: string, exactly?: number): Promise<void> {
      expect(await ask(server, api, token)).toMatchObject(api.refused);
      const { statements, verifications } = await leastWork(database, () => ask(server, api, token));
      expect(statements).toBe(0);
      expect(verifications).toBeLessThanOrEqual(exactly ?? 1);
      expect(verifications).toBeGreaterThanOrEqual(exactly ?? 0);
    }
    const signed = ([, header, change]: Unfit) =>
      forge({ ...material.header, ...header }, { ...material.claims, ...change(material.claims) }, es256(signingKey));

    it('S29: takes what the service signs, and what is forged with its key alone', async () => {
      const token = forge(material.header, { ...material.claims, jti: crypto.randomUUID() }, es256(signingKey));
      expect((await ask(server, api, token)).status).toBe(200);
    });

    it.each(ALGORITHM_ATTACKS)('S29: refuses %s', (_what, attack) => expectRefused(attack(material)));
    it.each(KEY_ATTACKS)('S29: refuses %s', async (_what, attack) => {
      await expectRefused(attack(material));
      expect(attacker.calls).toEqual([]);
    });
    it.each(SIGNATURE_ATTACKS)('S29: refuses %s', (_what, attack) => expectRefused(attack(material)));
    it.each(UNFIT_HEADERS)('S29: refuses %s, rightly signed', (...unfit) => expectRefused(signed(unfit), 0));
    it.each(UNFIT_TYPES)('S31: refuses %s, rightly signed', (...unfit) => expectRefused(signed(unfit), 0));
    it.each(UNFIT_CLAIMS)('S30: refuses %s, rightly signed', (...unfit) => expectRefused(signed(unfit), 1));
  });
});
