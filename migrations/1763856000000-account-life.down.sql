DROP TABLE audit_events;
DROP FUNCTION refuse_change;
DROP TABLE api_keys;
DROP TABLE outbox;
DROP TABLE codes;
ALTER TABLE sessions DROP COLUMN last_active_at, DROP COLUMN device_name;
ALTER TABLE accounts DROP COLUMN given_name, DROP COLUMN family_name;
