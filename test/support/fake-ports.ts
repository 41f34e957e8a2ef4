import crypto from 'node:crypto';
import type { Account } from '../../src/core/account.js';
import type { ApiKey } from '../../src/core/api-key.js';
import type { AuditEvent } from '../../src/core/audit.js';
import type { NewCode, StoredCode } from '../../src/core/code.js';
import type { Context } from '../../src/core/context.js';
import { normalizedEmail } from '../../src/core/email-address.js';
import type { Mail } from '../../src/core/mail.js';
import type { Policy } from '../../src/core/policy.js';
import type { LiveSession, Ports } from '../../src/core/ports.js';
import type { Session } from '../../src/core/session.js';
import type { WorkbenchContext } from '../../src/workbench/context.js';

export const NOW = new Date('2026-01-02T03:04:05.678Z');

/** An account named Ada, with the password `open sesame`; and what is different about her this time. */
export function ada(changes: Partial<Account> = {}): Account {
  return {
    id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    email: 'ada@example.com',
    name: 'Ada',
    givenName: null,
    familyName: null,
    organization: { id: '7c9e6679-7425-40de-944b-e07fc1f90ae7', name: 'Ada', createdAt: NOW },
    organizationRole: 'owner',
    status: 'active',
    emailVerified: true,
    demo: false,
    operator: false,
    passwordHash: 'hash(open sesame)',
    passwordVersion: 1,
    apiKeyVersion: 1,
    createdAt: NOW,
    ...changes,
  };
}

export const POLICY: Policy = {
  accessTokens: 'signed',
  sessions: { accessTtlSeconds: 3600, idleTtlSeconds: 7200, absoluteTtlSeconds: 10_000 },
  verifiedEmailNeededBy: 'nobody',
  emailVerification: 'link',
};

/** What a use case works with in these tests: `pixyle`, unless told otherwise. */
export function contextOf(ports: Ports, changes: Partial<Context> = {}): Context {
  const origin = { userAgent: 'test', ipAddress: '127.0.0.1', network: '127.0.0.1', requestId: 'a request' };
  const rules = { minLength: 8, isCommon: async () => false, serviceNames: ['latchkey'] };
  return { ports, dialect: 'pixyle', policy: POLICY, rules, origin, noteLimit: () => {}, ...changes };
}

/** The same for use cases that never come to the workbench's own ports, which these are without. */
export function workbenchContextOf(ports: Ports, changes: Partial<Context> = {}): WorkbenchContext {
  return contextOf(ports, changes) as WorkbenchContext;
}

const NO_LIMIT = { quota: 1, windowSeconds: 1, used: 0, resetSeconds: 1 };

/** Ports in memory. `verified` lists each hash that a password was compared with, `sessions` each session that was opened. */
export function fakePorts(accounts: Account[]): {
  ports: Ports;
  accounts: Account[];
  verified: string[];
  sessions: Session[];
  codes: (NewCode & StoredCode)[];
  apiKeys: ApiKey[];
  mails: Mail[];
  events: AuditEvent[];
  /** Set `now`, and a replayed refresh token comes too late. */
  graceIsOver: { now: boolean };
} {
  const verified: string[] = [];
  const sessions: Session[] = [];
  const codes: (NewCode & StoredCode)[] = [];
  const apiKeys: ApiKey[] = [];
  const mails: Mail[] = [];
  const events: AuditEvent[] = [];
  const revoked = new Set<string>();
  const graceIsOver = { now: false };
  const live = (id: string | undefined): LiveSession | null => {
    const session = sessions.find((each) => each.id === id);
    const account = accounts.find((each) => each.id === session?.accountId && each.status === 'active');
    return session && account ? { session, account } : null;
  };
  const ports: Ports = {
    accounts: {
      findByEmail: async (email) => accounts.find((account) => normalizedEmail(account.email) === normalizedEmail(email)) ?? null,
      findById: async (id) => accounts.find((account) => account.id === id) ?? null,
      lock: async (id) => accounts.find((account) => account.id === id) ?? null,
      async insert({ organization, ...account }) {
        if (accounts.some((other) => normalizedEmail(other.email) === normalizedEmail(account.email))) return null;
        const made = ada({
          ...account,
          id: crypto.randomUUID(),
          organization: { id: crypto.randomUUID(), name: organization.name, createdAt: NOW },
        });
        accounts.push(made);
        return made;
      },
      list: async () => accounts,
      async setStatus(id, status) {
        for (const account of accounts) if (account.id === id) account.status = status;
      },
      async replacePasswordHash(id, oldHash, newHash) {
        for (const account of accounts) if (account.id === id && account.passwordHash === oldHash) account.passwordHash = newHash;
      },
      countPasswordSchemes: async () => [],
      async setPassword(id, passwordVersion, hash) {
        const account = accounts.find((each) => each.id === id && each.passwordVersion === passwordVersion && each.status === 'active');
        if (account) Object.assign(account, { passwordHash: hash, passwordVersion: passwordVersion + 1 });
        return account !== undefined;
      },
      async verifyEmail(id, email) {
        const account = accounts.find((each) => each.id === id && normalizedEmail(each.email) === email);
        if (account) account.emailVerified = true;
        return account !== undefined;
      },
      async setEmail(id, email) {
        if (accounts.some((each) => each.id !== id && normalizedEmail(each.email) === normalizedEmail(email))) return false;
        for (const account of accounts) if (account.id === id) Object.assign(account, { email, emailVerified: false });
        return true;
      },
      async updateProfile(id, changes) {
        for (const account of accounts) if (account.id === id) Object.assign(account, changes);
      },
      async revokeDerivedApiKey(id) {
        for (const account of accounts) if (account.id === id) account.apiKeyVersion += 1;
      },
      async activate(id, completion) {
        const account = accounts.find((each) => each.id === id && each.status === 'inactive');
        if (account) Object.assign(account, completion, { status: 'active', emailVerified: true });
        return account !== undefined;
      },
      async delete(id) {
        accounts.splice(
          accounts.findIndex((each) => each.id === id),
          1,
        );
      },
    },
    sessions: {
      async open({ account, dialect, lives, origin: { userAgent, ipAddress }, deviceName }) {
        const current = accounts.find(({ id }) => id === account.id);
        if (current?.status !== 'active' || current.passwordVersion !== account.passwordVersion) return null;
        const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
        const expiresAt = after(lives.absoluteTtlSeconds);
        const idleExpiresAt = lives.idleTtlSeconds === null ? expiresAt : after(lives.idleTtlSeconds);
        const times = { createdAt: NOW, renewedAt: NOW, lastActiveAt: NOW, idleExpiresAt, expiresAt };
        const device = { userAgent, ipAddress, deviceName };
        const session = { id: `session ${sessions.length + 1}`, accountId: account.id, dialect, generation: 1, ...times, ...device };
        sessions.push(session);
        return session;
      },
      isOpen: async (id) => sessions.some((session) => session.id === id),
      isLive: async (id, accessTokenId) => !revoked.has(accessTokenId) && live(id) !== null,
      list: async (accountId) => sessions.filter((session) => session.accountId === accountId),
      touch: async (id, accountId) => sessions.find((session) => session.id === id && session.accountId === accountId) ?? null,
      findLiveByOpaqueToken: async () => live(sessions[0]?.id),
      async rotate(id, generation) {
        const found = live(id);
        if (found?.session.generation !== generation) return null;
        found.session.generation += 1;
        return found;
      },
      renew: async (id) => live(id),
      findJustRotated: async (id, generation) => (graceIsOver.now || live(id)?.session.generation !== generation + 1 ? null : live(id)),
      async end(id) {
        const index = sessions.findIndex((session) => session.id === id);
        if (index >= 0) sessions.splice(index, 1);
        return index >= 0;
      },
      async endOwn(id, accountId) {
        const index = sessions.findIndex((session) => session.id === id && session.accountId === accountId);
        if (index >= 0) sessions.splice(index, 1);
        return index >= 0;
      },
      async endAll(accountId, except) {
        const kept = sessions.filter((session) => session.accountId !== accountId || session.id === except);
        return sessions.splice(0, sessions.length, ...kept).length - kept.length;
      },
      endByOpaqueToken: async () => sessions.pop()?.accountId ?? null,
      revokeAccessToken: async (id) => void revoked.add(id),
    },
    codes: {
      async replace(code) {
        const others = codes.filter((each) => each.accountId !== code.accountId || each.purpose !== code.purpose);
        codes.splice(0, codes.length, ...others, { ...code, id: crypto.randomUUID() });
        return codes.at(-1)?.id ?? '';
      },
      findByHash: async (hash, purpose) => codes.find((code) => code.hash.equals(hash) && code.purpose === purpose) ?? null,
      findById: async (id, purpose) => codes.find((code) => code.id === id && code.purpose === purpose) ?? null,
      async take(hash, purpose) {
        const index = codes.findIndex((code) => code.hash.equals(hash) && code.purpose === purpose);
        return index < 0 ? null : (codes.splice(index, 1)[0] ?? null);
      },
      async countGuess(accountId, purpose) {
        const code = codes.find((each) => each.accountId === accountId && each.purpose === purpose);
        if (!code?.guesses) return null;
        code.guesses -= 1;
        return code;
      },
      async takeById(id) {
        const index = codes.findIndex((code) => code.id === id);
        if (index >= 0) codes.splice(index, 1);
        return index >= 0;
      },
      async deleteAll(accountId) {
        codes.splice(0, codes.length, ...codes.filter((code) => code.accountId !== accountId));
      },
    },
    apiKeys: {
      async insert({ hash: _hash, ...key }) {
        const made = { ...key, id: crypto.randomUUID(), organizationId: 'organization', createdAt: NOW, lastUsedAt: null };
        apiKeys.push(made);
        return made;
      },
      findLiveByHash: async () => null,
      isLive: async (id) => apiKeys.some((key) => key.id === id),
      findOwn: async (id, accountId) => apiKeys.find((key) => key.id === id && key.accountId === accountId) ?? null,
      list: async (accountId) => apiKeys.filter((key) => key.accountId === accountId),
      async update(id, changes) {
        const key = apiKeys.find((each) => each.id === id);
        return key ? Object.assign(key, changes) : null;
      },
      async delete(id) {
        const index = apiKeys.findIndex((key) => key.id === id);
        if (index >= 0) apiKeys.splice(index, 1);
        return index >= 0;
      },
      async deleteAll(accountId) {
        apiKeys.splice(0, apiKeys.length, ...apiKeys.filter((key) => key.accountId !== accountId));
      },
    },
    outbox: {
      async insert({ sealed }) {
        mails.push(JSON.parse(sealed.toString()));
      },
      take: async () => [],
      putBack: async () => {},
      delete: async () => {},
    },
    audit: {
      record: async (event) => void events.push(event),
      list: async () => [],
    },
    clock: { now: () => NOW, uptimeSeconds: () => 60 },
    atomically: (work) => work(ports),
    revocations: { hasEnded: () => null },
    mails: { seal: (mail) => ({ id: crypto.randomUUID(), sealed: Buffer.from(JSON.stringify(mail)) }), deliverSoon: () => {} },
    limits: {
      take: async (name) => ({ ...NO_LIMIT, name }),
      look: async (name) => ({ ...NO_LIMIT, name }),
      clear: async () => {},
    },
    maintenance: { deleteExpired: async () => ({}) },
    auditChain: {
      extend: async () => 0,
      list: async () => [],
      length: async () => 0,
      countWaiting: async () => 0,
      findStray: async () => ({ next: null, stray: null }),
      findLost: async () => null,
    },
    auditMacs: { make: () => ({ mac: '', keyId: '' }), isGood: () => true },
    passwords: {
      hash: async (password) => `hash(${password})`,
      async verify(password, hash) {
        verified.push(hash);
        return hash === `hash(${password})` || hash === `old hash(${password})`;
      },
      decoyHash: async () => 'hash(decoy)',
      needsRehash: (hash) => hash.startsWith('old'),
    },
    tokens: {
      signAccessToken: (claims) => `access ${JSON.stringify(claims)}`,
      signRefreshToken: ({ id, accountId, generation, dialect }) =>
        `refresh ${JSON.stringify({ sessionId: id, accountId, generation, dialect, expired: false })}`,
      async readRefreshToken(token, dialect) {
        const [, text = '{}'] = /^refresh (.*)$/.exec(token) ?? [];
        const claims = JSON.parse(text);
        return claims.dialect === dialect ? claims : null;
      },
      async ownerOfAccessToken(token, dialect) {
        const { aud, sub } = JSON.parse(/^access (.*)$/.exec(token)?.[1] ?? '{}');
        return aud === dialect ? sub : null;
      },
      opaqueTokenHash: (token) => (token === 'opaque' ? Buffer.from('hash') : null),
      createOpaqueToken: () => ({ token: 'opaque', hash: Buffer.from('hash') }),
      deriveApiKey: ({ id, apiKeyVersion }) => `key/${id}/${apiKeyVersion}`,
      accountIdOfApiKey: (key) => (key.startsWith('key/') ? (key.split('/')[1] ?? null) : null),
      isApiKeyOf: (key, { id, apiKeyVersion }) => key === `key/${id}/${apiKeyVersion}`,
      publicKeys: () => [],
      readAccessToken: async (token) => JSON.parse(/^access (.*)$/.exec(token)?.[1] ?? 'null'),
      createMailedToken: () => ({ token: `token ${codes.length}`, hash: Buffer.from(`token ${codes.length}`) }),
      mailedTokenHash: (token) => Buffer.from(token),
      createTypedCode: () => '123456',
      typedCodeHash: (...parts) => Buffer.from(parts.join(' ')),
      isTypedCodeHash: (hash, ...parts) => hash.toString() === parts.join(' '),
      addressHash: (address) => Buffer.from(`address hash(${address.toLowerCase()})`),
      createStoredApiKey: (prefix) => ({ key: `${prefix}key`, hash: Buffer.from(`${prefix}key`) }),
      storedApiKeyHash: (key, prefix) => (key.startsWith(prefix) ? Buffer.from(key) : null),
      issuer: 'http://latchkey.test',
    },
    database: { ping: async () => {} },
  };
  return { ports, accounts, verified, sessions, codes, apiKeys, mails, events, graceIsOver };
}
