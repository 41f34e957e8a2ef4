DROP TRIGGER audit_events_await_seal ON audit_events;
DROP FUNCTION await_seal();
DROP TABLE audit_unsealed;
DROP TABLE audit_seals;
ALTER TABLE audit_events DROP COLUMN address_hash, DROP COLUMN reason, DROP COLUMN outcome;
