import type { AccountStatus } from './account.js';
import type { Origin } from './session.js';

/** What is recorded. */
export type AuditAction =
  | 'account.created'
  | 'account.invited'
  | 'account.activated'
  | `account.set_${AccountStatus}`
  | 'account.deleted'
  | 'email.verified'
  | 'email.changed'
  | 'password.changed'
  | 'password.reset_requested'
  | 'password.reset'
  | 'session.opened'
  | 'session.ended'
  | 'session.all_ended'
  | 'refresh_token.reused'
  | 'api_key.created'
  | 'api_key.changed'
  | 'api_key.deleted';

/** One thing that happened. Holds ids, never an address, a token or a code. */
export interface AuditEvent {
  action: AuditAction;
  /** Whose account it happened to. */
  accountId: string | null;
  /** Who did it, where that is somebody else: an operator. */
  actorId?: string;
  dialect: string;
  origin: Origin;
}

/** An event as it stands in the trail. */
export interface AuditRecord {
  /** Grows with each record. */
  id: string;
  at: Date;
  action: string;
  accountId: string | null;
  actorId: string | null;
  dialect: string;
  ipAddress: string | null;
  requestId: string | null;
}
