import type { TestGlobals } from './global-setup.js';

/** Stops the PostgreSQL server that was started for the tests, if one was. */
export default async function stopPostgres(): Promise<void> {
  await (globalThis as TestGlobals).stopStartedPostgres?.();
}
