import { NOTICE_TTL_SECONDS } from './mail.js';
import type { KeyPurpose } from './ports.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/**
 * Purposes whose keys are replaced by themselves when they are old. What is set of secrets from then on lies under the new key; what was set
 * before stays readable under the old one, until `secrets rotate` moves it.
 */
export const ROTATED_BY_AGE: readonly KeyPurpose[] = ['access-token', 'refresh-token', 'code', 'outbox', 'secret'];

/**
 * What these keys made must be made the same again: names of addresses in the audit trail and in limits, the draw of decoys, and the seals
 * of the trail.
 */
export const NEVER_ROTATED: readonly KeyPurpose[] = ['address-hash', 'audit'];

/** For clocks that differ, and for who was about to use a key when the next one took over. */
const SLACK_SECONDS = HOUR_SECONDS;

/**
 * How long a key is needed after the next one has taken over: as long as what it made may live. Absent: for ever, as what it made has
 * no end; such a key goes by hand alone, and one that secrets lie under not even so.
 */
export const NEEDED_SECONDS: Partial<Record<KeyPurpose, number>> = {
  // the longest life is 24 hours, but Puppilot's clients show an expired one with the refresh token, which lives for seven days
  'access-token': 7 * DAY_SECONDS + SLACK_SECONDS,
  'refresh-token': 365 * DAY_SECONDS + SLACK_SECONDS,
  code: DAY_SECONDS + SLACK_SECONDS,
  outbox: NOTICE_TTL_SECONDS + SLACK_SECONDS,
};
