import crypto from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { pino } from 'pino';
import { mergeContracts } from '../../openapi/tools/merge.mjs';
import { openSession } from '../../src/core/open-session.js';
import type { Origin } from '../../src/core/session.js';
import { createUseCases } from '../../src/workbench/workbench.js';
import type { Caller, Dialect, Failure } from '../../src/dialects/dialect.js';
import { createHttpApp } from '../../src/http/app.js';
import type { OpenApiDocument } from '../../src/http/contract.js';
import { createHttpServer } from '../../src/http/server.js';
import { ada, contextOf, fakePorts, POLICY, workbenchContextOf } from '../support/fake-ports.js';

const ISSUER = 'https://id.example.com';
const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });

const ANSWER = { description: 'x', content: { 'application/json': { schema: { type: 'object' } } } };
const operation = (operationId: string, security: object[]) => ({ operationId, security, responses: { 200: ANSWER } });

/** A login API that the service has never heard of. */
const CONTRACT = {
  openapi: '3.1.0',
  info: { title: 'Probe', version: '1' },
  paths: {
    '/probe/key-or-token': { get: operation('eitherWay', [{ Key: [] }, { Bearer: [] }]) },
    '/probe/key-and-token': { get: operation('bothWays', [{ Key: [], Bearer: [] }]) },
    '/probe/{id}': {
      get: { ...operation('template', []), parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] },
    },
  },
  components: {
    securitySchemes: { Key: { type: 'apiKey', in: 'header', name: 'X-Probe-Key' }, Bearer: { type: 'http', scheme: 'bearer' } },
  },
};

const tellWho = async (_request: unknown, _core: unknown, { principal }: Caller) => ({
  status: 200,
  body: { who: principal?.accountId ?? null },
});
const PROBE: Dialect = {
  name: 'probe',
  ownPrefixes: ['/'],
  policy: POLICY,
  errorMediaType: 'application/json',
  operations: {
    eitherWay: tellWho,
    bothWays: tellWho,
    template: async ({ path }: { path: { id: string } }) => ({ status: 200, body: path }),
  },
  renderFailure: ({ code }: Failure) => ({ status: code === 'unauthorized' ? 401 : 500, body: { code } }),
};

describe('a dialect that is nothing but a contract, handlers and words', () => {
  const document = mergeContracts([{ name: 'probe', document: CONTRACT }]) as OpenApiDocument;
  const { ports } = fakePorts([ada()]);
  const routes = Object.entries(CONTRACT.paths).map(([path, { get }]) => ({
    dialect: 'probe',
    operation: get.operationId,
    method: 'GET',
    path,
    maxBodyBytes: 0,
    bodyRequired: false,
    bodyType: null,
    deadlineSeconds: null,
    hasEvents: false,
  }));
  const options = {
    document,
    routes,
    dialects: [{ dialect: PROBE, coreFor: (origin: Origin) => createUseCases(workbenchContextOf(ports, { dialect: 'probe', origin })) }],
    accessTokens: {
      issuer: ISSUER,
      type: 'at+jwt',
      verificationKey: (kid: string) => (kid === 'known' ? publicKey : null),
      learnVerificationKey: async () => {},
    },
    logger: pino({ level: 'silent' }),
  };
  const server = createHttpServer(createHttpApp(options));
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const key = ports.tokens.deriveApiKey(ada());
  async function get(path: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
    const response = await fetch(url + path, { headers });
    return [response.status, await response.json()];
  }

  it('is let in with an API key, where the contract offers one', async () => {
    expect(await get('/probe/key-or-token', { 'x-probe-key': key })).toEqual([200, { who: ada().id }]);
    expect(await get('/probe/key-or-token', { 'x-probe-key': key, authorization: 'Bearer bogus' })).toEqual([200, { who: ada().id }]);
  });

  it.each<Record<string, string>>([{}, { 'x-probe-key': 'hunter2' }, { 'x-probe-key': '' }, { authorization: 'Bearer bogus' }])(
    'is refused with %j',
    async (headers) => {
      expect(await get('/probe/key-or-token', headers)).toEqual([401, { code: 'unauthorized' }]);
    },
  );

  describe('let in with an access token', () => {
    const claims = { iss: ISSUER, aud: 'probe', sub: ada().id, sid: 'session 1', jti: 'a token', exp: Math.floor(Date.now() / 1000) + 60 };
    const header = { alg: 'ES256', typ: 'at+jwt', kid: 'known' };
    const present = (changedClaims: object, changedHeader: object = {}, key: jwt.Secret = privateKey) => {
      const token = jwt.sign({ ...claims, ...changedClaims }, key, { algorithm: 'ES256', header: { ...header, ...changedHeader } });
      return get('/probe/key-or-token', { authorization: `Bearer ${token}` });
    };
    beforeAll(async () => {
      await openSession(contextOf(ports, { dialect: 'probe' }), ada());
    });

    it('that is good', async () => {
      expect(await present({})).toEqual([200, { who: ada().id }]);
    });

    it.each<[string, object, object?]>([
      ['another type of token, signed with the same key', {}, { typ: 'rt+jwt' }],
      ['no type', {}, { typ: undefined }],
      ['the usual type of any other token', {}, { typ: 'JWT' }],
      ['an unknown key', {}, { kid: 'unknown' }],
      ['no key', {}, { kid: undefined }],
      ['another issuer', { iss: 'https://elsewhere.example' }],
      ['no issuer', { iss: undefined }],
      ['another audience', { aud: 'pixyle' }],
      ['no audience', { aud: undefined }],
      ['an end that has come', { exp: Math.floor(Date.now() / 1000) - 1 }],
      ['a beginning that has not', { nbf: Math.floor(Date.now() / 1000) + 60 }],
      ['nobody whose it is', { sub: undefined }],
      ['a session that is not there', { sid: 'session 2' }],
    ])('but not with %s', async (_fault, changedClaims, changedHeader = {}) => {
      expect(await present(changedClaims, changedHeader)).toEqual([401, { code: 'unauthorized' }]);
    });

    it('but not with another key under the known id', async () => {
      expect(await present({}, {}, crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).toEqual([
        401,
        { code: 'unauthorized' },
      ]);
    });
  });

  it('is refused with one credential where the contract asks for two', async () => {
    expect(await get('/probe/key-and-token', { 'x-probe-key': key })).toEqual([401, { code: 'unauthorized' }]);
  });

  it('answers a concrete path before a template that matches it, too', async () => {
    expect(await get('/probe/anything')).toEqual([200, { id: 'anything' }]);
    expect(await get('/probe/key-or-token', { 'x-probe-key': key })).toEqual([200, { who: ada().id }]);
  });

  it('cannot be served when it asks for a credential that nobody can check', () => {
    const cookie = structuredClone(CONTRACT);
    cookie.components.securitySchemes.Key.in = 'cookie';
    const unservable = mergeContracts([{ name: 'probe', document: cookie }]) as OpenApiDocument;

    expect(() => createHttpApp({ ...options, document: unservable })).toThrow('probe: a security scheme of type apiKey cannot be checked');
  });
});
