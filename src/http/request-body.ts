import express, { type RequestHandler } from 'express';
import { Rejected } from './failures.js';
import type { Route } from './route-table.js';

/**
 * Reads the body of one operation: JSON, or a form where the contract says `application/x-www-form-urlencoded`. A field that a form
 * has twice is a list then, which no contract asks for.
 *
 * The `Content-Type` that reaches the validator is the contract's or none, whatever was sent: the validator keeps a compiled schema
 * for each value that it meets, for ever. A body for an operation that reads none is left unread.
 */
export function bodyReader(route: Route): RequestHandler {
  const mediaType = route.bodyType ?? 'application/json';
  const reading = { limit: route.maxBodyBytes, type: () => true };
  const read = mediaType === 'application/json' ? express.json(reading) : express.urlencoded({ ...reading, extended: false });
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
    if (!isUtf8(mediaType, type)) throw new Rejected({ code: 'unsupported_media_type' });
    req.headers['content-type'] = mediaType;
    read(req, res, next);
  };
}

/** JSON has no other encoding on the wire than UTF-8, and forms get no other one here. @see RFC 8259, section 8.1 */
function isUtf8(mediaType: string, contentType = ''): boolean {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return type === mediaType && (!charset || /^charset="?utf-?8"?$/.test(charset));
}
