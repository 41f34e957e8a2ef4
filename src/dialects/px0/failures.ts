import type { Px0ApiError } from '../../../generated/client/types.gen.js';
import { workbenchFailures, type FailedRequest, type Failure, type FailureCode, type Issue } from '../dialect.js';

type Words = [status: number, error: string];

const INTERNAL: Words = [500, 'internal error'];

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
  password_too_common: [400, 'password is too common'],
  password_too_guessable: [400, 'password is too short without words of the email, of the name and of this service'],
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
  internal: INTERNAL,
  ...workbenchFailures(INTERNAL),
};

/** How an issue may look, as `body email format`, and what is said of it. */
type Sentence = [issue: RegExp, ...Words];

const PASSWORD_TOO_SHORT = 'password must be at least 8 characters';
const EMAIL_MISSING: Sentence = [/^(body|query) email (required|minLength)$/, 400, 'email is required'];
const EMAIL_MALFORMED: Sentence = [/^(body|query) email format$/, ...FAILURES.invalid_email];
const ID_MALFORMED: Sentence = [/^(path|query) \w+ (format|pattern)$/, 400, 'invalid id'];
const NAME_MISSING: Sentence = [/^body name (required|minLength)$/, 400, 'name is required'];
const OPERATION_UNKNOWN: Sentence = [/^body operation enum$/, ...FAILURES.unknown_scope];
const TEAM_UNKNOWN: Sentence = [/^body team_ids? unknown$/, 404, 'team not found'];

/** For each operation what px0's server looks at, in its order. Of a password `pattern` says that it is empty. */
const SENTENCES: Record<string, Sentence[]> = {
  register: [
    [/^body (\w+ required|email minLength|password pattern)$/, 400, 'email and password are required'],
    EMAIL_MALFORMED,
    [/^body password minLength$/, 400, PASSWORD_TOO_SHORT],
    [/^body team_id adminsOnly$/, 403, 'only admins can register users with a team_id'],
    TEAM_UNKNOWN,
  ],
  verifyEmail: [[/^body \w+ (required|minLength)$/, 400, 'email and code are required'], EMAIL_MALFORMED],
  triggerVerificationEmail: [EMAIL_MISSING, EMAIL_MALFORMED],
  triggerPasswordReset: [EMAIL_MISSING, EMAIL_MALFORMED],
  resetPassword: [
    [/^body (\w+ required|code minLength|new_password pattern)$/, 400, 'code and new_password are required'],
    [/^body new_password minLength$/, 400, PASSWORD_TOO_SHORT],
  ],
  revokeSession: [ID_MALFORMED],
  updateMe: [EMAIL_MISSING, EMAIL_MALFORMED],
  changePassword: [
    [/^body (\w+ required|current_password minLength|new_password pattern)$/, 400, 'current_password and new_password are required'],
    [/^body new_password minLength$/, 400, PASSWORD_TOO_SHORT],
  ],
  createApiKey: [NAME_MISSING, [/^body org_id required$/, 400, 'org_id is required'], OPERATION_UNKNOWN, TEAM_UNKNOWN],
  listApiKeys: [[/^query org_id (required|minLength)$/, 400, 'org_id is required'], ID_MALFORMED],
  updateApiKey: [ID_MALFORMED, NAME_MISSING, OPERATION_UNKNOWN, TEAM_UNKNOWN],
  deleteApiKey: [ID_MALFORMED],
  regenerateApiKey: [ID_MALFORMED],
};

/** Says a failure in the words of this API. */
export function renderFailure(failure: Failure, { operation = '' }: FailedRequest): { status: number; body: Px0ApiError } {
  const isSpelt = failure.code === 'invalid_request';
  const [status, error] = isSpelt ? wordsFor(failure.issues, SENTENCES[operation] ?? []) : FAILURES[failure.code];
  return { status, body: { error } };
}

/** The first sentence that fits an issue. An issue that none fits comes before all: px0 could not read such a body. */
function wordsFor(issues: Issue[], sentences: Sentence[]): Words {
  const fitting = issues.map(({ in: place, path, rule }) => {
    const text = [place, path.join('.'), rule].join(' ');
    return sentences.findIndex(([issue]) => issue.test(text));
  });
  const [, ...words] = sentences[Math.min(...fitting)] ?? [null, ...INVALID_BODY];
  return words;
}
