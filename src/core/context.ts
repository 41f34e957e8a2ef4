import type { AuditAction } from './audit.js';
import type { PasswordRules } from './password-rules.js';
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
}

/** Something to be recorded, and who did it where that is not the owner of the account. */
export interface Happened {
  action: AuditAction;
  accountId: string | null;
  actorId?: string;
}

/** Records what happened; `stored`: the ports of the transaction that it happened in. @throws when a port does. */
export function record(context: Context, happened: Happened, stored: StoredPorts = context.ports): Promise<void> {
  return stored.audit.record({ ...happened, dialect: context.dialect, origin: context.origin });
}
