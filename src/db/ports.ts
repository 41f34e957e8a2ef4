import type { DataSource } from 'typeorm';
import type { KeyStore, Ports } from '../core/ports.js';
import { accountsIn } from './accounts.js';
import { translateFaults } from './faults.js';
import { keysIn } from './keys.js';
import { maintenanceIn } from './maintenance.js';
import type { RevocationFeed } from './revocation-feed.js';
import { sessionsIn } from './sessions.js';

type DatabasePorts = Pick<Ports, 'accounts' | 'sessions' | 'revocations' | 'maintenance' | 'database'> & { keys: KeyStore };

/** For who checks no access token. */
const NO_FEED: Pick<RevocationFeed, 'hasEnded' | 'doubt'> = { hasEnded: () => null, doubt: () => {} };

/** The core's ports that are a database; without a feed, `revocations` cannot tell anything. */
export function databasePorts(source: DataSource, { hasEnded, doubt } = NO_FEED): DatabasePorts {
  /** What ended here is refused on this process's very next request, though the feed has not brought it yet. */
  const ending =
    <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) =>
    (...args: Args) =>
      method(...args).finally(doubt);
  const accounts = accountsIn(source);
  const sessions = sessionsIn(source);
  return {
    accounts: translatingFaults({ ...accounts, setStatus: ending(accounts.setStatus) }),
    sessions: translatingFaults({ ...sessions, end: ending(sessions.end), revokeAccessToken: ending(sessions.revokeAccessToken) }),
    revocations: { hasEnded },
    maintenance: translatingFaults(maintenanceIn(source)),
    keys: translatingFaults(keysIn(source)),
    database: translatingFaults({ ping: () => source.query('SELECT 1') }),
  };
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
