import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { encryptCode } from '../../src/sdk/encrypt-code.js';
import { descendants, isAlive } from '../sandbox/harness.js';
import { codeAnswer, startModelServer, type ModelServer } from '../support/model-server.js';
import { startPackageIndex, type TestIndex } from '../support/package-index.js';
import { freshFolder, removeEverything, run, startProgram, type RunningServer } from '../support/process.js';
import type { Answer } from '../support/server.js';
import { until } from '../support/until.js';
import { makeWheel } from '../support/wheels.js';

// The service as it is shipped, with the sandbox that it has where nothing is set: every program here really runs.

jest.setTimeout(120_000);

const SECRET = 'a value that nobody is shown';
const KDF = { m: 19_456, t: 2 };

let index: TestIndex;
let model: ModelServer;
let server: RunningServer;
let environment: Record<string, string>;
let apiKey: string;

beforeAll(async () => {
  index = await startPackageIndex();
  model = await startModelServer();
  environment = {
    DATA_DIR: path.join(freshFolder(), 'data'),
    PACKAGE_INDEX_URL: index.url,
    ANTHROPIC_API_KEY: 'a key of the model',
    ANTHROPIC_BASE_URL: model.url,
  };
  server = await startProgram(environment);
  const { body } = await server.send('POST', '/api/register', { body: { email: 'ada@example.com', password: 'open sesame, please' } });
  apiKey = (body as { apiKey: string }).apiKey;
});
afterAll(async () => {
  await server.stop();
  await removeEverything();
  await index.close();
  await model.close();
});

const send = (method: string, url: string, body?: unknown): Promise<Answer> =>
  server.send(method, url, { ...(body !== undefined && { body }), headers: { 'x-api-key': apiKey } });
const execute = (body: object) => send('POST', '/api/v1/execute', body);
const sandboxHealth = async () => ((await server.send('GET', '/api/health')).body as { sandbox: object }).sandbox;

describe('a service that nobody has asked to run anything', () => {
  it('has started nothing for it, and says that nothing was tried', async () => {
    expect(descendants(server.id)).toEqual([]);
    expect(await sandboxHealth()).toEqual({ provider: 'deno', state: 'untested', reason: null });
  });
});

describe('a program', () => {
  it('runs in Python and in JavaScript, with input, secrets, output and exit code', async () => {
    await send('PUT', '/api/v1/secrets/TOKEN', { value: SECRET });

    const python = await execute({
      code: `import os, sys\nprint(input(), len(os.environ['TOKEN']), os.environ['TOKEN'])\nsys.exit(3)`,
      stdin: 'in',
    });
    const javascript = await execute({
      language: 'javascript',
      code: `console.log(process.env.TOKEN.length); console.error(process.env.TOKEN); process.exit(4)`,
    });

    expect(python.body).toMatchObject({ status: 'error', success: false, exitCode: 3, stdout: `in ${SECRET.length} ***\n`, stderr: '' });
    expect(javascript.body).toMatchObject({ status: 'error', exitCode: 4, stdout: `${SECRET.length}\n`, stderr: '***\n' });
    expect(await sandboxHealth()).toEqual({ provider: 'deno', state: 'ready', reason: null });
  });

  it('imports the packages of the list, and no others', async () => {
    index.add('greeting', makeWheel('greeting', '1.0', { source: 'def greet(): return "hello from a wheel"\n' }));

    expect((await send('PUT', '/api/v1/packages', { packages: ['greeting'] })).status).toBe(200);
    const listed = await execute({ code: 'import greeting; print(greeting.greet())' });
    const unlisted = await execute({ code: 'import greeting', packages: [] });

    expect(listed.body).toMatchObject({ status: 'ok', stdout: 'hello from a wheel\n' });
    expect(unlisted.body).toMatchObject({
      status: 'error',
      stderr: expect.stringContaining("ModuleNotFoundError: No module named 'greeting'"),
    });
  });

  it('ends with the time that it has', async () => {
    expect((await execute({ code: 'while True: pass', timeout: 1 })).body).toMatchObject({ status: 'timeout', exitCode: null });
  });

  it.each(['python', 'javascript'] as const)('that was encrypted in %s is opened by its password alone', async (language) => {
    const code = language === 'python' ? 'print("öpened")' : 'console.log("öpened")';
    const payload = await encryptCode({ code, masterPassword: 'Gröẞe', name: language, language, kdf: KDF });
    expect((await send('PUT', `/api/v1/zk/code/${language}`, payload)).status).toBe(200);

    const opened = await send('POST', `/api/v1/zk/execute/${language}`, { masterPassword: 'Gröẞe'.normalize('NFD') });
    const wrong = await send('POST', `/api/v1/zk/execute/${language}`, { masterPassword: 'Grösse' });

    expect(opened.body).toMatchObject({ status: 'ok', stdout: 'öpened\n' });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'decryption_failed' } });
  });

  it('that a model wrote is run behind the same walls, and the model hears no secret', async () => {
    model.answerWith(codeAnswer(`import os\nprint(len(os.environ['TOKEN']))`));

    const { body } = await send('POST', '/api/v1/generate', { prompt: 'How long is my token?', execute: true });

    expect(body).toMatchObject({ language: 'python', execution: { status: 'ok', stdout: `${SECRET.length}\n` } });
    const asked = JSON.stringify(model.requests.at(-1)?.body);
    expect(asked).toContain('TOKEN');
    expect(asked).toContain('greeting==1.0');
    expect(asked).not.toContain(SECRET);
  });

  it('is killed when its client goes away', async () => {
    const before = new Set(descendants(server.id));
    const headers = { 'content-type': 'application/json', 'x-api-key': apiKey, accept: 'text/event-stream' };
    const client = http.request(`${server.url}/api/v1/execute`, { method: 'POST', headers });
    const hasBegun = new Promise<void>((resolve) => client.on('response', () => resolve()));
    client.on('error', () => {}).end(JSON.stringify({ code: 'import time\nprint(1, flush=True)\ntime.sleep(60)', timeout: 60 }));
    await hasBegun;
    const running = descendants(server.id).filter((id) => !before.has(id)); // its own process: none of those that wait warm has so much time
    client.destroy();

    expect(running).not.toEqual([]);
    await until(() => running.every((id) => !isAlive(id)));
  });
});

describe('latchkey doctor', () => {
  it('tries every wall, through the server that runs', async () => {
    expect(await run(['doctor'], { environment })).toMatchObject({ exitCode: 0, stdout: 'database: ok\nsandbox deno: ready\n' });
  });
});

describe('a sandbox that cannot run here', () => {
  it('503: nothing is run, health and doctor say why, and the rest of the service goes on', async () => {
    const without = { DATA_DIR: path.join(freshFolder(), 'data'), TMPDIR: '/nowhere' }; // where what it runs with would be laid out
    const broken = await startProgram(without);
    const { body } = await broken.send('POST', '/api/register', { body: { email: 'ada@example.com', password: 'open sesame, please' } });
    const headers = { 'x-api-key': (body as { apiKey: string }).apiKey };

    const refused = await broken.send('POST', '/api/v1/execute', { body: { code: '1' }, headers });

    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    const health = await broken.send('GET', '/api/health');
    expect(health).toMatchObject({ status: 200, body: { sandbox: { provider: 'deno', state: 'failed', reason: expect.any(String) } } });
    expect(await run(['doctor'], { environment: without })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('the sandbox runs nothing'),
    });
    expect((await broken.send('GET', '/api/v1/secrets', { headers })).status).toBe(200);
    await broken.stop();
  });

  it('503: nor where it is switched off', async () => {
    const off = await startProgram({ DATA_DIR: path.join(freshFolder(), 'data'), SANDBOX: 'off' });
    const { body } = await off.send('POST', '/api/register', { body: { email: 'ada@example.com', password: 'open sesame, please' } });
    const headers = { 'x-api-key': (body as { apiKey: string }).apiKey };

    const refused = await off.send('POST', '/api/v1/execute', { body: { code: '1' }, headers });
    expect(refused).toMatchObject({ status: 503, body: { code: 'sandbox_off' } });
    expect(refused.headers.get('retry-after')).toBe(null); // it would not help
    expect((await off.send('POST', '/api/v1/generate', { body: { prompt: 'x' }, headers })).body).toMatchObject({
      code: 'generation_not_configured',
    });
    expect((await off.send('GET', '/api/health')).body).toMatchObject({ sandbox: { provider: 'off', state: 'off', reason: null } });
    await off.stop();
  });
});
