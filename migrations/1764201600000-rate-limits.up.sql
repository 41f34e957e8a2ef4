-- What is counted against limits: a row for each address, account or network that was counted lately. The shape is that of the
-- package rate-limiter-flexible; `expire` is Unix time in milliseconds.

CREATE TABLE rate_limits (
  key varchar(255) CONSTRAINT rate_limits_pkey PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);
CREATE INDEX rate_limits_expire_idx ON rate_limits (expire);
