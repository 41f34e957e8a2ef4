import { STATUS_CODES } from 'node:http';
import type { LatchkeyProblem } from '../../../generated/client/types.gen.js';
import { workbenchFailures, type FailedRequest, type Failure, type FailureCode } from '../dialect.js';

type Words = [status: number, detail: string];

const INTERNAL: Words = [500, 'The service failed.'];

/** Said alike whatever is wrong with them: a stranger learns nothing of who has an account. */
const BAD_CREDENTIALS: Words = [401, 'The e-mail address and the password do not belong together.'];

const FAILURES: Record<FailureCode, Words> = {
  unknown_account: BAD_CREDENTIALS,
  no_password_set: BAD_CREDENTIALS,
  wrong_password: BAD_CREDENTIALS,
  account_inactive: [403, 'The account is not activated yet.'],
  account_banned: [403, 'The account is disabled.'],
  account_deleted: [403, 'The account is disabled.'],
  email_not_verified: [403, 'The e-mail address is not verified yet.'],
  invalid_email: [400, 'This is not an e-mail address.'],
  email_taken: [409, 'The e-mail address has an account already.'],
  new_email_taken: [409, 'The e-mail address has an account already.'],
  unknown_email: [404, 'Nobody has this e-mail address.'],
  email_already_verified: [409, 'The e-mail address is verified already.'],
  password_too_short: [400, 'The password is too short.'],
  password_too_long: [400, 'The password is too long.'],
  password_too_common: [400, 'The password is one of those that are tried first.'],
  password_too_guessable: [400, 'Without words of the address, of the name and of this service, the password is too short.'],
  wrong_current_password: [403, 'The current password is wrong.'],
  refresh_token_invalid: [401, 'The refresh token is not valid.'],
  refresh_token_expired: [401, 'The refresh token has expired.'],
  refresh_token_reused: [401, 'The refresh token was used before; its session has ended.'],
  verification_code_invalid: [400, 'The code is not valid.'],
  verification_token_invalid: [400, 'The token is not valid.'],
  reset_token_invalid: [400, 'The token is not valid.'],
  activation_token_invalid: [400, 'The token is not valid.'],
  insufficient_scope: [403, 'This is not in the scopes of what was shown.'],
  forbidden: [403, 'Only operators may do this.'],
  session_not_found: [404, 'There is no such session.'],
  api_key_not_found: [404, 'There is no such API key.'],
  unknown_scope: [400, 'There is no such scope.'],
  account_not_found: [404, 'There is no such account.'],
  malformed_body: [400, 'The request body cannot be read.'],
  invalid_request: [400, 'The request is not what the contract asks for.'],
  unauthorized: [401, 'A valid access token is required.'],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This method is not allowed here.'],
  body_too_large: [413, 'The request body is too large.'],
  unsupported_media_type: [415, 'The request body is not of the media type that is read here.'],
  rate_limited: [429, 'There were too many attempts.'],
  overloaded: [503, 'The service is busy.'],
  unavailable: [503, 'The service is not available.'],
  internal: INTERNAL,
  ...workbenchFailures(INTERNAL),
};

/** Codes that are shown as another one, most of them as they would tell what the words above do not. */
const SHOWN_CODES: Partial<Record<FailureCode, string>> = {
  unknown_account: 'invalid_credentials',
  no_password_set: 'invalid_credentials',
  wrong_password: 'invalid_credentials',
  new_email_taken: 'email_taken', // here there is one word for both
};

/** Says a failure as a problem document; of a request that breaks the contract, with what breaks it. @see RFC 9457 */
export function renderFailure(failure: Failure, { requestId }: FailedRequest): { status: number; body: LatchkeyProblem } {
  const { code } = failure;
  const [status, detail] = FAILURES[code];
  const title = STATUS_CODES[status] ?? 'Error';
  const errors = failure.code === 'invalid_request' ? { errors: failure.issues } : {};
  return {
    status,
    body: { type: 'about:blank', title, status, detail, instance: `urn:uuid:${requestId}`, code: SHOWN_CODES[code] ?? code, ...errors },
  };
}
