import { Unavailable } from '../core/faults.js';
import { boundedGet, type Answer } from './bounded-get.js';
import { INDEX_MEDIA_TYPES, readIndexPage } from './index-page.js';
import type { IndexFile } from './wheel-choice.js';

/** Pages of projects with thousands of files have several million bytes. */
const MAX_PAGE_BYTES = 10 * 1024 * 1024;
/** From one spelling of a name to another, and to the one with a slash at its end. */
const MAX_REDIRECTS = 3;

/** A file that an index lists, and where it is. */
export interface ListedFile extends IndexFile {
  /** Absolute, without credentials. */
  url: string;
}

/** Asks an index, and nobody else but whom it names. */
export interface IndexClient {
  /** @returns the files of a project, those that are had over HTTP(S); null: there is no such project. @throws Unavailable */
  list(name: string, signal: AbortSignal): Promise<ListedFile[] | null>;
  /** @returns `too_large` where it has more bytes than a file may. @throws Unavailable where it does not come. */
  download(url: string, signal: AbortSignal): Promise<Uint8Array | 'too_large'>;
}

type Get = (url: URL) => Promise<Answer | 'too_large'>;

/**
 * @param indexUrl may hold credentials: its own origin gets them as Basic authorization, and nobody else. @see RFC 7617
 * @param maxFileBytes of one file.
 */
export function createIndexClient(indexUrl: string, maxFileBytes: number): IndexClient {
  const root = rootOf(indexUrl);
  const get = (url: URL, signal: AbortSignal, maxBytes: number, headers: Record<string, string>) =>
    boundedGet({ url, headers: url.origin === root.url.origin ? { ...headers, ...root.authorization } : headers, maxBytes, signal });
  return {
    list(name, signal) {
      const page = new URL(`${encodeURIComponent(name)}/`, root.url);
      return readPage(page, (url) => get(url, signal, MAX_PAGE_BYTES, { accept: INDEX_MEDIA_TYPES }));
    },
    async download(url, signal) {
      const answer = await get(new URL(url), signal, maxFileBytes, { 'accept-encoding': 'identity' });
      if (answer === 'too_large') return answer;
      if (answer.status !== 200) throw new Unavailable(`the package index answered ${answer.status} for a file that it lists`);
      return answer.body;
    },
  };
}

/** The index's address without its credentials, and these as the header that carries them. */
function rootOf(indexUrl: string): { url: URL; authorization: Record<string, string> } {
  const given = new URL(indexUrl);
  const credentials = `${decodeURIComponent(given.username)}:${decodeURIComponent(given.password)}`;
  const url = new URL(given.pathname.replace(/\/?$/, '/'), given.origin);
  return { url, authorization: credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
}

async function readPage(wanted: URL, get: Get): Promise<ListedFile[] | null> {
  let url = wanted;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const answer = await get(url);
    if (answer === 'too_large') throw new Unavailable('the package index answered with a page that is too large');
    if (answer.status === 404) return null;
    if (answer.status === 200) return locate(readIndexPage(answer.headers.get('content-type') ?? '', answer.body), url);
    url = redirectOf(answer, url);
  }
  throw new Unavailable('the package index redirects too often');
}

/** @throws Unavailable where it is no redirect, or one to another origin: there the credentials would be a stranger's. */
function redirectOf({ status, headers }: Answer, from: URL): URL {
  const location = headers.get('location');
  if (status < 300 || status > 399 || location === null) throw new Unavailable(`the package index answered ${status}`);
  const to = resolved(location, from);
  if (to?.origin !== from.origin) throw new Unavailable('the package index redirects to another origin');
  return to;
}

function locate(files: IndexFile[], page: URL): ListedFile[] {
  return files.flatMap((file) => {
    const url = resolved(file.url, page);
    return url ? [{ ...file, url: url.href }] : [];
  });
}

/** Without credentials: nobody but the settings says who we are. Null where it is no address, or none of HTTP(S). */
function resolved(address: string, base: URL): URL | null {
  const url = URL.canParse(address, base) ? new URL(address, base) : null;
  return url && /^https?:$/.test(url.protocol) ? Object.assign(url, { username: '', password: '', hash: '' }) : null;
}
