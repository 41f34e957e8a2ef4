import crypto from 'node:crypto';
import type { Account } from '../../src/core/account.js';
import { normalizedEmail } from '../../src/core/email-address.js';
import type { Policy } from '../../src/core/policy.js';
import type { LiveSession, Ports } from '../../src/core/ports.js';
import type { Session } from '../../src/core/session.js';

export const NOW = new Date('2026-01-02T03:04:05.678Z');

/** An account named Ada, with the password `open sesame`; and what is different about her this time. */
export function ada(changes: Partial<Account> = {}): Account {
  return {
    id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    email: 'ada@example.com',
    name: 'Ada',
    organization: { id: '7c9e6679-7425-40de-944b-e07fc1f90ae7', name: 'Ada' },
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
};

/** Ports in memory. `verified` lists each hash that a password was compared with, `sessions` each session that was opened. */
export function fakePorts(accounts: Account[]): {
  ports: Ports;
  accounts: Account[];
  verified: string[];
  sessions: Session[];
  /** Set `now`, and a replayed refresh token comes too late. */
  graceIsOver: { now: boolean };
} {
  const verified: string[] = [];
  const sessions: Session[] = [];
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
      async insert({ organizationName, ...account }) {
        if (accounts.some((other) => normalizedEmail(other.email) === normalizedEmail(account.email))) return null;
        const made = ada({
          ...account,
          id: crypto.randomUUID(),
          organization: { id: crypto.randomUUID(), name: organizationName ?? account.name },
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
    },
    sessions: {
      async open({ account, dialect, lives, device }) {
        const current = accounts.find(({ id }) => id === account.id);
        if (current?.status !== 'active' || current.passwordVersion !== account.passwordVersion) return null;
        const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
        const expiresAt = after(lives.absoluteTtlSeconds);
        const idleExpiresAt = lives.idleTtlSeconds === null ? expiresAt : after(lives.idleTtlSeconds);
        const times = { createdAt: NOW, renewedAt: NOW, idleExpiresAt, expiresAt };
        const session = { id: `session ${sessions.length + 1}`, accountId: account.id, dialect, generation: 1, ...times, ...device };
        sessions.push(session);
        return session;
      },
      findLive: async (id, accessTokenId) => (revoked.has(accessTokenId) ? null : live(id)),
      isLive: async (id, accessTokenId) => !revoked.has(accessTokenId) && live(id) !== null,
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
      endByOpaqueToken: async () => void sessions.pop(),
      revokeAccessToken: async (id) => void revoked.add(id),
    },
    revocations: { hasEnded: () => null },
    maintenance: { deleteExpired: async () => 0 },
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
      readRefreshToken(token, dialect) {
        const [, text = '{}'] = /^refresh (.*)$/.exec(token) ?? [];
        const claims = JSON.parse(text);
        return claims.dialect === dialect ? claims : null;
      },
      ownerOfAccessToken(token, dialect) {
        const { aud, sub } = JSON.parse(/^access (.*)$/.exec(token)?.[1] ?? '{}');
        return aud === dialect ? sub : null;
      },
      opaqueTokenHash: (token) => (token === 'opaque' ? Buffer.from('hash') : null),
      createOpaqueToken: () => ({ token: 'opaque', hash: Buffer.from('hash') }),
      deriveApiKey: ({ id, apiKeyVersion }) => `key/${id}/${apiKeyVersion}`,
      accountIdOfApiKey: (key) => (key.startsWith('key/') ? (key.split('/')[1] ?? null) : null),
      isApiKeyOf: (key, { id, apiKeyVersion }) => key === `key/${id}/${apiKeyVersion}`,
      publicKeys: () => [],
    },
    database: { ping: async () => {} },
  };
  return { ports, accounts, verified, sessions, graceIsOver };
}
