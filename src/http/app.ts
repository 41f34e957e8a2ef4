import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { Overloaded, RateLimited, Unavailable } from '../core/faults.js';
import type { Refusal } from '../core/outcome.js';
import type { Caller, Dialect, Failure, Issue, UseCases } from '../dialects/dialect.js';
import { accessLog } from './access-log.js';
import { bearerOf, originOf, type AccessTokenCheck } from './authentication.js';
import { contractValidator, type OpenApiDocument } from './contract.js';
import { crossOrigin } from './cross-origin.js';
import { docsPage } from './docs-page.js';
import { answersInEvents, endEvents, hasBegunEvents, writeEvent } from './events.js';
import { failureOf, Rejected } from './failures.js';
import { limitFields } from './limit-fields.js';
import { chooseOperation } from './methods.js';
import { readBody } from './request-body.js';
import { dialectOfPath, routesByPath, type Route, type ServedDialect } from './route-table.js';

/** How long to wait when the database is away; it may be back sooner. */
const UNAVAILABLE_RETRY_AFTER_SECONDS = 5;
/** From when a request is there as a whole until its answer is, where the contract says nothing else. */
const DEADLINE_MS = 10_000;
/** The answer at the deadline comes before the silence is too long. */
const SLACK_MS = 5_000;

/** What a handler of any operation looks like once its types are checked. */
type AnyOperation = (
  request: { body: unknown; path: unknown; query: unknown; headers: unknown },
  core: UseCases,
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
  /** Whose `X-Forwarded-For` counts: addresses and ranges. */
  trustedProxies?: string[];
  /** The origins whose pages may call the API. */
  corsOrigins?: string[];
  /** Whether others reach the service over HTTPS, and shall not do otherwise. */
  isHttps?: boolean;
  /** How long an answer may take; as the contract says, unless told otherwise. */
  deadlineMs?(route: Route): number;
}

/** The Express application: every operation of the contract, each request checked against it before its handler runs. */
export function createHttpApp(options: HttpOptions): Express {
  const { document, routes, dialects, accessTokens, logger } = options;
  const { trustedProxies = [], corsOrigins = [], isHttps = false, deadlineMs = contractDeadlineMs } = options;
  const answerFailure = failureAnswerer(dialects);
  const app = express().disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.set('trust proxy', trustedProxies); // walks from right to left, to the first address that is none of them
  app.use(accessLog(logger));
  app.use(helmet({ contentSecurityPolicy: CONTENT_SECURITY_POLICY, strictTransportSecurity: isHttps }));
  app.use(storeNothing);
  app.use(crossOrigin(corsOrigins, document));
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
      keepDeadline(operations, deadlineMs, answerFailure),
      validator,
      answer(served),
    );
  }
  app.use(() => {
    throw new Rejected({ code: 'not_found' });
  });
  app.use(((thrown, req, res, _next) => answerFailure(thrown, req, res)) satisfies ErrorRequestHandler);
  return app;
}

const CONTENT_SECURITY_POLICY = { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } };

/** Answers carry tokens; what may be kept says so itself. */
const storeNothing: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};

function contractDeadlineMs({ deadlineSeconds }: Route): number {
  return deadlineSeconds === null ? DEADLINE_MS : deadlineSeconds * 1000;
}

/** Answers with 503 where nothing was answered in time: what the handler still comes to is dropped. */
function keepDeadline(operations: Route[], deadlineMs: (route: Route) => number, answerFailure: FailureAnswerer): RequestHandler {
  const deadlines = new Map(operations.map((route) => [route.method, deadlineMs(route)]));
  return (req, res, next) => {
    const ms = deadlines.get(req.method) ?? DEADLINE_MS;
    if (ms > DEADLINE_MS) res.setTimeout(ms + SLACK_MS); // so long nothing may come, too: else the server cuts off who is silent
    const late = () => answerFailure(new Unavailable('the request was not answered in time'), req, res);
    const timer = setTimeout(late, ms);
    res.once('close', () => clearTimeout(timer));
    next();
  };
}

function answer({ dialect, coreFor }: ServedDialect): RequestHandler {
  return async (req, res) => {
    if (res.writableEnded) return; // too late
    const route = res.locals.route as Route;
    const handle = dialect.operations[route.operation] as AnyOperation;
    const request = { body: req.body as unknown, path: req.params, query: req.query, headers: req.headers };
    const result = await handle(request, coreFor(originOf(req), limitFields(res)), callerOf(req, res));
    if (res.writableEnded) return;
    if ('issues' in result) throw new Rejected({ code: 'invalid_request', issues: result.issues });
    if ('refusal' in result) throw new Rejected({ code: result.refusal });
    if (answersInEvents(req, route)) return endEvents(res, 'result', result.body);
    res.set(result.headers ?? {});
    send(res, result.status, 'application/json', result.body);
  };
}

function callerOf(req: Request, res: Response): Caller {
  const waiting = new AbortController();
  const leave = () => waiting.abort(new Unavailable('nobody waits for the answer any more'));
  if (res.closed) leave();
  else res.once('close', leave);
  const hasEvents = answersInEvents(req, res.locals.route as Route);
  return {
    principal: res.locals.principal ?? null,
    bearer: bearerOf(req),
    showsCredential: req.headers.authorization !== undefined,
    signal: waiting.signal,
    emit: (event, data) => hasEvents && writeEvent(res, event, data),
  };
}

type FailureAnswerer = (thrown: unknown, req: Request, res: Response) => void;

/** The one place where what was thrown becomes an answer, in the words of the dialect whose path it was. */
function failureAnswerer(dialects: ServedDialect[]): FailureAnswerer {
  return (thrown, req, res) => {
    const fault: unknown = res.locals.fault ?? thrown;
    const failure = failureOf(fault);
    const dialect = (res.locals.dialect as Dialect | undefined) ?? dialectOfPath(dialects, req.path);
    const operation = (res.locals.route as Route | undefined)?.operation;
    const { status, body } = dialect.renderFailure(failure, { requestId: req.id as string, ...(operation && { operation }) });
    const hasLeft = res.closed && !res.writableEnded;
    if (status >= 500 && !(hasLeft && fault instanceof Unavailable)) logFault(req, fault);
    if (hasLeft) return;
    if (res.writableEnded) return; // answered at the deadline
    if (res.headersSent) return hasBegunEvents(res) ? endEvents(res, 'error', body) : void res.destroy();
    if (status === 401) res.setHeader('WWW-Authenticate', isBadToken(failure, req) ? 'Bearer error="invalid_token"' : 'Bearer');
    if (fault instanceof Overloaded || fault instanceof RateLimited) res.setHeader('Retry-After', fault.retryAfterSeconds);
    else if (status === 503 && !(fault instanceof Rejected)) res.setHeader('Retry-After', UNAVAILABLE_RETRY_AFTER_SECONDS);
    send(res, status, dialect.errorMediaType, body);
  };
}

/** Whether the token that was shown is what is wrong: without one, nothing is said of any. @see RFC 6750, section 3.1 */
function isBadToken({ code }: Failure, req: Request): boolean {
  return bearerOf(req) !== null && /^(unauthorized|refresh_token_)/.test(code);
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
