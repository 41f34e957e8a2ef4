import http from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/core/faults.js';
import { done } from '../../src/core/outcome.js';
import type { Sandbox, SandboxResult } from '../../src/workbench/sandbox.js';
import { onEveryDatabase, type TestDatabase } from '../support/databases.js';
import { fakeSandbox } from '../support/fake-workbench.js';
import { startServer, type TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** What runs in these tests: whatever the test says. */
let run: Sandbox['run'];
const RESULT: SandboxResult = { status: 'ok', exitCode: 0, durationMs: 1, truncated: [] };

onEveryDatabase((kind) => {
  let database: TestDatabase;
  let server: TestServer;
  let apiKey: string;
  beforeAll(async () => {
    database = await kind.create();
    const sandbox: Sandbox = { ...fakeSandbox, run: (prepare, signal, onOutput) => run(prepare, signal, onOutput) };
    server = await startServer(database, { workbench: { sandbox } });
    const { body } = await server.send('POST', '/api/register', { body: { email: 'ada@example.com', password: 'open sesame, please' } });
    apiKey = (body as { apiKey: string }).apiKey;
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });
  beforeEach(() => {
    run = fakeSandbox.run;
  });

  const execute = (accept: string, body: object = { code: '1' }, signal?: AbortSignal) =>
    fetch(`${server.url}/api/v1/execute`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey, accept },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });

  describe('an operation that has events', () => {
    it('sends them as they come, and the answer of one piece as the last one', async () => {
      let goOn = () => {};
      const seen = new Promise<void>((resolve) => (goOn = resolve));
      run = async (_prepare, _signal, onOutput) => {
        onOutput('stdout', 'first\nline');
        await seen;
        onOutput('stderr', 'second');
        return done(RESULT);
      };

      const response = await execute('text/event-stream');
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const first = await reader?.read();
      goOn();
      let rest = '';
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) rest += piece.value;

      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(first?.value).toBe('event: stdout\ndata: {"text":"first\\nline"}\n\n');
      const [second, last] = eventsOf(rest);
      expect(second).toEqual({ event: 'stderr', data: { text: 'second' } });
      expect(last).toMatchObject({ event: 'result', data: { status: 'ok', stdout: 'first\nline', stderr: 'second' } });
    });

    it.each(['application/json', '*/*', '', 'application/json, text/event-stream;q=0.5'])(
      'answers in one piece where `Accept: %s` does not prefer them',
      async (accept) => {
        const response = await execute(accept);

        expect(response.headers.get('content-type')).toBe('application/json');
        expect(await response.json()).toMatchObject({ stdout: '1' });
      },
    );

    it('refuses in one piece with the status of the refusal where nothing was sent yet', async () => {
      const response = await execute('text/event-stream', { code: '1', secrets: ['NONE'] });

      expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json']);
    });

    it('says in an event what failed after the first one', async () => {
      run = async (_prepare, _signal, onOutput) => {
        onOutput('stdout', 'first');
        throw new Unavailable('the sandbox is away');
      };

      const events = eventsOf(await (await execute('text/event-stream')).text());

      expect(events).toEqual([
        { event: 'stdout', data: { text: 'first' } },
        { event: 'error', data: { code: 'unavailable', error: expect.any(String) } },
      ]);
    });
  });

  describe('a client that goes away', () => {
    it.each(['application/json', 'text/event-stream'])('ends what was done for it (%s)', async (accept) => {
      let aborted: unknown;
      let began = false;
      run = async (_prepare, signal, onOutput) => {
        onOutput('stdout', 'first');
        began = true;
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
            reject(signal.reason as Error);
          }),
        );
        return done(RESULT);
      };

      const client = http.request(`${server.url}/api/v1/execute`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': apiKey, accept },
      });
      client.on('error', () => {}).end(JSON.stringify({ code: '1' }));
      await until(() => began);
      client.destroy();
      await until(() => aborted !== undefined);

      expect(aborted).toBeInstanceOf(Unavailable);
      run = fakeSandbox.run;
      expect((await execute('application/json')).status).toBe(200);
    });
  });
});

function eventsOf(text: string): { event: string; data: unknown }[] {
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((block) => {
      const [event = '', data = ''] = block.split('\n');
      return { event: event.replace('event: ', ''), data: JSON.parse(data.replace('data: ', '')) as unknown };
    });
}
