import crypto from 'node:crypto';
import askPassword from '@inquirer/password';

/** 18 bytes are 24 characters and 144 random bits. */
const GENERATED_BYTES = 18;

/** A password that was made here, to be shown once. */
export function generatePassword(): string {
  return crypto.randomBytes(GENERATED_BYTES).toString('base64url');
}

/** The first line of standard input, without its line end (LF or CRLF, nothing else is one); empty when there is none. */
export async function readFirstLine(input: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of input.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n')).replace(/\r$/, '');
  }
  return text;
}

/** Asks at the terminal, showing nothing of what is typed; empty: none was typed. */
export async function askForPassword(): Promise<string> {
  return askPassword({ message: 'Password (leave empty to have one made):' });
}
