import { expect } from '@jest/globals';
import type { LatchkeySignedIn } from '../../generated/client/types.gen.js';
import type { AccountRequest } from '../../src/core/create-account.js';
import type { Mail } from '../../src/core/mail.js';
import type { Answer, TestServer } from './server.js';

export const PASSWORD = 'open sesame, please';

/** What a test sends to the native API; `token` goes as the bearer. */
export interface NativeRequest {
  token?: string;
  body?: unknown;
  form?: Record<string, string> | [string, string][] | string;
  headers?: Record<string, string>;
}

/** The native API, as the tests call it. */
export interface Native {
  call(method: string, path: string, request?: NativeRequest): Promise<Answer>;
  /** An account of its own for a test: active and verified, unless told otherwise. */
  createAccount(email: string, request?: Partial<AccountRequest>): Promise<string>;
  signIn(email: string, request?: { password?: string; deviceName?: string; token?: string }): Promise<LatchkeySignedIn>;
  /** An account that was just made, and its first session. */
  newcomer(email: string, request?: Partial<AccountRequest>): Promise<LatchkeySignedIn>;
  /** The mails that went to an address, oldest first. */
  mailsTo(email: string): Mail[];
  /** The token of the last mail to an address. */
  tokenFor(email: string): string;
}

/** The native API of a server. */
export function nativeApi(server: TestServer): Native {
  const native: Native = {
    async call(method, path, { token, body, form, headers = {} } = {}) {
      const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      if (form === undefined) return server.send(method, `/latchkey/v1${path}`, { body, headers: { ...authorization, ...headers } });
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const raw = new URLSearchParams(form).toString();
      return server.send(method, `/latchkey/v1${path}`, { raw, headers: { ...type, ...authorization, ...headers } });
    },

    async createAccount(email, request = {}) {
      return (await server.createAccount({ email, password: PASSWORD, ...request })).id;
    },

    async signIn(email, { token, ...request } = {}) {
      const answer = await native.call('POST', '/sessions', {
        body: { email, password: PASSWORD, ...request },
        ...(token !== undefined && { token }),
      });
      expect(answer.status).toBe(200);
      return answer.body as LatchkeySignedIn;
    },

    async newcomer(email, request) {
      await native.createAccount(email, request);
      return native.signIn(email);
    },

    mailsTo: (email) => server.mails.filter(({ to }) => to.toLowerCase() === email.toLowerCase()),

    tokenFor(email) {
      const mail = native.mailsTo(email).at(-1);
      return mail && 'token' in mail ? mail.token : '';
    },
  };
  return native;
}

/** A problem document with that status and code. */
export function problem(status: number, code: string): object {
  return { status, body: { status, code, type: 'about:blank' } };
}

/** A problem document for a request that breaks the contract there. */
export function invalid(where: 'body' | 'query' | 'path' | 'header', path: string[], rule: string): object {
  return { status: 400, body: { code: 'invalid_request', errors: [{ in: where, path, rule }] } };
}

/** Walks a list to its end, so many at a time. */
export async function walk<Item>(ask: (query: string) => Promise<Answer>, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  let cursor = '';
  do {
    const answer = await ask(`limit=${limit}${cursor && `&cursor=${cursor}`}`);
    expect(answer.status).toBe(200);
    const page = answer.body as { items: Item[]; nextCursor: string | null };
    expect(page.items.length).toBeLessThanOrEqual(limit);
    expect(page.items.length > 0 || items.length === 0).toBe(true); // no cursor leads to nothing
    items.push(...page.items);
    cursor = page.nextCursor ?? '';
  } while (cursor);
  return items;
}
