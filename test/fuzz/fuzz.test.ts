import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { startServer, type TestServer } from '../support/server.js';
import { coverageOf, runCampaign, summaryOf } from './campaign.js';
import { rowFaults } from './checks.js';
import { growthFaults } from './memory.js';

// `make fuzz N=200000 SEED=7` sends as many requests as are wanted. Otherwise they are always the same ones: a run that fails, fails
// because of a change.

const REQUESTS = Number(process.env.FUZZ_REQUESTS || 20_000) / 2; // on each database half of them
const SEED = Number(process.env.FUZZ_SEED || 20_261_121);
const PRINTS_ALL = process.env.FUZZ_REQUESTS !== undefined;
/** Fewer requests than this need not reach everything. */
const ENOUGH_REQUESTS = 5_000;
/** More than can be under way at a time. */
const MOST_FAULTS = 50;
const MOST_MS_PER_REQUEST = 500;

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  const lastFaults: string[] = [];
  beforeAll(async () => {
    database = await kind.create();
    const keep = (line: string) => void (lastFaults.push(line) > MOST_FAULTS && lastFaults.shift());
    server = await startServer(database, { logger: pino({ level: 'error' }, { write: keep }) });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const say = (line: string) => process.stderr.write(`fuzz on ${kind.kind}: ${line}\n`);

  it(
    `whatever is sent to whichever operation, every answer is the contract's, nobody is harmed, and nothing is left behind (seed ${SEED})`,
    async () => {
      const campaign = await runCampaign(server, database, { seed: SEED, requests: REQUESTS, onProgress: say, lastFaults });
      if (PRINTS_ALL) say(`by operation and status\n${summaryOf(campaign)}`);

      expect(await rowFaults(database, campaign.world.operatorIds)).toEqual([]);
      await campaign.world.wards.expectUnharmed();
      if (REQUESTS < ENOUGH_REQUESTS) return say('too few requests to ask how many operations were reached, and what was left behind');
      const { calledTooRarely, shareOfGood } = coverageOf(campaign);
      expect(calledTooRarely).toEqual([]);
      expect(shareOfGood).toBeGreaterThan(0.9);
      expect(growthFaults(campaign.held, campaign.requests)).toEqual([]);
    },
    120_000 + REQUESTS * MOST_MS_PER_REQUEST,
  );
});
