import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { Rejected } from './failures.js';
import type { Route } from './route-table.js';

/** Reads the body of whichever of these operations it is, by the method. */
export function readBody(operations: Route[]): RequestHandler {
  const readers = new Map(operations.map((route) => [route.method, bodyReader(route)]));
  return (req, res, next) => readers.get(req.method)?.(req, res, next);
}

/**
 * Reads the body of one operation: JSON, or a form where the contract says `application/x-www-form-urlencoded`. A field that a form
 * has twice is a list then, which no contract asks for; of a name that JSON has twice the last counts, everywhere.
 *
 * Bytes that are no UTF-8 are refused, not replaced: two passwords must not become the same one. So is text in JSON that the
 * database cannot hold as it is. The limit counts what a compressed body unpacks to.
 *
 * The `Content-Type` that reaches the validator is the contract's or none, whatever was sent: the validator keeps a compiled schema
 * for each value that it meets, for ever. A body for an operation that reads none is left unread.
 */
function bodyReader(route: Route): RequestHandler {
  const mediaType = route.bodyType ?? 'application/json';
  const reading = { limit: route.maxBodyBytes, type: () => true, verify: refuseBrokenUtf8 };
  const read =
    mediaType === 'application/json'
      ? express.json({ ...reading, reviver: refuseBrokenText })
      : express.urlencoded({ ...reading, extended: false });
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
    if (!saysUtf8(mediaType, type)) throw new Rejected({ code: 'unsupported_media_type' });
    req.headers['content-type'] = mediaType;
    read(req, res, next);
  };
}

function refuseBrokenUtf8(_req: unknown, _res: unknown, bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new Rejected({ code: 'malformed_body' });
}

/** NUL, which PostgreSQL's text cannot hold, and halves of characters, which are no UTF-8. @see RFC 7493, section 2.1 */
const BROKEN_TEXT = /[\0\p{Surrogate}]/u;

/** Called for each member of a JSON body. */
function refuseBrokenText(name: string, value: unknown): unknown {
  if (BROKEN_TEXT.test(name) || (typeof value === 'string' && BROKEN_TEXT.test(value))) throw new SyntaxError('broken text');
  return value;
}

/** JSON has no other encoding on the wire than UTF-8, and forms get no other one here. @see RFC 8259, section 8.1 */
function saysUtf8(mediaType: string, contentType = ''): boolean {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return type === mediaType && (!charset || /^charset="?utf-?8"?$/.test(charset));
}
