import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SMTPServerOptions } from 'smtp-server';
import { composeMail } from '../../src/mail/messages.js';
import { DeliveryError } from '../../src/mail/delivery-error.js';
import { createSmtpTransport, type MailTransport, type Message } from '../../src/mail/transport.js';
import { startMailServer, type MailServer } from './mail-server.js';

const FROM = 'Latchkey <latchkey@login.example>';
const TOKEN = 'q7-Zk_3vB0nTtYw1eXr5LhPz8mKdUa9sJ2cFiGoH6yE';
const MESSAGE: Message = { id: 'mail-1', to: 'ada@example.com', subject: 'Hello', text: 'Hello, Ada.\n', html: '<p>Hello, Ada.</p>\n' };
const USER = 'mailer@login.example';
const PASSWORD = 'p@ss:w/rd?#%';
const LOGIN = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@`;

/** A server that wants a login, and lets nobody try one without encryption. */
const GUARDED: SMTPServerOptions = {
  disabledCommands: [],
  onAuth({ username, password }, _session, done) {
    if (username === USER && password === PASSWORD) return done(null, { user: username });
    done(new Error(`Who is ${username}?`));
  },
};

const toClose: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of toClose.splice(0).reverse()) await thing.close();
});

async function startServer(options?: SMTPServerOptions): Promise<MailServer> {
  const server = await startMailServer(options);
  toClose.push(server);
  return server;
}

/** `rest`: what stands in the URL around the host and the port. */
function transportTo({ port }: { port: number }, { scheme = 'smtp', login = '', query = '' } = {}): MailTransport {
  const transport = createSmtpTransport(`${scheme}://${login}127.0.0.1:${port}${query}`, FROM);
  toClose.push(transport);
  return transport;
}

/** The message of the error with which a delivery fails. */
async function failureOf(transport: MailTransport, message: Message = MESSAGE): Promise<string> {
  const error: unknown = await transport.deliver(message).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  expect(Object.keys(error as Error)).toEqual(['name']); // nothing in it but its message
  return (error as Error).message;
}

/** A server that does not speak SMTP; each connection is handed to `onConnection`. */
async function startListener(onConnection: (socket: net.Socket) => void): Promise<{ port: number; close(): Promise<void> }> {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listener = {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  toClose.push(listener);
  return listener;
}

describe('a mail server', () => {
  it('gets the mail as it was written, for one recipient, from the configured sender', async () => {
    const server = await startServer();
    await transportTo(server).deliver(MESSAGE);

    const { email, envelope, secure } = server.received[0]!;
    expect(secure).toBe(false);
    expect(envelope).toEqual({ from: 'latchkey@login.example', to: ['ada@example.com'] });
    expect(email).toMatchObject({
      from: { name: 'Latchkey', address: 'latchkey@login.example' },
      subject: 'Hello',
      messageId: '<mail-1@login.example>',
    });
    expect([email.text?.trim(), email.html?.trim()]).toEqual(['Hello, Ada.', '<p>Hello, Ada.</p>']);
  });

  it('gets links and tokens unbroken, and lines that begin with a dot', async () => {
    const server = await startServer();
    const app = `https://${'application.'.repeat(10)}example`;
    const mail = composeMail({ kind: 'password reset', to: MESSAGE.to, dialect: 'px0', token: TOKEN }, app);
    await transportTo(server).deliver({ ...MESSAGE, ...mail, text: `.\n..\n${mail.text}` });

    expect(server.received[0]!.raw.split('\r\n')).toEqual(expect.arrayContaining([TOKEN, `${app}/reset-password?token=${TOKEN}`]));
    expect(server.received[0]!.email.text?.startsWith(`.\n..\n${mail.text}`)).toBe(true);
  });

  it('gets many mails over few connections', async () => {
    const server = await startServer();
    const transport = transportTo(server);
    await Promise.all(Array.from({ length: 20 }, (_, n) => transport.deliver({ ...MESSAGE, id: `mail-${n}` })));

    expect(new Set(server.received.map(({ email }) => email.messageId)).size).toBe(20);
    expect(new Set(server.received.map(({ connection }) => connection)).size).toBeLessThanOrEqual(5);
  });

  it('is spoken to encrypted where it offers STARTTLS, and gets the login of the URL, whatever characters it holds', async () => {
    const server = await startServer(GUARDED);
    await transportTo(server, { login: LOGIN, query: '?tls.rejectUnauthorized=false' }).deliver(MESSAGE);

    expect(server.received.map(({ secure, user }) => ({ secure, user }))).toEqual([{ secure: true, user: USER }]);
  });

  it('is spoken to encrypted from the start by smtps://', async () => {
    const server = await startServer({ ...GUARDED, secure: true });
    await transportTo(server, { scheme: 'smtps', login: LOGIN, query: '?tls.rejectUnauthorized=false' }).deliver(MESSAGE);

    expect(server.received.map(({ secure, user }) => ({ secure, user }))).toEqual([{ secure: true, user: USER }]);
  });

  it.each(['smtp', 'smtps'])('gets nothing over %s when its certificate is not to be trusted', async (scheme) => {
    const server = await startServer({ ...GUARDED, secure: scheme === 'smtps' });

    expect(await failureOf(transportTo(server, { scheme, login: LOGIN }))).toMatch(/certificate/);
    expect(server.received).toEqual([]);
  });

  it('gets nothing with ?requireTLS=true when it offers no encryption', async () => {
    const server = await startServer();

    expect(await failureOf(transportTo(server, { query: '?requireTLS=true' }))).toMatch(/ETLS/);
    expect(server.received).toEqual([]);
  });
});

describe('a delivery fails, and its error tells the reply without its words,', () => {
  it('when the password is wrong', async () => {
    const server = await startServer(GUARDED);
    const login = `${encodeURIComponent(USER)}:wrong@`;
    const failure = await failureOf(transportTo(server, { login, query: '?tls.rejectUnauthorized=false' }));

    expect(failure).toMatch(/^the mail was not delivered: EAUTH, AUTH PLAIN, 535/);
    expect(failure).not.toMatch(/mailer|wrong|Who/);
    expect(server.received).toEqual([]);
  });

  it.each([
    [550, '5.1.1'],
    [451, '4.3.0'],
  ])('when the server answers %i to the recipient; the next mail is delivered', async (responseCode, status) => {
    const server = await startServer({
      hideENHANCEDSTATUSCODES: true, // the test writes its own
      onRcptTo({ address }, _session, done) {
        if (address !== 'ada@example.com') return done();
        done(Object.assign(new Error(`${status} <${address}> is not here`), { responseCode }));
      },
    });
    const transport = transportTo(server);

    expect(await failureOf(transport)).toBe(`the mail was not delivered: EENVELOPE, RCPT TO, ${responseCode} ${status}`);
    await transport.deliver({ ...MESSAGE, to: 'grace@example.com' });
    expect(server.received.map(({ email }) => email.to?.[0]?.address)).toEqual(['grace@example.com']);
  });

  it('when the server refuses the content', async () => {
    const server = await startServer({
      onData(stream, _session, done) {
        stream.resume().on('end', () => done(Object.assign(new Error('"Hello, Ada." is spam'), { responseCode: 554 })));
      },
    });

    expect(await failureOf(transportTo(server))).toMatch(/^the mail was not delivered: EMESSAGE, DATA, 554/);
    expect(await failureOf(transportTo(server))).not.toMatch(/Ada|spam/);
  });

  it('when the address is none, which the mail server does not hear of', async () => {
    const server = await startServer();
    const transport = transportTo(server);

    for (const to of ['ada@example.com\r\nRCPT TO:<eve@example.com>', 'ada@example.com>\r\nDATA', '']) {
      expect(await failureOf(transport, { ...MESSAGE, to })).not.toMatch(/ada|eve/);
    }
    expect(server.received).toEqual([]);
  });

  it('when no server is there', async () => {
    const { port, close } = await startListener(() => {});
    await close();

    expect(await failureOf(transportTo({ port }))).toMatch(/ECONNREFUSED/);
  });

  it('when the server hangs up before it says anything', async () => {
    expect(await failureOf(transportTo(await startListener((socket) => socket.destroy())))).toMatch(/ECONN|closed/);
  });

  it('when the server says nothing, after the time that is set', async () => {
    const silent = await startListener(() => {});

    expect(await failureOf(transportTo(silent, { query: '?greetingTimeout=200' }))).toMatch(/ETIMEDOUT.*Greeting never received/);
  });

  it('when the server falls silent in the middle, after the time that is set', async () => {
    const server = await startServer({ onMailFrom() {} });

    expect(await failureOf(transportTo(server, { query: '?socketTimeout=200' }))).toMatch(/ETIMEDOUT/);
  });
});

describe('the transport to a mail server', () => {
  it('waits no longer than it says it does for a server that is silent', async () => {
    const silent = await startListener(() => {});
    const transport = transportTo(silent);
    const start = Date.now();

    expect(await failureOf(transport)).toMatch(/ETIMEDOUT/);
    expect(Date.now() - start).toBeGreaterThan(9_000);
    expect(Date.now() - start).toBeLessThan(13_000);
  });

  it('takes nothing any more once it is closed', async () => {
    const server = await startServer();
    const transport = transportTo(server);
    await transport.deliver(MESSAGE);
    transport.close();

    await failureOf(transport);
    expect(server.received).toHaveLength(1);
  });
});
