import type { Organization } from './account.js';

/** What an API key may do. Each dialect says which of its scopes gives which. */
export type Right = 'read account' | 'write account' | 'introspect tokens' | 'revoke tokens';

/** For operators' keys alone: they reach beyond one's own account. */
export const OPERATOR_RIGHTS: ReadonlySet<Right> = new Set<Right>(['introspect tokens', 'revoke tokens']);

/** A key that was made by somebody for a program of theirs. Acts as its account, within its scopes. */
export interface ApiKey {
  id: string;
  accountId: string;
  dialect: string;
  name: string;
  /** In the dialect's own words. */
  scopes: string[];
  organizationId: Organization['id'];
  createdAt: Date;
  /** To the minute. */
  lastUsedAt: Date | null;
  /** Null: it does not end by itself. */
  expiresAt: Date | null;
}

export interface NewApiKey {
  accountId: string;
  dialect: string;
  name: string;
  scopes: string[];
  expiresAt: Date | null;
  hash: Buffer;
}
