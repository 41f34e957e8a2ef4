import { describe, expect, it } from '@jest/globals';
import type { Mail } from '../../src/core/mail.js';
import { composeMail } from '../../src/mail/messages.js';

const TOKEN = 'q7-Zk_3vB0nTtYw1eXr5LhPz8mKdUa9sJ2cFiGoH6yE';
const UID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const APP = 'https://app.example';
const NOT_ASKED_FOR = 'If you did not ask for this, ignore this mail.';
const TO = { to: 'ada@example.com', dialect: 'px0' };

const MAILS: { [Kind in Mail['kind']]: Extract<Mail, { kind: Kind }> } = {
  'email verification code': { ...TO, kind: 'email verification code', code: '049213' },
  'email verification link': { ...TO, kind: 'email verification link', token: TOKEN },
  'password reset': { ...TO, kind: 'password reset', token: TOKEN },
  invitation: { ...TO, kind: 'invitation', accountId: UID, token: TOKEN },
  'address has an account': { ...TO, kind: 'address has an account', token: TOKEN },
  'password changed': { ...TO, kind: 'password changed' },
  'password was reset': { ...TO, kind: 'password was reset' },
  'email changed': { ...TO, kind: 'email changed', newAddress: 'lovelace@example.org' },
};
const KINDS = Object.keys(MAILS) as Mail['kind'][];

/** What every mail of the kind says, sentence for sentence, and which values it carries; with an application, also its link. */
const EXPECTED: Record<Mail['kind'], { says: string[]; values: string[]; link?: string }> = {
  'email verification code': { says: ['verify your e-mail address', '10 minutes', NOT_ASKED_FOR], values: ['049213'] },
  'email verification link': {
    says: ['verify your e-mail address', '24 hours', NOT_ASKED_FOR],
    values: [TOKEN],
    link: `${APP}/verify-email?token=${TOKEN}`,
  },
  'password reset': {
    says: ['set a new password', '1 hour', NOT_ASKED_FOR],
    values: [TOKEN],
    link: `${APP}/reset-password?token=${TOKEN}`,
  },
  invitation: {
    says: ['activate', '"uid"', '24 hours', NOT_ASKED_FOR],
    values: [UID, TOKEN],
    link: `${APP}/activate?uid=${UID}&token=${TOKEN}`,
  },
  'address has an account': {
    says: ['tried to sign up', 'has an account already', 'sign in', 'set a new one', '1 hour', NOT_ASKED_FOR],
    values: [TOKEN],
    link: `${APP}/reset-password?token=${TOKEN}`,
  },
  'password changed': { says: ['was changed', 'All other sessions of the account have ended.', 'contact the operator'], values: [] },
  'password was reset': { says: ['was reset', 'Every session and every API key of the account has ended.'], values: [] },
  'email changed': { says: ['was changed', 'contact the operator'], values: ['lovelace@example.org'] },
};

/** What people see of an HTML document: its text without the tags, with the entities resolved. */
function readHtml(html: string): string {
  const marked = html.slice(html.indexOf('<body>')).replace(/<[^>]*>/g, '');
  const entities: [string, string][] = [
    ['&lt;', '<'],
    ['&gt;', '>'],
    ['&quot;', '"'],
    ['&#39;', "'"],
    ['&amp;', '&'],
  ];
  return entities.reduce((text, [entity, character]) => text.replaceAll(entity, character), marked);
}

const wordsOf = (text: string) => text.replace(/\s+/g, ' ').trim();

describe.each(KINDS)('a mail about "%s"', (kind) => {
  const { says, values, link } = EXPECTED[kind];

  it.each([null, APP])(
    'says what happened and what to do, names the service, and has each value on its own line (application: %s)',
    (app) => {
      const { subject, text } = composeMail(MAILS[kind], app);

      expect(subject).toContain('Latchkey');
      for (const words of ['Latchkey', ...says]) expect(wordsOf(text)).toContain(words);
      expect(text.split('\n')).toEqual(expect.arrayContaining(values));
    },
  );

  it('has a link, on its own line, only where the application is known', () => {
    expect(composeMail(MAILS[kind], null).text).not.toContain('://');
    expect(
      composeMail(MAILS[kind], APP)
        .text.split('\n')
        .filter((line) => line.includes('://')),
    ).toEqual(link ? [link] : []);
  });

  it.each([null, APP])('says the same in HTML (application: %s)', (app) => {
    const { text, html } = composeMail(MAILS[kind], app);
    const shown = wordsOf(readHtml(html));

    for (const line of text.split('\n').filter(Boolean)) expect(shown).toContain(line);
  });

  it('loads nothing from elsewhere', () => {
    const { html } = composeMail(MAILS[kind], APP);
    const tags = [...html.matchAll(/<([a-z]+)/g)].map(([, name]) => name);

    expect(tags.filter((tag) => !['html', 'head', 'meta', 'title', 'body', 'p', 'code', 'a'].includes(tag ?? ''))).toEqual([]);
    expect(html).not.toMatch(/ (src|style|background)=/);
  });

  it('does not say which product it belongs to', () => {
    expect(JSON.stringify(composeMail(MAILS[kind], APP))).not.toMatch(/px0/i);
  });
});

describe('a link in a mail', () => {
  it.each([
    ['https://app.example/', 'https://app.example/verify-email?token='],
    ['https://app.example/shop//', 'https://app.example/shop/verify-email?token='],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/verify-email?token='],
    ['https://app.example/#/', 'https://app.example/#/verify-email?token='],
    ['https://bücher.example', 'https://xn--bcher-kva.example/verify-email?token='],
  ])('goes into the application at %s', (app, start) => {
    expect(composeMail(MAILS['email verification link'], app).text.split('\n')).toContain(`${start}${TOKEN}`);
  });

  it('carries whatever is in a value, encoded', () => {
    const { text } = composeMail({ ...TO, kind: 'invitation', accountId: 'a&b=c d', token: '<"#%+>' }, APP);
    const link = new URL(text.split('\n').find((line) => line.startsWith(APP)) ?? '');

    expect(Object.fromEntries(link.searchParams)).toEqual({ uid: 'a&b=c d', token: '<"#%+>' });
    expect(link.hash).toBe('');
  });
});

describe('the HTML of a mail', () => {
  it('is not changed by what a value holds', () => {
    const newAddress = `"o'neill<script>alert(1)</script>"&amp;@example.org`;
    const { html } = composeMail({ ...TO, kind: 'email changed', newAddress }, null);

    expect(html).not.toContain('<script');
    expect(html).toContain('&quot;o&#39;neill&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;amp;@example.org');
    expect(readHtml(html)).toContain(newAddress);
  });

  it('has its links between quotes, with the ampersands that HTML wants', () => {
    expect(composeMail(MAILS.invitation, APP).html).toContain(`<a href="${APP}/activate?uid=${UID}&amp;token=${TOKEN}">`);
  });
});
