-- Codes that go out by mail, the mails themselves, API keys that people make, and the record of what happened.

ALTER TABLE accounts ADD COLUMN given_name text, ADD COLUMN family_name text;

ALTER TABLE sessions
  ADD COLUMN last_active_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN device_name text;

CREATE TABLE codes (
  id uuid CONSTRAINT codes_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
  account_id uuid NOT NULL CONSTRAINT codes_account_id_fkey REFERENCES accounts (id) ON DELETE CASCADE,
  purpose text NOT NULL CONSTRAINT codes_purpose_check CHECK (purpose IN ('email verification', 'password reset', 'activation')),
  -- the normalised address that it went to
  email text NOT NULL,
  -- SHA-256 of a mailed token, a keyed hash of typed digits
  hash bytea NOT NULL CONSTRAINT codes_hash_key UNIQUE,
  -- how many more may be made at typed digits; null: a mailed token
  guesses integer,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  CONSTRAINT codes_account_id_purpose_key UNIQUE (account_id, purpose)
);
CREATE INDEX codes_expires_at_idx ON codes (expires_at);

-- Mails that wait to be delivered, each sealed with the outbox key.
CREATE TABLE outbox (
  id uuid CONSTRAINT outbox_pkey PRIMARY KEY,
  sealed bytea NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX outbox_next_attempt_at_idx ON outbox (next_attempt_at);

CREATE TABLE api_keys (
  id uuid CONSTRAINT api_keys_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
  account_id uuid NOT NULL CONSTRAINT api_keys_account_id_fkey REFERENCES accounts (id) ON DELETE CASCADE,
  dialect text NOT NULL,
  name text NOT NULL,
  scopes text[] NOT NULL,
  -- SHA-256 of the key
  hash bytea NOT NULL CONSTRAINT api_keys_hash_key UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  expires_at timestamptz
);
CREATE INDEX api_keys_account_id_idx ON api_keys (account_id);

-- What happened, to whom, by whom, from where: ids alone, and without foreign keys, so that it outlives the account.
CREATE TABLE audit_events (
  id bigserial CONSTRAINT audit_events_pkey PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  action text NOT NULL,
  account_id uuid,
  actor_id uuid,
  dialect text NOT NULL,
  ip_address text,
  request_id text
);
CREATE INDEX audit_events_account_id_idx ON audit_events (account_id, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail cannot be changed';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
