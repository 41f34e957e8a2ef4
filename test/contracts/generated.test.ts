import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { operationsOf, pascalCase } from '../../openapi/tools/merge.mjs';

const WITHOUT_NETWORK = ['unshare', '--map-root-user', '--net'];

describe('generated/', () => {
  let folder: string;
  const made = (name: string) => path.join(folder, name);
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-generated-'));
    generateInto(made('once'));
    generateInto(made('again'));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('is what the contracts make, byte for byte: no file more, none less', () => {
    expect(Object.keys(filesIn('generated'))).toEqual(expect.arrayContaining(['openapi.json', 'operations.gen.ts', 'client/sdk.gen.ts']));
    expect(filesIn(made('once'))).toEqual(filesIn('generated'));
  });

  it('is the same bytes when it is made again', () => {
    expect(filesIn(made('again'))).toEqual(filesIn(made('once')));
  });

  const cannot = whyNetworkStays();
  if (cannot) console.info(`Not tried whether generated/ can be made without a network: ${cannot}`);
  (cannot ? it.skip : it)('is made without a network', () => {
    generateInto(made('alone'), WITHOUT_NETWORK);

    expect(filesIn(made('alone'))).toEqual(filesIn('generated'));
  });
});

/** A piece of the merged document. */
interface Part {
  [key: string]: unknown;
}

const merged = JSON.parse(fs.readFileSync('generated/openapi.json', 'utf8')) as Part;

describe('the secrets of the merged document', () => {
  it('are these fields, and none lost its mark', () => {
    expect(placesOf((part) => part['x-secret'] === true)).toEqual([
      'flashback ActivateRequest.token',
      'flashback LoginRequest.password',
      'flashback LoginResponse.accessToken',
      'flashback LoginResponse.refreshToken',
      'flashback PreVerifyEmailRequest.token',
      'flashback RefreshRequest.refreshToken',
      'flashback RefreshRequest.refresh_token',
      'flashback RefreshResponse.accessToken',
      'flashback RefreshResponse.refreshToken',
      'flashback RefreshResponse.token',
      'flashback RegisterRequest.password',
      'flashback RegisterResponse.accessToken',
      'flashback RegisterResponse.refreshToken',
      'flashback RegisterResponse.verificationTokenId',
      'flashback ResetPasswordRequest.newPassword',
      'flashback ResetPasswordRequest.token',
      'flashback VerifyEmailRequest.password',
      'flashback VerifyEmailRequest.token',
      'latchkey ActivationRequest.password',
      'latchkey ActivationRequest.token',
      'latchkey CurrentPassword.currentPassword',
      'latchkey EmailChange.currentPassword',
      'latchkey MailedToken.token',
      'latchkey PasswordChange.currentPassword',
      'latchkey PasswordChange.newPassword',
      'latchkey PasswordResetRequest.newPassword',
      'latchkey PasswordResetRequest.token',
      'latchkey PythOnApiKey.apiKey',
      'latchkey RefreshRequest.refreshToken',
      'latchkey ShownApiKey.key',
      'latchkey SignInRequest.password',
      'latchkey SignUpRequest.password',
      'latchkey SignedIn.accessToken',
      'latchkey SignedIn.refreshToken',
      'latchkey TokenForm.token',
      'pixyle LoginRequest.password',
      'pixyle LoginResponse.access_token',
      'pixyle LoginResponse.refresh_token',
      'puppilot AgentsTokenResponse.access_token',
      'puppilot AgentsTokenResponse.refresh_token',
      'puppilot LoginRequest.password',
      'puppilot PasswordChange.new_password',
      'puppilot PasswordChange.old_password',
      'puppilot PasswordReset.new_password',
      'puppilot PasswordReset.token',
      'puppilot RefreshRequest.token',
      'puppilot TokenResponse.access_token',
      'puppilot TokenResponse.refresh_token',
      'px0 APIKeyCreatedResponse.key',
      'px0 ChangePasswordRequest.current_password',
      'px0 ChangePasswordRequest.new_password',
      'px0 LoginRequest.password',
      'px0 LoginResponse.token',
      'px0 RegisterRequest.password',
      'px0 ResetPasswordRequest.code',
      'px0 ResetPasswordRequest.new_password',
      'px0 VerifyRequest.code',
      'pyth-on AuthRequest.password',
      'pyth-on AuthResponse.apiKey',
      'pyth-on AuthResponse.token',
      'pyth-on EncryptRequest.code',
      'pyth-on EncryptRequest.masterPassword',
      'pyth-on EncryptedExecuteRequest.masterPassword',
      'pyth-on SecretInput.value',
    ]);
  });

  it('are all fields whose names sound like one, but for these', () => {
    const soundsSecret = /\/properties\/[^/]*(password|token|secret|api_?key)[^/]*$/i;

    expect(placesOf((part, pointer) => soundsSecret.test(pointer) && part['x-secret'] !== true)).toEqual([
      'flashback LoginResponse.tokenId',
      'flashback PreVerifyEmailResponse.hasPassword',
      'flashback RegisterResponse.tokenId',
      'flashback TokensResponse.tokens',
      'latchkey AccountRecord/allOf/1.hasPassword',
      'latchkey LiveToken.token_type',
      'latchkey PasswordChange.revokePythOnApiKey',
      'latchkey ShownApiKey.apiKey',
      'latchkey SignedIn.accessTokenExpiresAt',
      'latchkey SignedIn.refreshTokenExpiresAt',
      'latchkey SignedIn.tokenType',
      'latchkey TokenForm.token_type_hint',
      'puppilot AgentsTokenResponse.token_type',
      'puppilot Organization.has_slack_bot_token',
      'puppilot TokenResponse.token_type',
      'px0 APIKeyResponse.api_key',
      'px0 APIKeysResponse.api_keys',
      'px0 Session.token',
      'pyth-on EncryptedExecuteRequest.secrets',
      'pyth-on ExecuteRequest.secrets',
      'pyth-on SecretList.secrets',
    ]);
  });
});

describe('every example of the merged document', () => {
  it('is valid against its schema', () => {
    expect(exampleFaults(merged)).toEqual([]);
  });

  const LOGIN_BODY = '/paths/~1api~1login/post/requestBody/content/application~1json';
  const INTERNAL = '/components/responses/PythOnInternal/content/application~1json';
  const USER_ID = '/components/schemas/Px0User/properties/id';
  it.each<[string, string, Part, string]>([
    ['of a request', LOGIN_BODY, { example: { email: 'ada', password: '' } }, `${LOGIN_BODY}/schema must match format "email"`],
    ['of a response', INTERNAL, { example: { error: 'No' } }, `${INTERNAL}/schema must have required property 'code'`],
    ['of a field', USER_ID, { examples: ['7'] }, `${USER_ID} must match format "uuid"`],
    ['with a name', LOGIN_BODY, { examples: { ada: { value: 7 } } }, `${LOGIN_BODY}/schema must be object`],
  ])('%s is found when it is wrong', (_which, pointer, change, fault) => {
    const document = structuredClone(merged);
    Object.assign(partAt(document, pointer), change);

    expect(exampleFaults(document)).toEqual([fault]);
  });
});

const WORKBENCH = [
  'POST /api/v1/execute',
  'PUT /api/v1/secrets/{name}',
  'DELETE /api/v1/secrets/{name}',
  'GET /api/v1/secrets',
  'GET /api/v1/audit',
  'POST /api/v1/generate',
  'GET /api/v1/packages',
  'PUT /api/v1/packages',
  'POST /api/v1/packages',
  'DELETE /api/v1/packages/{name}',
  'POST /api/v1/zk/encrypt',
  'PUT /api/v1/zk/code/{name}',
  'DELETE /api/v1/zk/code/{name}',
  'GET /api/v1/zk/code',
  'POST /api/v1/zk/execute/{name}',
];

describe('every 4xx and 5xx of every operation', () => {
  it('has a schema and an example', () => {
    expect(errorsWithoutExample(merged)).toEqual([]);
  });

  it.each([
    ['schema', '/content/application~1json'],
    ['example', '/content/application~1json'],
    ['content', ''],
  ])('is found when it has no %s', (key, place) => {
    const document = structuredClone(merged);
    delete partAt(document, `/components/responses/PythOnInternal${place}`)[key];

    expect(errorsWithoutExample(document)).toEqual([
      'POST /api/register 500',
      'POST /api/login 500',
      'POST /api/verify 500',
      'POST /api/refresh 500',
      'GET /api/health 500',
      'GET /api 500',
      ...WORKBENCH.map((operation) => `${operation} 500`),
    ]);
  });
});

describe('every operation', () => {
  it('documents 500, and where it has a body 429 and 503', () => {
    expect(statusesNotDocumented(merged)).toEqual([]);
  });

  it.each([
    ['/paths/~1livez/get/responses', '500', 'GET /livez 500'],
    ['/paths/~1api~1login/post/responses', '429', 'POST /api/login 429'],
    ['/paths/~1user~1login/post/responses', '503', 'POST /user/login 503'],
  ])('is found when it does not: %s %s', (pointer, status, found) => {
    const document = structuredClone(merged);
    delete partAt(document, pointer)[status];

    expect(statusesNotDocumented(document)).toEqual([found]);
  });
});

function generateInto(folder: string, prefix: string[] = []): void {
  const [command = '', ...rest] = [...prefix, process.execPath, 'openapi/tools/generate.mjs', folder];
  execFileSync(command, rest, { stdio: 'pipe' });
}

/** Why no command can be run without a network here, or null where one can. */
function whyNetworkStays(): string | null {
  const [command = '', ...rest] = WITHOUT_NETWORK;
  const { status, error, stderr } = spawnSync(command, [...rest, 'true'], { encoding: 'utf8' });
  return status === 0 ? null : (error?.message ?? stderr.trim());
}

/** Every file below a folder, by its path in it, each byte as one character. */
function filesIn(folder: string): Record<string, string> {
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => fs.statSync(path.join(folder, file)).isFile());
  return Object.fromEntries(files.sort().map((file) => [file, fs.readFileSync(path.join(folder, file), 'latin1')]));
}

/** `pyth-on AuthRequest.password` for each part of the merged document that is wanted, sorted. */
function placesOf(isWanted: (part: Part, pointer: string) => boolean): string[] {
  const dialects = new Set(operationsOf(merged).map(([, , operation]) => operation['x-latchkey-dialect'] as string));
  const named = (place: string) => {
    const dialect = [...dialects].find((name) => new RegExp(`^${pascalCase(name)}[A-Z]`).test(place));
    return dialect ? `${dialect} ${place.slice(pascalCase(dialect).length)}` : place;
  };
  return partsOf(merged)
    .filter(([pointer, part]) => isWanted(part, pointer))
    .map(([pointer]) => named(pointer.replace('/components/schemas/', '').replaceAll('/properties/', '.')))
    .sort();
}

/** Every object in a document, with the JSON pointer to it. */
function partsOf(node: unknown, pointer = ''): [string, Part][] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.entries(node).flatMap(([key, value]) => partsOf(value, `${pointer}/${escaped(key)}`));
  return [[pointer, node as Part], ...below];
}

/** Every example with the pointer to its schema: those of a body, a parameter or a header, and those of a schema itself. */
function examplesOf(document: Part): [string, unknown][] {
  return partsOf(document).flatMap(([pointer, { schema, example, examples }]): [string, unknown][] => {
    if (Array.isArray(examples)) return examples.map((one: unknown) => [pointer, one]);
    if (!schema) return [];
    const named = Object.values((examples ?? {}) as Record<string, { value: unknown }>).map(({ value }) => value);
    return [...named, ...(example === undefined ? [] : [example])].map((one) => [`${pointer}/schema`, one]);
  });
}

function exampleFaults(document: Part): string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv, { mode: 'full' });
  ajv.addSchema({ $id: 'contract', ...document });
  return examplesOf(document).flatMap(([pointer, example]) => {
    const validate = ajv.compile({ $ref: `contract#${encodeURI(pointer)}` });
    return validate(example) ? [] : (validate.errors ?? []).map(({ message }) => `${pointer} ${message}`);
  });
}

/** `POST /api/login 401` for each that has no body, or a body without a schema or without an example. */
function errorsWithoutExample(document: Part): string[] {
  const lacksExample = (response: Part) => {
    const { content } = typeof response.$ref === 'string' ? partAt(document, response.$ref.slice(1)) : response;
    const bodies = Object.values((content ?? {}) as Record<string, Part>);
    return bodies.length === 0 || bodies.some(({ schema, example }) => !schema || example === undefined);
  };
  return operationsOf(document).flatMap(([urlPath, method, operation]) =>
    Object.entries<Part>(operation.responses)
      .filter(([status, response]) => /^[45]/.test(status) && lacksExample(response))
      .map(([status]) => `${method.toUpperCase()} ${urlPath} ${status}`),
  );
}

function statusesNotDocumented(document: Part): string[] {
  return operationsOf(document).flatMap(([urlPath, method, { requestBody, responses }]) =>
    (requestBody ? ['429', '500', '503'] : ['500'])
      .filter((status) => !responses[status])
      .map((status) => `${method.toUpperCase()} ${urlPath} ${status}`),
  );
}

function partAt(document: Part, pointer: string): Part {
  const keys = pointer.split('/').slice(1);
  return keys.reduce((part, key) => part[key.replaceAll('~1', '/').replaceAll('~0', '~')] as Part, document);
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
