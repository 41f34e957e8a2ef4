import type { PythOnError } from '../../../generated/client/types.gen.js';
import type { Failure, FailureCode, Issue } from '../dialect.js';

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
  password_too_common: [400, 'password_too_common', 'The password is too common'],
  password_too_guessable: [
    400,
    'password_too_guessable',
    'Without words of the address, of the name and of this service, the password is too short',
  ],
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
  secret_not_found: [404, 'secret_not_found', 'There is no such secret'],
  too_many_secrets: [409, 'too_many_secrets', 'This account may have no more secrets'],
  unknown_secret: [400, 'unknown_secret', 'There is no secret of that name'],
  program_not_found: [404, 'program_not_found', 'There is no such program'],
  too_many_programs: [409, 'too_many_programs', 'This account may have no more programs'],
  invalid_payload: [400, 'invalid_payload', 'The payload is none of this program'],
  sandbox_off: [503, 'sandbox_off', 'This service runs no programs'],
  generation_not_configured: [503, 'generation_not_configured', 'This service has no model to write programs'],
  decryption_failed: [422, 'decryption_failed', 'The password does not open this program'],
  package_not_found: [422, 'package_not_found', 'The package index has no such package'],
  package_not_installable: [
    422,
    'package_not_installable',
    'The package index has no wheel of pure Python of this package, or not in that version',
  ],
  package_too_large: [422, 'package_too_large', 'The package is too large'],
  package_hash_mismatch: [422, 'package_hash_mismatch', 'The package is not what the index says it is'],
  package_not_listed: [404, 'package_not_listed', 'This package is not in the list'],
  unknown_package: [400, 'unknown_package', 'There is no package of that name in the list'],
  duplicate_package: [400, 'duplicate_package', 'A package is in the list twice'],
  too_many_packages: [409, 'too_many_packages', 'This account may have no more packages'],
  generation_refused: [422, 'generation_refused', 'The model will not write this'],
  generation_incomplete: [502, 'generation_incomplete', 'The model gave no complete program, try again'],
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
export function renderFailure(failure: Failure): { status: number; body: PythOnError } {
  const [status, code, error] = FAILURES[failure.code];
  const details = failure.code === 'invalid_request' ? failure.issues.map(toDetail) : [];
  return { status, body: { error, code, ...(details.length > 0 && { details }) } };
}

/** As in `body timeout: maximum`. */
function toDetail({ in: place, path, rule }: Issue): string {
  return `${[place, ...path].join(' ')}: ${rule}`;
}
