import type { Account, AccountStatus } from './account.js';
import { parseEmailAddress } from './email-address.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { Ports } from './ports.js';

/**
 * Gives an account another status. Any status but `active` ends the account's sessions with the same commit.
 *
 * @returns the account as it is now; or `unknown_account`.
 * @throws when a port does.
 */
export async function setAccountStatus(ports: Ports, email: string, status: AccountStatus): Promise<Outcome<Account>> {
  const address = parseEmailAddress(email);
  const account = address && (await ports.accounts.findByEmail(address));
  if (!account) return refuse('unknown_account');
  await ports.accounts.setStatus(account.id, status);
  return done({ ...account, status });
}
