import type { PuppilotError, PuppilotValidationError } from '../../../generated/client/types.gen.js';
import { workbenchFailures, type Failure, type FailureCode, type Issue } from '../dialect.js';

type Words = [status: number, detail: string];

const INTERNAL: Words = [500, 'Internal error'];

/** Said alike whatever is wrong with them: this API does not tell. */
const BAD_CREDENTIALS: Words = [401, 'Invalid credentials'];
const BAD_TOKEN: Words = [401, 'Invalid or expired token'];
const UNUSABLE: Words = [401, 'Account is not active'];

/** The vendor's documents have hardly an error: statuses and words are our completion, in the shape that its examples show. */
const FAILURES: Record<FailureCode, Words> = {
  unknown_account: BAD_CREDENTIALS,
  no_password_set: BAD_CREDENTIALS,
  wrong_password: BAD_CREDENTIALS,
  account_inactive: UNUSABLE,
  account_banned: UNUSABLE,
  account_deleted: UNUSABLE,
  email_not_verified: [401, 'E-mail address is not verified'],
  invalid_email: [400, 'Invalid e-mail address'],
  email_taken: [400, 'E-mail address has an account already'],
  new_email_taken: [400, 'E-mail address has an account already'],
  unknown_email: [404, 'Nobody has this e-mail address'],
  email_already_verified: [400, 'E-mail address is verified already'],
  password_too_short: [400, 'Password is too short'],
  password_too_long: [400, 'Password is too long'],
  password_too_common: [400, 'Password is too common'],
  password_too_guessable: [400, 'Password is too short without words of the address, of the name and of this service'],
  wrong_current_password: [400, 'Old password is wrong'],
  refresh_token_invalid: BAD_TOKEN,
  refresh_token_expired: BAD_TOKEN,
  refresh_token_reused: BAD_TOKEN,
  verification_code_invalid: [400, 'Invalid or expired code'],
  verification_token_invalid: [400, 'Invalid or expired token'],
  reset_token_invalid: [400, 'Invalid or expired token'],
  activation_token_invalid: [400, 'Invalid or expired token'],
  insufficient_scope: [403, 'API key may not do this'],
  forbidden: [403, 'Account may not do this'],
  session_not_found: [404, 'Session not found'],
  api_key_not_found: [404, 'API key not found'],
  unknown_scope: [400, 'Unknown scope'],
  account_not_found: [404, 'Account not found'],
  malformed_body: [400, 'Request body is not JSON'],
  invalid_request: [400, 'Request is not valid'],
  unauthorized: BAD_TOKEN,
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method not allowed'],
  body_too_large: [413, 'Request body is too large'],
  unsupported_media_type: [415, 'Request body must be application/json'],
  rate_limited: [429, 'Too many attempts'],
  overloaded: [503, 'Service is busy'],
  unavailable: [503, 'Service is not available'],
  internal: INTERNAL,
  ...workbenchFailures(INTERNAL),
};

/** By the contract's keyword: what is wrong, for programs and for people. */
const BODY_RULES: Record<string, [type: string, msg: string]> = {
  required: ['missing', 'Field required'],
  type: ['type_error', 'Wrong type'],
  format: ['value_error', 'Wrong format'],
};
const OTHER_RULE: [type: string, msg: string] = ['value_error', 'Not a valid value'];

/** Says a failure in the words of this API: what is wrong inside of the body is a list, all else a sentence. */
export function renderFailure(failure: Failure): { status: number; body: PuppilotError | PuppilotValidationError } {
  if (failure.code === 'invalid_request' && failure.issues.every((issue) => issue.in === 'body')) {
    return { status: 422, body: { detail: failure.issues.map(toBodyIssue) } };
  }
  if (failure.code === 'invalid_request' && failure.issues.some((issue) => issue.in === 'header')) {
    return { status: 400, body: { detail: 'The header X-API-Version must be v1' } };
  }
  const [status, detail] = FAILURES[failure.code];
  return { status, body: { detail } };
}

function toBodyIssue(issue: Issue): PuppilotValidationError['detail'][number] {
  const [type, msg] = BODY_RULES[issue.rule] ?? OTHER_RULE;
  return { loc: [issue.in, ...issue.path], msg, type };
}
