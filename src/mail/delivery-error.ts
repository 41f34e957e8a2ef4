/** Codes of nodemailer under which an error speaks of the connection alone, so that its message can be told. */
const CONNECTION_CODES = ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'ETLS', 'EABORT'];

/** A mail server did not take a mail over. */
export class DeliveryError extends Error {
  override name = 'DeliveryError';
}

/**
 * Says what happened without what the server wrote: servers quote the address, and sometimes the content, in their refusals. The
 * error has no `cause` for the same reason.
 *
 * @returns an error with nodemailer's code, the SMTP command and the reply's numbers (550 5.1.1).
 * @see RFC 3463, "Enhanced Mail System Status Codes"
 */
export function toDeliveryError(thrown: unknown): DeliveryError {
  const { code, command, response, message } = thrown as { code?: string; command?: string; response?: string; message?: string };
  const numbers = /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3}(?= |$))?/.exec(response ?? '')?.[0].replace('-', ' ');
  const words = !response && code && CONNECTION_CODES.includes(code) ? message : undefined;
  const facts = [code, command, numbers, words].filter((fact) => fact !== undefined);
  return new DeliveryError(`the mail was not delivered: ${facts.join(', ') || (thrown as Error).name}`);
}
