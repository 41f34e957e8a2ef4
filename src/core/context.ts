import type { AuditAction } from './audit.js';
import type { Outcome, Refusal } from './outcome.js';
import type { PasswordRules } from './password-rules.js';
import type { LimitState } from './limits.js';
import type { Policy } from './policy.js';
import type { Ports, StoredPorts } from './ports.js';
import type { Origin } from './session.js';

/** What every use case works with: the world, and who asks through which dialect, from where. */
export interface Context {
  ports: Ports;
  dialect: string;
  policy: Policy;
  rules: PasswordRules;
  origin: Origin;
  /** Hears how each limit stands that a use case has looked at: whoever answers may show it. */
  noteLimit(state: LimitState): void;
}

/** Something to be recorded, and who did it where that is not the owner of the account. */
export interface Happened {
  action: AuditAction;
  accountId: string | null;
  actorId?: string;
  /** The address that was tried, as it was sent: a keyed hash of it is recorded. */
  address?: string;
  /** What of the account's things it is about. */
  resource?: string;
  /** Why it was refused, where it was. */
  reason?: Refusal | 'rate_limited';
}

/**
 * Records what happened. A change and its record go into one transaction, so that no change is made that cannot be recorded.
 *
 * @param stored the ports of that transaction; absent: nothing was changed.
 * @throws when a port does.
 * @see OWASP ASVS 5.0, 16.2.1 and 16.3.1
 */
export function record(context: Context, happened: Happened, stored: StoredPorts = context.ports): Promise<void> {
  const { address, reason = null, ...rest } = happened;
  const addressHash = address === undefined ? null : context.ports.tokens.addressHash(address);
  const { dialect, origin } = context;
  return stored.audit.record({ ...rest, outcome: reason ? 'failure' : 'success', reason, addressHash, dialect, origin });
}

/**
 * Records an attempt that was refused, and hands its outcome on as it is. To be called behind the transaction: what is refused is undone
 * there, and so would its record be.
 *
 * @throws when a port does: no refusal is told of which there is no record.
 */
export async function recordRefusal<T extends Outcome<unknown>>(context: Context, outcome: T, attempted: Happened): Promise<T> {
  if (!outcome.ok) await record(context, { ...attempted, reason: outcome.refusal });
  return outcome;
}
