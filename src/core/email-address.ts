import type { EmailAddress } from './account.js';

/** The longest address that SMTP can carry. @see RFC 5321, section 4.5.3.1.3, erratum 1690 */
const MAX_LENGTH = 254;

const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+${LABEL}$`, 'i');

/**
 * Reads an e-mail address: a dot-atom, an at sign and a host name of two labels or more, in ASCII. It takes what the contracts'
 * `format: email` takes, so that an account made at the command line can sign in through every dialect.
 *
 * @returns the address as written, or null where the text is none. Blanks around it are not removed: that is for who asks people.
 * @see RFC 5322, section 3.4.1 (`addr-spec`, without its quoted and obsolete forms)
 */
export function parseEmailAddress(text: string): EmailAddress | null {
  return text.length <= MAX_LENGTH && ADDRESS.test(text) ? (text as EmailAddress) : null;
}

/** The form in which two addresses are the same one: without regard to letter case. */
export function normalizedEmail(address: string): string {
  return address.toLowerCase();
}

/** The part before the at sign: what an account is called until its owner says more. */
export function localPart(address: EmailAddress): string {
  return address.slice(0, address.lastIndexOf('@'));
}
