import { complained, said, type CommandResult } from './command-result.js';
import type { Service } from './service.js';

/**
 * Tries what the service works with, and says what it finds: the database is asked, and every wall of the sandbox is tried.
 *
 * @throws Unavailable when the database does not answer.
 */
export async function examine({ ports }: Pick<Service, 'ports'>): Promise<CommandResult> {
  await ports.database.ping();
  const { provider, state, reason } = await ports.sandbox.test();
  const found = `database: ok\nsandbox ${provider}: ${state}${reason ? ` (${reason})` : ''}\n`;
  return state === 'failed' ? complained(`the sandbox runs nothing: ${reason}`) : said(found);
}
