import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import PostalMime, { type Email } from 'postal-mime';
import { composeMail } from '../../src/mail/messages.js';
import { createFolderTransport, type Message } from '../../src/mail/transport.js';

const FROM = 'Latchkey <latchkey@login.example>';
const TOKEN = 'q7-Zk_3vB0nTtYw1eXr5LhPz8mKdUa9sJ2cFiGoH6yE';
const APP = `https://${'application.'.repeat(10)}example`;
const MESSAGE: Message = { id: 'mail-1', to: 'ada@example.com', subject: 'Hello', text: 'Hello, Ada.\n', html: '<p>Hello, Ada.</p>\n' };

let base: string;
let folder: string;
beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-mail-'));
  folder = path.join(base, 'data', 'outbox');
});
afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

const read = (name: string) => fs.readFileSync(path.join(folder, name), 'utf8');
const permissionsOf = (file: string) => (fs.statSync(file).mode & 0o777).toString(8);

/** Delivers one mail and reads its file. */
async function deliver(changes: Partial<Message> = {}): Promise<{ raw: string; email: Email }> {
  await createFolderTransport(folder, FROM).deliver({ ...MESSAGE, ...changes });
  const raw = read(fs.readdirSync(folder).at(-1) ?? '');
  const email = await PostalMime.parse(raw);
  return { raw, email: { ...email, text: withoutLastBlank(email.text), html: withoutLastBlank(email.html) } };
}

/** The blank line in front of the next part counts as text to this parser. */
const withoutLastBlank = (text = '') => text.replace(/\n\n$/, '\n');

describe('the folder of mails', () => {
  it('gets a complete mail, its plain text first', async () => {
    const { raw, email } = await deliver();

    expect(email).toMatchObject({
      from: { name: 'Latchkey', address: 'latchkey@login.example' },
      to: [{ name: '', address: 'ada@example.com' }],
      subject: 'Hello',
      text: 'Hello, Ada.\n',
      html: '<p>Hello, Ada.</p>\n',
    });
    expect(raw.indexOf('Hello, Ada.\n')).toBeLessThan(raw.indexOf('<p>Hello'));
    expect(email.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }));
  });

  it('is for this user alone, and so is each mail in it', async () => {
    await deliver();

    expect(permissionsOf(folder)).toBe('700');
    expect(fs.readdirSync(folder).map((name) => permissionsOf(path.join(folder, name)))).toEqual(['600']);
  });

  it('has names that begin with the time in UTC and sort by it', async () => {
    const transport = createFolderTransport(folder, FROM);
    const start = new Date();
    for (const id of ['c', 'b', 'a']) {
      const now = Date.now();
      await transport.deliver({ ...MESSAGE, id });
      while (Date.now() === now); // the next millisecond
    }
    const names = fs.readdirSync(folder).sort();

    expect(names.map((name) => name.slice(-6))).toEqual(['-c.eml', '-b.eml', '-a.eml']);
    const [, day = '', time = ''] = /^(\d{4}-\d\d-\d\d)T(\d\d-\d\d-\d\d\.\d{3})Z-/.exec(names[0] ?? '') ?? [];
    const written = Date.parse(`${day}T${time.replaceAll('-', ':')}Z`);
    expect(written).toBeGreaterThanOrEqual(start.getTime());
    expect(written).toBeLessThanOrEqual(Date.now());
  });

  it('never shows half a mail under a name that ends in .eml', async () => {
    const transport = createFolderTransport(folder, FROM);
    const text = `${'All of it.\n'.repeat(400_000)}The end.\n`;
    const seen: { name: string; complete: boolean }[] = [];
    let done = false;
    const delivery = transport.deliver({ ...MESSAGE, text }).finally(() => (done = true));
    while (!done) {
      for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) seen.push({ name, complete: isComplete(name) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await delivery;

    expect(seen.some(({ complete }) => !complete)).toBe(true); // or it was not watched closely enough
    expect(seen.filter(({ name, complete }) => name.endsWith('.eml') && !complete)).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual([expect.stringMatching(/-mail-1\.eml$/)]);
    expect(isComplete(fs.readdirSync(folder)[0] ?? '')).toBe(true);
  });

  it('gets the mail at the next try, where the disk was in the way of the first', async () => {
    fs.writeFileSync(path.join(base, 'data'), 'a file where the folder belongs');
    await expect(deliver()).rejects.toThrow(/EEXIST|ENOTDIR/);

    fs.rmSync(path.join(base, 'data'));
    expect((await deliver()).email.subject).toBe('Hello');
  });
});

describe('a mail in a file', () => {
  it.each([null, 'https://app.example', APP])(
    'has its token and its link whole on their lines, for tools that search (application: %s)',
    async (app) => {
      const mail = composeMail({ kind: 'password reset', to: MESSAGE.to, dialect: 'px0', token: TOKEN }, app);
      const { email } = await deliver(mail);

      for (const line of [TOKEN, ...(app ? [`${app}/reset-password?token=${TOKEN}`] : [])]) {
        expect(execFileSync('grep', ['-rhxF', '-e', line, folder], { encoding: 'utf8' })).toBe(`${line}\n`);
      }
      expect(email).toMatchObject({ text: mail.text, html: mail.html });
    },
  );

  it('has its code on a line that is nothing else', async () => {
    await deliver(composeMail({ kind: 'email verification code', to: MESSAGE.to, dialect: 'px0', code: '049213' }, null));

    expect(execFileSync('grep', ['-rhxE', '[0-9]{6}', folder], { encoding: 'utf8' })).toBe('049213\n');
  });

  it.each([
    ['characters beyond ASCII', 'Grüße, Ada – 你好\n'],
    ['a line too long for SMTP', `${'x'.repeat(999)}\n`],
    ['lines that begin with a dot or with From', '.\n..\nFrom here on\n'],
    ['control characters', 'a\u0007b\n'],
  ])('says the same when its text holds %s', async (_what, text) => {
    const { raw, email } = await deliver({ text });

    expect(email.text).toBe(text);
    for (const line of raw.split('\n')) expect(line).toMatch(/^[\t\x20-\x7e]{0,998}$/);
  });

  it.each([
    ['to', { to: 'ada@example.com\r\nBcc: eve@example.com' }],
    ['to', { to: 'ada@example.com\nBcc: eve@example.com\n\nBody' }],
    ['to', { to: 'ada@example.com, eve@example.com' }],
    ['subject', { subject: 'Hello\r\nBcc: eve@example.com' }],
    ['subject', { subject: 'Hello\n\nBcc: eve@example.com' }],
  ])('gets no header and no recipient more by what is in its "%s"', async (_field, changes) => {
    const { email } = await deliver(changes);
    const ordinary = await deliver();

    expect(email.headers.map(({ key }) => key).sort()).toEqual(ordinary.email.headers.map(({ key }) => key).sort());
    expect(email.to).toHaveLength(1);
    expect(email.text).toBe('Hello, Ada.\n');
  });

  it('has the same Message-ID at each try, and another than every other mail', async () => {
    const ids = [];
    for (const id of ['mail-1', 'mail-1', 'mail-2']) ids.push((await deliver({ id })).email.messageId);

    expect(ids).toEqual(['<mail-1@login.example>', '<mail-1@login.example>', '<mail-2@login.example>']);
  });
});

function isComplete(name: string): boolean {
  try {
    return /\n--[^\n]+--\n$/.test(read(name).slice(-200));
  } catch {
    return false; // renamed meanwhile
  }
}
