/** What a code or token proves when it comes back. */
export type CodePurpose = 'email verification' | 'password reset' | 'activation';

/** A code to be stored: its hash alone. */
export interface NewCode {
  accountId: string;
  purpose: CodePurpose;
  /** The address that it was sent to: it proves nothing about another one. */
  email: string;
  hash: Buffer;
  /** How many wrong guesses a typed code survives; null for a mailed token, which nobody guesses. */
  guesses: number | null;
  ttlSeconds: number;
}

/** A code that waits to come back. */
export interface StoredCode {
  id: string;
  accountId: string;
  email: string;
}

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 60 * MINUTE_SECONDS;

/** @see OWASP ASVS 5.0, 6.5.5: codes live ten minutes. */
export const TYPED_CODE_TTL_SECONDS = 10 * MINUTE_SECONDS;
export const TYPED_CODE_GUESSES = 5;
export const RESET_TOKEN_TTL_SECONDS = HOUR_SECONDS;
export const VERIFICATION_TOKEN_TTL_SECONDS = 24 * HOUR_SECONDS;
