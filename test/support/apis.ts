import type { Answer, Sent, TestServer } from './server.js';

export const PASSWORD = 'open sesame, please';

/** What somebody has who signed in; no refresh token where the API has none. */
export interface Tokens {
  access: string;
  refresh: string;
}

/** One API, as whoever attacks tokens sees it. */
export interface Api {
  dialect: string;
  login: string;
  /** The operation that anything else than a good access token is shown to. (Pixyle's ends a good one: it has no other.) */
  ask: [method: string, path: string];
  /** Its answer to whatever is none. */
  refused: { status: number; body: object };
  /** Each operation that takes a refresh token, where there are such: what is sent, and the answer to whatever is none. */
  refreshing: { operation: [method: string, path: string]; sent(token: string): Sent; refused: { status: number; body: object } }[];
}

const V1 = { 'X-API-Version': 'v1' };

/** The Authorization header with that token, and what some APIs want beside it. */
export const bearer = (token: string): Record<string, string> => ({ ...V1, authorization: `Bearer ${token}` });

const PIXYLE_REFUSES = { status: 401, body: { error: 'Missing or invalid refresh token' } };
const FLASHBACK_REFUSES = {
  status: 401,
  body: { success: false, error_code: 'INVALID_REFRESH_TOKEN', message: 'The refresh token is not valid' },
};

export const APIS: Api[] = [
  {
    dialect: 'pyth-on',
    login: '/api/login',
    ask: ['POST', '/api/verify'],
    refused: { status: 401, body: { error: 'A valid token is required', code: 'unauthorized' } },
    refreshing: [],
  },
  {
    dialect: 'px0',
    login: '/v1/auth/login',
    ask: ['GET', '/v1/auth/me'],
    refused: { status: 401, body: { error: 'unauthorized' } },
    refreshing: [],
  },
  {
    dialect: 'pixyle',
    login: '/auth/v1/token',
    ask: ['DELETE', '/auth/v1/revoke_access'],
    refused: { status: 401, body: { error: 'Missing or invalid access token' } },
    refreshing: [
      { operation: ['POST', '/auth/v1/refresh'], sent: (token) => ({ headers: bearer(token) }), refused: PIXYLE_REFUSES },
      { operation: ['DELETE', '/auth/v1/revoke_refresh'], sent: (token) => ({ headers: bearer(token) }), refused: PIXYLE_REFUSES },
    ],
  },
  {
    dialect: 'puppilot',
    login: '/auth/login',
    ask: ['GET', '/users/me'],
    refused: { status: 401, body: { detail: 'Invalid or expired token' } },
    refreshing: [
      {
        operation: ['POST', '/auth/refresh-token'],
        sent: (token) => ({ body: { token }, headers: V1 }),
        refused: { status: 401, body: { detail: 'Invalid or expired token' } },
      },
    ],
  },
  {
    dialect: 'flashback',
    login: '/user/login',
    ask: ['GET', '/sessions'],
    refused: { status: 401, body: { success: false, error_code: 'UNAUTHORIZED', error: 'A valid access token is required' } },
    refreshing: [
      { operation: ['POST', '/user/refresh'], sent: (refreshToken) => ({ body: { refreshToken } }), refused: FLASHBACK_REFUSES },
      { operation: ['POST', '/user/logout'], sent: (refreshToken) => ({ body: { refreshToken } }), refused: FLASHBACK_REFUSES },
    ],
  },
  {
    dialect: 'latchkey',
    login: '/latchkey/v1/sessions',
    ask: ['GET', '/latchkey/v1/account'],
    refused: { status: 401, body: { type: 'about:blank', status: 401, code: 'unauthorized' } },
    refreshing: [
      {
        operation: ['POST', '/latchkey/v1/sessions/refresh'],
        sent: (refreshToken) => ({ body: { refreshToken } }),
        refused: { status: 401, body: { type: 'about:blank', status: 401, code: 'refresh_token_invalid' } },
      },
    ],
  },
];

/** Those whose access tokens are signed. */
export const SIGNED_APIS = APIS.filter(({ dialect }) => dialect !== 'px0');

/** Signs somebody in through that API. */
export async function signIn(server: TestServer, { login }: Pick<Api, 'login'>, email: string, headers: Record<string, string> = {}) {
  return tokensIn(await server.send('POST', login, { body: { email, password: PASSWORD }, headers: { ...V1, ...headers } }));
}

/** The tokens in the answer to a login or a refresh. */
export function tokensIn({ body }: Answer): Tokens {
  const { access_token, accessToken, token, refresh_token, refreshToken } = body as Record<string, string>;
  return { access: access_token ?? accessToken ?? token ?? '', refresh: refresh_token ?? refreshToken ?? '' };
}

/** Shows a token, or other headers, to the operation of that API that wants one. */
export function ask(server: TestServer, { ask: [method, path] }: Api, shown: string | Record<string, string>): Promise<Answer> {
  return server.send(method, path, { headers: typeof shown === 'string' ? bearer(shown) : { ...V1, ...shown } });
}
