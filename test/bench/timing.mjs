// @ts-check
// Whether the time of an answer tells who has an account: requests for accounts of every kind, interleaved in random order, from one client.
// `make bench-timing`; BENCH_DATABASE_URL adds the figures on a PostgreSQL server (give it an empty database), BENCH_ROUNDS is how often each
// request is made. The control compares an unknown address with another one: what differs there is noise.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, SECRET, serve } from './support.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 2000);
const WARM_UP_ROUNDS = 20;
const PASSWORD = 'correct horse battery';
/** After a request for a mail, so that the delivery of one weighs on no other request. */
const DELIVERY_MS = 10;

/** @typedef {{ path: string, headers?: Record<string, string> }} Operation */

/** A round goes through one of them. @type {Operation[]} */
const SIGN_INS = [{ path: '/latchkey/v1/sessions' }, { path: '/api/login' }, { path: '/auth/login', headers: { 'x-api-version': 'v1' } }];
/** @type {Operation[]} */
const MAILS = [{ path: '/latchkey/v1/password-reset' }, { path: '/auth/request-password-reset', headers: { 'x-api-version': 'v1' } }];

/** What `accounts create` is told of each account. */
const ACCOUNTS = { known: [], none: ['--no-password'], banned: [] };

/** Another address each time. */
const nobody = () => `${crypto.randomUUID()}@example.com`;
/** The address of each kind, by what it is called in the report; the first one is what all are compared with. @type {Record<string, () => string>} */
const FOR_SIGN_IN = {
  'unknown address': nobody,
  'another (control)': nobody,
  'wrong password': () => 'known@example.com',
  'no password set': () => 'none@example.com',
  banned: () => 'banned@example.com',
};
/** @type {Record<string, () => string>} */
const FOR_MAIL = {
  'unknown address': nobody,
  'another (control)': nobody,
  'has an account': () => 'known@example.com',
  banned: FOR_SIGN_IN.banned ?? nobody,
};

/** How long one request takes, in milliseconds. @param {string} url @param {Operation} operation @param {object} body */
async function time(url, { path: where, headers = {} }, body) {
  const startedAt = performance.now();
  const answer = await fetch(url + where, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  await answer.text();
  const tookMs = performance.now() - startedAt;
  if (answer.status === 429 || answer.status >= 500) throw new Error(`${where} answered ${answer.status}`);
  return tookMs;
}

/** The times of each kind. @param {string} url @param {Operation[]} operations @param {Record<string, () => string>} kinds @param {number} pauseMs */
async function interleaved(url, operations, kinds, pauseMs) {
  const names = Object.keys(kinds);
  /** @type {Record<string, number[]>} */
  const timesMs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const operation = /** @type {Operation} */ (operations[Math.abs(round) % operations.length]);
    for (const name of shuffled(names)) {
      const email = (kinds[name] ?? nobody)();
      const tookMs = await time(url, operation, { email, ...(pauseMs ? {} : { password: 'a guess of some sort' }) });
      if (round >= 0) timesMs[name]?.push(tookMs);
      if (pauseMs) await sleep(pauseMs);
    }
  }
  return timesMs;
}

/** @param {string[]} names */
function shuffled(names) {
  return names
    .map((name) => ({ name, at: crypto.randomInt(2 ** 40) }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name);
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** The square of the standard error of the mean. @param {number[]} values */
function squaredError(values) {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1) / values.length;
}

/** Welch's t. Of so many values its distribution is the normal one. @param {number[]} one @param {number[]} other */
function welch(one, other) {
  const t = (mean(one) - mean(other)) / Math.sqrt(squaredError(one) + squaredError(other));
  return { t, p: twoSided(Math.abs(t)) };
}

/** The chance of so many standard deviations or more to either side. @see Abramowitz and Stegun, 7.1.26 @param {number} deviations */
function twoSided(deviations) {
  const x = deviations / Math.SQRT2;
  const s = 1 / (1 + 0.3275911 * x);
  const series = ((((1.061405429 * s - 1.453152027) * s + 1.421413741) * s - 0.284496736) * s + 0.254829592) * s;
  return series * Math.exp(-x * x);
}

/** @param {string} title @param {Record<string, number[]>} timesMs */
function report(title, timesMs) {
  const [[, baseline] = ['', []], ...others] = Object.entries(timesMs);
  console.log(`\n${title}: ${ROUNDS} of each, in ms`);
  console.log(`  ${'unknown address'.padEnd(18)} mean ${mean(baseline).toFixed(2)}, median ${median(baseline).toFixed(2)}`);
  for (const [name, values] of others) {
    const differences = values.map((value, i) => value - (baseline[i] ?? NaN));
    const halfWidth = 1.96 * Math.sqrt(squaredError(differences));
    const { t, p } = welch(values, baseline);
    console.log(
      `  ${name.padEnd(18)} mean ${mean(values).toFixed(2)}, median ${median(values).toFixed(2)}; ` +
        `difference ${mean(differences).toFixed(2)} ± ${halfWidth.toFixed(2)} (95 %), Welch's t ${t.toFixed(2)}, p ${p.toFixed(3)}`,
    );
  }
}

/** @param {string} title @param {Record<string, string>} environment */
async function measure(title, environment) {
  const server = await serve(environment);
  for (const [name, options] of Object.entries(ACCOUNTS)) {
    const password = options.length ? [] : ['--password-stdin'];
    await command(['accounts', 'create', '--email', `${name}@example.com`, ...password, ...options], environment, PASSWORD);
  }
  await command(['accounts', 'set-status', 'banned@example.com', 'banned'], environment);
  report(`${title}, sign-in`, await interleaved(server.url, SIGN_INS, FOR_SIGN_IN, 0));
  report(`${title}, a new password by mail`, await interleaved(server.url, MAILS, FOR_MAIL, DELIVERY_MS));
  await server.stop();
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-bench-'));
await measure('Embedded database', { DATA_DIR: folder });
const { BENCH_DATABASE_URL } = process.env;
if (BENCH_DATABASE_URL) {
  const environment = { DATABASE_URL: BENCH_DATABASE_URL, LATCHKEY_SECRET: SECRET, DATA_DIR: path.join(folder, 'mails') };
  await command(['migrate'], environment);
  await measure('PostgreSQL', environment);
}
fs.rmSync(folder, { recursive: true });
