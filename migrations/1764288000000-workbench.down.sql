ALTER TABLE audit_events DROP COLUMN resource;
DROP TABLE encrypted_code;
DROP TABLE packages;
DROP TABLE secrets;
