import type { SandboxJob } from '../workbench/sandbox.js';

/** Digits of the length that stands before everything else. */
const LENGTH_DIGITS = 10;

/**
 * A job as its process reads it on standard input, so that no secret is ever an argument or a variable of the process itself: ten digits and a
 * newline (the length of the JSON in bytes), the JSON, the wheels one after the other, and then what the program itself is to read. Whoever
 * reads no byte too many leaves standard input to the program as it is.
 */
export function jobFrame({ language, program, environment, wheels, stdin }: SandboxJob): Buffer {
  const files = wheels.map(({ filename, bytes }) => ({ filename, sizeBytes: bytes.byteLength }));
  const head = Buffer.from(JSON.stringify({ language, ...program, environment, wheels: files }));
  const length = `${String(head.length).padStart(LENGTH_DIGITS, '0')}\n`;
  return Buffer.concat([Buffer.from(length), head, ...wheels.map(({ bytes }) => bytes), Buffer.from(stdin)]);
}
