import { QueryFailedError } from 'typeorm';
import { Unavailable } from '../core/faults.js';

/** SQLSTATE classes and codes that say: not now. @see PostgreSQL manual, appendix A */
const AWAY_SQLSTATES = [
  /^08/, // connection exception
  /^28/, // not let in: the password or the server's rules changed
  /^3D000/, // the database is not there, as while it is restored
  /^40/, // undone, as two transactions waited for each other: the same again will do
  /^53/, // insufficient resources: too many connections, disk full
  /^57P0[1-5]/, // shut down by an operator, or starting up
  /^25006/, // read only: a standby took the address
  /^58030/, // I/O error
];
const AWAY_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
/** pg and its pool give these no code. */
const AWAY_MESSAGES =
  /^(Connection terminated|timeout e(xceeded|xpired)|Query read timeout|Client has encountered a connection error|Client was closed|Driver not Connected|Cannot execute operation on|The server does not support SSL|SASL)/i;

/** A query failed for a reason that is ours. Carries no parameters and no row: they may hold what must not be logged. */
export class DatabaseFault extends Error {
  override name = 'DatabaseFault';
}

/**
 * Runs what talks to the database, and says its errors in the core's words.
 *
 * @throws Unavailable when the database cannot be used now; else a `DatabaseFault` with the SQLSTATE.
 */
export async function translateFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translated(error);
  }
}

/** SQLSTATE codes of constraints: a foreign key, a unique one. */
const VIOLATIONS = ['23503', '23505'];

/** Whether a statement failed because of the unique constraint, or the foreign key, of that name. */
export function violates(error: unknown, constraint: string): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  return VIOLATIONS.includes(error.driverError.code) && error.driverError.constraint === constraint;
}

function translated(error: unknown): unknown {
  const cause = error instanceof QueryFailedError ? error.driverError : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return translated(cause.errors[0]); // several addresses of one host
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  if (AWAY_SYSTEM_CODES.has(code) || AWAY_SQLSTATES.some((pattern) => pattern.test(code)) || AWAY_MESSAGES.test(message)) {
    return new Unavailable(`the database is not available (${message || code})`); // of these, no message quotes a parameter or a row
  }
  if (!(error instanceof QueryFailedError)) return error;
  const fault = new DatabaseFault(`a query failed: SQLSTATE ${code}`);
  if (error.stack)
    fault.stack = `${fault.name}: ${fault.message}\n${error.stack
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n')}`;
  return fault;
}
