import express, { type RequestHandler } from 'express';
import { Rejected } from './failures.js';
import type { Route } from './route-table.js';

const JSON_TYPE = 'application/json';

/**
 * Reads the JSON body of one operation.
 *
 * The `Content-Type` that reaches the validator is one of two, whatever was sent: the validator keeps a compiled schema for each
 * value that it meets, for ever. A body for an operation that reads none is left unread.
 */
export function bodyReader(route: Route): RequestHandler {
  const readJson = express.json({ limit: route.maxBodyBytes, type: () => true });
  return (req, res, next) => {
    const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = req.headers;
    const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
    if (route.maxBodyBytes === 0 || !hasBody) {
      delete req.headers['content-type'];
      if (!route.bodyRequired) return next();
      throw new Rejected({ code: 'invalid_request', issues: [{ in: 'body', path: [], rule: 'required' }] });
    }
    if (Number(length) > route.maxBodyBytes) {
      res.setHeader('Connection', 'close'); // and leave the rest unread
      throw new Rejected({ code: 'body_too_large' });
    }
    if (!isUtf8Json(type)) throw new Rejected({ code: 'unsupported_media_type' });
    req.headers['content-type'] = JSON_TYPE;
    readJson(req, res, next);
  };
}

/** JSON has no other encoding on the wire than UTF-8. @see RFC 8259, section 8.1 */
function isUtf8Json(contentType = ''): boolean {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return type === JSON_TYPE && (!charset || /^charset="?utf-?8"?$/.test(charset));
}
