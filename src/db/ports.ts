import type { DataSource } from 'typeorm';
import type { KeyStore, Ports } from '../core/ports.js';
import { accountsIn } from './accounts.js';
import { translateFaults } from './faults.js';
import { keysIn } from './keys.js';
import { maintenanceIn } from './maintenance.js';
import { sessionsIn } from './sessions.js';

type DatabasePorts = Pick<Ports, 'accounts' | 'sessions' | 'maintenance' | 'database'> & { keys: KeyStore };

/** The core's ports that are a database. */
export function databasePorts(source: DataSource): DatabasePorts {
  return {
    accounts: translatingFaults(accountsIn(source)),
    sessions: translatingFaults(sessionsIn(source)),
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
