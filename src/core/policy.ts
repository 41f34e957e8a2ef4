import type { Account } from './account.js';
import type { Right } from './api-key.js';
import type { SessionLives } from './session.js';

/** What differs from dialect to dialect in how the core decides: data, given by the dialect. */
export interface Policy {
  /** `signed`: a JSON Web Token that tells whose it is; `opaque`: random, found by its hash. */
  accessTokens: 'signed' | 'opaque';
  sessions: SessionLives;
  /** The lives of a session for which a long one was asked; absent: there is no such choice. */
  longSessions?: SessionLives;
  /** Whose address must be verified before a session opens. */
  verifiedEmailNeededBy: 'nobody' | 'demo accounts' | 'everybody';
  /** What an open session cannot be used for while the address is not verified: anything, changes only, or (absent) nothing is barred. */
  verifiedEmailNeededTo?: 'read' | 'write';
  /** `code`: six digits to be typed; `link`: a long token. What a mail to verify an address carries. */
  emailVerification: 'code' | 'link';
  /** Answer `wrong_password` for an unknown address and for an account without a password, too. */
  hidesAccounts?: boolean;
  /** API keys that people make, where there are such: how they begin, and what each scope lets them do. */
  apiKeys?: { prefix: string; scopes: Record<string, Right[]> };
  /** Claims that this dialect's clients read in an access token, beside the usual ones. */
  accessTokenClaims?(account: Account): Record<string, unknown>;
}
