import type { DataSource, EntityManager } from 'typeorm';
import type { Limit, LimitName, Limits } from '../core/limits.js';
import type { Outcome } from '../core/outcome.js';
import type { KeyStore, Ports, StoredPorts } from '../core/ports.js';
import type { WorkbenchPorts, WorkbenchStoredPorts } from '../workbench/ports.js';
import { accountsIn } from './accounts.js';
import { apiKeysIn } from './api-keys.js';
import { auditChainIn } from './audit-chain.js';
import { auditIn } from './audit.js';
import { codesIn } from './codes.js';
import { encryptedCodeIn } from './encrypted-code.js';
import { translateFaults } from './faults.js';
import { keysIn } from './keys.js';
import { limitsIn } from './limits.js';
import { maintenanceIn } from './maintenance.js';
import { outboxIn } from './outbox.js';
import { packagesIn } from './packages.js';
import type { RevocationFeed } from './revocation-feed.js';
import { secretsIn } from './secrets.js';
import { sessionsIn } from './sessions.js';

type DatabasePorts = WorkbenchStoredPorts &
  Pick<WorkbenchPorts, 'atomically'> &
  Pick<Ports, 'revocations' | 'maintenance' | 'auditChain' | 'database'> & { keys: KeyStore };

/** For who checks no access token. */
const NO_FEED: Pick<RevocationFeed, 'hasEnded' | 'doubt'> = { hasEnded: () => null, doubt: () => {} };

/** The ports of the core and of the workbench that are a database; without a feed, `revocations` cannot tell anything. */
export function databasePorts(source: DataSource, { hasEnded, doubt } = NO_FEED): DatabasePorts {
  return {
    ...tellingEnds(storedPorts(source.manager), doubt),
    atomically: (work) => translateFaults(() => inTransaction(source, work, doubt)),
    revocations: { hasEnded },
    maintenance: translatingFaults(maintenanceIn(source)),
    auditChain: translatingFaults(auditChainIn(source)),
    keys: translatingFaults(keysIn(source)),
    database: translatingFaults({ ping: () => source.query('SELECT 1') }),
  };
}

/** The same ports, which tell whenever something may have ended: it is refused on this process's very next request then, though the feed has not brought it yet. */
function tellingEnds<Stored extends StoredPorts>(stored: Stored, onEnd: () => void): Stored {
  const ending: Wrapper =
    (method) =>
    (...args) =>
      method(...args).finally(onEnd);
  const { accounts, sessions } = stored;
  return {
    ...stored,
    accounts: { ...accounts, setStatus: ending(accounts.setStatus), delete: ending(accounts.delete) },
    sessions: {
      ...sessions,
      end: ending(sessions.end),
      endOwn: ending(sessions.endOwn),
      endAll: ending(sessions.endAll),
      endByOpaqueToken: ending(sessions.endByOpaqueToken),
      revokeAccessToken: ending(sessions.revokeAccessToken),
    },
  };
}

/** The counters of limits, in the database. `all`: how much each allows. */
export function databaseLimits(source: DataSource, all: Record<LimitName, Limit>): Limits {
  return translatingFaults(limitsIn(source, all));
}

type Wrapper = <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) => (...args: Args) => Promise<T>;

function storedPorts(manager: EntityManager): WorkbenchStoredPorts {
  return {
    accounts: translatingFaults(accountsIn(manager)),
    sessions: translatingFaults(sessionsIn(manager)),
    codes: translatingFaults(codesIn(manager)),
    apiKeys: translatingFaults(apiKeysIn(manager)),
    outbox: translatingFaults(outboxIn(manager)),
    audit: translatingFaults(auditIn(manager)),
    secrets: translatingFaults(secretsIn(manager)),
    packages: translatingFaults(packagesIn(manager)),
    encryptedCode: translatingFaults(encryptedCodeIn(manager)),
  };
}

/** Carries a refusal through a transaction, which is undone by what is thrown alone. */
class Undone extends Error {
  readonly refused: Outcome<never>;

  constructor(refused: Outcome<never>) {
    super('refused');
    this.refused = refused;
  }
}

/** @param doubt to be called when it is over, where something may have ended in it. */
async function inTransaction<T>(
  source: DataSource,
  work: (stored: WorkbenchStoredPorts) => Promise<Outcome<T>>,
  doubt: () => void,
): Promise<Outcome<T>> {
  let mayHaveEnded = false;
  try {
    return await source.transaction(async (manager) => {
      const outcome = await work(tellingEnds(storedPorts(manager), () => (mayHaveEnded = true)));
      if (!outcome.ok) throw new Undone(outcome);
      return outcome;
    });
  } catch (error) {
    if (error instanceof Undone) return error.refused;
    throw error;
  } finally {
    if (mayHaveEnded) doubt();
  }
}

type AsyncMethods = Record<string, (...args: never[]) => Promise<unknown>>;

/** The same port, whose methods throw what the core knows. */
function translatingFaults<Port extends { [M in keyof Port]: (...args: never[]) => Promise<unknown> }>(port: Port): Port {
  const wrapped = Object.entries(port as unknown as AsyncMethods).map(([name, method]) => [
    name,
    (...args: never[]) => translateFaults(() => method(...args)),
  ]);
  return Object.fromEntries(wrapped) as Port;
}
