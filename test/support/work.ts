import crypto from 'node:crypto';
import { jest } from '@jest/globals';
import type { Database } from '../../src/db/database.js';

/** What something cost, counted. */
export interface Work {
  statements: number;
  /** Signatures that were checked, of either kind of token. */
  verifications: number;
}

/** What something takes: the least of three times, as who delivers mails asks the database now and then. */
export async function leastWork(database: Database, what: () => Promise<unknown>): Promise<Work> {
  const tries: Work[] = [];
  for (let time = 0; time < 3; time++) tries.push(await workOf(database, what));
  const least = (part: keyof Work) => Math.min(...tries.map((work) => work[part]));
  return { statements: least('statements'), verifications: least('verifications') };
}

/** Each statement takes a query runner, and each check of a signature one of these two. */
async function workOf({ source }: Database, what: () => Promise<unknown>): Promise<Work> {
  const spies = {
    statements: [jest.spyOn(source, 'createQueryRunner')],
    verifications: [jest.spyOn(crypto, 'createVerify'), jest.spyOn(crypto, 'createHmac')],
  };
  const all = Object.values(spies).flat();
  try {
    await what();
    const calls = (of: { mock: { calls: unknown[] } }[]) => of.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    return { statements: calls(spies.statements), verifications: calls(spies.verifications) };
  } finally {
    for (const spy of all) spy.mockRestore();
  }
}
