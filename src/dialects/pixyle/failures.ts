import type { PixyleErrorResponse } from '../../../generated/client/types.gen.js';
import { workbenchFailures, type Failure, type FailureCode } from '../dialect.js';

type Words = [status: number, error: string];

const INTERNAL: Words = [500, 'Internal error'];

/** Said alike whatever is wrong with them: this API does not tell. */
const BAD_CREDENTIALS: Words = [401, 'Invalid e-mail address or password'];
const BAD_REFRESH_TOKEN: Words = [401, 'Missing or invalid refresh token'];
const NO_JSON: Words = [400, 'A JSON body is required'];

/** Statuses by the contract; its exact words are not public, these are ours. */
const FAILURES: Record<FailureCode, Words> = {
  unknown_account: BAD_CREDENTIALS,
  no_password_set: BAD_CREDENTIALS,
  wrong_password: BAD_CREDENTIALS,
  account_inactive: [401, 'Account is not activated'],
  account_banned: [401, 'Account is disabled'],
  account_deleted: [401, 'Account is disabled'],
  email_not_verified: [403, 'E-mail address is not verified'],
  invalid_email: [400, 'Invalid e-mail address'],
  email_taken: [409, 'E-mail address has an account already'],
  new_email_taken: [409, 'E-mail address has an account already'],
  unknown_email: [404, 'Nobody has this e-mail address'],
  email_already_verified: [400, 'E-mail address is verified already'],
  password_too_short: [400, 'Password is too short'],
  password_too_long: [400, 'Password is too long'],
  password_too_common: [400, 'Password is too common'],
  password_too_guessable: [400, 'Password is too short without words of the address, of the name and of this service'],
  wrong_current_password: [400, 'Current password is wrong'],
  refresh_token_invalid: BAD_REFRESH_TOKEN,
  refresh_token_expired: BAD_REFRESH_TOKEN,
  refresh_token_reused: BAD_REFRESH_TOKEN,
  verification_code_invalid: [400, 'Invalid code'],
  verification_token_invalid: [400, 'Invalid token'],
  reset_token_invalid: [400, 'Invalid token'],
  activation_token_invalid: [400, 'Invalid token'],
  insufficient_scope: [403, 'API key may not do this'],
  forbidden: [403, 'Account may not do this'],
  session_not_found: [404, 'Session not found'],
  api_key_not_found: [404, 'API key not found'],
  unknown_scope: [400, 'Unknown scope'],
  account_not_found: [404, 'Account not found'],
  malformed_body: NO_JSON,
  invalid_request: [400, 'Invalid request'],
  unauthorized: [401, 'Missing or invalid access token'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method is not allowed'],
  body_too_large: [413, 'Request body is too large'],
  unsupported_media_type: NO_JSON,
  rate_limited: [429, 'Too many attempts'],
  overloaded: [503, 'Service is busy'],
  unavailable: [503, 'Service is not available'],
  internal: INTERNAL,
  ...workbenchFailures(INTERNAL),
};

/** Says a failure in the words of this API. */
export function renderFailure({ code }: Failure): { status: number; body: PixyleErrorResponse } {
  const [status, error] = FAILURES[code];
  return { status, body: { error } };
}
