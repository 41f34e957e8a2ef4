// What must not compile. The compiler alone checks this file (`tsc -p .`, a part of `make check`): it reports a line that breaks
// a handler's type where no error is expected, and an expectation above a line that compiles. Nothing here runs.
import type { OperationsOf } from '../../src/dialects/dialect.js';
import { operations } from '../../src/dialects/pyth-on/operations.js';

type PythOn = OperationsOf<'pyth-on'>;

const user = { email: 'ada@example.com' };
const token = 'token';
const apiKey = 'key';
const refused = { ok: false, refusal: 'wrong_password' } as const;

const { register, verifyToken, ...others } = operations;

/** The control: what a handler may read and answer compiles, so that the errors below are about what they say. */
const login: PythOn['login'] = async ({ body }, _core, { principal, bearer }) => {
  const seen: [string, string, null, string | null] = [body.email, body.password, principal, bearer];
  return seen.length ? { status: 200, body: { token, apiKey, user }, headers: { 'x-seen': 'yes' } } : refused;
};

export const complete: PythOn = { ...others, register, login, verifyToken };

// @ts-expect-error `verifyToken` is left out
export const incomplete: PythOn = { ...others, register, login };

// @ts-expect-error there is no operation `logIn`
export const misspelt: PythOn = { ...others, register, login, verifyToken, logIn: login };

// @ts-expect-error `register` answers with another status than `login`
export const mistaken: PythOn = { ...others, register, login: register, verifyToken };

// @ts-expect-error a token is a string
export const answersWithAWrongType: PythOn['login'] = async () => ({ status: 200, body: { token: 7, apiKey, user } });

// @ts-expect-error `apiKey` is missing
export const answersWithoutAField: PythOn['login'] = async () => ({ status: 200, body: { token, user } });

// @ts-expect-error a user has an e-mail address
export const answersWithoutAFieldBelow: PythOn['login'] = async () => ({ status: 200, body: { token, apiKey, user: {} } });

// @ts-expect-error the contract has no 204 there
export const answersWithAnotherStatus: PythOn['login'] = async () => ({ status: 204, body: { token, apiKey, user } });

// @ts-expect-error an error is the failure table's to render, and a handler's status is a good one
export const answersWithAnErrorStatus: PythOn['login'] = async () => ({ status: 401, body: { error: 'No', code: 'no' } });

// @ts-expect-error an error has not the body of a 200
export const answersWithAnErrorUnder200: PythOn['login'] = async () => ({ status: 200, body: { error: 'No', code: 'no' } });

// @ts-expect-error the core knows no such refusal
export const refusesInItsOwnWords: PythOn['login'] = async () => ({ ok: false, refusal: 'bad_mood' });

export const readsAnUnknownField: PythOn['login'] = async ({ body }) => {
  // @ts-expect-error the request has no field `username`
  return body.username ? refused : refused;
};

export const readsABodyThatIsNotThere: PythOn['verifyToken'] = async ({ body }) => {
  // @ts-expect-error the request has no body
  return body.token ? refused : refused;
};

export const asksWhoIsThereWhereNobodyIs: PythOn['login'] = async (_request, _core, { principal }) => {
  // @ts-expect-error the operation asks for no credential: `principal` is null
  return principal.accountId ? refused : refused;
};

export const asksWhoIsThere: PythOn['verifyToken'] = async (_request, _core, { principal }) => {
  return principal.accountId ? { status: 200, body: { valid: true, user } } : refused;
};

// @ts-expect-error there is no such dialect
export type Unknown = OperationsOf<'python'>;
