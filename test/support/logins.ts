import type { Sent } from './server.js';

/** What may be the case when somebody signs in. */
export type Outcome =
  | 'unknown address'
  | 'wrong password'
  | 'no password set'
  | 'inactive'
  | 'banned'
  | 'deleted'
  | 'unverified'
  | 'unverified demo account'
  | 'malformed body'
  | 'no body'
  | 'extra field'
  | 'missing field'
  | 'wrong content type'
  | 'too large';

/** `signs in`, or exactly what is answered. */
export type Expected = 'signs in' | { status: number; body: unknown };

/** One dialect's login, and what its contract says for each outcome. */
export interface Login {
  dialect: 'pyth-on' | 'px0' | 'pixyle' | 'puppilot' | 'flashback';
  path: string;
  headers?: Record<string, string>;
  expected: Record<Outcome, Expected>;
  /** The access token in the body of a good answer. */
  accessToken(body: unknown): string;
}

const pythOnError = (status: number, code: string, error: string) => ({ status, body: { error, code } });
const pythOnCredentials = pythOnError(401, 'invalid_credentials', 'Invalid e-mail address or password');
const pythOnInvalid = (...details: string[]) => ({
  status: 400,
  body: { error: 'The request is not valid', code: 'invalid_request', details },
});

const px0Error = (status: number, error: string) => ({ status, body: { error } });
const px0Credentials = px0Error(401, 'invalid credentials');
const px0Inactive = px0Error(401, 'account is not active');
const px0Invalid = px0Error(400, 'invalid request body');

const pixyleError = px0Error;
const pixyleCredentials = pixyleError(401, 'Invalid e-mail address or password');
const pixyleInvalid = pixyleError(400, 'Invalid request');
const pixyleNoJson = pixyleError(400, 'A JSON body is required');

const puppilotError = (status: number, detail: unknown) => ({ status, body: { detail } });
const puppilotCredentials = puppilotError(401, 'Invalid credentials');
const puppilotInactive = puppilotError(401, 'Account is not active');
const puppilotMissing = (...loc: string[]) => puppilotError(422, [{ loc, msg: 'Field required', type: 'missing' }]);

const flashbackError = (status: number, error_code: string, message: string) => ({ status, body: { success: false, error_code, message } });
const flashbackInactive = flashbackError(401, 'USER_INACTIVE', 'The account is not active');
const flashbackInvalid = flashbackError(400, 'VALIDATION_ERROR', 'The request is not valid');

/** The five logins. */
export const LOGINS: Login[] = [
  {
    dialect: 'pyth-on',
    path: '/api/login',
    accessToken: (body) => (body as { token: string }).token,
    expected: {
      'unknown address': pythOnCredentials,
      'wrong password': pythOnCredentials,
      'no password set': pythOnCredentials,
      inactive: pythOnError(401, 'account_inactive', 'This account is not activated yet'),
      banned: pythOnError(401, 'account_disabled', 'This account is disabled'),
      deleted: pythOnError(401, 'account_disabled', 'This account is disabled'),
      unverified: 'signs in',
      'unverified demo account': 'signs in',
      'malformed body': pythOnError(400, 'malformed_body', 'The request body is not JSON'),
      'no body': pythOnInvalid('body: required'),
      'extra field': 'signs in',
      'missing field': pythOnInvalid('body password: required'),
      'wrong content type': pythOnError(415, 'unsupported_media_type', 'The request body must be application/json'),
      'too large': pythOnError(413, 'body_too_large', 'The request body is too large'),
    },
  },
  {
    dialect: 'px0',
    path: '/v1/auth/login',
    accessToken: (body) => (body as { token: string }).token,
    expected: {
      'unknown address': px0Credentials,
      'wrong password': px0Credentials,
      'no password set': px0Credentials,
      inactive: px0Inactive,
      banned: px0Inactive,
      deleted: px0Inactive,
      unverified: px0Error(403, 'user is not verified'),
      'unverified demo account': px0Error(403, 'user is not verified'),
      'malformed body': px0Invalid,
      'no body': px0Invalid,
      'extra field': 'signs in',
      'missing field': px0Invalid,
      'wrong content type': px0Invalid,
      'too large': px0Error(413, 'request body too large'),
    },
  },
  {
    dialect: 'pixyle',
    path: '/auth/v1/token',
    accessToken: (body) => (body as { access_token: string }).access_token,
    expected: {
      'unknown address': pixyleCredentials,
      'wrong password': pixyleCredentials,
      'no password set': pixyleCredentials,
      inactive: pixyleError(401, 'Account is not activated'),
      banned: pixyleError(401, 'Account is disabled'),
      deleted: pixyleError(401, 'Account is disabled'),
      unverified: 'signs in',
      'unverified demo account': pixyleError(403, 'E-mail address is not verified'),
      'malformed body': pixyleNoJson,
      'no body': pixyleInvalid,
      'extra field': pixyleInvalid,
      'missing field': pixyleInvalid,
      'wrong content type': pixyleNoJson,
      'too large': pixyleError(413, 'Request body is too large'),
    },
  },
  {
    dialect: 'puppilot',
    path: '/auth/login',
    headers: { 'X-API-Version': 'v1' },
    accessToken: (body) => (body as { access_token: string }).access_token,
    expected: {
      'unknown address': puppilotCredentials,
      'wrong password': puppilotCredentials,
      'no password set': puppilotCredentials,
      inactive: puppilotInactive,
      banned: puppilotInactive,
      deleted: puppilotInactive,
      unverified: 'signs in',
      'unverified demo account': 'signs in',
      'malformed body': puppilotError(400, 'Request body is not JSON'),
      'no body': puppilotMissing('body'),
      'extra field': 'signs in',
      'missing field': puppilotMissing('body', 'password'),
      'wrong content type': puppilotError(415, 'Request body must be application/json'),
      'too large': puppilotError(413, 'Request body is too large'),
    },
  },
  {
    dialect: 'flashback',
    path: '/user/login',
    accessToken: (body) => (body as { accessToken: string }).accessToken,
    expected: {
      'unknown address': flashbackError(401, 'USER_NOT_FOUND', 'Nobody has this e-mail address'),
      'wrong password': flashbackError(401, 'INVALID_PASSWORD', 'The password is wrong'),
      'no password set': flashbackError(401, 'NO_PASSWORD_SET', 'The account has no password'),
      inactive: flashbackInactive,
      banned: flashbackInactive,
      deleted: flashbackInactive,
      unverified: 'signs in',
      'unverified demo account': 'signs in',
      'malformed body': flashbackError(400, 'VALIDATION_ERROR', 'The request body is not JSON'),
      'no body': flashbackInvalid,
      'extra field': 'signs in',
      'missing field': flashbackInvalid,
      'wrong content type': flashbackError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The request body must be application/json'),
      'too large': flashbackError(413, 'PAYLOAD_TOO_LARGE', 'The request body is too large'),
    },
  },
];

/** A login's request: these credentials, and what else is asked for. */
export function loginRequest({ headers = {} }: Login, email: string, password: string, extra: Sent = {}): Sent {
  return { body: { email, password, ...(extra.body as object | undefined) }, headers: { ...headers, ...extra.headers } };
}
