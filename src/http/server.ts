import crypto from 'node:crypto';
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';

/** Node's names for what it cannot read, and the status of each; any other is 400. */
const UNREADABLE: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** The HTTP server for the application. It answers for itself where bytes came that are no request. */
export function createHttpServer(app: Express): http.Server {
  return http.createServer(app).on('clientError', refuseUnreadable);
}

/** What cannot be read as HTTP has no path, and so no dialect: the native one answers. @see RFC 9457 */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
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
