// @ts-check
// What a token check and a refresh cost, beside a bare Express server that does nothing but verify the same kind of token, in the same
// run. `make bench`; BENCH_DATABASE_URL adds the figures on a PostgreSQL server (give it an empty database), and what a session
// takes of its disk.
import crypto from 'node:crypto';
import { fork } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import express from 'express';
import jwt from 'jsonwebtoken';
import pg from 'pg';
import { command, processorMs, SECRET, serve } from './support.mjs';

const CREDENTIALS = { email: 'bench@example.com', password: 'correct horse battery' };
const CLIENTS = 16;
const SECONDS = 8;
const ACCOUNTS = 20_000;
const SESSIONS_PER_ACCOUNT = 5;
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** @typedef {{ perSecond: number, p50Ms: number, p99Ms: number, cpuMs: number }} Figures */
/** @typedef {{ method: string, path: string, headers: Record<string, string>, body?: string }} Request */

const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });

/** @param {string} url @param {Request} request @returns {Promise<any>} */
function send(url, { method, path: target, headers, body }) {
  return new Promise((resolve, reject) => {
    const request = http.request(url + target, { method, headers, agent }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${method} ${target}: ${response.statusCode} ${text}`)),
      );
    });
    request.on('error', reject).end(body);
  });
}

/**
 * So many clients, each with its next request as soon as the last one is answered.
 *
 * @param {number} pid @param {(client: number) => Promise<unknown>} once @returns {Promise<Figures>}
 */
async function load(pid, once) {
  for (let client = 0; client < CLIENTS; client++) for (let time = 0; time < 20; time++) await once(client); // warm
  /** @type {number[]} */
  const latenciesMs = [];
  const cpuBefore = processorMs(pid);
  const startedAt = performance.now();
  const client = async (/** @type {number} */ number) => {
    while (performance.now() - startedAt < SECONDS * 1000) {
      const sentAt = performance.now();
      await once(number);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  const tookMs = performance.now() - startedAt;
  latenciesMs.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN;
  return {
    perSecond: (latenciesMs.length * 1000) / tookMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMs: (processorMs(pid) - cpuBefore) / latenciesMs.length,
  };
}

/** @param {string} what @param {Figures} figures @param {Figures} [baseline] */
function print(what, { perSecond, p50Ms, p99Ms, cpuMs }, baseline) {
  const ratio = baseline ? `, ${(perSecond / baseline.perSecond).toFixed(2)} of the bare server` : '';
  const latency = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${cpuMs.toFixed(2)} ms of processor each`;
  console.log(`  ${what.padEnd(28)} ${Math.round(perSecond)} /s, ${latency}${ratio}`);
}

/** A server that verifies an ES256 token and says whose it is. */
async function bare() {
  const child = fork(import.meta.filename, ['bare']);
  const { url, token } = /** @type {{ url: string, token: string }} */ (await new Promise((resolve) => child.once('message', resolve)));
  const request = { method: 'POST', path: '/verify', headers: { authorization: `Bearer ${token}` } };
  const figures = await load(Number(child.pid), () => send(url, request));
  child.kill();
  return figures;
}

function serveBare() {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const token = jwt.sign({ email: CREDENTIALS.email }, privateKey, { algorithm: 'ES256', expiresIn: 3600 });
  const app = express().post('/verify', (req, res) => {
    const claims = jwt.verify(String(req.headers.authorization).slice('Bearer '.length), publicKey, { algorithms: ['ES256'] });
    res.json({ valid: true, user: { email: /** @type {jwt.JwtPayload} */ (claims).email } });
  });
  const server = app.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.({ url: `http://127.0.0.1:${port}`, token });
  });
}

/** @param {string} title @param {Record<string, string>} environment */
async function measure(title, environment) {
  await command(['accounts', 'create', '--email', CREDENTIALS.email, '--password-stdin'], environment, CREDENTIALS.password);
  const { url, pid, stop } = await serve(environment);
  const json = { 'content-type': 'application/json' };
  const credentials = JSON.stringify(CREDENTIALS);
  const { token } = await send(url, { method: 'POST', path: '/api/login', headers: json, body: credentials });
  const check = { method: 'POST', path: '/api/verify', headers: { authorization: `Bearer ${token}` } };
  /** @type {string[]} */
  const refreshTokens = [];
  for (let client = 0; client < CLIENTS; client++)
    refreshTokens.push((await send(url, { method: 'POST', path: '/auth/v1/token', headers: json, body: credentials })).refresh_token);
  const refresh = async (/** @type {number} */ client) => {
    const headers = { authorization: `Bearer ${refreshTokens[client]}` };
    refreshTokens[client] = (await send(url, { method: 'POST', path: '/auth/v1/refresh', headers })).refresh_token;
  };

  const baseline = await bare();
  const checks = await load(pid, () => send(url, check));
  const refreshes = await load(pid, refresh);
  await stop();
  console.log(`\n${title}, ${CLIENTS} clients on the same machine`);
  print('bare Express, ES256 verify', baseline);
  print('token check', checks, baseline);
  print('refresh', refreshes, baseline);
}

/** @param {string} url */
async function printSessionSize(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('INSERT INTO organizations (id, name, personal) VALUES (gen_random_uuid(), $1, false)', ['bench']);
  await client.query(
    `INSERT INTO accounts (email, normalized_email, name, organization_id, organization_role, status, email_verified, demo, operator)
     SELECT number || '@bench.example', number || '@bench.example', 'Bench', (SELECT id FROM organizations WHERE name = 'bench' LIMIT 1),
       'member', 'active', true, false, false FROM generate_series(1, $1::integer) number`,
    [ACCOUNTS],
  );
  await client.query('VACUUM FULL sessions');
  await client.query(
    `INSERT INTO sessions (account_id, dialect, idle_expires_at, expires_at, user_agent, ip_address)
     SELECT accounts.id, 'pixyle', now() + random() * interval '30 days', now() + interval '30 days', $1, '203.0.113.195'
     FROM accounts, generate_series(1, $2::integer) ORDER BY random()`,
    [BROWSER, SESSIONS_PER_ACCOUNT],
  );
  const { rows } = await client.query(
    `SELECT pg_relation_size('sessions') AS "rows", pg_indexes_size('sessions') AS indexes, count(*) FROM sessions`,
  );
  await client.end();
  const [{ rows: bytes, indexes, count }] = rows;
  console.log(`  a session                    ${Math.round(bytes / count)} bytes, and ${Math.round(indexes / count)} in indexes`);
}

if (process.argv[2] === 'bare') serveBare();
else {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-bench-'));
  await measure('Embedded database', { DATA_DIR: folder });
  fs.rmSync(folder, { recursive: true });
  const { BENCH_DATABASE_URL } = process.env;
  if (BENCH_DATABASE_URL) {
    const environment = { DATABASE_URL: BENCH_DATABASE_URL, LATCHKEY_SECRET: SECRET };
    await command(['migrate'], environment);
    await measure('PostgreSQL', environment);
    await printSessionSize(BENCH_DATABASE_URL);
  }
  agent.destroy();
}
