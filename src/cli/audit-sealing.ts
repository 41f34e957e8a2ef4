import type { Logger } from 'pino';
import { sealAuditTrail } from '../core/audit-chain.js';
import type { Ports } from '../core/ports.js';

/** How long a row of the audit trail waits for its seal, at most: so long it could be altered without a trace. */
const SEAL_EVERY_MS = 5_000;

/** What seals the audit trail, in the background of each process that serves. */
export interface AuditSealing {
  /** Seals a last time, and no more then. */
  stop(): Promise<void>;
}

/** Begins to seal. A failure is logged, and the next turn tries again. */
export function startSealing(ports: Ports, logger: Pick<Logger, 'warn'>): AuditSealing {
  let sealing = Promise.resolve();
  const seal = () => {
    sealing = sealing
      .then(() => sealAuditTrail(ports))
      .catch((error: Error) => logger.warn(`sealing the audit trail failed: ${error.message}`));
  };
  seal();
  const timer = setInterval(seal, SEAL_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      seal();
      return sealing;
    },
  };
}
