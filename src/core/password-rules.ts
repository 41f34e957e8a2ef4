import type { Refusal } from './outcome.js';

/** Long enough for any passphrase, short enough that nobody sends a novel to be hashed. */
const MAX_CODE_POINTS = 256;

/**
 * More UTF-16 units than this no good password has, however it is composed; normalising takes time that grows with the square of
 * the length, and so nothing longer is normalised.
 */
const MAX_NORMALIZED_UNITS = 2048;

/** The form in which a password is hashed: NFC, so that it does not matter how a keyboard composes it. */
export function normalizedPassword(password: string): string {
  return password.length > MAX_NORMALIZED_UNITS ? password : password.normalize('NFC');
}

/** What the operator may change of the rules for new passwords. */
export interface PasswordRules {
  /** In Unicode code points. */
  minLength: number;
}

/**
 * Judges a new password, by its length alone: no composition rules.
 *
 * @returns null where it is good; else `password_too_short` or `password_too_long` (more than 256 code points).
 * @see NIST SP 800-63B-4, section 3.1.1.2
 */
export function passwordFault(password: string, rules: PasswordRules): Refusal | null {
  const codePoints = [...normalizedPassword(password)].length;
  if (codePoints < rules.minLength) return 'password_too_short';
  if (codePoints > MAX_CODE_POINTS) return 'password_too_long';
  return null;
}
