import type { Config } from '../config.js';
import type { Limit, LimitName } from '../core/limits.js';

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** Failures in a row, with and without a wait before them, that a password stands. @see NIST SP 800-63B-4, section 3.2.2 */
const MAX_FAILURES = 100;
/** Failures at a password are forgotten then, if it was not guessed right before. */
const FAILURES_WINDOW_SECONDS = 30 * DAY_SECONDS;

/** How much is allowed of everything that is counted, by the settings. */
export function limitsOf(config: Config): Record<LimitName, Limit> {
  const free = config.LIMIT_PASSWORD_FAILURES;
  return {
    'password-failures': { quota: free, windowSeconds: FAILURES_WINDOW_SECONDS },
    'password-wait': { quota: 1, windowSeconds: config.LIMIT_PASSWORD_WAIT_SECONDS },
    'password-failures-after-wait': { quota: Math.max(0, MAX_FAILURES - free), windowSeconds: FAILURES_WINDOW_SECONDS },
    'network-failures': { quota: config.LIMIT_NETWORK_FAILURES, windowSeconds: 10 * MINUTE_SECONDS },
    'network-sign-ups': { quota: config.LIMIT_NETWORK_SIGN_UPS, windowSeconds: HOUR_SECONDS },
    'network-mails': { quota: config.LIMIT_NETWORK_MAILS, windowSeconds: HOUR_SECONDS },
    'address-mails': { quota: config.LIMIT_ADDRESS_MAILS, windowSeconds: HOUR_SECONDS },
    'address-resets': { quota: config.LIMIT_ADDRESS_MAILS, windowSeconds: HOUR_SECONDS },
    'account-jobs': { quota: config.LIMIT_ACCOUNT_JOBS, windowSeconds: MINUTE_SECONDS },
    'session-refreshes': { quota: config.LIMIT_SESSION_REFRESHES, windowSeconds: MINUTE_SECONDS },
  };
}
