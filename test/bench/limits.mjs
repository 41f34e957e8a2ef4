// @ts-check
// What limits cost: the counting of a guess and of a refresh, beside a password hash and beside one small query, in the same run.
// `make bench`; the environment variable BENCH_DATABASE_URL adds the figures on a PostgreSQL server.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import bcrypt from 'bcryptjs';

/** Of the built program. @param {string} file */
const built = (file) => import(path.resolve('dist/src', file));
const { limitsOf } = await built('cli/limits.js');
const { readConfig } = await built('config.js');
const { countRefresh } = await built('core/limits.js');
const { passwordGuess } = await built('core/password-guesses.js');
const { openDatabase } = await built('db/database.js');
const { migrate } = await built('db/migrations.js');
const { databaseLimits } = await built('db/ports.js');

const TURNS = 2000;
const HASHES = 20;

/** Milliseconds that one turn takes. @param {number} turns @param {(turn: number) => unknown} work */
async function msEach(turns, work) {
  const startedAt = performance.now();
  for (let turn = 0; turn < turns; turn += 1) await work(turn);
  return (performance.now() - startedAt) / turns;
}

/** @param {string} title @param {object} location */
async function measure(title, location) {
  const database = await openDatabase(location);
  await migrate(database.source);
  const everything = Object.fromEntries(
    Object.keys(readConfig({}))
      .filter((name) => name.startsWith('LIMIT_'))
      .map((name) => [name, '1000000']),
  );
  const limits = databaseLimits(database.source, limitsOf(readConfig(everything)));
  const tokens = { addressHash: (/** @type {string} */ text) => Buffer.from(text) };
  const origin = { userAgent: null, ipAddress: '192.0.2.1', network: '192.0.2.1', requestId: null };
  const context = { ports: { limits, tokens }, origin, noteLimit() {} };
  /** @param {boolean} isRight */
  const guess = async (isRight, turn = 0) => {
    const one = passwordGuess(context, { address: `bench-${turn}@example.com` });
    await one.begin();
    await one.end(isRight);
  };
  await msEach(TURNS / 10, () => guess(true));

  const hashMs = await msEach(HASHES, () => bcrypt.hashSync('correct horse battery', 10));
  const queryMs = await msEach(TURNS, () => database.source.query('SELECT 1'));
  const rightMs = await msEach(TURNS, () => guess(true));
  const wrongMs = await msEach(TURNS, (turn) => guess(false, turn));
  const refreshMs = await msEach(TURNS, () => countRefresh(context, 'a session'));
  const [{ bytes }] = await database.source.query(`SELECT pg_total_relation_size('rate_limits')::float8 AS bytes`);
  const [{ rows }] = await database.source.query('SELECT count(*)::float8 AS rows FROM rate_limits');
  await database.source.query('DELETE FROM rate_limits');
  await database.close();

  const beside = (/** @type {number} */ ms) => `${ms.toFixed(2)} ms, ${((ms / hashMs) * 100).toFixed(1)} % of a hash`;
  console.log(`\n${title}`);
  console.log(`  bcryptjs alone, cost 10        ${hashMs.toFixed(1)} ms; SELECT 1 ${queryMs.toFixed(2)} ms`);
  console.log(`  counting a right guess         ${beside(rightMs)}`);
  console.log(`  counting a wrong guess         ${beside(wrongMs)}`);
  console.log(`  counting a refresh             ${(refreshMs * 1000).toFixed(1)} µs, in memory`);
  console.log(`  room for a counter             ${Math.round(bytes / rows)} bytes, its indexes included`);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-bench-'));
await measure('Embedded database', { folder });
fs.rmSync(folder, { recursive: true });
const { BENCH_DATABASE_URL } = process.env;
if (BENCH_DATABASE_URL) await measure('PostgreSQL', { url: BENCH_DATABASE_URL });
