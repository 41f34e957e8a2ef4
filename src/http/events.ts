import type { Request, Response } from 'express';
import type { Route } from './route-table.js';

const MEDIA_TYPE = 'text/event-stream';

/** Whether the client wants the answer in events rather than as one piece of JSON, and the contract has it so. */
export function answersInEvents(req: Request, route: Route): boolean {
  return route.hasEvents && req.accepts(['application/json', MEDIA_TYPE]) === MEDIA_TYPE;
}

/** Whether an event was sent already. */
export function hasBegunEvents(res: Response): boolean {
  return res.headersSent && res.getHeader('Content-Type') === MEDIA_TYPE;
}

/** Sends an event, whose data is JSON. Nothing happens once the answer is over. @see HTML Standard, section 9.2 (server-sent events) */
export function writeEvent(res: Response, event: string, data: unknown): void {
  if (res.writableEnded || res.closed) return;
  if (!res.headersSent) {
    res.status(200).setHeader('Content-Type', MEDIA_TYPE); // not `res.type`, which would add a charset
    res.setHeader('X-Accel-Buffering', 'no'); // nginx would wait for more
  }
  res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Sends the last event. */
export function endEvents(res: Response, event: string, data: unknown): void {
  writeEvent(res, event, data);
  res.end();
}
