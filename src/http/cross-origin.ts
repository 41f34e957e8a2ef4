import cors from 'cors';
import type { RequestHandler } from 'express';
import type { OpenApiDocument } from './contract.js';

/** How long a browser may remember what a preflight said. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;

/** What a page may read of an answer, besides its body. */
const EXPOSED_HEADERS = ['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'WWW-Authenticate'];

/**
 * Lets pages of these origins call the API and read its answers, errors included. Tokens go in headers, so no cookies and no other
 * credentials of the browser are let in. The methods of a path are added where the path is known.
 *
 * @param origins as browsers send them; none: no answer says anything about origins.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function crossOrigin(origins: string[], document: OpenApiDocument): RequestHandler {
  if (origins.length === 0) return (_req, _res, next) => next();
  return cors({
    origin: origins,
    methods: [],
    allowedHeaders: requestHeadersOf(document),
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
    preflightContinue: true,
  });
}

/** The headers that some operation reads: those of credentials and bodies, and those that are parameters. */
function requestHeadersOf({ components, paths }: OpenApiDocument): string[] {
  const inOperations = Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ parameters = [] }) => parameters));
  const declared = [...inOperations, ...Object.values({ ...components.parameters, ...components.securitySchemes })];
  const names = declared.flatMap((each) => ('in' in each && each.in === 'header' && each.name ? [each.name] : []));
  return [...new Set(['Authorization', 'Content-Type', ...names])];
}
