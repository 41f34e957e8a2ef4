DROP TABLE keys;
DROP TABLE sessions;
DROP TABLE accounts;
DROP TABLE organizations;
