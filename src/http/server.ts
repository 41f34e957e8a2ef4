import crypto from 'node:crypto';
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';

/** Node's names for what it cannot read, and the status of each; any other is 400. */
const UNREADABLE: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** How long a client may take, in milliseconds. */
export interface ClientTimes {
  /** Until the headers of a request are there, or the first byte of a connection's first one. */
  headersMs: number;
  /** Until the request is there as a whole. */
  requestMs: number;
  /** Between an answer and the next request. */
  idleMs: number;
  /** Without a byte either way while a request or its answer is under way; more than any operation takes to answer. */
  stallMs: number;
  /** For a client that was refused to read why, and to close. */
  lingerMs: number;
  /** How often the first two are looked at. */
  checkEveryMs: number;
}

const CLIENT_TIMES: ClientTimes = {
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 5_000,
  stallMs: 30_000,
  lingerMs: 1_000,
  checkEveryMs: 1_000,
};

/** For a target that is no URL: nobody's path. */
const NO_PATH = '/-';

/**
 * The HTTP server for the application. It answers for itself where bytes came that are no request, and cuts off clients that are
 * slow to send or to read.
 */
export function createHttpServer(app: Express, times = CLIENT_TIMES): http.Server {
  const { headersMs: headersTimeout, requestMs: requestTimeout, idleMs: keepAliveTimeout, checkEveryMs } = times;
  const options = { headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval: checkEveryMs };
  const server = http.createServer(options, (req, res) => {
    req.url = originForm(req.url ?? '/');
    app(req, res);
  });
  server.timeout = times.stallMs;
  server.maxHeadersCount = 0; // their size is bounded; by their number, the last ones would be left out, which a proxy may have added
  // What else is expected may be passed over; node's own 417 is in no contract. @see RFC 9110, section 10.1.1
  server.on('checkExpectation', (req, res) => void server.emit('request', req, res));
  return server.on('clientError', (error, socket: Socket) => refuseUnreadable(error, socket, times.lingerMs));
}

/** Path and query of a request target that names the host, too. @see RFC 9112, section 3.2.2 */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  if (!URL.canParse(target)) return NO_PATH;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

/** What cannot be read as HTTP has no path, and so no dialect: the native one answers. @see RFC 9457 */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket, lingerMs: number): void {
  const isAnswering = '_httpMessage' in socket && socket._httpMessage; // whose answer this would be taken for
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) return void socket.destroy();
  const status = UNREADABLE[error.code ?? ''] ?? 400;
  const title = http.STATUS_CODES[status];
  const requestId = crypto.randomUUID();
  const detail = 'This cannot be read as an HTTP request.';
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail,
    instance: `urn:uuid:${requestId}`,
    code: 'unreadable_request',
  });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `X-Request-Id: ${requestId}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), lingerMs).unref(); // a client that does not close must not keep the connection
}
