import type { Account } from './account.js';
import type { Refusal } from './outcome.js';

/** Long enough for any passphrase, short enough that nobody sends a novel to be hashed. */
const MAX_CODE_POINTS = 256;

/**
 * More UTF-16 units than this no good password has, however it is composed; normalising takes time that grows with the square of
 * the length, and so nothing longer is normalised.
 */
const MAX_NORMALIZED_UNITS = 2048;

/** A shorter word stands in too many good passwords by chance. */
const MIN_WORD_CODE_POINTS = 4;

/** A piece of up to four characters, again and again. */
const REPETITION = /^(.{1,4}?)\1+$/su;

/** The form in which a password is hashed: NFC, so that it does not matter how a keyboard composes it. */
export function normalizedPassword(password: string): string {
  return password.length > MAX_NORMALIZED_UNITS ? password : password.normalize('NFC');
}

/** What new passwords are judged by. */
export interface PasswordRules {
  /** In Unicode code points. */
  minLength: number;
  /** Whether a password is one of those that are tried first: common ones, and those that breaches brought out. It comes in NFC and lower case. */
  isCommon(password: string): Promise<boolean>;
  /** What the service is called, by all its names. */
  serviceNames: readonly string[];
}

/** Whose password it is to be. */
export type PasswordOwner = Pick<Account, 'email' | 'name'>;

/**
 * Judges a new password by its length and by whether it is easy to guess; no composition rules. Without the words (four characters or more)
 * of its owner's address and name and of the service's names, it must still have the minimum length.
 *
 * @returns null where it is good; else `password_too_short`, `password_too_long` (more than 256 code points), `password_too_common` (on the
 *   list of such, a short piece repeated, or a run as of the alphabet or of digits; all without regard to letter case), or
 *   `password_too_guessable` (too little is left without those words).
 * @throws when the list cannot be loaded.
 * @see NIST SP 800-63B-4, section 3.1.1.2; OWASP ASVS 5.0, 6.2.4, 6.2.11 and 6.2.12
 */
export async function passwordFault(password: string, rules: PasswordRules, owner: PasswordOwner): Promise<Refusal | null> {
  const normalized = normalizedPassword(password);
  if (lengthOf(normalized) < rules.minLength) return 'password_too_short';
  if (lengthOf(normalized) > MAX_CODE_POINTS) return 'password_too_long';
  const folded = normalized.toLowerCase();
  if (REPETITION.test(folded) || isRun(folded) || (await rules.isCommon(folded))) return 'password_too_common';
  const rest = contextWords(owner, rules.serviceNames).reduce((text, word) => text.replaceAll(word, ''), folded);
  return lengthOf(rest) < rules.minLength ? 'password_too_guessable' : null;
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Whether each character is the one after, or before, the one in front of it: `abcdefgh`, `87654321`. */
function isRun(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, i) => code - (codes[i] ?? 0)));
  return steps.size === 1 && (steps.has(1) || steps.has(-1));
}

/** The longest first: it may have a shorter one in it. The last label of a domain says nothing of anybody. */
function contextWords({ email, name }: PasswordOwner, serviceNames: readonly string[]): string[] {
  const [local = '', domain = ''] = email.split('@');
  const texts = [local, domain.slice(0, domain.lastIndexOf('.')), name, ...serviceNames];
  const words = new Set(texts.flatMap((text) => wordsIn(text.normalize('NFC').toLowerCase())));
  return [...words].filter((word) => lengthOf(word) >= MIN_WORD_CODE_POINTS).sort((a, b) => b.length - a.length);
}

/** A name as it stands, without what stands between its words, its words, and those without their digits. */
function wordsIn(text: string): string[] {
  const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return [text, words.join(''), ...words, ...(text.match(/[\p{L}\p{M}]+/gu) ?? [])];
}
