-- oldest binary: 12
-- Tokens of machines and sessions of people. Of neither is stored what the owner shows, only its digest. An older process knows them not
-- and can go on.

CREATE TABLE tokens (
    id @ID NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    name @KEY NOT NULL,
    -- SHA-256 of the token, hexadecimal.
    digest @KEY NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'platform', 'worker')),
    -- JSON array of the task types that a worker may claim.
    types TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- NULL for never.
    expires_at BIGINT,
    CHECK ((role = 'worker') = (types IS NOT NULL))
);
CREATE UNIQUE INDEX tokens_by_digest ON tokens (digest);
CREATE UNIQUE INDEX tokens_by_name ON tokens (tenant, name);

CREATE TABLE sessions (
    -- SHA-256 of the cookie, hexadecimal.
    digest @KEY NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    subject TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'platform')),
    -- The stored token that the login was made with: with it the session ends. NULL for a signed one.
    token_id BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
