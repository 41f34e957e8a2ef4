DROP TRIGGER revocations_tell ON revocations;
DROP FUNCTION tell_revocation();
DROP TRIGGER accounts_end_sessions ON accounts;
DROP FUNCTION end_sessions_of_account();
DROP TRIGGER sessions_revoke ON sessions;
DROP FUNCTION revoke_ended_session();

DELETE FROM revocations WHERE kind = 'session';
ALTER TABLE revocations DROP CONSTRAINT revocations_kind_check;
ALTER TABLE revocations ADD CONSTRAINT revocations_kind_check CHECK (kind IN ('token'));
