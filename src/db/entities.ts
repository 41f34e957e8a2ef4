import { EntitySchema } from 'typeorm';
import type { Account, Organization } from '../core/account.js';
import type { ApiKey } from '../core/api-key.js';
import type { AuditRecord } from '../core/audit.js';
import type { CodePurpose, StoredCode } from '../core/code.js';
import type { TakenMail } from '../core/mail.js';
import type { SealedKey } from '../core/ports.js';
import type { Session } from '../core/session.js';
import type { EncryptedCode } from '../workbench/encrypted-code.js';
import type { EncryptedCodeMetadata, OwnPackage, SecretMetadata, StoredSecret } from '../workbench/ports.js';

// The schema itself is made by `migrations/`; these only map it. A test compares the two.

type OrganizationRow = Organization & { personal: boolean };

export const OrganizationEntity = new EntitySchema<OrganizationRow>({
  name: 'Organization',
  tableName: 'organizations',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid', primaryKeyConstraintName: 'organizations_pkey' },
    name: { type: 'text' },
    personal: { type: 'boolean' },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
  },
  indices: [{ name: 'organizations_shared_name_key', columns: ['name'], unique: true, where: 'NOT personal' }],
});

export type AccountRow = Account & { normalizedEmail: string };

export const AccountEntity = new EntitySchema<AccountRow>({
  name: 'Account',
  tableName: 'accounts',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid', primaryKeyConstraintName: 'accounts_pkey' },
    email: { type: 'text' },
    normalizedEmail: { type: 'text', name: 'normalized_email' },
    name: { type: 'text' },
    givenName: { type: 'text', name: 'given_name', nullable: true },
    familyName: { type: 'text', name: 'family_name', nullable: true },
    organizationRole: { type: 'text', name: 'organization_role' },
    status: { type: 'text' },
    emailVerified: { type: 'boolean', name: 'email_verified' },
    demo: { type: 'boolean' },
    operator: { type: 'boolean' },
    passwordHash: { type: 'text', name: 'password_hash', nullable: true },
    passwordVersion: { type: 'integer', name: 'password_version', default: 1 },
    apiKeyVersion: { type: 'integer', name: 'api_key_version', default: 1 },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
  },
  relations: {
    organization: {
      type: 'many-to-one',
      target: 'Organization',
      nullable: false,
      joinColumn: { name: 'organization_id', foreignKeyConstraintName: 'accounts_organization_id_fkey' },
    },
  },
  uniques: [{ name: 'accounts_normalized_email_key', columns: ['normalizedEmail'] }],
  checks: [
    { name: 'accounts_organization_role_check', expression: "organization_role IN ('owner', 'admin', 'member')" },
    { name: 'accounts_status_check', expression: "status IN ('active', 'inactive', 'banned', 'deleted')" },
  ],
  indices: [{ name: 'accounts_organization_id_idx', columns: ['organization'] }],
});

type SessionRow = Session & { account: Account; opaqueTokenHash: Buffer | null };

export const SessionEntity = new EntitySchema<SessionRow>({
  name: 'Session',
  tableName: 'sessions',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid', primaryKeyConstraintName: 'sessions_pkey' },
    accountId: { type: 'uuid', name: 'account_id' },
    dialect: { type: 'text' },
    generation: { type: 'integer', default: 1 },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
    renewedAt: { type: 'timestamptz', name: 'renewed_at', default: () => 'now()' },
    idleExpiresAt: { type: 'timestamptz', name: 'idle_expires_at' },
    expiresAt: { type: 'timestamptz', name: 'expires_at' },
    lastActiveAt: { type: 'timestamptz', name: 'last_active_at', default: () => 'now()' },
    userAgent: { type: 'text', name: 'user_agent', nullable: true },
    ipAddress: { type: 'text', name: 'ip_address', nullable: true },
    deviceName: { type: 'text', name: 'device_name', nullable: true },
    opaqueTokenHash: { type: 'bytea', name: 'opaque_token_hash', nullable: true, select: false },
  },
  relations: {
    account: {
      type: 'many-to-one',
      target: 'Account',
      nullable: false,
      onDelete: 'CASCADE',
      joinColumn: { name: 'account_id', foreignKeyConstraintName: 'sessions_account_id_fkey' },
    },
  },
  uniques: [{ name: 'sessions_opaque_token_hash_key', columns: ['opaqueTokenHash'] }],
  indices: [
    { name: 'sessions_account_id_idx', columns: ['accountId'] },
    { name: 'sessions_idle_expires_at_idx', columns: ['idleExpiresAt'] },
  ],
});

export const KeyEntity = new EntitySchema<SealedKey & { createdAt: Date; activeFrom: Date }>({
  name: 'Key',
  tableName: 'keys',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'keys_pkey' },
    purpose: { type: 'text' },
    sealed: { type: 'bytea' },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
    activeFrom: { type: 'timestamptz', name: 'active_from', default: () => 'now()' },
  },
});

export const RevocationEntity = new EntitySchema<{ kind: 'session' | 'token'; id: string; until: Date }>({
  name: 'Revocation',
  tableName: 'revocations',
  columns: {
    kind: { type: 'text', primary: true, primaryKeyConstraintName: 'revocations_pkey' },
    id: { type: 'text', primary: true, primaryKeyConstraintName: 'revocations_pkey' },
    until: { type: 'timestamptz' },
  },
  checks: [{ name: 'revocations_kind_check', expression: "kind IN ('session', 'token')" }],
  indices: [{ name: 'revocations_until_idx', columns: ['until'] }],
});

/** A code with what only the database looks at. */
export interface CodeRow extends StoredCode {
  purpose: CodePurpose;
  hash: Buffer;
  guesses: number | null;
  createdAt: Date;
  expiresAt: Date;
}

export const CodeEntity = new EntitySchema<CodeRow>({
  name: 'Code',
  tableName: 'codes',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid', primaryKeyConstraintName: 'codes_pkey' },
    accountId: { type: 'uuid', name: 'account_id' },
    purpose: { type: 'text' },
    email: { type: 'text' },
    hash: { type: 'bytea' },
    guesses: { type: 'integer', nullable: true },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
    expiresAt: { type: 'timestamptz', name: 'expires_at' },
  },
  foreignKeys: [ofAccount('codes_account_id_fkey')],
  uniques: [
    { name: 'codes_hash_key', columns: ['hash'] },
    { name: 'codes_account_id_purpose_key', columns: ['accountId', 'purpose'] },
  ],
  checks: [{ name: 'codes_purpose_check', expression: "purpose IN ('email verification', 'password reset', 'activation')" }],
  indices: [{ name: 'codes_expires_at_idx', columns: ['expiresAt'] }],
});

export const OutboxEntity = new EntitySchema<TakenMail & { nextAttemptAt: Date; expiresAt: Date }>({
  name: 'OutboxMail',
  tableName: 'outbox',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'outbox_pkey' },
    sealed: { type: 'bytea' },
    attempts: { type: 'integer', default: 0 },
    nextAttemptAt: { type: 'timestamptz', name: 'next_attempt_at', default: () => 'now()' },
    expiresAt: { type: 'timestamptz', name: 'expires_at' },
  },
  indices: [{ name: 'outbox_next_attempt_at_idx', columns: ['nextAttemptAt'] }],
});

export type ApiKeyRow = Omit<ApiKey, 'organizationId'> & { hash: Buffer };

export const ApiKeyEntity = new EntitySchema<ApiKeyRow>({
  name: 'ApiKey',
  tableName: 'api_keys',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid', primaryKeyConstraintName: 'api_keys_pkey' },
    accountId: { type: 'uuid', name: 'account_id' },
    dialect: { type: 'text' },
    name: { type: 'text' },
    scopes: { type: 'text', array: true },
    hash: { type: 'bytea', select: false },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
    lastUsedAt: { type: 'timestamptz', name: 'last_used_at', nullable: true },
    expiresAt: { type: 'timestamptz', name: 'expires_at', nullable: true },
  },
  foreignKeys: [ofAccount('api_keys_account_id_fkey')],
  uniques: [{ name: 'api_keys_hash_key', columns: ['hash'] }],
  indices: [{ name: 'api_keys_account_id_idx', columns: ['accountId'] }],
});

export const AuditEntity = new EntitySchema<AuditRecord>({
  name: 'AuditEvent',
  tableName: 'audit_events',
  columns: {
    id: {
      type: 'bigint',
      primary: true,
      generated: 'increment',
      primaryKeyConstraintName: 'audit_events_pkey',
    },
    at: { type: 'timestamptz', default: () => 'now()' },
    action: { type: 'text' },
    outcome: { type: 'text', default: 'success' },
    reason: { type: 'text', nullable: true },
    accountId: { type: 'uuid', name: 'account_id', nullable: true },
    actorId: { type: 'uuid', name: 'actor_id', nullable: true },
    addressHash: { type: 'bytea', name: 'address_hash', nullable: true },
    dialect: { type: 'text' },
    ipAddress: { type: 'text', name: 'ip_address', nullable: true },
    requestId: { type: 'text', name: 'request_id', nullable: true },
    resource: { type: 'text', nullable: true },
  },
  checks: [{ name: 'audit_events_outcome_check', expression: "outcome IN ('success', 'failure')" }],
  indices: [{ name: 'audit_events_account_id_idx', columns: ['accountId', 'id'] }],
});

export const AuditSealEntity = new EntitySchema<{ position: string; eventId: string; mac: Buffer; keyId: string }>({
  name: 'AuditSeal',
  tableName: 'audit_seals',
  columns: {
    position: { type: 'bigint', primary: true, primaryKeyConstraintName: 'audit_seals_pkey' },
    eventId: { type: 'bigint', name: 'event_id' },
    mac: { type: 'bytea' },
    keyId: { type: 'uuid', name: 'key_id' },
  },
  uniques: [{ name: 'audit_seals_event_id_key', columns: ['eventId'] }],
});

export const AuditUnsealedEntity = new EntitySchema<{ eventId: string }>({
  name: 'AuditUnsealed',
  tableName: 'audit_unsealed',
  columns: { eventId: { type: 'bigint', name: 'event_id', primary: true, primaryKeyConstraintName: 'audit_unsealed_pkey' } },
});

export type SecretRow = StoredSecret & SecretMetadata;

export const SecretEntity = new EntitySchema<SecretRow>({
  name: 'Secret',
  tableName: 'secrets',
  columns: {
    ...namedByAccount('secrets_pkey'),
    description: { type: 'text', nullable: true },
    keyId: { type: 'uuid', name: 'key_id' },
    dataKey: { type: 'bytea', name: 'data_key' },
    sealed: { type: 'bytea' },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
    updatedAt: { type: 'timestamptz', name: 'updated_at', default: () => 'now()' },
  },
  foreignKeys: [
    ofAccount('secrets_account_id_fkey'),
    { name: 'secrets_key_id_fkey', target: 'Key', columnNames: ['keyId'], referencedColumnNames: ['id'] },
  ],
  checks: [
    { name: 'secrets_name_check', expression: "name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'" },
    { name: 'secrets_description_check', expression: 'char_length(description) <= 1024' },
    { name: 'secrets_data_key_check', expression: 'octet_length(data_key) = 60' },
    { name: 'secrets_sealed_check', expression: 'octet_length(sealed) BETWEEN 29 AND 262172' },
  ],
  indices: [{ name: 'secrets_key_id_idx', columns: ['keyId'] }],
});

export const PackageEntity = new EntitySchema<OwnPackage & { accountId: string }>({
  name: 'Package',
  tableName: 'packages',
  columns: {
    ...namedByAccount('packages_pkey'),
    version: { type: 'text' },
    filename: { type: 'text' },
    url: { type: 'text' },
    sha256: { type: 'text' },
    sizeBytes: { type: 'integer', name: 'size_bytes' },
    addedAt: { type: 'timestamptz', name: 'added_at', default: () => 'now()' },
  },
  foreignKeys: [ofAccount('packages_account_id_fkey')],
  checks: [
    { name: 'packages_name_check', expression: "name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(name) <= 128" },
    { name: 'packages_sha256_check', expression: "sha256 ~ '^[0-9a-f]{64}$'" },
    { name: 'packages_size_bytes_check', expression: 'size_bytes > 0' },
  ],
});

export const EncryptedCodeEntity = new EntitySchema<EncryptedCodeMetadata & { accountId: string; payload: EncryptedCode }>({
  name: 'EncryptedCode',
  tableName: 'encrypted_code',
  columns: {
    ...namedByAccount('encrypted_code_pkey'),
    payload: { type: 'jsonb' },
    language: { type: 'text' },
    sizeBytes: { type: 'integer', name: 'size_bytes' },
    createdAt: { type: 'timestamptz', name: 'created_at', default: () => 'now()' },
    updatedAt: { type: 'timestamptz', name: 'updated_at', default: () => 'now()' },
  },
  foreignKeys: [ofAccount('encrypted_code_account_id_fkey')],
  checks: [
    { name: 'encrypted_code_name_check', expression: "name !~ '[[:cntrl:]]' AND char_length(name) BETWEEN 1 AND 128" },
    { name: 'encrypted_code_language_check', expression: "language IN ('python', 'javascript')" },
    { name: 'encrypted_code_size_bytes_check', expression: 'size_bytes BETWEEN 0 AND 524272' },
  ],
});

export const ENTITIES = [
  OrganizationEntity,
  AccountEntity,
  SessionEntity,
  KeyEntity,
  RevocationEntity,
  CodeEntity,
  OutboxEntity,
  ApiKeyEntity,
  AuditEntity,
  AuditSealEntity,
  AuditUnsealedEntity,
  SecretEntity,
  PackageEntity,
  EncryptedCodeEntity,
];

function ofAccount(name: string) {
  return { name, target: 'Account', columnNames: ['accountId'], referencedColumnNames: ['id'], onDelete: 'CASCADE' as const };
}

/** The key of what an account has under a name. */
function namedByAccount(primaryKeyConstraintName: string) {
  return {
    accountId: { type: 'uuid' as const, name: 'account_id', primary: true as const, primaryKeyConstraintName },
    name: { type: 'text' as const, primary: true as const, primaryKeyConstraintName },
  };
}
