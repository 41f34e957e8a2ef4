import type { APIError } from '@anthropic-ai/sdk';
import { Overloaded, Unavailable } from '../core/faults.js';

const OVERLOADED_STATUSES = [429, 529];
/** As they come in the middle of a stream, where there is no status any more. */
const OVERLOADED_TYPES = ['overloaded_error', 'rate_limit_error'];
/** Where the service does not say when to come back, in seconds. */
const DEFAULT_WAIT_SECONDS = 10;
const MAX_WAIT_SECONDS = 3600;

/**
 * Says that the service did not do it. What it wrote is left out: it may quote the prompt, and hint at the key. There is no `cause` for
 * the same reason.
 *
 * @see "Errors" in the vendor's API reference, for statuses and types
 */
export function toModelFault({ status, type, headers, requestID }: APIError): Overloaded | Unavailable {
  const words = [status, type, requestID].filter((fact) => /^[\w-]{1,64}$/.test(String(fact ?? '')));
  const facts = words.length > 0 ? ` (${words.join(', ')})` : '';
  if (OVERLOADED_STATUSES.includes(status ?? 0) || OVERLOADED_TYPES.includes(type ?? '')) {
    return new Overloaded(`the model is busy${facts}`, waitSeconds(headers?.get('retry-after')));
  }
  return new Unavailable(words.length > 0 ? `the model's service did not answer as it should${facts}` : 'the model is not to be reached');
}

function waitSeconds(header: string | null | undefined): number {
  const seconds = Math.ceil(Number(header ?? NaN));
  return seconds > 0 ? Math.min(seconds, MAX_WAIT_SECONDS) : DEFAULT_WAIT_SECONDS;
}
