import type { Px0ApiError } from '../../../generated/client/types.gen.js';
import type { Failure, FailureCode } from '../dialect.js';

type Words = [status: number, error: string];

/** Said alike whatever is wrong with them: this API does not tell. */
const BAD_CREDENTIALS: Words = [401, 'invalid credentials'];
/** Not 403: on a login, px0's console takes every 403 for an address that is not verified. */
const UNUSABLE: Words = [401, 'account is not active'];
const UNAUTHORIZED: Words = [401, 'unauthorized'];
const INVALID_BODY: Words = [400, 'invalid request body'];

/** Words as px0's server sent them, where it had such a failure; else ours. */
const FAILURES: Record<FailureCode, Words> = {
  unknown_account: BAD_CREDENTIALS,
  no_password_set: BAD_CREDENTIALS,
  wrong_password: BAD_CREDENTIALS,
  account_inactive: UNUSABLE,
  account_banned: UNUSABLE,
  account_deleted: UNUSABLE,
  email_not_verified: [403, 'user is not verified'],
  invalid_email: [400, 'invalid email format'],
  email_taken: [409, 'email already registered'],
  new_email_taken: [409, 'email already taken'],
  unknown_email: [404, 'user not found'],
  email_already_verified: [400, 'user is already verified'],
  password_too_short: [400, 'password is too short'],
  password_too_long: [400, 'password is too long'],
  wrong_current_password: [401, 'invalid current password'],
  refresh_token_invalid: UNAUTHORIZED,
  refresh_token_expired: UNAUTHORIZED,
  refresh_token_reused: UNAUTHORIZED,
  verification_code_invalid: [400, 'invalid verification code'],
  verification_token_invalid: [400, 'invalid verification code'],
  reset_token_invalid: [400, 'invalid or expired password reset code'],
  activation_token_invalid: [400, 'invalid activation code'],
  insufficient_scope: [403, 'forbidden'],
  forbidden: [403, 'forbidden'],
  session_not_found: [404, 'session not found'],
  api_key_not_found: [404, 'api key not found'],
  unknown_scope: [400, 'invalid operation, must be read_render, all, or admin'],
  account_not_found: [404, 'user not found'],
  malformed_body: INVALID_BODY,
  invalid_request: INVALID_BODY,
  unauthorized: UNAUTHORIZED,
  not_found: [404, 'not found'],
  method_not_allowed: [405, 'method not allowed'],
  body_too_large: [413, 'request body too large'],
  unsupported_media_type: INVALID_BODY,
  rate_limited: [429, 'too many attempts'],
  overloaded: [503, 'service unavailable'],
  unavailable: [503, 'service unavailable'],
  internal: [500, 'internal error'],
};

/** Says a failure in the words of this API. */
export function renderFailure({ code }: Failure): { status: number; body: Px0ApiError } {
  const [status, error] = FAILURES[code];
  return { status, body: { error } };
}
