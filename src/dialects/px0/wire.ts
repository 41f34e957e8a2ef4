import type {
  Px0ApiKey,
  Px0ApiKeyCreatedResponse,
  Px0LoginResponse,
  Px0Operation,
  Px0OrganizationWithRole,
  Px0Session,
  Px0User,
} from '../../../generated/client/types.gen.js';
import type { Account } from '../../core/account.js';
import type { ApiKey } from '../../core/api-key.js';
import type { SignedIn } from '../../core/open-session.js';
import type { ShownApiKey } from '../../core/own-api-keys.js';
import type { Session } from '../../core/session.js';

/** Who signed in, with the session's token and its end. */
export function toLoginResponse({ account, accessToken, accessExpiresAt }: SignedIn): Px0LoginResponse {
  return { token: accessToken, expires_at: accessExpiresAt.toISOString(), user: toUser(account) };
}

/** `is_admin` says no more than that the account owns its organisation. */
export function toUser(account: Account): Px0User {
  return {
    id: account.id,
    email: account.email,
    is_verified: account.emailVerified,
    is_admin: account.organizationRole === 'owner',
    created_at: account.createdAt.toISOString(),
  };
}

/** A session in a list. Its token is stored as a hash alone: there is nothing to show a part of. */
export function toSession(session: Session): Px0Session {
  return {
    id: session.id,
    user_id: session.accountId,
    token: 'sess_****',
    expires_at: session.expiresAt.toISOString(),
    created_at: session.createdAt.toISOString(),
  };
}

/** The organisation of an account, and what the account is in it. */
export function toOrganization({ organization, organizationRole }: Account): Px0OrganizationWithRole {
  return {
    id: organization.id,
    name: organization.name,
    role: organizationRole === 'owner' ? 'ADMIN' : 'MEMBER',
    created_at: organization.createdAt.toISOString(),
  };
}

/** A key without its secret. */
export function toApiKey(key: ApiKey): Px0ApiKey {
  return {
    id: key.id,
    name: key.name,
    org_id: key.organizationId,
    operation: operationOf(key),
    created_at: key.createdAt.toISOString(),
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}

/** A key with its secret, for this once. */
export function toCreatedKey({ apiKey, key }: ShownApiKey): Px0ApiKeyCreatedResponse {
  return { id: apiKey.id, name: apiKey.name, key, operation: operationOf(apiKey), created_at: apiKey.createdAt.toISOString() };
}

/** A key of this dialect has one scope, and it is one of the policy's. */
function operationOf({ scopes }: ApiKey): Px0Operation {
  return scopes[0] as Px0Operation;
}
