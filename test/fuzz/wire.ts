import net from 'node:net';
import zlib from 'node:zlib';

/** A request as it goes over the wire, its marks replaced. */
export interface WireRequest {
  method: string;
  target: string;
  headers: [string, string][];
  body: Buffer | null;
  isBroken: boolean;
}

/** What came back; null where the connection was closed without a word. */
export interface WireAnswer {
  status: number;
  headers: Map<string, string>;
  text: string;
  /** More than one answer to what looked like one request. */
  rest: string;
}

/** Longer than this no answer may take. */
const ANSWER_TIMEOUT_MS = 60_000;

export function bodyBytes({ text, as }: { text: string; as: 'utf8' | 'latin1' | 'gzip' }): Buffer {
  return as === 'gzip' ? zlib.gzipSync(text) : Buffer.from(text, as);
}

/**
 * Sends a request byte for byte, as no client library would let us, on a connection of its own.
 *
 * @throws {Error} where no answer came in time, or bytes came that are no answer.
 */
export function exchange(port: number, request: WireRequest): Promise<WireAnswer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(bytesOf(request));
      if (request.isBroken) socket.end(); // or the server waits for what never comes
    });
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      socket.destroy();
      reject(new Error('no answer came in time'));
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {}); // what came before counts; after it, `close`
    socket.on('end', () => void socket.end());
    socket.on('close', () => {
      try {
        resolve(parsed(Buffer.concat(chunks).toString('utf8')));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** The bytes of a request: a `Content-Length` is added where nothing says how long the body is. */
export function bytesOf({ method, target, headers, body }: WireRequest): Buffer {
  const saysLength = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const all = [...headers, ...(body && !saysLength ? [['Content-Length', body.length]] : [])];
  if (!headers.some(([name]) => /^host$/i.test(name))) all.unshift(['Host', 'latchkey.test']);
  if (!headers.some(([name]) => /^connection$/i.test(name))) all.push(['Connection', 'close']);
  const head = `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]);
}

/** The same for a shell: what it cannot say as it is, it says as bytes. */
export function asShellCommand(url: string, request: WireRequest): string {
  const escaped = bytesOf(request)
    .toString('latin1')
    .replace(/[^ -~]|['\\%]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  const { hostname, port } = new URL(url);
  return `printf '${escaped}' | nc -q 5 ${hostname} ${port}`;
}

function parsed(text: string): WireAnswer | null {
  if (text === '') return null;
  const [, status, fields = '', after = ''] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n([\s\S]*)$/.exec(text) ?? [];
  if (!status) throw new Error(`these bytes are no answer: ${JSON.stringify(text.slice(0, 200))}`);
  const headers = new Map(
    fields
      .split('\r\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  if (status === '100') return parsed(after);
  const length = headers.get('content-length');
  const body = Buffer.from(after);
  const end = length === undefined ? body.length : Number(length);
  return { status: Number(status), headers, text: body.subarray(0, end).toString(), rest: body.subarray(end).toString() };
}
