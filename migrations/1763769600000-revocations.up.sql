-- What ended before its time and must not be taken any more: single access tokens, by their `jti`. An ended session is a row that is gone.
-- Kept until the token would have ended by itself; without a foreign key, so that deleting an account loses none.
CREATE TABLE revocations (
  kind text NOT NULL CONSTRAINT revocations_kind_check CHECK (kind IN ('token')),
  id text NOT NULL,
  until timestamptz NOT NULL,
  CONSTRAINT revocations_pkey PRIMARY KEY (kind, id)
);

-- What has ended is found by its end, to be deleted.
CREATE INDEX revocations_until_idx ON revocations (until);
CREATE INDEX sessions_idle_expires_at_idx ON sessions (idle_expires_at);
