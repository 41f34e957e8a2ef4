import type http from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Overloaded, Unavailable } from '../../src/core/faults.js';
import { createAnthropicModel, type AnthropicModelOptions } from '../../src/models/anthropic-model.js';
import type { CodeRequest } from '../../src/workbench/code-model.js';
import {
  BEGINNING,
  codeAnswer,
  ending,
  errorAnswer,
  refusal,
  startModelServer,
  textAnswer,
  textEvent,
  writeEvents,
  type ModelServer,
} from '../support/model-server.js';
import { until } from '../support/until.js';

const KEY = 'sk-ant-test-key-that-nobody-may-see';
const REQUEST: CodeRequest = {
  prompt: 'Print the answer to everything; mind my cat Schnurribert.',
  language: 'python',
  secretNames: ['DATABASE_PASSWORD'],
  packages: ['six==1.17.0'],
};
const CODE = 'import six\nprint("42 \\u2192 \\t 💡 ü", \'\\\\n\')\n';
const INCOMPLETE = { ok: false, fault: 'generation_incomplete' };
const HALF = [...BEGINNING, textEvent('{"code":"p')];
/** At once, so that tests do not wait. */
const SOON = { 'retry-after-ms': '1' };

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const create = (changes: Partial<AnthropicModelOptions> = {}) =>
  createAnthropicModel({ apiKey: KEY, baseUrl: server.url, model: 'claude-test', timeoutMs: 20_000, maxTokens: 8192, ...changes });
const generate = async (changes: Partial<AnthropicModelOptions> = {}, request = REQUEST, signal = new AbortController().signal) => {
  const pieces: string[] = [];
  const generated = await create(changes).generate(request, signal, (text) => pieces.push(text));
  return { generated, pieces };
};
/** What it is rejected with; its message never holds the key, the prompt or what the service wrote. */
const thrownBy = async (call: Promise<unknown>): Promise<Error> => {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  expect(JSON.stringify([String(error), (error as Error).stack, (error as Error).cause ?? ''])).not.toMatch(/sk-ant|Schnurribert|quoted/);
  return error as Error;
};

describe('what the model is asked', () => {
  it('is the prompt, the language and the names; the key stands in a header alone', async () => {
    server.answerWith(codeAnswer(CODE));
    await generate();

    const [asked] = server.requests;
    expect(asked?.path).toBe('/v1/messages');
    const version = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
    expect(asked?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'anthropic-version': version });
    expect(asked?.body).toMatchObject({
      model: 'claude-test',
      max_tokens: 8192,
      stream: true,
      messages: [{ role: 'user', content: REQUEST.prompt }],
      system: expect.stringMatching(/Python[^]*six==1\.17\.0[^]*DATABASE_PASSWORD/),
      output_config: { format: { type: 'json_schema', schema: { required: ['code', 'explanation'], additionalProperties: false } } },
    });
    expect(Object.keys(asked?.body ?? {}).sort()).toEqual(['max_tokens', 'messages', 'model', 'output_config', 'stream', 'system']);
    expect(JSON.stringify(asked?.body)).not.toContain(KEY);
  });

  it('speaks of the language that is wanted, and of no packages and secrets where there are none', async () => {
    server.answerWith(codeAnswer('console.log(42)'));
    await generate({}, { ...REQUEST, language: 'javascript', secretNames: [], packages: [] });

    const { system } = server.requests[0]?.body as { system: string };
    expect(system).toMatch(/ECMAScript/);
    expect(system).not.toMatch(/Python|six|DATABASE_PASSWORD|undefined/);
  });
});

describe('what the model answers', () => {
  it.each([1, 2, 3, 7, 1000])('is handed over as it comes, and whole at the end: in pieces of %d', async (pieceLength) => {
    server.answerWith(textAnswer(JSON.stringify({ code: CODE, explanation: 'It prints "42".' }), { pieceLength }));
    const { generated, pieces } = await generate();

    expect(generated).toEqual({ ok: true, value: { code: CODE, explanation: 'It prints "42".' } });
    expect(pieces.join('')).toBe(CODE);
    expect(pieces.every((piece) => piece !== '' && !/\p{Surrogate}/u.test(piece))).toBe(true);
    expect(pieces.length).toBeGreaterThan(pieceLength < 4 ? 5 : 0);
  });

  it('is handed over whole where the code does not come first', async () => {
    server.answerWith(textAnswer(JSON.stringify({ explanation: 'First.', code: CODE })));
    expect((await generate()).pieces).toEqual([CODE]);
  });

  it('is handed over by whole characters where each is escaped', async () => {
    const units = Array.from({ length: 5 }, (_, at) => '💡"\\é'.charCodeAt(at).toString(16).padStart(4, '0'));
    server.answerWith(textAnswer(`{"code":"${units.map((unit) => `\\u${unit}`).join('')}","explanation":""}`, { pieceLength: 1 }));
    const { generated, pieces } = await generate();
    expect(generated).toMatchObject({ ok: true, value: { code: '💡"\\é' } });
    expect(pieces).toEqual(['💡', '"', '\\', 'é']);
  });

  it('is there before its end has come', async () => {
    let finish = () => {};
    server.answerWith((response) => {
      writeEvents(response, [...BEGINNING, textEvent('{"code":"print(')]);
      finish = () => {
        writeEvents(response, [textEvent('42)","explanation":""}'), ...ending('end_turn')]);
        response.end();
      };
    });
    const pieces: string[] = [];
    const generating = create().generate(REQUEST, new AbortController().signal, (text) => pieces.push(text));
    await until(() => pieces.length > 0);
    expect(pieces).toEqual(['print(']);
    finish();
    expect(await generating).toEqual({ ok: true, value: { code: 'print(42)', explanation: '' } });
    expect(pieces).toEqual(['print(', '42)']);
  });

  it('may be a refusal', async () => {
    server.answerWith(refusal);
    expect((await generate()).generated).toEqual({ ok: false, fault: 'generation_refused' });
    server.answerWith(textAnswer('{"code":"print(', { stopReason: 'refusal' }));
    expect((await generate()).generated).toEqual({ ok: false, fault: 'generation_refused' });
  });

  it.each([
    ['cut short by the limit of tokens', textAnswer('{"code":"print(', { stopReason: 'max_tokens' })],
    ['whole, and yet at the limit', textAnswer('{"code":"print(1)","explanation":""}', { stopReason: 'max_tokens' })],
    ['no JSON', textAnswer('Here is your program: print(1)')],
    ['JSON with an escape that there is none of', textAnswer('{"code":"print(\\N)","explanation":""}')],
    ['JSON and more', textAnswer('{"code":"print(1)","explanation":""} Enjoy!')],
    ['of wrong types', textAnswer('{"code":["print(1)"],"explanation":{}}')],
    ['without an explanation', textAnswer('{"code":"print(1)"}')],
    ['without any code', textAnswer('{"code":" \\n","explanation":"No."}')],
    ['a call of a tool', textAnswer('{"code":"print(1)","explanation":""}', { stopReason: 'tool_use' })],
    ['nothing', textAnswer('')],
  ])('is incomplete where it is %s', async (_what, answer) => {
    server.answerWith(answer);
    expect((await generate()).generated).toEqual(INCOMPLETE);
  });
});

describe('a stream that is none', () => {
  const events = { 'content-type': 'text/event-stream' };
  const broken: [string, (response: http.ServerResponse) => void][] = [
    ['breaks off', (response) => (writeEvents(response, HALF), void setTimeout(() => response.destroy(), 20))],
    ['ends before its end', (response) => (writeEvents(response, HALF), void response.end())],
    ['is empty', (response) => void response.writeHead(200, events).end()],
    ['has events that are no JSON', (response) => void response.writeHead(200, events).end('event: message_start\ndata: {"ty\n\n')],
    ['is a page', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>')],
  ];

  it.each(broken)('is an incomplete answer where it %s', async (_what, answer) => {
    server.answerWith(answer);
    expect((await generate()).generated).toEqual(INCOMPLETE);
    expect(server.requests).toHaveLength(1);
  });

  it('is an incomplete answer where it has no end, and is cut', async () => {
    server.answerWith((response) => {
      response.writeHead(200, events);
      const more = () => void (response.destroyed || response.write(`: ${'x'.repeat(1_000_000)}\n\n`, more));
      more();
    });
    expect((await generate()).generated).toEqual(INCOMPLETE);
    await until(() => server.requests[0]?.isCut === true);
  });

  it('is unavailable after the time limit where it stalls, and is cut', async () => {
    server.answerWith((response) => writeEvents(response, HALF));
    expect(await thrownBy(generate({ timeoutMs: 500 }))).toEqual(new Unavailable('the model did not answer in time'));
    await until(() => server.requests[0]?.isCut === true);
  });
});

describe('a service that is busy', () => {
  it('is asked again, and its answer counts', async () => {
    const busy = errorAnswer(529, 'overloaded_error', { headers: SOON });
    server.answerWith(busy, errorAnswer(500, 'api_error', { headers: SOON }), codeAnswer(CODE));
    expect((await generate()).generated).toMatchObject({ ok: true, value: { code: CODE } });
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    [529, 'overloaded_error'],
    [429, 'rate_limit_error'],
  ])('is overloaded after three tries: %d', async (status, type) => {
    server.answerWith(errorAnswer(status, type, { headers: { ...SOON, 'retry-after': '3' }, message: 'quoted' }));
    const error = await thrownBy(generate());
    expect(error).toBeInstanceOf(Overloaded);
    expect(error).toMatchObject({ message: `the model is busy (${status}, ${type}, req_test)`, retryAfterSeconds: 3 });
    expect(server.requests).toHaveLength(3);
  });

  it('is not asked again where it says that it takes longer; who asked is told how long', async () => {
    server.answerWith(errorAnswer(429, 'rate_limit_error', { headers: { 'retry-after': '42.5' } }));
    expect(await thrownBy(generate())).toMatchObject({ name: 'Overloaded', retryAfterSeconds: 43 });
    expect(server.requests).toHaveLength(1);
  });

  it('is overloaded where it says so in the middle of the stream', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'quoted' } };
    server.answerWith((response) => (writeEvents(response, [...HALF, error]), void response.end()));
    expect(await thrownBy(generate())).toMatchObject({ name: 'Overloaded', retryAfterSeconds: 10 });
  });
});

describe('a service that does not serve', () => {
  it.each([
    [400, 'invalid_request_error', 1],
    [401, 'authentication_error', 1],
    [403, 'permission_error', 1],
    [404, 'not_found_error', 1],
    [500, 'api_error', 3],
    [503, 'api_error', 3],
  ])('is unavailable where it answers %d, and its words are not told', async (status, type, tries) => {
    server.answerWith(errorAnswer(status, type, { headers: SOON, message: `quoted: ${REQUEST.prompt} by ${KEY}` }));
    const error = await thrownBy(generate());
    expect(error).toEqual(new Unavailable(`the model's service did not answer as it should (${status}, ${type}, req_test)`));
    expect(server.requests).toHaveLength(tries);
  });

  it('is unavailable where nobody listens', async () => {
    await server.close();
    expect(await thrownBy(generate())).toEqual(new Unavailable('the model is not to be reached'));
  });

  it('is unavailable where it redirects: neither the key nor the prompt goes on', async () => {
    const other = await startModelServer();
    server.answerWith((response) => void response.writeHead(307, { location: `${other.url}/v1/messages` }).end());
    expect(await thrownBy(generate())).toBeInstanceOf(Unavailable);
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('is unavailable with a key that no header can hold, which is not told', async () => {
    expect(await thrownBy(generate({ apiKey: `${KEY}\n${KEY}` }))).toEqual(new Unavailable('the model is not to be reached'));
  });
});

describe('who asked and has gone', () => {
  it('has the request closed, and gets the reason of the signal', async () => {
    const leaving = new AbortController();
    server.answerWith((response) => writeEvents(response, HALF));
    const generating = thrownBy(generate({}, REQUEST, leaving.signal));
    await until(() => server.requests.length > 0);
    leaving.abort(new Error('gone'));
    expect(await generating).toEqual(new Error('gone'));
    await until(() => server.requests[0]?.isCut === true);
    expect(server.requests).toHaveLength(1);
  });

  it('has nobody asked where that was before', async () => {
    expect(await thrownBy(generate({}, REQUEST, AbortSignal.abort(new Error('gone'))))).toEqual(new Error('gone'));
    expect(server.requests).toEqual([]);
  });
});
