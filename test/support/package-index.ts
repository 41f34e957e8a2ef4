import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestWheel } from './wheels.js';

/** What an index says of a wheel, where it is not what is true. */
export interface Listing {
  wheel: TestWheel;
  /** Null: it says none. */
  sha256?: string | null;
  filename?: string;
  url?: string;
  requiresPython?: string;
  /** True: without a reason. */
  yanked?: string | true;
  /** In bytes; JSON alone says it. */
  size?: number;
}

/** Answers a request in place of the index, where it returns true. */
export type Answering = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

/** An index of packages on loopback, that speaks PEP 503 and PEP 691. */
export interface TestIndex {
  /** Its root, as in `http://127.0.0.1:1234/simple/`. */
  url: string;
  /** Lists a wheel under its project, by the normalized name. */
  add(project: string, ...listings: (TestWheel | Listing)[]): void;
  /** The requests so far, as in `GET /simple/six/`, and what came with them. */
  requests: { line: string; headers: http.IncomingHttpHeaders }[];
  /** Asked first, for each request. */
  answering: Answering;
  /** JSON where the client takes it; or HTML alone. */
  speaks: 'JSON' | 'HTML';
  close(): Promise<void>;
}

export async function startPackageIndex(): Promise<TestIndex> {
  const projects = new Map<string, Listing[]>();
  const server = http.createServer((request, response) => {
    index.requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    if (!index.answering(request, response)) serve(projects, index.speaks, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const index: TestIndex = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`,
    add(project, ...listings) {
      const known = projects.get(project) ?? [];
      projects.set(project, [...known, ...listings.map((listing) => ('wheel' in listing ? listing : { wheel: listing }))]);
    },
    requests: [],
    answering: () => false,
    speaks: 'JSON',
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return index;
}

function serve(
  projects: Map<string, Listing[]>,
  speaks: TestIndex['speaks'],
  request: http.IncomingMessage,
  response: http.ServerResponse,
) {
  const path = request.url ?? '';
  const listings = projects.get(/^\/simple\/([a-z0-9-]+)\/$/.exec(path)?.[1] ?? '');
  if (listings && speaks === 'JSON' && request.headers.accept?.includes('application/vnd.pypi.simple.v1+json')) {
    response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
    response.end(JSON.stringify({ meta: { 'api-version': '1.1' }, files: listings.map(toJson) }));
  } else if (listings) {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(
      `<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"></head><body>\n${listings.map(toLink).join('\n')}</body></html>`,
    );
  } else {
    const file = [...projects.values()].flat().find(({ wheel }) => path === `/files/${wheel.filename}`);
    response.statusCode = file ? 200 : 404;
    response.end(file?.wheel.bytes);
  }
}

const addressOf = ({ wheel, url = `../../files/${wheel.filename}` }: Listing) => url;
const hashOf = ({ wheel, sha256 = wheel.sha256 }: Listing) => sha256;

function toJson(listing: Listing) {
  const hash = hashOf(listing);
  return {
    filename: listing.filename ?? listing.wheel.filename,
    url: addressOf(listing),
    hashes: hash === null ? {} : { sha256: hash },
    'requires-python': listing.requiresPython ?? null,
    yanked: listing.yanked ?? false,
    ...(listing.size === undefined ? {} : { size: listing.size }),
  };
}

function toLink(listing: Listing): string {
  const hash = hashOf(listing);
  const href = `${addressOf(listing)}${hash === null ? '' : `#sha256=${hash}`}`;
  const yanked = listing.yanked === undefined ? '' : ` data-yanked="${listing.yanked === true ? '' : escaped(listing.yanked)}"`;
  const python = listing.requiresPython === undefined ? '' : ` data-requires-python="${escaped(listing.requiresPython)}"`;
  return `<a href="${escaped(href)}"${python}${yanked}>${escaped(listing.filename ?? listing.wheel.filename)}</a><br>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
