import type { FlashbackError, FlashbackLoginError } from '../../../generated/client/types.gen.js';
import { workbenchFailures, type FailedRequest, type Failure, type FailureCode, type Issue, type OperationsOf } from '../dialect.js';

type LoginErrorCode = FlashbackLoginError['error_code'];
type Words = [status: number, errorCode: LoginErrorCode | Uppercase<string>, message: string];

const INTERNAL: Words = [500, 'INTERNAL_ERROR', 'Internal error'];
type OperationId = keyof OperationsOf<'flashback'>;

const INACTIVE: Words = [401, 'USER_INACTIVE', 'The account is not active'];

const BAD_REFRESH_TOKEN: Words = [401, 'INVALID_REFRESH_TOKEN', 'The refresh token is not valid'];

/** The four codes of a login are the contract's, whose clients match on them; all else is ours. */
const FAILURES: Record<FailureCode, Words> = {
  unknown_account: [401, 'USER_NOT_FOUND', 'Nobody has this e-mail address'],
  no_password_set: [401, 'NO_PASSWORD_SET', 'The account has no password'],
  wrong_password: [401, 'INVALID_PASSWORD', 'The password is wrong'],
  account_inactive: INACTIVE,
  account_banned: INACTIVE,
  account_deleted: INACTIVE,
  email_not_verified: [403, 'EMAIL_NOT_VERIFIED', 'The e-mail address is not verified'],
  invalid_email: [400, 'INVALID_EMAIL', 'This is not an e-mail address'],
  email_taken: [400, 'EMAIL_EXISTS', 'The e-mail address has an account already'],
  new_email_taken: [400, 'EMAIL_EXISTS', 'The e-mail address has an account already'],
  unknown_email: [404, 'USER_NOT_FOUND', 'Nobody has this e-mail address'],
  email_already_verified: [400, 'EMAIL_ALREADY_VERIFIED', 'The e-mail address is verified already'],
  password_too_short: [400, 'WEAK_PASSWORD', 'The password is too short'],
  password_too_long: [400, 'WEAK_PASSWORD', 'The password is too long'],
  password_too_common: [400, 'WEAK_PASSWORD', 'The password is too common'],
  password_too_guessable: [
    400,
    'WEAK_PASSWORD',
    'Without words of the address, of the name and of this service, the password is too short',
  ],
  wrong_current_password: [400, 'INVALID_PASSWORD', 'The current password is wrong'],
  refresh_token_invalid: BAD_REFRESH_TOKEN,
  refresh_token_expired: [401, 'REFRESH_TOKEN_EXPIRED', 'The refresh token has expired'],
  refresh_token_reused: BAD_REFRESH_TOKEN,
  verification_code_invalid: [400, 'INVALID_TOKEN', 'The code is not valid'],
  verification_token_invalid: [400, 'INVALID_TOKEN', 'The token is not valid'],
  reset_token_invalid: [400, 'INVALID_TOKEN', 'The token is not valid'],
  activation_token_invalid: [400, 'INVALID_TOKEN', 'The token is not valid'],
  insufficient_scope: [403, 'FORBIDDEN', 'The API key may not do this'],
  forbidden: [403, 'FORBIDDEN', 'The account may not do this'],
  session_not_found: [404, 'SESSION_NOT_FOUND', 'Session not found'],
  api_key_not_found: [404, 'API_KEY_NOT_FOUND', 'There is no such API key'],
  unknown_scope: [400, 'UNKNOWN_SCOPE', 'There is no such scope'],
  account_not_found: [404, 'USER_NOT_FOUND', 'There is no such account'],
  malformed_body: [400, 'VALIDATION_ERROR', 'The request body is not JSON'],
  invalid_request: [400, 'VALIDATION_ERROR', 'The request is not valid'],
  unauthorized: [401, 'UNAUTHORIZED', 'A valid access token is required'],
  not_found: [404, 'NOT_FOUND', 'There is nothing here'],
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED', 'This method is not allowed here'],
  body_too_large: [413, 'PAYLOAD_TOO_LARGE', 'The request body is too large'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE', 'The request body must be application/json'],
  rate_limited: [429, 'TOO_MANY_ATTEMPTS', 'Too many attempts'],
  overloaded: [503, 'SERVICE_UNAVAILABLE', 'The service is busy'],
  unavailable: [503, 'SERVICE_UNAVAILABLE', 'The service is not available'],
  internal: INTERNAL,
  ...workbenchFailures(INTERNAL),
};

/** What a failure is called in one operation alone. */
const OWN_WORDS: Partial<Record<OperationId, Partial<Record<FailureCode, Words>>>> = {
  getProfile: { account_not_found: [404, 'USER_NOT_FOUND', 'User not found'] },
  resendVerification: { unknown_email: [404, 'VERIFICATION_NOT_FOUND', 'There is no such verification'] },
  revokeToken: { session_not_found: [404, 'TOKEN_NOT_FOUND', 'Token not found'] },
  heartbeat: { session_not_found: [404, 'SESSION_NOT_FOUND', 'Session not found or expired'] },
};

/** What it is when the id in the path does not even look like one: nothing has it. */
const NOTHING_HAS_THE_ID: Partial<Record<OperationId, FailureCode>> = {
  resendVerification: 'unknown_email',
  revokeToken: 'session_not_found',
  revokeSession: 'session_not_found',
  heartbeat: 'session_not_found',
};

/** The documented errors of these carry the sentence as `error`. */
const SAY_ERROR: OperationId[] = ['getProfile', 'listSessions', 'revokeSession', 'revokeAllSessions', 'heartbeat'];

/** Says a failure in the words of this API. */
export function renderFailure(failure: Failure, request: FailedRequest): { status: number; body: FlashbackError } {
  const operation = request.operation as OperationId | undefined;
  const [status, error_code, message] = wordsFor(failure, operation);
  const error = operation && SAY_ERROR.includes(operation) ? { error: message } : {};
  return { status, body: { success: false, error_code, message, ...error } };
}

function wordsFor(failure: Failure, operation: OperationId | undefined): Words {
  if (!operation) return FAILURES[failure.code];
  if (failure.code === 'invalid_request' && operation === 'register') return wordsForRegistration(failure.issues);
  const code = namesNothing(failure) ? (NOTHING_HAS_THE_ID[operation] ?? failure.code) : failure.code;
  return OWN_WORDS[operation]?.[code] ?? FAILURES[code];
}

function namesNothing(failure: Failure): boolean {
  return failure.code === 'invalid_request' && failure.issues.length > 0 && failure.issues.every((issue) => issue.in === 'path');
}

function wordsForRegistration(issues: Issue[]): Words {
  if (issues.some(({ rule }) => rule === 'required')) return [400, 'MISSING_FIELDS', 'A required field is missing'];
  if (issues.some(({ path, rule }) => path[0] === 'email' && rule === 'format')) return FAILURES.invalid_email;
  return FAILURES.invalid_request;
}
