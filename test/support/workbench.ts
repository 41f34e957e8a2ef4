import type { Account, NewAccount } from '../../src/core/account.js';
import type { Principal } from '../../src/core/authenticate.js';
import { done } from '../../src/core/outcome.js';
import { createCodeEncryption } from '../../src/crypto/code-encryption.js';
import type { Database } from '../../src/db/database.js';
import { databasePorts } from '../../src/db/ports.js';
import { createAccountJobs } from '../../src/workbench/account-jobs.js';
import type { WorkbenchContext } from '../../src/workbench/context.js';
import { contextOf, fakePorts } from './fake-ports.js';
import { startSealing, type SealingProcess } from './secrets.js';

/** A process of the workbench on a real database. What runs programs and asks others is not there: these tests use none of it. */
export interface TestWorkbench extends SealingProcess {
  context: WorkbenchContext;
  stored: ReturnType<typeof databasePorts>;
  insert(email: string): Promise<{ account: Account; principal: Principal }>;
  close(): void;
}

/** To be closed, as what it stands on. */
export async function openWorkbench({ source }: Database): Promise<TestWorkbench> {
  const stored = databasePorts(source);
  const process = await startSealing(stored.keys);
  const ports = {
    ...fakePorts([]).ports,
    ...stored,
    secretSealing: process.sealing,
    codeEncryption: createCodeEncryption(),
    accountJobs: createAccountJobs(),
  };
  return {
    ...process,
    stored,
    context: contextOf(ports, { dialect: 'pyth-on' }) as WorkbenchContext,
    async insert(email) {
      const usual = { givenName: null, familyName: null, emailVerified: true, demo: false, operator: false, passwordHash: null };
      const organization = { kind: 'own', name: email } as const;
      const account: NewAccount = { ...usual, name: email, email: email as NewAccount['email'], status: 'active', organization };
      const made = await stored.atomically(async ({ accounts }) => done((await accounts.insert(account)) as Account));
      if (!made.ok) throw new Error(made.refusal);
      return {
        account: made.value,
        principal: { accountId: made.value.id, account: null, session: null, accessToken: null, rights: null },
      };
    },
    close: () => process.ring.close(),
  };
}
