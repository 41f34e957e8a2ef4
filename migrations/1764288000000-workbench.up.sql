-- What an account keeps for its programs: secrets, the packages that they import, encrypted code; and what of it a record is about.

-- Each value lies under a data key of its own, and that one under a working key, which cannot be deleted as long as it is needed.
CREATE TABLE secrets (
  account_id uuid NOT NULL CONSTRAINT secrets_account_id_fkey REFERENCES accounts (id) ON DELETE CASCADE,
  -- that of an environment variable
  name text NOT NULL CONSTRAINT secrets_name_check CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'),
  description text CONSTRAINT secrets_description_check CHECK (char_length(description) <= 1024),
  key_id uuid NOT NULL CONSTRAINT secrets_key_id_fkey REFERENCES keys (id),
  -- nonce, 32 bytes, tag
  data_key bytea NOT NULL CONSTRAINT secrets_data_key_check CHECK (octet_length(data_key) = 60),
  -- nonce, 1 to 65536 characters of UTF-8, tag
  sealed bytea NOT NULL CONSTRAINT secrets_sealed_check CHECK (octet_length(sealed) BETWEEN 29 AND 262172),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT secrets_pkey PRIMARY KEY (account_id, name)
);
CREATE INDEX secrets_key_id_idx ON secrets (key_id);

-- Python packages, each locked to one file.
CREATE TABLE packages (
  account_id uuid NOT NULL CONSTRAINT packages_account_id_fkey REFERENCES accounts (id) ON DELETE CASCADE,
  -- normalised
  name text NOT NULL CONSTRAINT packages_name_check CHECK (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(name) <= 128),
  version text NOT NULL,
  filename text NOT NULL,
  url text NOT NULL,
  sha256 text NOT NULL CONSTRAINT packages_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes integer NOT NULL CONSTRAINT packages_size_bytes_check CHECK (size_bytes > 0),
  added_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT packages_pkey PRIMARY KEY (account_id, name)
);

-- Programs that their owners have encrypted; nothing here opens them.
CREATE TABLE encrypted_code (
  account_id uuid NOT NULL CONSTRAINT encrypted_code_account_id_fkey REFERENCES accounts (id) ON DELETE CASCADE,
  name text NOT NULL CONSTRAINT encrypted_code_name_check CHECK (name !~ '[[:cntrl:]]' AND char_length(name) BETWEEN 1 AND 128),
  payload jsonb NOT NULL,
  language text NOT NULL CONSTRAINT encrypted_code_language_check CHECK (language IN ('python', 'javascript')),
  -- of the source; its tag of 16 bytes comes on top
  size_bytes integer NOT NULL CONSTRAINT encrypted_code_size_bytes_check CHECK (size_bytes BETWEEN 0 AND 524272),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT encrypted_code_pkey PRIMARY KEY (account_id, name)
);

-- What of the account's things it is about: the name of a secret, a package or a program, or an execution's id.
ALTER TABLE audit_events ADD COLUMN resource text;
