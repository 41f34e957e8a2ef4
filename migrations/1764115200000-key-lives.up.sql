-- When a working key is the one that makes new tokens, hashes and seals: of each purpose, the newest whose time has come.
ALTER TABLE keys ADD COLUMN active_from timestamptz NOT NULL DEFAULT now();
UPDATE keys SET active_from = created_at;
