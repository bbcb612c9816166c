-- oldest binary: 12
-- Secrets of tenants, sealed: nothing here can be read without the key. An older process does not know them and can go on.

CREATE TABLE secrets (
    tenant @KEY NOT NULL,
    name @KEY NOT NULL,
    -- Which of the process's keys it is sealed under.
    key_id @KEY NOT NULL,
    -- Base64 of nonce, ciphertext and tag (AES-256-GCM); tenant and name are authenticated with it.
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
