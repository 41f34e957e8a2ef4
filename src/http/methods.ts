import type { RequestHandler } from 'express';
import type { Dialect } from '../dialects/dialect.js';
import { Rejected } from './failures.js';
import type { Route } from './route-table.js';

/** Lets these methods through, answers OPTIONS with what there is, a browser's preflight too, and any other method with 405. */
export function allowOnly(methods: string[]): RequestHandler {
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (req, res, next) => {
    if (methods.includes(req.method)) return next();
    res.setHeader('Allow', allow);
    if (req.method !== 'OPTIONS') throw new Rejected({ code: 'method_not_allowed' });
    if (res.hasHeader('Access-Control-Allow-Origin')) res.setHeader('Access-Control-Allow-Methods', methods.join(', '));
    res.status(204).end();
  };
}

/** Finds the operation of one path by the method. HEAD is answered as GET: node leaves the body out. */
export function chooseOperation(dialect: Dialect, operations: Route[]): RequestHandler {
  const allowed = allowOnly(operations.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
  return (req, res, next) => {
    res.locals.dialect = dialect;
    allowed(req, res, () => {
      if (req.method === 'HEAD') req.method = 'GET';
      res.locals.route = operations.find(({ method }) => method === req.method);
      next();
    });
  };
}
