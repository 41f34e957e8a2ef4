import type {
  LatchkeyAccount,
  LatchkeyAccountRecord,
  LatchkeyApiKey,
  LatchkeyAuditRecord,
  LatchkeyIntrospection,
  LatchkeyJsonWebKeySet,
  LatchkeyMembership,
  LatchkeyScope,
  LatchkeySession,
  LatchkeyShownApiKey,
  LatchkeySignedIn,
} from '../../../generated/client/types.gen.js';
import type { Account } from '../../core/account.js';
import type { ApiKey } from '../../core/api-key.js';
import type { AuditRecord } from '../../core/audit.js';
import type { LiveToken } from '../../core/inspect-token.js';
import type { SignedIn } from '../../core/open-session.js';
import type { ShownApiKey } from '../../core/own-api-keys.js';
import type { PublicJwk } from '../../core/ports.js';
import { unixSeconds, type Session } from '../../core/session.js';

/** A JSON Web Key Set. @see RFC 7517, section 5 */
export function toJsonWebKeySet(keys: PublicJwk[]): LatchkeyJsonWebKeySet {
  return { keys };
}

/** Both tokens with their ends, and whose they are. */
export function toSignedIn({ account, session, accessToken, accessExpiresAt, refreshToken }: SignedIn): LatchkeySignedIn {
  return {
    accessToken,
    accessTokenExpiresAt: wholeSeconds(accessExpiresAt),
    refreshToken,
    refreshTokenExpiresAt: wholeSeconds(endOf(session)),
    tokenType: 'Bearer',
    session: { id: session.id },
    account: toAccount(account),
  };
}

/** An account, as its owner sees it. */
export function toAccount(account: Account): LatchkeyAccount {
  const { id, email, emailVerified, name, operator, createdAt } = account;
  return { id, email, emailVerified, name, operator, organization: toMembership(account), createdAt: createdAt.toISOString() };
}

/** The account's organisation, and what it is in it. */
export function toMembership({ organization, organizationRole }: Account): LatchkeyMembership {
  return { id: organization.id, name: organization.name, role: organizationRole };
}

/** An account, as operators see it. */
export function toAccountRecord(account: Account): LatchkeyAccountRecord {
  return { ...toAccount(account), status: account.status, hasPassword: account.passwordHash !== null };
}

/** A session in the list of who asks by the session of that id. */
export function toSession(session: Session, currentId: string | undefined): LatchkeySession {
  const { id, dialect, deviceName, userAgent, ipAddress, createdAt, lastActiveAt } = session;
  return {
    id,
    dialect,
    deviceName,
    userAgent,
    ipAddress,
    createdAt: createdAt.toISOString(),
    lastActiveAt: lastActiveAt.toISOString(),
    expiresAt: endOf(session).toISOString(),
    current: id === currentId,
  };
}

/** A key without its secret. */
export function toApiKey({ id, name, scopes, createdAt, lastUsedAt, expiresAt }: ApiKey): LatchkeyApiKey {
  return {
    id,
    name,
    scopes: scopes as LatchkeyScope[], // the contract lets no others in
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
  };
}

/** A key with its secret. */
export function toShownApiKey({ apiKey, key }: ShownApiKey): LatchkeyShownApiKey {
  return { apiKey: toApiKey(apiKey), key };
}

/** A record of the audit trail. */
export function toAuditRecord(record: AuditRecord): LatchkeyAuditRecord {
  const { id, action, outcome, reason, accountId, actorId, dialect, ipAddress, requestId } = record;
  const addressHash = record.addressHash?.toString('hex') ?? null;
  return { id, at: record.at.toISOString(), action, outcome, reason, accountId, actorId, addressHash, dialect, ipAddress, requestId };
}

/** What there is to say of a token; of one that is not good, nothing else than that. @see RFC 7662, section 2.2 */
export function toIntrospection(token: LiveToken | null, issuer: string): LatchkeyIntrospection {
  if (!token) return { active: false };
  const { accountId: sub, dialect: aud, tokenId, sessionId: sid, issuedAt: iat, expiresAt: exp } = token;
  return { active: true, sub, aud, iss: issuer, iat, exp, sid, ...(tokenId !== null && { jti: tokenId }), token_type: 'Bearer' };
}

/** When a session ends unless it is refreshed before. */
function endOf({ idleExpiresAt, expiresAt }: Session): Date {
  return idleExpiresAt < expiresAt ? idleExpiresAt : expiresAt;
}

/** As the tokens themselves have it: nobody is to count on the rest of a second. */
function wholeSeconds(time: Date): string {
  return new Date(unixSeconds(time) * 1000).toISOString();
}
