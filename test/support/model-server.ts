import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request for a message held. */
export interface ModelRequest {
  path: string;
  headers: http.IncomingHttpHeaders;
  body: { [field: string]: unknown };
  /** The client has gone before the answer was at its end. */
  isCut: boolean;
}

/** How one request is answered. */
export type ModelAnswer = (response: http.ServerResponse) => void;

/** A server on loopback that speaks the streaming format of the Anthropic Messages API. */
export interface ModelServer {
  url: string;
  requests: ModelRequest[];
  /** The next requests are answered so, each by the next one; the last one answers all that come after it. */
  answerWith(...answers: ModelAnswer[]): void;
  close(): Promise<void>;
}

export async function startModelServer(): Promise<ModelServer> {
  let answers: ModelAnswer[] = [];
  const requests: ModelRequest[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = { path: request.url ?? '', headers: request.headers, body: JSON.parse(String(Buffer.concat(chunks))), isCut: false };
      response.on('close', () => (seen.isCut = !response.writableEnded));
      requests.push(seen);
      (answers.length > 1 ? answers.shift() : answers[0])?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerWith: (...next) => void (answers = next),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Server-sent events, one for each object, under its own type. @see "Streaming messages" in the vendor's documentation */
export function writeEvents(response: http.ServerResponse, events: { type: string }[]): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': 'req_test' });
  response.write(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
}

const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'test', content: [], stop_reason: null, stop_sequence: null };
const USAGE = { input_tokens: 25, output_tokens: 1 };

const START = [{ type: 'message_start', message: { ...MESSAGE, usage: USAGE } }, { type: 'ping' }];

/** The events before any content: the message, what it thought, and the beginning of a text. */
export const BEGINNING = [
  ...START,
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2lnbmVk' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
];

/** A piece of the text. */
export const textEvent = (text: string) => ({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } });

/** The events after the text. */
export const ending = (stopReason: string) => [{ type: 'content_block_stop', index: 1 }, ...endOfMessage(stopReason)];

const endOfMessage = (stopReason: string) => [
  { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 30 } },
  { type: 'message_stop' },
];

/** A whole answer: the text in pieces of so many characters. */
export function textAnswer(text: string, { stopReason = 'end_turn', pieceLength = 5 } = {}): ModelAnswer {
  const pieces = Array.from({ length: Math.ceil(text.length / pieceLength) }, (_, at) =>
    text.slice(at * pieceLength, (at + 1) * pieceLength),
  );
  return (response) => {
    writeEvents(response, [...BEGINNING, ...pieces.map(textEvent), ...ending(stopReason)]);
    response.end();
  };
}

/** A program and its explanation, as the service is asked for them. */
export function codeAnswer(code: string, explanation = 'It does that.'): ModelAnswer {
  return textAnswer(JSON.stringify({ code, explanation }));
}

/** The model will not: before it has written anything. */
export const refusal: ModelAnswer = (response) => {
  writeEvents(response, [...START, ...endOfMessage('refusal')]);
  response.end();
};

/** An error in place of an answer. */
export function errorAnswer(
  status: number,
  type: string,
  { headers = {}, message = 'no' }: { headers?: object; message?: string } = {},
): ModelAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_test', ...headers });
    response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_test' }));
  };
}
