import { describe, expect, it } from '@jest/globals';
import { mergeContracts } from '../../openapi/tools/merge.mjs';

const STRING = { type: 'string' };
const json = (schema: unknown) => ({ content: { 'application/json': { schema } } });

/** A public operation. */
function operation(operationId: string, beside: object = {}) {
  return { operationId, security: [], responses: { 200: { description: 'Good.' } }, ...beside };
}

/** A contract with these paths and components, and whatever else it needs. */
function contract(name: string, paths: object, components: object = {}, beside: object = {}) {
  return { name, document: { openapi: '3.1.0', info: { title: name.toUpperCase(), version: '1' }, paths, components, ...beside } };
}

/** A contract with one schema, in which everything below stands. */
const withSchema = (schema: unknown) => contract('px0', {}, { schemas: { Login: STRING, Thing: schema } });
const mergedSchema = (schema: unknown) => mergeContracts([withSchema(schema)]).components.schemas.Px0Thing;

const TO_LOGIN = { $ref: '#/components/schemas/Login' };
const TO_PX0_LOGIN = { $ref: '#/components/schemas/Px0Login' };

describe('the merged document', () => {
  const login = operation('login', {
    tags: ['Auth'],
    parameters: [{ $ref: '#/components/parameters/Version' }],
    requestBody: json(TO_LOGIN),
    responses: { 200: json({ type: 'array', items: TO_LOGIN }), default: { $ref: '#/components/responses/Failed' } },
  });
  const components = {
    schemas: { Login: STRING },
    parameters: { Version: { name: 'v', in: 'header', schema: TO_LOGIN } },
    responses: { Failed: { description: 'No.', ...json(TO_LOGIN) } },
  };
  const pythOn = contract('pyth-on', { '/a': { post: login } }, components, { tags: [{ name: 'Auth', description: 'In and out.' }] });
  const px0 = contract('px0', { '/b': { get: operation('log-in') } }, { schemas: { Login: { type: 'integer' } } });

  it("has each component under its dialect's name", () => {
    const { components } = mergeContracts([pythOn, px0]);

    expect(components.schemas).toEqual({ PythOnLogin: STRING, Px0Login: { type: 'integer' } });
    expect(Object.keys(components.parameters)).toEqual(['PythOnVersion']);
    expect(Object.keys(components.responses)).toEqual(['PythOnFailed']);
  });

  it('has each operation under the name of its dialect, and tells both names', () => {
    const { paths } = mergeContracts([pythOn, px0]);

    expect(paths['/a'].post).toMatchObject({
      operationId: 'pythOnLogin',
      'x-latchkey-dialect': 'pyth-on',
      'x-latchkey-operation': 'login',
    });
    expect(paths['/b'].get).toMatchObject({ operationId: 'px0LogIn', 'x-latchkey-dialect': 'px0', 'x-latchkey-operation': 'log-in' });
  });

  it('has every reference lead to the component under its new name', () => {
    const merged = mergeContracts([pythOn, px0]);
    const references = [...JSON.stringify(merged).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);

    expect(references.sort()).toEqual([
      '#/components/parameters/PythOnVersion',
      '#/components/responses/PythOnFailed',
      ...Array<string>(4).fill('#/components/schemas/PythOnLogin'),
    ]);
  });

  it('has the tags of two dialects apart, though they have one name', () => {
    const second = contract('px0', { '/b': { get: operation('login', { tags: ['Auth'] }) } }, {}, { tags: [{ name: 'Auth' }] });
    const { tags, paths } = mergeContracts([pythOn, second]);

    expect(tags).toEqual([{ name: 'PYTH-ON · Auth', description: 'In and out.' }, { name: 'PX0 · Auth' }]);
    expect([paths['/a'].post.tags, paths['/b'].get.tags]).toEqual([['PYTH-ON · Auth'], ['PX0 · Auth']]);
  });

  it('is the same bytes when it is made again, from the same documents and from copies of them', () => {
    const once = JSON.stringify(mergeContracts([pythOn, px0]));

    expect(JSON.stringify(mergeContracts([pythOn, px0]))).toBe(once);
    expect(JSON.stringify(mergeContracts(structuredClone([pythOn, px0])))).toBe(once);
  });

  it('leaves the documents that it was made from as they were', () => {
    const before = structuredClone([pythOn, px0]);
    mergeContracts([pythOn, px0]);

    expect([pythOn, px0]).toEqual(before);
  });
});

describe('the security of a merged operation', () => {
  const schemes = { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' }, jwt: { type: 'http', scheme: 'bearer' } } };
  const securityOf = (beside: object) =>
    mergeContracts([
      contract('px0', { '/a': { get: { ...operation('see'), ...beside } } }, schemes, { security: [{ key: [] }, { jwt: [] }] }),
    ]).paths['/a'].get.security;

  it("is the document's where the operation says nothing", () => {
    expect(securityOf({ security: undefined })).toEqual([{ Px0key: [] }, { Px0jwt: [] }]);
  });

  it('is its own where it has one, with the scopes', () => {
    expect(securityOf({ security: [{ jwt: ['read'], key: [] }] })).toEqual([{ Px0jwt: ['read'], Px0key: [] }]);
  });

  it('is none where it says so', () => {
    expect(securityOf({ security: [] })).toEqual([]);
  });

  it('leads to a scheme of its own dialect, and not to a namesake', () => {
    const see = { get: operation('see', { security: [{ key: [] }] }) };
    const other = { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } };
    const merged = mergeContracts([contract('px0', { '/a': see }, schemes), contract('pixyle', { '/b': see }, other)]);

    expect(merged.paths['/b'].get.security).toEqual([{ Pixylekey: [] }]);
    expect(merged.components.securitySchemes.Pixylekey).toEqual(other.securitySchemes.key);
  });

  it('never comes from a default of the merged document', () => {
    expect(mergeContracts([contract('px0', {}, schemes, { security: [{ key: [] }] })]).security).toEqual([]);
  });
});

describe('a name that is also a keyword', () => {
  const NAMES = ['default', 'example', 'examples', 'enum', 'const', 'value', 'properties'];

  it.each(NAMES)('%s: a property of that name has its references renamed', (name) => {
    expect(mergedSchema({ type: 'object', properties: { [name]: TO_LOGIN } })).toEqual({
      type: 'object',
      properties: { [name]: TO_PX0_LOGIN },
    });
  });

  const MAPS = [
    ['schemas', 'responses', 'parameters', 'examples', 'requestBodies', 'headers', 'securitySchemes', 'links', 'callbacks', 'pathItems'],
    ['paths', 'content', 'encoding', 'patternProperties', '$defs', 'dependentSchemas'],
  ].flat();
  it.each(MAPS)('default: whatever has that name in %s has its references renamed', (map) => {
    expect(mergedSchema({ [map]: { default: { a: TO_LOGIN } } })).toEqual({ [map]: { default: { a: TO_PX0_LOGIN } } });
  });

  it('enum: a component of that name has its references renamed, and is found by them', () => {
    const components = { schemas: { Login: STRING, enum: { items: TO_LOGIN }, More: { $ref: '#/components/schemas/enum' } } };

    expect(mergeContracts([contract('px0', {}, components)]).components.schemas).toEqual({
      Px0Login: STRING,
      Px0enum: { items: TO_PX0_LOGIN },
      Px0More: { $ref: '#/components/schemas/Px0enum' },
    });
  });

  it('default: a response of that name has its references renamed', () => {
    const see = operation('see', { responses: { default: json(TO_LOGIN) } });
    const { paths } = mergeContracts([contract('px0', { '/a': { get: see } }, { schemas: { Login: STRING } })]);

    expect(paths['/a'].get.responses).toEqual({ default: json(TO_PX0_LOGIN) });
  });

  it('$ref: a property of that name is a property', () => {
    expect(mergedSchema({ properties: { $ref: { items: TO_LOGIN } } })).toEqual({ properties: { $ref: { items: TO_PX0_LOGIN } } });
  });
});

describe('data that looks like a reference', () => {
  it.each(['example', 'default', 'const'])('stays as it is below %s', (key) => {
    expect(mergedSchema({ [key]: TO_LOGIN })).toEqual({ [key]: TO_LOGIN });
    expect(mergedSchema({ [key]: { deep: [{ $ref: 'elsewhere.yaml' }] } })).toEqual({ [key]: { deep: [{ $ref: 'elsewhere.yaml' }] } });
  });

  it.each(['examples', 'enum'])('stays as it is in the list %s', (key) => {
    expect(mergedSchema({ [key]: [TO_LOGIN, { $ref: 7 }] })).toEqual({ [key]: [TO_LOGIN, { $ref: 7 }] });
  });

  it('stays as it is in a named example, while a reference to such an example is one', () => {
    const examples = { one: { value: TO_LOGIN }, default: { $ref: '#/components/examples/Good' } };
    const see = operation('see', { responses: { 200: { content: { 'application/json': { examples } } } } });
    const { paths } = mergeContracts([contract('px0', { '/a': { get: see } }, { examples: { Good: { value: TO_LOGIN } } })]);

    expect(paths['/a'].get.responses[200].content['application/json'].examples).toEqual({
      one: { value: TO_LOGIN },
      default: { $ref: '#/components/examples/Px0Good' },
    });
  });
});

describe('paths that meet', () => {
  const a = (path: string, id = 'see') => contract('a', { [path]: { get: operation(id) } });
  const b = (path: string) => contract('b', { [path]: { get: operation('see') } });

  it.each([
    ['/user/{id}', '/user/me'],
    ['/user/me', '/user/{id}'],
    ['/{any}/login', '/user/login'],
    ['/files/{name}.json', '/files/all.json'],
    ['/user/{id}/keys', '/user/me/{part}'],
    ['/{a}/x/{b}', '/y/{c}/z'],
    ['/files/{name}.json', '/files/x{rest}'],
  ])('%s of one dialect and %s of another are refused', (one, other) => {
    const template = one.includes('{') ? one : other;
    const owner = template === one ? 'a' : 'b';

    expect(() => mergeContracts([a(one), b(other)])).toThrow(`the path ${template} of ${owner} also matches`);
  });

  it.each([
    ['/user/{id}', '/user/me/keys'],
    ['/user/{id}', '/users/me'],
    ['/user/{id}/keys', '/user/me/tokens'],
    ['/files/{name}.json', '/files/all.xml'],
    ['/files/{name}.json', '/files/alljson'],
    ['/user/{id}', '/user/'],
  ])('%s of one dialect and %s of another are not such', (one, other) => {
    expect(Object.keys(mergeContracts([a(one), b(other)]).paths)).toEqual([one, other]);
  });

  it('a template and a concrete path of one dialect stand side by side', () => {
    const both = contract('a', { '/user/{id}': { get: operation('see') }, '/user/me': { get: operation('seeMe') } });

    expect(Object.keys(mergeContracts([both]).paths)).toEqual(['/user/{id}', '/user/me']);
  });

  it('one path of two dialects is refused, though the methods differ', () => {
    const second = contract('b', { '/login': { post: operation('login') } });

    expect(() => mergeContracts([a('/login'), second])).toThrow('the path /login belongs to two dialects: a and b');
  });

  it('one template of two dialects is refused, though the parameters have two names', () => {
    expect(() => mergeContracts([a('/user/{id}'), b('/user/{userId}')])).toThrow(
      'the path /user/{userId} belongs to two dialects: a and b',
    );
  });

  it('one template twice in one dialect is refused', () => {
    const twice = contract('a', { '/user/{id}': { get: operation('see') }, '/user/{userId}': { put: operation('change') } });

    expect(() => mergeContracts([twice])).toThrow('a: the path /user/{userId} is there twice, under two names of its parameters');
  });
});

describe('names that become one in the merge', () => {
  it('two operations of two dialects are refused', () => {
    const contracts = [contract('a', { '/a': { get: operation('bLogin') } }), contract('a-b', { '/b': { get: operation('login') } })];

    expect(() => mergeContracts(contracts)).toThrow('the name aBLogin would belong to two: a: bLogin and a-b: login');
  });

  it('two operations of one dialect are refused', () => {
    const both = contract('a', { '/a': { get: operation('log-in') }, '/b': { get: operation('logIn') } });

    expect(() => mergeContracts([both])).toThrow('the name aLogIn would belong to two: a: log-in and a: logIn');
  });

  it('two schemas are refused, so that none takes the place of the other', () => {
    const contracts = [
      contract('a', {}, { schemas: { BLogin: STRING } }),
      contract('a-b', {}, { schemas: { Login: { type: 'integer' } } }),
    ];

    expect(() => mergeContracts(contracts)).toThrow(
      'the name components/schemas/ABLogin would belong to two: a: components/schemas/BLogin and a-b: components/schemas/Login',
    );
  });

  it('a schema and a response may share one', () => {
    const { components } = mergeContracts([
      contract('a', {}, { schemas: { Error: STRING }, responses: { Error: { description: 'No.' } } }),
    ]);

    expect(components).toEqual({ schemas: { AError: STRING }, responses: { AError: { description: 'No.' } } });
  });
});

describe('a contract is refused', () => {
  const silent = { operationId: 'see', responses: {} };
  const at = (path: string, get: object) => contract('px0', { [path]: { get } });

  it.each([
    ['whose operation has no operationId', at('/a', { security: [], responses: {} }), 'px0: GET /a has no operationId'],
    [
      'that uses an operationId twice',
      contract('px0', { '/a': { get: operation('see') }, '/b': { put: operation('see') } }),
      'px0: PUT /b: operationId see is used twice',
    ],
    [
      'that says nothing of security, neither in the operation nor in the document',
      at('/a', silent),
      'px0: GET /a says nothing of security, and the document has no default',
    ],
    [
      'that asks for a security scheme that it does not define',
      at('/a', operation('see', { security: [{ jwt: [] }] })),
      'px0: GET /a asks for the security scheme jwt, which is not defined',
    ],
    [
      'whose reference leads nowhere',
      withSchema({ properties: { a: { $ref: '#/components/schemas/Nobody' } } }),
      'px0: the reference #/components/schemas/Nobody leads nowhere',
    ],
    [
      'whose reference leads to what only looks like a component, as every object has it',
      withSchema({ $ref: '#/components/schemas/toString' }),
      'the merged document: the reference #/components/schemas/Px0toString leads nowhere',
    ],
    [
      'whose reference leads into another file',
      withSchema({ items: { $ref: 'common.yaml#/Login' } }),
      "px0: the reference common.yaml#/Login leads outside of the document's components",
    ],
    [
      'whose reference leads to a path',
      withSchema({ $ref: '#/paths/~1a' }),
      "px0: the reference #/paths/~1a leads outside of the document's components",
    ],
    ['that is OpenAPI 3.0', contract('px0', {}, {}, { openapi: '3.0.3' }), 'px0: is not an OpenAPI 3.1 document'],
    ['with webhooks', contract('px0', {}, {}, { webhooks: {} }), 'px0: has webhooks, which the merge would lose'],
    [
      'with a base path on its server',
      contract('px0', {}, {}, { servers: [{ url: 'https://x.example/v1' }] }),
      'px0: has a server with a base path, which belongs in front of each path',
    ],
    ['that does not say what it is', contract('px0', {}, {}, { openapi: undefined }), 'px0: is not an OpenAPI 3.1 document'],
  ])('%s', (_what, refused, message) => {
    expect(() => mergeContracts([refused])).toThrow(message);
  });

  it("whose reference leads only to another dialect's component, under its merged name", () => {
    const stranger = contract('pixyle', {}, { schemas: { Mine: { $ref: '#/components/schemas/Px0Login' } } });

    expect(() => mergeContracts([contract('px0', {}, { schemas: { Login: STRING } }), stranger])).toThrow(
      'pixyle: the reference #/components/schemas/Px0Login leads nowhere',
    );
  });
});
