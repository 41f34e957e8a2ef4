import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpApp } from '../../src/http/app.js';
import { createHttpServer } from '../../src/http/server.js';
import { bareOptions } from '../support/bare-service.js';
import { connectRaw, exchangeRaw, type RawConnection } from '../support/raw-http.js';
import { sendChecked } from '../support/server.js';

// Clients that are slow on purpose. The times are short here; what is asserted is what happens, not when.

const TIMES = { headersMs: 1500, requestMs: 2000, idleMs: 300, stallMs: 2500, lingerMs: 100, checkEveryMs: 50 };
const CLIENTS = 50;
const HEAD = 'POST /user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const PATIENT = 'GET /livez HTTP/1.1\r\nHost: x\r\n';

const app = createHttpApp(bareOptions(async () => ({ status: 200, body: { status: 'ok' } })));
let server: http.Server;
let url: string;
beforeEach(async () => {
  server = createHttpServer(app, TIMES);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close().closeAllConnections());

const openConnections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** A byte now and then, for as long as the connection takes any. */
async function trickle({ socket }: RawConnection, bytes: string): Promise<void> {
  for (let sent = 0; !socket.destroyed && socket.writable; sent++) {
    socket.write(bytes);
    await pause();
  }
}

describe.each<[string, (connection: RawConnection) => void, string, RegExp]>([
  ['send nothing', () => {}, '', /^HTTP\/1\.1 408 [\s\S]*"code":"unreadable_request"/],
  ['send a header now and then', (each) => void trickle(each, 'X: y\r\n'), PATIENT, /^HTTP\/1\.1 408 /],
  ['stop in the middle of the headers', () => {}, PATIENT, /^HTTP\/1\.1 408 /],
  ['send a body byte by byte', (each) => void trickle(each, ' '), `${HEAD}Content-Length: 10000\r\n\r\n{`, /^$/],
  ['send chunks without end', (each) => void trickle(each, '1\r\n \r\n'), `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, /^$/],
  ['send no body', () => {}, `${HEAD}Content-Length: 10\r\n\r\n`, /^$/],
  [
    'send a body for ever that nobody reads',
    (each) => void trickle(each, '1\r\n \r\n'),
    `${PATIENT}Transfer-Encoding: chunked\r\n\r\n`,
    /^HTTP\/1\.1 200 /,
  ],
  ['never send another request', () => {}, `${PATIENT}\r\n`, /^HTTP\/1\.1 200 /],
  ['close their side at once', ({ socket }) => void socket.end(), `${PATIENT}\r\n`, /^HTTP\/1\.1 200 /],
  ['close their side too early', ({ socket }) => void socket.end(), PATIENT, /^HTTP\/1\.1 400 /],
])('S44: clients that %s', (_what, go, bytes, answer) => {
  it('are cut off while others are served, and nothing is left of them', async () => {
    const connections = Array.from({ length: CLIENTS }, () => connectRaw(url, bytes));
    connections.forEach(go);
    expect((await sendChecked(url, 'GET', '/livez', { headers: { connection: 'close' } })).status).toBe(200);
    const received = await Promise.all(connections.map(({ closed }) => closed));

    for (const text of received) expect(text).toMatch(answer);
    while ((await openConnections()) > 0) await pause();
    expect(await exchangeRaw(url, `${PATIENT}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe.each<[string, string]>([
  ['of what is large', '/openapi.json'],
  ['of many answers', '/livez'],
])('S44: clients that read nothing %s', (_what, path) => {
  it('are cut off, and do not make the server hold what they ask for', async () => {
    let opened = 0;
    server.on('connection', () => opened++);
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const connections = Array.from({ length: 10 }, () => connectRaw(url, request.repeat(200), { reads: false }));
    while (opened < connections.length) await pause();
    expect((await sendChecked(url, 'GET', '/livez', { headers: { connection: 'close' } })).status).toBe(200);

    while ((await openConnections()) > 0) await pause();
    for (const { socket } of connections) socket.destroy();
  });
});

it('S44: a client that was refused, does not close and goes on sending is not waited for', async () => {
  const connection = connectRaw(url, PATIENT);
  connection.socket.removeAllListeners('end'); // keeps its side open
  const sending = trickle(connection, 'X: y\r\n');
  while (!connection.received().includes('unreadable_request')) await pause();

  while ((await openConnections()) > 0) await pause();
  expect(connection.received()).toMatch(/^HTTP\/1\.1 408 /);
  connection.socket.destroy();
  await sending;
});
