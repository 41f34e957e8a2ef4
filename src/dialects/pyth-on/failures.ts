import type { PythOnError } from '../../../generated/client/types.gen.js';
import type { Failure, FailureCode } from '../dialect.js';

type Words = [status: number, code: string, error: string];

/** Said alike whatever is wrong with them: this API tells no more. */
const BAD_CREDENTIALS: Words = [401, 'invalid_credentials', 'Invalid e-mail address or password'];

const UNAUTHORIZED: Words = [401, 'unauthorized', 'A valid token is required'];

/** Statuses by the contract; words and codes are ours. */
const FAILURES: Record<FailureCode, Words> = {
  unknown_account: BAD_CREDENTIALS,
  no_password_set: BAD_CREDENTIALS,
  wrong_password: BAD_CREDENTIALS,
  account_inactive: [401, 'account_inactive', 'This account is not activated yet'],
  account_banned: [401, 'account_disabled', 'This account is disabled'],
  account_deleted: [401, 'account_disabled', 'This account is disabled'],
  email_not_verified: [401, 'email_not_verified', 'The e-mail address is not verified yet'],
  invalid_email: [400, 'invalid_email', 'This is not an e-mail address'],
  email_taken: [409, 'email_taken', 'This e-mail address has an account already'],
  password_too_short: [400, 'password_too_short', 'The password is too short'],
  password_too_long: [400, 'password_too_long', 'The password is too long'],
  refresh_token_invalid: UNAUTHORIZED,
  refresh_token_expired: UNAUTHORIZED,
  refresh_token_reused: UNAUTHORIZED,
  malformed_body: [400, 'malformed_body', 'The request body is not JSON'],
  invalid_request: [400, 'invalid_request', 'The request is not valid'],
  unauthorized: UNAUTHORIZED,
  not_found: [404, 'not_found', 'There is nothing here'],
  method_not_allowed: [405, 'method_not_allowed', 'This method is not allowed here'],
  body_too_large: [413, 'body_too_large', 'The request body is too large'],
  unsupported_media_type: [415, 'unsupported_media_type', 'The request body must be application/json'],
  overloaded: [503, 'overloaded', 'The service is busy, try again later'],
  unavailable: [503, 'unavailable', 'The service is not available, try again later'],
  internal: [500, 'internal', 'Internal error'],
};

/** Says a failure in the words of this API. */
export function renderFailure({ code }: Failure): { status: number; body: PythOnError } {
  const [status, word, error] = FAILURES[code];
  return { status, body: { error, code: word } };
}
