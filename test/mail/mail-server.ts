import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

/** A mail as the server got it. */
export interface Received {
  raw: string;
  email: Email;
  envelope: { from: string | null; to: string[] };
  connection: string;
  secure: boolean;
  user: unknown;
}

/** A mail server on loopback. */
export interface MailServer {
  port: number;
  received: Received[];
  close(): Promise<void>;
}

/** Starts a real mail server. Unless told otherwise, it takes everything from everybody, unencrypted. `port`: 0, any free one. */
export async function startMailServer(options: SMTPServerOptions = {}, port = 0): Promise<MailServer> {
  const received: Received[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 0,
    logger: false, // also silences the warning that its own certificate is for tests
    onData(stream, session, done) {
      void toReceived(stream, session).then((mail) => {
        received.push(mail);
        done();
      }, done);
    },
    ...options,
  });
  server.on('error', () => {}); // what a client does wrong, such as distrusting the certificate
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function toReceived(stream: AsyncIterable<Buffer>, { id, secure, user, envelope }: SMTPServerSession): Promise<Received> {
  const { mailFrom, rcptTo } = envelope; // the server empties it after the mail
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const raw = Buffer.concat(chunks).toString('latin1');
  return {
    raw,
    email: await PostalMime.parse(raw),
    envelope: { from: mailFrom ? mailFrom.address : null, to: rcptTo.map(({ address }) => address) },
    connection: id,
    secure,
    user: user as unknown,
  };
}
