import fs from 'node:fs/promises';
import path from 'node:path';
import nodemailer from 'nodemailer';
import { toDeliveryError } from './delivery-error.js';

const CONNECTION_TIMEOUT_MS = 10_000;
const GREETING_TIMEOUT_MS = 10_000;
const SOCKET_TIMEOUT_MS = 20_000;
/** For one mail in all: a server that trickles its answers is never silent for as long as the socket's timeout. */
const DELIVERY_TIMEOUT_MS = 60_000;
/** Shorter than the socket's timeout, so that an idle connection ends with QUIT. */
const IDLE_TIMEOUT_MS = 5_000;

/** The longest line that SMTP carries. @see RFC 5322, section 2.1.1 */
const MAX_LINE_LENGTH = 998;

/** A mail in words, on its way. */
export interface Message {
  /** The same at each try: it makes the Message-ID, by which receivers know a mail that comes twice. */
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** Where mails go. */
export interface MailTransport {
  /** @throws when the mail was not taken over; the error's message holds neither the address nor anything of the content. */
  deliver(message: Message): Promise<void>;
  /** Ends idle connections at once, and the others after their delivery. */
  close(): void;
}

/**
 * Delivers to a mail server, over up to five connections that are kept for the next mails. A delivery ends after a minute.
 *
 * @param url `smtp://user:password@host:port`, encrypted where the server offers it, or `smtps://`, encrypted from the start. Options
 *   of nodemailer may follow as a query: `?requireTLS=true` sends nothing unencrypted. What the query says goes before the values here.
 * @param from `Name <address>`
 * @throws when nodemailer cannot read the URL.
 */
export function createSmtpTransport(url: string, from: string): MailTransport {
  const transporter = nodemailer.createTransport({
    url,
    pool: true,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    greetingTimeout: GREETING_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    idleTimeout: IDLE_TIMEOUT_MS,
  });
  return {
    async deliver(message) {
      try {
        await transporter.sendMail({ ...toMimeFields(message, from), signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS) });
      } catch (error) {
        throw toDeliveryError(error);
      }
    },
    close: () => transporter.close(),
  };
}

/**
 * Writes each mail to a file of its own, `<time>-<id>.eml`, for this user alone. The names sort by time (UTC); a file that can be
 * seen under such a name is complete.
 *
 * @param folder is made when the first mail comes.
 */
export function createFolderTransport(folder: string, from: string): MailTransport {
  // Lines end as in other files here, and not with CRLF, so that tools which look for whole lines find a code.
  const transporter = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    async deliver(message) {
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${message.id}.eml`;
      const { message: content } = await transporter.sendMail(toMimeFields(message, from));
      await fs.mkdir(folder, { recursive: true, mode: 0o700 });
      const unfinished = path.join(folder, `.${message.id}.unfinished`); // the next try overwrites what a crash left
      await fs.writeFile(unfinished, content, { mode: 0o600 });
      await fs.rename(unfinished, path.join(folder, name));
    },
    close() {},
  };
}

function toMimeFields({ id, to, subject, text, html }: Message, from: string) {
  return {
    from,
    to: { name: '', address: to }, // as text, it would be read as a list of addresses
    subject,
    text: unbroken('text/plain', text),
    html: unbroken('text/html', html),
    messageId: `<${id}@${/@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'localhost'}>`,
    headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834: no holiday notes in return
    xMailer: false as const,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/**
 * A part as it is written. nodemailer encodes a part that has a line of more than 76 characters as quoted-printable, which
 * would cut links in two and write `=` as `=3D`; SMTP itself needs that only for longer lines and for other characters.
 */
function unbroken(mediaType: string, content: string): { raw: string } | { content: string } {
  const lines = content.split('\n');
  if (!lines.every((line) => line.length <= MAX_LINE_LENGTH && /^[\t\x20-\x7e]*$/.test(line))) return { content };
  return { raw: [`Content-Type: ${mediaType}; charset=utf-8`, 'Content-Transfer-Encoding: 7bit', '', ...lines].join('\r\n') };
}
