import crypto from 'node:crypto';
import type { Mail } from '../../src/core/mail.js';
import type { TestDatabase } from '../support/databases.js';
import type { TestServer } from '../support/server.js';
import { createPerson, type Fields } from './people.js';
import { ACTORS, encoded, MARK, type FuzzRequest } from './requests.js';
import { createWards, type Wards } from './wards.js';
import { bodyBytes, type WireRequest } from './wire.js';

/** What was mailed or found lately; older things have been used or replaced. */
const LATEST = 8;
/** Mails to all other domains reach nobody. */
const READ_DOMAIN = /@open\.test$/i;
const NOTHING: Record<string, string> = { account: '00000000-0000-4000-8000-000000000000', id: '00000000-0000-4000-8000-000000000000' };

/** The accounts, tokens, codes and ids that requests may name, and what becomes of them. */
export interface World {
  wards: Wards;
  /** The ids of every account that was made an operator. */
  operatorIds: Set<string>;
  /** Puts what is there in place of the marks. */
  resolve(request: FuzzRequest): WireRequest;
  /** Takes over what an answer hands out. */
  learn(request: FuzzRequest, answer: { status: number; body: unknown }): void;
  /** Reads the mails that have come, and replaces the actors that can do nothing any more. */
  refresh(): Promise<void>;
}

/** A world with its first people in it. */
export async function createWorld(server: TestServer, database: TestDatabase): Promise<World> {
  const wards = await createWards(server, database);
  const operatorIds = new Set<string>();
  let made = 0;
  const newcomer = async (operator: boolean): Promise<Fields> => {
    const person = await createPerson(server, database, `person-${made++}@open.test`, { operator });
    if (operator) operatorIds.add(person.account ?? '');
    return person;
  };
  const groups: Record<string, Fields[]> = { actor: [], operator: [], ward: wards.publicFields, expired: [expiredTokens(server)] };
  const spent = new Set<string>(); // as `actor 3`
  for (let n = 0; n < ACTORS; n++) groups.actor?.push(await newcomer(false));
  for (let n = 0; n < 2; n++) groups.operator?.push(await newcomer(true));

  return {
    wards,
    operatorIds,
    resolve: (request) => resolved(request, groups),
    learn(request, { status, body }) {
      const me = groups.actor?.[request.me];
      if (status === 401) for (const key of spentBy(request)) spent.add(key);
      if (status >= 300 || typeof body !== 'object' || body === null) return;
      learnTokens(request, body as Fields, groups);
      if (me && typeof (body as Fields).key === 'string') learnApiKey(request, body as Fields, me);
    },
    async refresh() {
      for (const mail of server.mails.splice(0)) if (READ_DOMAIN.test(mail.to)) note(mail, groups);
      for (const key of spent) {
        const [group = '', at = ''] = key.split(' ');
        const people = groups[group] ?? [];
        people[Number(at) % people.length] = await newcomer(group === 'operator');
      }
      spent.clear();
    },
  };
}

/** An operator may do a lot to anybody: where one asks, no mark means a ward. */
function resolved(request: FuzzRequest, groups: Record<string, Fields[]>): WireRequest {
  const isOperators = JSON.stringify(request.headers).includes('<<operator.');
  const value = (group: string, field: string, which: string): string => {
    const members = groups[group === 'ward' && isOperators ? 'actor' : group] ?? [];
    return members[(which === 'me' ? request.me : Number(which)) % members.length]?.[field] ?? NOTHING[field] ?? 'nothing-yet';
  };
  const replace = (text: string, write: (value: string) => string) =>
    text.replace(MARK, (_, group: string, field: string, which: string) => write(value(group, field, which)));
  const isForm = request.headers.some(([name, type]) => name === 'Content-Type' && type === 'application/x-www-form-urlencoded');
  const inBody = isForm ? encoded : (text: string) => JSON.stringify(text).slice(1, -1);
  const { method, body, isBroken } = request;
  return {
    method,
    target: replace(request.target, encoded),
    headers: request.headers.map(([name, text]) => [name, replace(text, (same) => same)]),
    body: body && bodyBytes({ ...body, text: replace(body.text, inBody) }),
    isBroken,
  };
}

/** Who showed a credential of their own, and was refused: `actor 3`. */
function spentBy({ kind, me, headers, body }: FuzzRequest): string[] {
  const shown = headers.map(([, value]) => /^Bearer <<(actor|operator)\.[\w-]+\.me>>$/.exec(value)?.[1]).filter(Boolean);
  const hasSignedIn = body?.text.includes('<<actor.email.me>>') && body.text.includes('<<actor.password.me>>');
  const hasRefreshed = /<<actor\.refresh-[\w-]+\.me>>/.test(body?.text ?? '');
  return [...shown, ...(kind === 'valid' && (hasSignedIn || hasRefreshed) ? ['actor'] : [])].map((group) => `${group} ${me}`);
}

/** Tokens are whose the token or the answer says: requests for them come from anybody. */
function learnTokens({ operation }: FuzzRequest, body: Fields & { user?: Fields }, groups: Record<string, Fields[]>): void {
  if (body.nextCursor) keepLatest(groups, operation, { cursor: body.nextCursor });
  if (body.verificationTokenId) keepLatest(groups, 'pending', { id: body.verificationTokenId });
  const access = body.accessToken ?? body.access_token ?? body.token;
  if (typeof access !== 'string') return;
  const { sub = body.user?.id, sid, aud = operation.startsWith('px0') ? 'px0' : '' } = claimsOf(access);
  const owner = groups.actor?.find(({ account }) => account === sub) ?? groups.operator?.find(({ account }) => account === sub);
  const refresh = body.refreshToken ?? body.refresh_token;
  if (!owner || !aud) return;
  owner[`access-${aud}`] = access;
  if (refresh) owner[`refresh-${aud}`] = refresh;
  if (sid) owner[`session-${aud}`] = sid;
}

/** A key that somebody made with a credential of their own. */
function learnApiKey({ operation, headers }: FuzzRequest, body: Fields & { apiKey?: unknown }, me: Fields): void {
  if (!headers.some(([, value]) => /^Bearer <<actor\.[\w-]+\.me>>$/.test(value))) return;
  const dialect = operation.startsWith('px0') ? 'px0' : 'latchkey';
  me[`key-${dialect}`] = body.key ?? '';
  me[`key-id-${dialect}`] = body.id ?? (body.apiKey as Fields).id ?? '';
}

function claimsOf(token: string): Fields {
  const [, claims, signature] = token.split('.');
  return signature ? (JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()) as Fields) : {};
}

const GROUP_OF_MAIL: Partial<Record<Mail['kind'], string>> = {
  'email verification code': 'typed',
  'email verification link': 'verification',
  'password reset': 'reset',
  'address has an account': 'reset',
  invitation: 'invitation',
};

function note(mail: Mail, groups: Record<string, Fields[]>): void {
  const { to: email, accountId: account, token, code } = mail as Fields & { to: string };
  const group = GROUP_OF_MAIL[mail.kind];
  if (group) keepLatest(groups, group, { email, ...(account && { account }), ...(token && { token }), ...(code && { code }) });
}

function keepLatest(groups: Record<string, Fields[]>, group: string, fields: Fields): void {
  groups[group] = [fields, ...(groups[group] ?? [])].slice(0, LATEST);
}

/** One of each dialect, signed by the service, and over for an hour. */
function expiredTokens({ service }: TestServer): Fields {
  const now = Math.floor(Date.now() / 1000);
  const claims = (aud: string) => ({ aud, sub: crypto.randomUUID(), sid: crypto.randomUUID(), iat: now - 7200, exp: now - 3600 });
  const dialects = ['pyth-on', 'px0', 'pixyle', 'puppilot', 'flashback', 'latchkey'];
  return Object.fromEntries(dialects.map((dialect) => [dialect, service.ports.tokens.signAccessToken(claims(dialect))]));
}
