-- What every process hears of at once, so that the check of a signed access token needs no query: each ended session, and each
-- access token that was revoked by itself. An ended account is its ended sessions: each is a row that is deleted.

ALTER TABLE revocations DROP CONSTRAINT revocations_kind_check;
ALTER TABLE revocations ADD CONSTRAINT revocations_kind_check CHECK (kind IN ('session', 'token'));

-- Whoever deletes a session, by whichever statement or foreign key: its access tokens are known to be over for as long as one of them
-- could still look good. 24 hours is the longest life of an access token; the minute is for clocks that differ.
CREATE FUNCTION revoke_ended_session() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last_token_ends timestamptz := LEAST(OLD.idle_expires_at, OLD.expires_at, OLD.renewed_at + interval '24 hours') + interval '1 minute';
BEGIN
  IF last_token_ends > now() THEN
    INSERT INTO revocations (kind, id, until) VALUES ('session', OLD.id::text, last_token_ends) ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

-- Not for opaque tokens: those are looked up by their session's row anyway.
CREATE TRIGGER sessions_revoke AFTER DELETE ON sessions
  FOR EACH ROW WHEN (OLD.opaque_token_hash IS NULL) EXECUTE FUNCTION revoke_ended_session();

-- An account that is not active has no sessions, whoever changed its status: a token's check does not read the account.
CREATE FUNCTION end_sessions_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM sessions WHERE account_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_end_sessions AFTER UPDATE OF status ON accounts
  FOR EACH ROW WHEN (NEW.status <> 'active') EXECUTE FUNCTION end_sessions_of_account();

-- In the same transaction: who listens hears of it when it is committed, in the order of the commits, and of nothing that is taken back.
CREATE FUNCTION tell_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('latchkey_revocations', json_build_array(NEW.kind, NEW.id, ceil(extract(epoch FROM NEW.until) * 1000))::text);
  RETURN NULL;
END $$;
CREATE TRIGGER revocations_tell AFTER INSERT ON revocations FOR EACH ROW EXECUTE FUNCTION tell_revocation();

-- Of sessions that ended before, nothing tells any more, and their access tokens would look good once checks make no query: they go with
-- the keys that signed them. New ones are made at the next start; refresh tokens stay good.
DELETE FROM keys WHERE purpose = 'access-token';
