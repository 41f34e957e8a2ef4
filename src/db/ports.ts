import type { DataSource, EntityManager } from 'typeorm';
import type { Outcome } from '../core/outcome.js';
import type { KeyStore, Ports, StoredPorts } from '../core/ports.js';
import { accountsIn } from './accounts.js';
import { apiKeysIn } from './api-keys.js';
import { auditIn } from './audit.js';
import { codesIn } from './codes.js';
import { translateFaults } from './faults.js';
import { keysIn } from './keys.js';
import { maintenanceIn } from './maintenance.js';
import { outboxIn } from './outbox.js';
import type { RevocationFeed } from './revocation-feed.js';
import { sessionsIn } from './sessions.js';

type DatabasePorts = StoredPorts & Pick<Ports, 'atomically' | 'revocations' | 'maintenance' | 'database'> & { keys: KeyStore };

/** For who checks no access token. */
const NO_FEED: Pick<RevocationFeed, 'hasEnded' | 'doubt'> = { hasEnded: () => null, doubt: () => {} };

/** The core's ports that are a database; without a feed, `revocations` cannot tell anything. */
export function databasePorts(source: DataSource, { hasEnded, doubt } = NO_FEED): DatabasePorts {
  /** What ended here is refused on this process's very next request, though the feed has not brought it yet. */
  const ending: Wrapper =
    (method) =>
    (...args) =>
      method(...args).finally(doubt);
  const stored = storedPorts(source.manager);
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
    atomically: (work) => translateFaults(() => inTransaction(source, work)).finally(doubt),
    revocations: { hasEnded },
    maintenance: translatingFaults(maintenanceIn(source)),
    keys: translatingFaults(keysIn(source)),
    database: translatingFaults({ ping: () => source.query('SELECT 1') }),
  };
}

type Wrapper = <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) => (...args: Args) => Promise<T>;

function storedPorts(manager: EntityManager): StoredPorts {
  return {
    accounts: translatingFaults(accountsIn(manager)),
    sessions: translatingFaults(sessionsIn(manager)),
    codes: translatingFaults(codesIn(manager)),
    apiKeys: translatingFaults(apiKeysIn(manager)),
    outbox: translatingFaults(outboxIn(manager)),
    audit: translatingFaults(auditIn(manager)),
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

async function inTransaction<T>(source: DataSource, work: (stored: StoredPorts) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await source.transaction(async (manager) => {
      const outcome = await work(storedPorts(manager));
      if (!outcome.ok) throw new Undone(outcome);
      return outcome;
    });
  } catch (error) {
    if (error instanceof Undone) return error.refused;
    throw error;
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
