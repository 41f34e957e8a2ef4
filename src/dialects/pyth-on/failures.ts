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
  new_email_taken: [409, 'email_taken', 'This e-mail address has an account already'],
  unknown_email: [404, 'unknown_email', 'Nobody has this e-mail address'],
  email_already_verified: [400, 'email_already_verified', 'The e-mail address is verified already'],
  password_too_short: [400, 'password_too_short', 'The password is too short'],
  password_too_long: [400, 'password_too_long', 'The password is too long'],
  wrong_current_password: [401, 'wrong_password', 'The current password is wrong'],
  refresh_token_invalid: UNAUTHORIZED,
  refresh_token_expired: UNAUTHORIZED,
  refresh_token_reused: UNAUTHORIZED,
  verification_code_invalid: [400, 'verification_code_invalid', 'The code is not valid'],
  verification_token_invalid: [400, 'verification_token_invalid', 'The token is not valid'],
  reset_token_invalid: [400, 'reset_token_invalid', 'The token is not valid'],
  activation_token_invalid: [400, 'activation_token_invalid', 'The token is not valid'],
  insufficient_scope: [403, 'insufficient_scope', 'The API key may not do this'],
  forbidden: [403, 'forbidden', 'This account may not do this'],
  session_not_found: [404, 'session_not_found', 'There is no such session'],
  api_key_not_found: [404, 'api_key_not_found', 'There is no such API key'],
  unknown_scope: [400, 'unknown_scope', 'There is no such scope'],
  account_not_found: [404, 'account_not_found', 'There is no such account'],
  malformed_body: [400, 'malformed_body', 'The request body is not JSON'],
  invalid_request: [400, 'invalid_request', 'The request is not valid'],
  unauthorized: UNAUTHORIZED,
  not_found: [404, 'not_found', 'There is nothing here'],
  method_not_allowed: [405, 'method_not_allowed', 'This method is not allowed here'],
  body_too_large: [413, 'body_too_large', 'The request body is too large'],
  unsupported_media_type: [415, 'unsupported_media_type', 'The request body must be application/json'],
  rate_limited: [429, 'too_many_attempts', 'Too many attempts'],
  overloaded: [503, 'overloaded', 'The service is busy, try again later'],
  unavailable: [503, 'unavailable', 'The service is not available, try again later'],
  internal: [500, 'internal', 'Internal error'],
};

/** Says a failure in the words of this API. */
export function renderFailure({ code }: Failure): { status: number; body: PythOnError } {
  const [status, word, error] = FAILURES[code];
  return { status, body: { error, code: word } };
}
