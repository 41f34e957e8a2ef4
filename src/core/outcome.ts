/**
 * Every way in which the core says no. What each means stands at the use case that refuses with it. A new code is one compile
 * error in each dialect, until the dialect has words for it.
 */
export type Refusal =
  | 'unknown_account'
  | 'no_password_set'
  | 'wrong_password'
  | 'account_inactive'
  | 'account_banned'
  | 'account_deleted'
  | 'email_not_verified'
  | 'invalid_email'
  | 'email_taken'
  | 'new_email_taken'
  | 'unknown_email'
  | 'email_already_verified'
  | 'password_too_short'
  | 'password_too_long'
  | 'password_too_common'
  | 'password_too_guessable'
  | 'wrong_current_password'
  | 'refresh_token_invalid'
  | 'refresh_token_expired'
  | 'refresh_token_reused'
  | 'verification_code_invalid'
  | 'verification_token_invalid'
  | 'reset_token_invalid'
  | 'activation_token_invalid'
  | 'unauthorized'
  | 'insufficient_scope'
  | 'forbidden'
  | 'session_not_found'
  | 'api_key_not_found'
  | 'unknown_scope'
  | 'account_not_found'
  | WorkbenchRefusal;

/** Every way in which the workbench says no. */
export type WorkbenchRefusal =
  | 'secret_not_found'
  | 'too_many_secrets'
  | 'program_not_found'
  | 'too_many_programs'
  | 'invalid_payload'
  | 'package_not_found'
  | 'package_not_installable'
  | 'package_too_large'
  | 'package_hash_mismatch'
  | 'package_not_listed'
  | 'too_many_packages'
  | 'duplicate_package'
  | 'unknown_secret'
  | 'unknown_package'
  | 'decryption_failed'
  | 'sandbox_off'
  | 'generation_not_configured'
  | 'generation_refused'
  | 'generation_incomplete';

/** What a use case answers: a value, or exactly why not. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** The outcome that carries a value. */
export function done<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** The outcome that says no. */
export function refuse(refusal: Refusal): { ok: false; refusal: Refusal } {
  return { ok: false, refusal };
}
