// @ts-check
// What a job costs in each sandbox that this machine has: its start, cold and warm, jobs a second over all cores, and its memory. `make bench`.
import fs from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMib } from './support.mjs';

/** The built program. */
const built = (/** @type {string} */ file) => import(String(new URL(`../../dist/src/sandbox/${file}`, import.meta.url)));
const { createDenoProvider } = await built('deno/provider.js');
const { createBwrapProvider } = await built('bwrap/provider.js');
const { missingForBwrap } = await built('bwrap/launch.js');

const RUNS = 10;
const SECONDS = 8;
const PAUSE_MS = 1500; // until a warm worker waits again
const SOURCES = /** @type {const} */ ({ python: 'print(6 * 7)', javascript: 'console.log(6 * 7)' });
const SLEEPS = /** @type {const} */ ({
  python: `import time\nprint('begun', flush=True)\ntime.sleep(60)`,
  javascript: `console.log('begun'); setInterval(() => {}, 1000)`,
});

/** @typedef {import('../../src/sandbox/provider.js').SandboxProvider} Provider */
/** @typedef {'python' | 'javascript'} Language */

/** @param {Provider} provider @param {Language} language */
async function runOne(provider, language, source = String(SOURCES[language]), signal = new AbortController().signal, onOutput = () => {}) {
  const startedAt = performance.now();
  const job = { language, program: { source }, stdin: '', environment: {}, wheels: [], timeoutSeconds: 10 };
  const { status, fault } = await provider.run(job, signal, onOutput);
  if (status !== 'ok') throw new Error(`a job ended with ${status} ${fault ?? ''}`);
  return performance.now() - startedAt;
}

/** The median of some runs, one after the other. @param {Provider} provider @param {Language} language @param {number} pauseMs */
async function medianMs(provider, language, pauseMs) {
  const times = [];
  for (let i = 0; i < RUNS; i++) {
    await sleep(pauseMs);
    times.push(await runOne(provider, language));
  }
  return times.sort((a, b) => a - b)[RUNS / 2] ?? NaN;
}

/** @param {Provider} provider @param {Language} language */
async function jobsPerSecond(provider, language) {
  const startedAt = performance.now();
  let done = 0;
  const one = async () => {
    for (; performance.now() - startedAt < SECONDS * 1000; done++) await runOne(provider, language);
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, one));
  return (done * 1000) / (performance.now() - startedAt);
}

/** Of the processes of a job that sleeps. @param {Provider} provider @param {Language} language */
async function memoryMib(provider, language) {
  const caller = new AbortController();
  const before = descendants(process.pid);
  const begun = new Promise((resolve) => {
    runOne(provider, language, SLEEPS[language], caller.signal, () => resolve(null)).catch(resolve);
  });
  await begun;
  const mib = descendants(process.pid)
    .filter((id) => !before.includes(id))
    .reduce((sum, id) => sum + residentMib(id), 0);
  caller.abort();
  return mib;
}

/** @param {number} parent @returns {number[]} */
function descendants(parent) {
  if (!fs.existsSync(`/proc/${parent}/task`)) return []; // Linux alone tells so easily
  const tasks = fs.readdirSync(`/proc/${parent}/task`);
  const children = tasks.flatMap((task) =>
    fs.readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** @param {string} title @param {(warmWorkers: number) => Provider} create */
async function measure(title, create) {
  const [cold, warm] = [create(0), create(1)];
  /** @type {Record<string, Record<string, string>>} */
  const table = {};
  for (const language of /** @type {Language[]} */ (['python', 'javascript'])) {
    const firstMs = await runOne(cold, language);
    await runOne(warm, language);
    table[language] = {
      'first job ever': `${Math.round(firstMs)} ms`,
      cold: `${Math.round(await medianMs(cold, language, 0))} ms`,
      warm: `${Math.round(await medianMs(warm, language, PAUSE_MS))} ms`,
      [`jobs/s on ${os.availableParallelism()} cores`]: (await jobsPerSecond(cold, language)).toFixed(1),
      'memory of a job': `${Math.round(await memoryMib(cold, language))} MiB`,
    };
  }
  await Promise.all([cold.close(), warm.close()]);
  console.log(`\n${title}`);
  console.table(table);
}

await measure('Sandbox: Deno', (warmWorkers) => createDenoProvider({ warmWorkers }));
const missing = missingForBwrap();
if (missing) console.log(`\nSandbox: bubblewrap: not measured, as ${missing}`);
else await measure('Sandbox: bubblewrap', () => createBwrapProvider());
