import crypto from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

/**
 * Gives each request an id, which its answer carries as `X-Request-Id`, and logs one line at its end: operation, status and
 * duration. Path, query, headers and body are not logged: each can carry a secret.
 */
export function accessLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (_req, res) => {
      const id = crypto.randomUUID();
      res.setHeader('X-Request-Id', id);
      return id;
    },
    customLogLevel: (_req, res) => (res.statusCode >= 500 ? 'error' : 'info'),
    customProps: (_req, res) => {
      const { route } = (res as { locals?: { route?: { dialect: string; operation: string } } }).locals ?? {};
      return route ? { dialect: route.dialect, operation: route.operation } : {};
    },
    serializers: {
      req: ({ id, method }: { id: string; method: string }) => ({ id, method }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      err: () => undefined, // logged where it is turned into an answer
    },
  });
}
