import type { Account } from './account.js';
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
  /** Answer `wrong_password` for an unknown address and for an account without a password, too. */
  hidesAccounts?: boolean;
  /** Claims that this dialect's clients read in an access token, beside the usual ones. */
  accessTokenClaims?(account: Account): Record<string, unknown>;
}
