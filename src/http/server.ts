import crypto from 'node:crypto';
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';

/** Node's names for what it cannot read, and the status of each; any other is 400. */
const UNREADABLE: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** A request that is not there as a whole by then is given up. */
const REQUEST_TIMEOUT_MS = 30_000;
/** For a target that is no URL: nobody's path. */
const NO_PATH = '/-';

/** The HTTP server for the application. It answers for itself where bytes came that are no request. */
export function createHttpServer(app: Express): http.Server {
  const server = http.createServer((req, res) => {
    req.url = originForm(req.url ?? '/');
    app(req, res);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  return server.on('clientError', refuseUnreadable);
}

/** Path and query of a request target that names the host, too. @see RFC 9112, section 3.2.2 */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  if (!URL.canParse(target)) return NO_PATH;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

/** What cannot be read as HTTP has no path, and so no dialect: the native one answers. @see RFC 9457 */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
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
}
