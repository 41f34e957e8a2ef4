import { Unavailable } from '../core/faults.js';

/** What is asked for, and how much of it is taken. */
export interface Request {
  url: URL;
  headers: Record<string, string>;
  maxBytes: number;
  signal: AbortSignal;
}

/** An answer to be judged by its status; the body is there where that is 200. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/**
 * Gets a resource, and follows no redirect.
 *
 * @returns `too_large` as soon as it is known: by what the server declares, or by what has come so far.
 * @throws Unavailable where nobody answers, not in time, or not to the end; the message names no address.
 */
export async function boundedGet({ url, headers, maxBytes, signal }: Request): Promise<Answer | 'too_large'> {
  try {
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    if (response.status !== 200 || declaredBytes(response) > maxBytes) {
      await response.body?.cancel();
      return response.status === 200 ? 'too_large' : { status: response.status, headers: response.headers, body: new Uint8Array() };
    }
    const body = await readAtMost(response, maxBytes);
    return body === 'too_large' ? body : { status: 200, headers: response.headers, body };
  } catch (error) {
    const isLate = (error as Error).name === 'TimeoutError';
    throw new Unavailable(isLate ? 'the package index did not answer in time' : `the package index is not to be reached${codeOf(error)}`);
  }
}

function declaredBytes(response: Response): number {
  return Number(response.headers.get('content-length') ?? 0);
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array | 'too_large'> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return 'too_large'; // leaving the loop closes the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** As in ` (ECONNREFUSED)`: the code alone, as messages of the network may hold the address. */
function codeOf(error: unknown): string {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^\w+$/.test(code) ? ` (${code})` : '';
}
