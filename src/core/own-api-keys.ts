import type { Account } from './account.js';
import { OPERATOR_RIGHTS, type ApiKey } from './api-key.js';
import type { Principal } from './authenticate.js';
import { record, type Context } from './context.js';
import { parseEmailAddress } from './email-address.js';
import { findOwnAccount } from './find-own-account.js';
import { done, refuse, type Outcome } from './outcome.js';
import type { Page, SessionCursor } from './ports.js';

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
  const { ports, dialect } = context;
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  const fault = scopeRefusal(context, request.scopes, own.value.operator);
  if (fault) return refuse(fault);
  const { key, hash } = ports.tokens.createStoredApiKey(context.policy.apiKeys?.prefix ?? '');
  const { name, scopes, expiresAt = null } = request;
  const apiKey = await ports.apiKeys.insert({ accountId: own.value.id, dialect, name, scopes, expiresAt, hash });
  await record(context, { action: 'api_key.created', accountId: own.value.id });
  return done({ apiKey, key });
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
  const found = await findOwnApiKey(context, principal, id, changes.scopes);
  return found.ok ? updateApiKey(context, found.value, changes) : found;
}

/**
 * Gives one of one's own keys another secret; the old one is good for nothing any more.
 *
 * @returns the key, for this once; or `api_key_not_found`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function regenerateApiKey(context: Context, principal: Principal, id: string): Promise<Outcome<ShownApiKey>> {
  const found = await findOwnApiKey(context, principal, id);
  if (!found.ok) return found;
  const { key, hash } = context.ports.tokens.createStoredApiKey(context.policy.apiKeys?.prefix ?? '');
  const updated = await updateApiKey(context, found.value, { hash });
  return updated.ok ? done({ apiKey: updated.value, key }) : updated;
}

/**
 * Deletes one of one's own keys.
 *
 * @returns nothing; or `api_key_not_found`, and what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function deleteApiKey(context: Context, principal: Principal, id: string): Promise<Outcome<null>> {
  const found = await findOwnApiKey(context, principal, id);
  if (!found.ok) return found;
  if (!(await context.ports.apiKeys.delete(id))) return refuse('api_key_not_found');
  await record(context, { action: 'api_key.deleted', accountId: found.value.accountId });
  return done(null);
}

/**
 * Makes one's derived API key good for nothing, and tells the one that comes after it.
 *
 * @returns the new key; or what `findOwnAccount` refuses.
 * @throws when a port does.
 */
export async function rotateDerivedApiKey(context: Context, principal: Principal): Promise<Outcome<string>> {
  const { ports } = context;
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  await ports.accounts.revokeDerivedApiKey(own.value.id);
  await record(context, { action: 'api_key.changed', accountId: own.value.id });
  const account = await ports.accounts.findById(own.value.id);
  return account ? done(ports.tokens.deriveApiKey(account)) : refuse('unauthorized');
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
  await context.ports.accounts.revokeDerivedApiKey(account.id);
  await record(context, { action: 'api_key.changed', accountId: account.id });
  return done(account);
}

async function findOwnApiKey(context: Context, principal: Principal, id: string, scopes: string[] = []): Promise<Outcome<ApiKey>> {
  const own = await findOwnAccount(context, principal, { right: 'write account', session: true });
  if (!own.ok) return own;
  const fault = scopeRefusal(context, scopes, own.value.operator);
  if (fault) return refuse(fault);
  const apiKey = await context.ports.apiKeys.findOwn(id, own.value.id, context.dialect);
  return apiKey ? done(apiKey) : refuse('api_key_not_found');
}

async function updateApiKey(
  context: Context,
  { id, accountId }: ApiKey,
  changes: { name?: string; scopes?: string[]; hash?: Buffer },
): Promise<Outcome<ApiKey>> {
  const apiKey = await context.ports.apiKeys.update(id, changes);
  if (!apiKey) return refuse('api_key_not_found');
  await record(context, { action: 'api_key.changed', accountId });
  return done(apiKey);
}
