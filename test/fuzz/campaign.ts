import fc from 'fast-check';
import type { TestDatabase } from '../support/databases.js';
import type { TestServer } from '../support/server.js';
import { bodyOf, faultsOf } from './checks.js';
import { hostileChanges } from './hostile.js';
import { held, type Held } from './memory.js';
import { smallChanges } from './nearly-valid.js';
import { OPERATIONS } from './operations.js';
import { draftsOf, written, type FuzzRequest } from './requests.js';
import { asShellCommand, exchange } from './wire.js';
import { createWorld, type World } from './world.js';

/** At most so many requests at a time, half as many on average: races matter. */
const IN_FLIGHT = 16;
const PROGRESS_EVERY_REQUESTS = 2_000;

/** What was seen. */
export interface Campaign {
  world: World;
  requests: number;
  /** How often each operation was answered with which status; `-`: without an answer. */
  answers: Map<string, Map<string, number>>;
  lastFaults: string[];
  /** After a third of the requests, when everything that is kept for good is there, and at the end. */
  held: Held[];
}

export interface CampaignOptions {
  seed: number;
  requests: number;
  onProgress(line: string): void;
  /** What the service's log says of its last faults. */
  lastFaults: string[];
}

const drafts = OPERATIONS.map(draftsOf);
const anyDraft = fc.oneof(...drafts);
const anyRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { weight: 4, arbitrary: anyDraft.map(written) },
  {
    weight: 3,
    arbitrary: fc.tuple(anyDraft, smallChanges).map(([draft, change]) => ({ ...change(draft), kind: 'nearly valid' as const })),
  },
  { weight: 3, arbitrary: fc.tuple(anyDraft, hostileChanges).map(([draft, change]) => ({ ...change(draft), kind: 'hostile' as const })) },
);
const batches = fc.array(anyRequest, { minLength: 1, maxLength: IN_FLIGHT, size: 'max' });

/**
 * Sends as many requests as are wanted, as the seed decides them, and looks at each answer.
 *
 * @throws {Error} at the first answer that must not be, with the smallest requests that lead to one, as far as they are still found:
 *   the world goes on meanwhile.
 */
export async function runCampaign(server: TestServer, database: TestDatabase, options: CampaignOptions): Promise<Campaign> {
  const world = await createWorld(server, database);
  const campaign: Campaign = { world, requests: 0, answers: new Map(), lastFaults: options.lastFaults, held: [] };
  const began = performance.now();
  const numRuns = options.requests;
  const property = fc.asyncProperty(batches, async (batch) => {
    if (campaign.requests >= options.requests) return; // how many batches it takes, nobody knows beforehand
    await world.refresh();
    const sent = await Promise.allSettled(batch.map((request) => sendOne(server, campaign, request)));
    const failed = sent.find(({ status }) => status === 'rejected'); // once nothing is under way any more
    if (failed?.status === 'rejected') throw failed.reason;
    const before = campaign.requests;
    campaign.requests += batch.length;
    if (campaign.held.length === 0 && campaign.requests > options.requests / 3) campaign.held.push(await held());
    if (Math.floor(before / PROGRESS_EVERY_REQUESTS) < Math.floor(campaign.requests / PROGRESS_EVERY_REQUESTS))
      options.onProgress(`${campaign.requests} requests, ${rate(campaign.requests, began)} a second`);
  });
  await fc.assert(property, { seed: options.seed, numRuns });
  campaign.held.push(await held());
  const megabytes = campaign.held.map(({ heapBytes }) => (heapBytes / 1e6).toFixed(1)).join(' MB, then ');
  options.onProgress(`the heap: ${megabytes} MB`);
  options.onProgress(`${campaign.requests} requests, ${rate(campaign.requests, began)} a second, seed ${options.seed}`);
  return campaign;
}

function rate(requests: number, began: number): number {
  return Math.round((requests * 1000) / (performance.now() - began));
}

async function sendOne(server: TestServer, { world, answers, lastFaults }: Campaign, request: FuzzRequest): Promise<void> {
  const sent = world.resolve(request);
  const complain = (faults: string[], answer: string) => {
    throw new Error(
      `${faults.join('\n')}\n\n${asShellCommand(server.url, sent)}\n\n${answer}\n\nas the seed decided it: ${JSON.stringify(request)}`,
    );
  };
  const answer = await exchange(Number(new URL(server.url).port), sent).catch((error: Error) => complain([error.message], 'no answer'));
  count(answers, request.operation, answer ? String(answer.status) : '-');
  if (!answer) {
    if (!request.isBroken) complain(['the connection was closed without an answer'], 'no answer');
    return;
  }
  const faults = faultsOf(request, sent, answer, world.wards.ids);
  const told = lastFaults.filter((line) => line.includes(answer.headers.get('x-request-id') ?? '-'));
  if (faults.length > 0)
    complain([...faults, ...told], `${answer.status} ${JSON.stringify([...answer.headers])}\n${answer.text.slice(0, 2_000)}`);
  world.learn(request, { status: answer.status, body: bodyOf(answer) });
}

function count(answers: Campaign['answers'], operation: string, status: string): void {
  const statuses = answers.get(operation) ?? new Map<string, number>();
  answers.set(operation, statuses.set(status, (statuses.get(status) ?? 0) + 1));
}

/** A line for each operation: how often it was answered with which status. */
export function summaryOf({ answers }: Campaign): string {
  return OPERATIONS.map(({ id }) => {
    const statuses = [...(answers.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return `${id.padEnd(36)} ${statuses.map(([status, times]) => `${status}: ${times}`).join('  ')}`;
  }).join('\n');
}

/** Whether the requests got anywhere: which operations were hardly tried, and how many of all answered as asked at least once. */
export function coverageOf({ answers, requests }: Campaign): { calledTooRarely: string[]; shareOfGood: number } {
  const statusesOf = (id: string) => [...(answers.get(id) ?? new Map<string, number>())];
  const timesOf = (id: string) => statusesOf(id).reduce((sum, [, times]) => sum + times, 0);
  const isGood = (id: string) => statusesOf(id).some(([status]) => status.startsWith('2'));
  const ids = OPERATIONS.map(({ id }) => id);
  return {
    calledTooRarely: ids.filter((id) => timesOf(id) < requests / ids.length / 3),
    shareOfGood: ids.filter(isGood).length / ids.length,
  };
}
