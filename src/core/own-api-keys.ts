import type { Account } from './account.js';
import { OPERATOR_RIGHTS, type ApiKey } from './api-key.js';
import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { parseEmailAddress } from './email-address.js';
import { changeOwnAccount, findOwnAccount, type Want } from './find-own-account.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { Page, SessionCursor, StoredPorts } from './ports.js';

const WANT: Want = { right: 'write account', session: true };

/** A key that is to be made. */
export interface ApiKeyRequest {
  name: string;
  scopes: string[];
  expiresAt?: Date | null;
}

/** A key, shown this once. */
export interface ShownApiKey {
  apiKey: ApiKey;
  key: string;
}

/**
 * Makes an API key for a program of one's own.
 *
 * @returns the key, for this once; or `unknown_scope`, `forbidden` (the scope is for operators), and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function createApiKey(context: Context, principal: Principal, request: ApiKeyRequest): Promise<Outcome<ShownApiKey>> {
  const { ports, dialect, policy } = context;
  return changeOwnAccount(context, principal, WANT, async ({ id: accountId, operator }, stored) => {
    const fault = scopeRefusal(context, request.scopes, operator);
    if (fault) return refuse(fault);
    const { key, hash } = ports.tokens.createStoredApiKey(policy.apiKeys?.prefix ?? '');
    const { name, scopes, expiresAt = null } = request;
    const apiKey = await stored.apiKeys.insert({ accountId, dialect, name, scopes, expiresAt, hash });
    await record(context, { action: 'api_key.created', accountId }, stored);
    return done({ apiKey, key });
  });
}

function scopeRefusal({ policy }: Context, scopes: string[], operator: boolean): 'unknown_scope' | 'forbidden' | null {
  const granted = scopes.map((scope) => policy.apiKeys?.scopes[scope]);
  if (granted.includes(undefined)) return 'unknown_scope';
  const reachesOut = granted.flat().some((right) => right && OPERATOR_RIGHTS.has(right));
  return reachesOut && !operator ? 'forbidden' : null;
}

/**
 * One's own API keys of the dialect, newest first, without their secrets.
 *
 * @returns the keys; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function listApiKeys(context: Context, principal: Principal, page: Page<SessionCursor>): Promise<Outcome<ApiKey[]>> {
  const own = await findOwnAccount(context, principal, { session: true });
  return own.ok ? done(await context.ports.apiKeys.list(own.value.id, context.dialect, page)) : own;
}

/**
 * Changes one of one's own keys, and leaves its secret as it is.
 *
 * @returns the key as it is now; or `api_key_not_found`, `unknown_scope`, `forbidden`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function changeApiKey(
  context: Context,
  principal: Principal,
  id: string,
  changes: { name?: string; scopes?: string[] },
): Promise<Outcome<ApiKey>> {
  return changeOwnApiKey(context, principal, id, async (_apiKey, stored, { operator }) => {
    const fault = scopeRefusal(context, changes.scopes ?? [], operator);
    return fault ? refuse(fault) : updateApiKey(context, id, changes, stored);
  });
}

/**
 * Gives one of one's own keys another secret; the old one is good for nothing any more.
 *
 * @returns the key, for this once; or `api_key_not_found`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function regenerateApiKey(context: Context, principal: Principal, id: string): Promise<Outcome<ShownApiKey>> {
  return changeOwnApiKey(context, principal, id, async (_apiKey, stored) => {
    const { key, hash } = context.ports.tokens.createStoredApiKey(context.policy.apiKeys?.prefix ?? '');
    const updated = await updateApiKey(context, id, { hash }, stored);
    return updated.ok ? done({ apiKey: updated.value, key }) : updated;
  });
}

/**
 * Deletes one of one's own keys.
 *
 * @returns nothing; or `api_key_not_found`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function deleteApiKey(context: Context, principal: Principal, id: string): Promise<Outcome<null>> {
  return changeOwnApiKey(context, principal, id, async ({ accountId }, stored) => {
    if (!(await stored.apiKeys.delete(id))) return refuse('api_key_not_found');
    await record(context, { action: 'api_key.deleted', accountId }, stored);
    return done(null);
  });
}

/**
 * Makes one's derived API key good for nothing, and tells the one that comes after it.
 *
 * @returns the new key; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function rotateDerivedApiKey(context: Context, principal: Principal): Promise<Outcome<string>> {
  return changeOwnAccount(context, principal, WANT, async ({ id, apiKeyVersion }, stored) => {
    await stored.accounts.revokeDerivedApiKey(id);
    await record(context, { action: 'api_key.changed', accountId: id }, stored);
    return done(context.ports.tokens.deriveApiKey({ id, apiKeyVersion: apiKeyVersion + 1 }));
  });
}

/**
 * Makes the derived API key of an account good for nothing, for who is at the command line.
 *
 * @returns the account; or `unknown_account`.
 * @throws when a port does.
 */
export async function revokeApiKeyByEmail(context: Context, email: string): Promise<Outcome<Account>> {
  const address = parseEmailAddress(email);
  const account = address && (await context.ports.accounts.findByEmail(address));
  if (!account) return refuse('unknown_account');
  return context.ports.atomically(async (stored) => {
    await stored.accounts.revokeDerivedApiKey(account.id);
    await record(context, { action: 'api_key.changed', accountId: account.id }, stored);
    return done(account);
  });
}

/** Changes one of one's own keys of the dialect: one that is there, and is not somebody else's. */
function changeOwnApiKey<T>(
  context: Context,
  principal: Principal,
  id: string,
  change: (apiKey: ApiKey, stored: StoredPorts, account: Account) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  return changeOwnAccount(context, principal, WANT, async (account, stored) => {
    const apiKey = await stored.apiKeys.findOwn(id, account.id, context.dialect);
    return apiKey ? change(apiKey, stored, account) : refuse('api_key_not_found');
  });
}

async function updateApiKey(
  context: Context,
  id: string,
  changes: { name?: string; scopes?: string[]; hash?: Buffer },
  stored: StoredPorts,
): Promise<Outcome<ApiKey>> {
  const apiKey = await stored.apiKeys.update(id, changes);
  if (!apiKey) return refuse('api_key_not_found');
  await record(context, { action: 'api_key.changed', accountId: apiKey.accountId }, stored);
  return done(apiKey);
}
