import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { startMailServer, type MailServer } from '../mail/mail-server.js';
import { freshFolder, launch, removeEverything, startProgram } from '../support/process.js';

const CREDENTIALS = { email: 'ada@example.com', password: 'correct horse battery' };
const TOKEN_LINE = /^[A-Za-z0-9_-]{43}$/m;
const CODE_LINE = /^\d{6}$/m;

jest.setTimeout(120_000); // real processes, and a mail that is tried again after a minute

afterAll(removeEverything);

const mailServers: MailServer[] = [];
afterEach(async () => {
  for (const server of mailServers.splice(0)) await server.close();
});
async function mailServer(port?: number): Promise<MailServer> {
  const server = await startMailServer({}, port);
  mailServers.push(server);
  return server;
}
const settings = (mails: { port: number }) => ({
  DATA_DIR: path.join(freshFolder(), 'data'),
  MAIL_URL: `smtp://127.0.0.1:${mails.port}?tls.rejectUnauthorized=false`,
  MAIL_FROM: 'Latchkey <id@example.com>',
});

async function waitFor<T>(found: () => T | undefined): Promise<T> {
  for (;;) {
    const value = found();
    if (value !== undefined) return value;
    await sleep(20);
  }
}

describe('the mails of a running server', () => {
  it('come by SMTP, and what they carry verifies the address and sets a new password', async () => {
    const mails = await mailServer();
    const server = await startProgram(settings(mails));
    expect((await server.send('POST', '/v1/auth/register', { body: CREDENTIALS })).status).toBe(201);
    expect((await server.send('POST', '/v1/auth/login', { body: CREDENTIALS })).status).toBe(403);

    const code = CODE_LINE.exec(await waitFor(() => mails.received[0]?.email.text))?.[0];
    expect((await server.send('POST', '/v1/auth/verify-email', { body: { email: CREDENTIALS.email, code } })).status).toBe(200);
    expect((await server.send('POST', '/v1/auth/login', { body: CREDENTIALS })).status).toBe(200);

    await server.send('POST', '/user/request-reset-password', { body: { email: CREDENTIALS.email } });
    const token = TOKEN_LINE.exec(await waitFor(() => mails.received[1]?.email.text))?.[0];
    const newPassword = 'another horse battery';
    expect((await server.send('POST', '/user/reset-password', { body: { token, newPassword } })).status).toBe(200);
    expect((await server.send('POST', '/v1/auth/login', { body: { ...CREDENTIALS, password: newPassword } })).status).toBe(200);
    expect(await waitFor(() => mails.received[2]?.email.subject)).toMatch(/password/i);
    const { stderr } = await server.stop();
    for (const secret of [code, token, newPassword]) expect(stderr).not.toContain(secret);
  });

  it('are not lost when the mail server is down and the process is killed, and no request fails for it', async () => {
    const mails = await mailServer();
    const { port } = mails;
    const environment = settings(mails);
    await mails.close();
    const server = await startProgram(environment);
    expect((await server.send('POST', '/v1/auth/register', { body: CREDENTIALS })).status).toBe(201);
    await waitFor(() => (server.output().stderr.includes('a mail was not delivered') ? true : undefined));
    server.signal('SIGKILL');
    await server.ended;

    const again = await mailServer(port);
    const restarted = await startProgram(environment);
    const { email, envelope } = await waitFor(() => again.received[0]);

    expect(envelope.to).toEqual([CREDENTIALS.email]);
    const code = CODE_LINE.exec(email.text ?? '')?.[0];
    expect((await restarted.send('POST', '/v1/auth/verify-email', { body: { email: CREDENTIALS.email, code } })).status).toBe(200);
    await restarted.stop();
  });

  it('become files without a mail server, also those of a command that no server runs for', async () => {
    const DATA_DIR = path.join(freshFolder(), 'data');
    const { exitCode } = await launch(['accounts', 'invite', '--email', 'ada@example.com'], { environment: { DATA_DIR } }).ended;

    expect(exitCode).toBe(0);
    const [file = ''] = fs.readdirSync(path.join(DATA_DIR, 'outbox'));
    const text = fs.readFileSync(path.join(DATA_DIR, 'outbox', file), 'utf8');
    expect(text).toMatch(/^To: ada@example\.com$/m);
    expect(text).toMatch(TOKEN_LINE);
  });
});
