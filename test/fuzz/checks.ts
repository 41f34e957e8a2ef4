import type { TestDatabase } from '../support/databases.js';
import { contractFaults, noteAnswer } from '../support/response-checker.js';
import { CANARY } from './hostile.js';
import type { FuzzRequest } from './requests.js';
import type { WireAnswer, WireRequest } from './wire.js';

/** Lines of a stack, and names of what the service is made of. */
const INSIDES =
  /^\s+at |\(?(?:file:\/\/)?\/[\w/.-]+:\d+:\d+\)?|SQLSTATE|QueryFailedError|node_modules|TypeError|duplicate key value|violates/m;
const noted = new Set<string>();

/** An answer that has been read. */
export interface SeenAnswer {
  status: number;
  body: unknown;
}

/** What of an answer must not be, whatever was asked; empty: nothing. */
export function faultsOf(request: FuzzRequest, sent: WireRequest, answer: WireAnswer, wardIds: string[]): string[] {
  const { status, text } = answer;
  const isToOperator = request.headers.some(([, value]) => value.includes('<<operator.'));
  return [
    ...(status >= 500 ? [`${status} is a fault of the service`] : []),
    ...(/^[0-9a-f-]{36}$/.test(answer.headers.get('x-request-id') ?? '') ? [] : ['there is no X-Request-Id']),
    ...(INSIDES.test(text) ? ["the body tells of the service's insides"] : []),
    ...(status >= 400 && text.includes(CANARY) ? ['the error quotes what was sent'] : []),
    ...(!isToOperator && wardIds.some((id) => text.includes(id)) ? ["the body has somebody else's id"] : []),
    ...(answer.headers.has('x-injected') ? ['a header was injected'] : []),
    ...(answer.rest !== '' && !request.isBroken ? ['more came than one answer'] : []),
    ...contractFaultsOf(request, sent, answer),
  ];
}

function contractFaultsOf({ isBroken }: FuzzRequest, { method, target }: WireRequest, answer: WireAnswer): string[] {
  const mediaType = answer.headers.get('content-type');
  const body = bodyOf(answer);
  if (isBroken) return isUnreadable(answer.status, body) || answer.status < 500 ? [] : ['it is neither refused nor answered'];
  const path = pathOf(target);
  const seen = { method, path, status: answer.status, mediaType, body };
  const faults = contractFaults(seen);
  const key = `${method} ${path} ${answer.status}`;
  if (faults.length === 0 && !noted.has(key) && noted.size < 10_000) noteAnswer(seen);
  noted.add(key);
  return faults;
}

/** The path as the service reads it. @see RFC 9112, section 3.2 */
function pathOf(target: string): string {
  const local = target.startsWith('/') || !URL.canParse(target) ? target : new URL(target).pathname;
  return local.split('?')[0] ?? local;
}

function isUnreadable(status: number, body: unknown): boolean {
  return [400, 408, 413, 431].includes(status) && (body as { code?: string } | undefined)?.code === 'unreadable_request';
}

/** What the body says, where it is JSON; undefined where there is none. */
export function bodyOf({ text }: WireAnswer): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** How long mails that wait may take to be delivered. */
const OUTBOX_TIMEOUT_MS = 60_000;

/** What must hold of the whole database, whatever was sent; empty: it does. */
export async function rowFaults({ source }: TestDatabase, operatorIds: Set<string>): Promise<string[]> {
  const rows = (sql: string) => source.query<{ name: string }[]>(sql);
  const operators = await rows('SELECT id AS name FROM accounts WHERE operator');
  const verified = await rows("SELECT email AS name FROM accounts WHERE email_verified AND normalized_email LIKE '%@deaf.test'");
  const orphans = await rows('SELECT id AS name FROM organizations o WHERE NOT EXISTS (SELECT FROM accounts WHERE organization_id = o.id)');
  const homeless = await rows(
    "SELECT id AS name FROM sessions s WHERE account_id NOT IN (SELECT id FROM accounts WHERE status = 'active')",
  );
  const waitsUntil = Date.now() + OUTBOX_TIMEOUT_MS;
  let mails: { name: string }[];
  do {
    await new Promise((resolve) => setTimeout(resolve, 20));
    mails = await rows('SELECT id AS name FROM outbox WHERE expires_at > now()'); // those to nobody are never delivered
  } while (mails.length > 0 && Date.now() < waitsUntil);
  return [
    ...operators.filter(({ name }) => !operatorIds.has(name)).map(({ name }) => `the account ${name} became an operator`),
    ...verified.map(({ name }) => `${name} was verified, and nobody reads its mails`),
    ...orphans.map(({ name }) => `the organisation ${name} has nobody in it`),
    ...homeless.map(({ name }) => `the session ${name} belongs to an account that is not active`),
    ...mails.map(({ name }) => `the mail ${name} was not delivered`),
  ];
}
