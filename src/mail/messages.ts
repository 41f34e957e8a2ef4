import type { Mail } from '../core/mail.js';
import { toHtml, toText, type Part } from './layout.js';

// How long things are good, in words. The core decides; these must say the same.
const CODE_LIFE = 'It is good for 10 minutes.';
const RESET_TOKEN_LIFE = 'It is good for 1 hour.';
const VERIFICATION_TOKEN_LIFE = 'It is good for 24 hours.';
const INVITATION_LIFE = 'They are good for 24 hours.';

const NOT_ASKED_FOR = 'If you did not ask for this, ignore this mail.';
const TELL_OPERATOR = 'If it was not you, contact the operator of this service at once.';

interface Letter {
  subject: string;
  parts: Part[];
}

/** The application's page of that path; nothing where the application has no known address. */
type Link = (path: string, parameters: Record<string, string>) => Part[];

type MailOf<Kind extends Mail['kind']> = Extract<Mail, { kind: Kind }>;

const LETTERS: { [Kind in Mail['kind']]: (mail: MailOf<Kind>, link: Link) => Letter } = {
  'email verification code': ({ code }) => ({
    subject: 'Your Latchkey verification code',
    parts: [['With this code you verify your e-mail address for Latchkey:'], { value: code }, [CODE_LIFE, NOT_ASKED_FOR]],
  }),
  'email verification link': ({ token }, link) => ({
    subject: 'Verify your e-mail address for Latchkey',
    parts: [
      ['With this token you verify your e-mail address for Latchkey:'],
      { value: token },
      ...link('/verify-email', { token }),
      [VERIFICATION_TOKEN_LIFE, NOT_ASKED_FOR],
    ],
  }),
  'password reset': ({ token }, link) => ({
    subject: 'Set a new password for Latchkey',
    parts: [
      ['Somebody asked to set a new password for your Latchkey account.', 'This token allows it:'],
      { value: token },
      ...link('/reset-password', { token }),
      [RESET_TOKEN_LIFE, `${NOT_ASKED_FOR} Your password stays as it is.`],
    ],
  }),
  invitation: ({ accountId, token }, link) => ({
    subject: 'You are invited to Latchkey',
    parts: [
      ['An account at Latchkey was made for you.', 'To activate it, you need its id ("uid"):'],
      { value: accountId },
      ['and this token:'],
      { value: token },
      ...link('/activate', { uid: accountId, token }),
      [INVITATION_LIFE, NOT_ASKED_FOR],
    ],
  }),
  'address has an account': ({ token }, link) => ({
    subject: 'You have a Latchkey account already',
    parts: [
      ['Somebody tried to sign up at Latchkey with this address,', 'which has an account already.'],
      ['If it was you, sign in.', 'If you have forgotten the password, set a new one with this token:'],
      { value: token },
      ...link('/reset-password', { token }),
      [RESET_TOKEN_LIFE, NOT_ASKED_FOR],
    ],
  }),
  'password changed': () => ({
    subject: 'Your Latchkey password was changed',
    parts: [
      ['The password of your Latchkey account was changed.', 'All other sessions of the account have ended.'],
      ['If it was not you, set a new password at once,', 'and contact the operator of this service.'],
    ],
  }),
  'password was reset': () => ({
    subject: 'Your Latchkey password was reset',
    parts: [
      ['The password of your Latchkey account was reset.', 'Every session and every API key of the account has ended.'],
      ['Sign in with the new password.', TELL_OPERATOR],
    ],
  }),
  'email changed': ({ newAddress }) => ({
    subject: 'Your Latchkey e-mail address was changed',
    parts: [
      ['The e-mail address of your Latchkey account was changed.', 'The new address is:'],
      { value: newAddress },
      ['Mails about the account go there from now on.', TELL_OPERATOR],
    ],
  }),
};

/**
 * Puts a mail into words. Text and HTML say the same.
 *
 * @param appUrl the address of the product's application, whose pages the links open; null: the mail carries no links.
 * @throws TypeError when `appUrl` is no URL.
 */
export function composeMail(mail: Mail, appUrl: string | null): { subject: string; text: string; html: string } {
  // The table has the right function for each kind, which the compiler cannot follow through the look-up.
  const write = LETTERS[mail.kind] as (mail: Mail, link: Link) => Letter;
  const { subject, parts } = write(mail, linkInto(appUrl));
  return { subject, text: toText(parts), html: toHtml(subject, parts) };
}

function linkInto(appUrl: string | null): Link {
  if (appUrl === null) return () => [];
  return (path, parameters) => {
    const url = new URL(`${appUrl.replace(/\/+$/, '')}${path}?${new URLSearchParams(parameters)}`);
    return [['Or open this link:'], { link: url.href }];
  };
}
