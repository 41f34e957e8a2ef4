import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Core } from '../core/core.js';
import { Overloaded, RateLimited } from '../core/faults.js';
import type { Refusal } from '../core/outcome.js';
import type { Caller, Dialect, Issue } from '../dialects/dialect.js';
import { accessLog } from './access-log.js';
import { bearerOf, originOf, type AccessTokenCheck } from './authentication.js';
import { contractValidator, type OpenApiDocument } from './contract.js';
import { docsPage } from './docs-page.js';
import { failureOf, Rejected } from './failures.js';
import { bodyReader } from './request-body.js';
import { dialectOfPath, routesByPath, type Route, type ServedDialect } from './route-table.js';

/** How long to wait when the database is away; it may be back sooner. */
const UNAVAILABLE_RETRY_AFTER_SECONDS = 5;
/** What a handler of any operation looks like once its types are checked. */
type AnyOperation = (
  request: { body: unknown; path: unknown; query: unknown; headers: unknown },
  core: Core,
  caller: Caller,
) => Promise<{ status: number; body: unknown; headers?: Record<string, string> } | { ok: false; refusal: Refusal } | { issues: Issue[] }>;

export interface HttpOptions {
  /** The merged document. */
  document: OpenApiDocument;
  routes: readonly Route[];
  /** The dialects that are switched on; one of them owns `/`. */
  dialects: ServedDialect[];
  accessTokens: AccessTokenCheck;
  logger: Logger;
}

/** The Express application: every operation of the contract, each request checked against it before its handler runs. */
export function createHttpApp({ document, routes, dialects, accessTokens, logger }: HttpOptions): Express {
  const app = express().disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.use(accessLog(logger));
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } }));
  app.use(storeNothing);
  app.use(docsPage(document));

  const contractValidators = new Map(dialects.map((served) => [served, contractValidator(document, served, accessTokens)]));
  for (const [path, operations] of routesByPath(routes)) {
    const served = dialects.find(({ dialect }) => dialect.name === operations[0]?.dialect);
    if (!served) continue; // switched off
    const validator = contractValidators.get(served) as RequestHandler;
    app.all(
      path.replace(/\{([^}]+)\}/g, ':$1'),
      chooseOperation(served.dialect, operations),
      readBody(operations),
      validator,
      answer(served),
    );
  }
  app.use(() => {
    throw new Rejected({ code: 'not_found' });
  });
  app.use(answerFailure(dialects));
  return app;
}

/** Answers carry tokens; what may be kept says so itself. */
const storeNothing: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};

/** HEAD is answered as GET (node leaves the body out), OPTIONS with what there is, any other method with 405. */
function chooseOperation(dialect: Dialect, operations: Route[]): RequestHandler {
  const methods = operations.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (req, res, next) => {
    res.locals.dialect = dialect;
    if (req.method === 'HEAD') req.method = 'GET';
    const route = operations.find(({ method }) => method === req.method);
    if (route) {
      res.locals.route = route;
      return next();
    }
    res.setHeader('Allow', allow);
    if (req.method !== 'OPTIONS') throw new Rejected({ code: 'method_not_allowed' });
    res.status(204).end();
  };
}

function readBody(operations: Route[]): RequestHandler {
  const readers = new Map(operations.map((route) => [route.method, bodyReader(route)]));
  return (req, res, next) => readers.get(req.method)?.(req, res, next);
}

function answer({ dialect, coreFor }: ServedDialect): RequestHandler {
  return async (req, res) => {
    const route = res.locals.route as Route;
    const handle = dialect.operations[route.operation] as AnyOperation;
    const request = { body: req.body as unknown, path: req.params, query: req.query, headers: req.headers };
    const result = await handle(request, coreFor(originOf(req)), callerOf(req, res));
    if ('issues' in result) throw new Rejected({ code: 'invalid_request', issues: result.issues });
    if ('refusal' in result) throw new Rejected({ code: result.refusal });
    res.set(result.headers ?? {});
    send(res, result.status, 'application/json', result.body);
  };
}

function callerOf(req: Request, res: Response): Caller {
  return {
    principal: res.locals.principal ?? null,
    bearer: bearerOf(req),
    showsCredential: req.headers.authorization !== undefined,
  };
}

/** The one place where what was thrown becomes an answer, in the words of the dialect whose path it was. */
function answerFailure(dialects: ServedDialect[]): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    const fault: unknown = res.locals.fault ?? thrown;
    const failure = failureOf(fault);
    const dialect = (res.locals.dialect as Dialect | undefined) ?? dialectOfPath(dialects, req.path);
    const operation = (res.locals.route as Route | undefined)?.operation;
    const { status, body } = dialect.renderFailure(failure, { requestId: req.id as string, ...(operation && { operation }) });
    if (status >= 500) logFault(req, fault);
    if (res.headersSent) return void res.destroy();
    if (status === 401)
      res.setHeader(
        'WWW-Authenticate',
        req.headers.authorization && failure.code === 'unauthorized' ? 'Bearer error="invalid_token"' : 'Bearer',
      );
    if (fault instanceof Overloaded || fault instanceof RateLimited) res.setHeader('Retry-After', fault.retryAfterSeconds);
    else if (status === 503) res.setHeader('Retry-After', UNAVAILABLE_RETRY_AFTER_SECONDS);
    send(res, status, dialect.errorMediaType, body);
  };
}

function logFault(req: Request, fault: unknown): void {
  const { name, message, stack } = fault instanceof Error ? fault : new Error('something that is no error was thrown');
  const isExpected = name === 'Unavailable' || name === 'Overloaded';
  const where = stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
  const words = name === 'SyntaxError' ? 'something could not be parsed' : message; // parsers quote what they read
  req.log.error({ fault: { name, message: words, ...(!isExpected && { stack: where }) } }, 'request failed');
}

/** Not `res.json`: its media type carries a charset parameter that JSON does not have. */
function send(res: Response, status: number, mediaType: string, body: unknown): void {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
  res.status(status);
  if (!bytes) return void res.end();
  res.setHeader('Content-Type', mediaType);
  res.setHeader('Content-Length', bytes.length);
  res.end(bytes);
}
