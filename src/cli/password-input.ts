import crypto from 'node:crypto';
import readline from 'node:readline';
import askPassword from '@inquirer/password';

/** 18 bytes are 24 characters and 144 random bits. */
const GENERATED_BYTES = 18;

/** A password that was made here, to be shown once. */
export function generatePassword(): string {
  return crypto.randomBytes(GENERATED_BYTES).toString('base64url');
}

/** The first line of standard input, without its line end; null when there is none. */
export async function readFirstLine(input: NodeJS.ReadableStream): Promise<string | null> {
  for await (const line of readline.createInterface({ input, crlfDelay: Infinity })) return line;
  return null;
}

/** Asks at the terminal, showing nothing of what is typed; empty: none was typed. */
export async function askForPassword(): Promise<string> {
  return askPassword({ message: 'Password (leave empty to have one made):' });
}
