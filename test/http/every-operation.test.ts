import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createConfig } from '../../generated/client/client/index.js';
import * as sdk from '../../generated/client/sdk.gen.js';
import { RateLimited, Unavailable } from '../../src/core/faults.js';
import { createHttpApp } from '../../src/http/app.js';
import { createHttpServer } from '../../src/http/server.js';
import { bareOptions } from '../support/bare-service.js';
import { goodParts, goodRequest, OPERATIONS, resolved, type Documented } from '../support/operations.js';
import { contractFaults } from '../support/response-checker.js';
import { sendChecked } from '../support/server.js';

// What holds for every operation of the merged document, whichever it is: its requests are made from its examples.

const documents = (status: string) => OPERATIONS.filter(({ operation }) => operation.responses[status]);
const withBody = OPERATIONS.filter(({ operation }) => operation.requestBody);
const secured = OPERATIONS.filter(
  ({ operation: { security } }) => security.length > 0 && security.every((way) => Object.keys(way).length > 0),
);

let thrown: Error = new Error('nothing was told to be thrown');
const server = createHttpServer(createHttpApp(bareOptions(() => Promise.reject(thrown))));
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

function send(documented: Documented, change: { headers?: Record<string, string>; raw?: string } = {}) {
  const { path, raw, headers } = goodRequest(documented);
  const body = change.raw ?? raw;
  return sendChecked(url, documented.method, path, {
    ...(body !== undefined && { raw: body }),
    headers: { ...headers, authorization: 'Bearer good', ...change.headers },
  });
}

describe.each([
  ['500', new Error('a fault with a secret in it')],
  ['503', new Unavailable('the database is away')],
  ['429', new RateLimited('too many', 7)],
])('%s, where the contract names it, is answered in its shape', (status, fault) => {
  it.each(documents(status).map((each): [string, Documented] => [each.title, each]))('by %s', async (_title, each) => {
    thrown = fault;
    const answer = await send(each);

    expect(answer.status).toBe(Number(status));
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(answer.headers.get('retry-after')).toBe({ 500: null, 503: '5', 429: '7' }[status]);
  });
});

it.each(secured.map((each): [string, Documented] => [each.title, each]))(
  'S33: 401: %s wants a credential, and a good one; a token that was sent is what is wrong, and nothing else is called one',
  async (_title, each) => {
    const { path, raw, headers } = goodRequest(each);
    for (const authorization of [undefined, 'Bearer bad', 'Basic Z29vZDo=', 'good']) {
      const sent = { ...headers, ...(authorization && { authorization }) };
      const answer = await sendChecked(url, each.method, path, { ...(raw !== undefined && { raw }), headers: sent });

      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe(authorization === 'Bearer bad' ? 'Bearer error="invalid_token"' : 'Bearer');
    }
  },
);

describe.each(withBody.map((each): [string, Documented] => [each.title, each]))('%s', (_title, each) => {
  it('refuses a body of another media type, a broken one and one that is too large', async () => {
    const limit = each.operation['x-max-body-bytes'] ?? 0;

    expect([400, 415]).toContain((await send(each, { headers: { 'content-type': 'text/plain' } })).status);
    expect((await send(each, { raw: ' '.repeat(limit + 1) })).status).toBe(413);
    if (goodRequest(each).type === 'application/json') expect([400, 422]).toContain((await send(each, { raw: '{' })).status);
  });

  it('says which body it reads at most', () => {
    expect(each.operation['x-max-body-bytes']).toBeGreaterThan(0);
  });
});

it.each(OPERATIONS.map((each): [string, Documented] => [each.title, each]))(
  '%s refuses a query parameter that it does not know, where it documents a 400, and else looks at none',
  async (_title, each) => {
    thrown = new Error('the handler was reached');
    const { path, raw, headers } = goodRequest(each);
    const { status } = await sendChecked(url, each.method, `${path}${path.includes('?') ? '&' : '?'}hunter2=1`, {
      ...(raw !== undefined && { raw }),
      headers: { ...headers, authorization: 'Bearer good' },
    });

    expect(status).toBe(each.operation.responses['400'] ? 400 : 500);
  },
);

const withId = OPERATIONS.filter(({ operation }) =>
  (operation.parameters ?? []).map(resolved).some((parameter) => parameter.in === 'path' && parameter.schema.format === 'uuid'),
);

it.each(withId.map((each): [string, Documented] => [each.title, each]))(
  '%s takes no id that the database would not',
  async (_title, each) => {
    thrown = new Error('the handler was reached');
    const { raw, headers } = goodRequest(each);
    for (const id of ['urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e', '{0f8fad5b-d9cb-469f-a165-70867728950e}', '7']) {
      const path = each.path.replace(/\{[^}]+\}/, encodeURIComponent(id));
      const { status } = await sendChecked(url, each.method, path, {
        ...(raw !== undefined && { raw }),
        headers: { ...headers, authorization: 'Bearer good' },
      });

      expect([400, 404]).toContain(status);
    }
  },
);

describe('the generated client', () => {
  const client = createClient(createConfig({ baseUrl: '', auth: 'good' }));
  const functions = sdk as unknown as Record<string, (options: object) => Promise<{ response: Response; error: unknown }>>;
  beforeAll(() => void client.setConfig({ baseUrl: url }));

  it('has a function for each operation, and no other', () => {
    expect(Object.keys(functions).sort()).toEqual(OPERATIONS.map(({ operation }) => operation.operationId).sort());
  });

  it.each(OPERATIONS.map((each): [string, Documented] => [each.operation.operationId, each]))(
    '%s sends what the contract asks for, and hands over what is answered',
    async (name, each) => {
      thrown = new Error('the handler was reached');
      const { response, error } = (await functions[name]?.({ client, ...goodParts(each) })) ?? {};
      const raw = await send(each);

      expect(response?.status).toBe(500);
      expect(Object.keys(error as object)).toEqual(Object.keys(raw.body as object));
    },
  );
});

it('the checker finds a status that no operation documents', () => {
  const seen = { method: 'GET', path: '/livez', status: 418, mediaType: 'application/json', body: {} };

  expect(contractFaults(seen)).toEqual(['GET /livez 418: this status is not documented']);
});
