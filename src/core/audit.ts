import type { AccountStatus } from './account.js';
import type { Refusal } from './outcome.js';
import type { Origin } from './session.js';

/**
 * What is recorded, named as what comes of it where it succeeds: a sign-in that is refused is a `session.opened` whose outcome is
 * `failure`, so that one name finds every attempt. Some are there for their failures alone: a refresh that succeeds and what an operator
 * merely reads leave no row.
 */
export type AuditAction =
  | 'account.created'
  | 'account.invited'
  | 'account.activated'
  | `account.set_${AccountStatus}`
  | 'account.deleted'
  | 'account.unlocked'
  | 'account.read'
  | 'profile.changed'
  | 'email.verified'
  | 'email.changed'
  | 'password.changed'
  | 'password.reset_requested'
  | 'password.reset'
  | 'session.opened'
  | 'session.refreshed'
  | 'session.ended'
  | 'session.all_ended'
  | 'access_token.revoked'
  | 'refresh_token.reused'
  | 'api_key.created'
  | 'api_key.changed'
  | 'api_key.deleted'
  | 'key.rotated'
  | 'key.retired'
  | 'master_secret.rotated'
  | 'secret.set'
  | 'secret.deleted'
  | 'secrets.rotated'
  | 'packages.set'
  | 'package.added'
  | 'package.removed'
  | 'encrypted_code.stored'
  | 'encrypted_code.deleted'
  | 'code.executed'
  | 'code.generated'
  | 'audit.read';

export const AUDIT_OUTCOMES = ['success', 'failure'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** One thing that happened, or that somebody tried and was refused. Holds ids and keyed hashes, never an address, a token or a code. */
export interface AuditEvent {
  action: AuditAction;
  outcome: AuditOutcome;
  /** Why it was refused; null: it was not. */
  reason: Refusal | 'rate_limited' | null;
  /** Whose account it is about; null where that is not known. */
  accountId: string | null;
  /** Who did it, where that is somebody else: an operator, or who wanted to act as one. */
  actorId?: string;
  /** Keyed; null where no address was tried. */
  addressHash: Buffer | null;
  dialect: string;
  origin: Origin;
  /** What of the account's things it is about: the name of a secret, a package or a program, or an execution's id. */
  resource?: string | null;
}

/** An event as it stands in the trail. */
export interface AuditRecord {
  /** Grows with each record. */
  id: string;
  /** By the database's clock. */
  at: Date;
  action: string;
  outcome: AuditOutcome;
  reason: string | null;
  accountId: string | null;
  actorId: string | null;
  addressHash: Buffer | null;
  dialect: string;
  ipAddress: string | null;
  requestId: string | null;
  resource: string | null;
}

/** Which records are wanted. */
export interface AuditFilter {
  accountId?: string;
  action?: string;
  outcome?: AuditOutcome;
  /** Not earlier than that, to the millisecond. */
  from?: Date;
  /** Earlier than that, to the millisecond. */
  until?: Date;
}
