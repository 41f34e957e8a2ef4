-- Accounts, their organisations, their sessions, and the working keys.

CREATE TABLE organizations (
  id uuid CONSTRAINT organizations_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  -- made for one account, not to be joined by its name
  personal boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX organizations_shared_name_key ON organizations (name) WHERE NOT personal;

CREATE TABLE accounts (
  id uuid CONSTRAINT accounts_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL,
  -- the address without regard to letter case: what makes two addresses the same one
  normalized_email text NOT NULL CONSTRAINT accounts_normalized_email_key UNIQUE,
  name text NOT NULL,
  organization_id uuid NOT NULL CONSTRAINT accounts_organization_id_fkey REFERENCES organizations (id),
  organization_role text NOT NULL CONSTRAINT accounts_organization_role_check CHECK (organization_role IN ('owner', 'admin', 'member')),
  status text NOT NULL CONSTRAINT accounts_status_check CHECK (status IN ('active', 'inactive', 'banned', 'deleted')),
  email_verified boolean NOT NULL,
  demo boolean NOT NULL,
  operator boolean NOT NULL,
  password_hash text,
  password_version integer NOT NULL DEFAULT 1,
  api_key_version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX accounts_organization_id_idx ON accounts (organization_id);

-- One row for each login; a refresh changes it.
CREATE TABLE sessions (
  id uuid CONSTRAINT sessions_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
  account_id uuid NOT NULL CONSTRAINT sessions_account_id_fkey REFERENCES accounts (id) ON DELETE CASCADE,
  dialect text NOT NULL,
  generation integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  renewed_at timestamptz NOT NULL DEFAULT now(),
  idle_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  user_agent text,
  ip_address text,
  -- SHA-256 of the token, where the dialect's tokens are opaque
  opaque_token_hash bytea CONSTRAINT sessions_opaque_token_hash_key UNIQUE
);
CREATE INDEX sessions_account_id_idx ON sessions (account_id);

-- Working keys, each sealed with a key that comes from the master secret.
CREATE TABLE keys (
  id uuid CONSTRAINT keys_pkey PRIMARY KEY,
  purpose text NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
