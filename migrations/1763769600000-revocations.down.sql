DROP INDEX sessions_idle_expires_at_idx;
DROP TABLE revocations;
