-- Both outcomes of every attempt; and seals, which bind each row of the trail to its place and to all rows before it.

ALTER TABLE audit_events
  ADD COLUMN outcome text NOT NULL DEFAULT 'success' CONSTRAINT audit_events_outcome_check CHECK (outcome IN ('success', 'failure')),
  -- why it was refused
  ADD COLUMN reason text,
  -- a keyed hash of the address that was tried
  ADD COLUMN address_hash bytea;

-- The chain: each MAC is over the one before, the position and the row.
CREATE TABLE audit_seals (
  position bigint CONSTRAINT audit_seals_pkey PRIMARY KEY,
  event_id bigint NOT NULL CONSTRAINT audit_seals_event_id_key UNIQUE,
  mac bytea NOT NULL,
  key_id uuid NOT NULL
);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Rows that wait for their seal: it comes in another transaction, as two that seal would have to wait for each other. A queue and not a
-- mark of how far the sealing has come: rows are seen in the order of the commits, which is not that of their ids.
CREATE TABLE audit_unsealed (
  event_id bigint CONSTRAINT audit_unsealed_pkey PRIMARY KEY
);
INSERT INTO audit_unsealed (event_id) SELECT id FROM audit_events;

CREATE FUNCTION await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_unsealed (event_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER audit_events_await_seal AFTER INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION await_seal();
