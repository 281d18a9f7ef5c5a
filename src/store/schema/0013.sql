-- Passkeys (WebAuthn): a second factor beside the password, or all that an account signs in with.

-- public_key: as libfido2 keeps one of `algorithm` (COSE's number). sign_count: the last that was
-- seen; 0: the key does not count. discoverable 1: it can be found without knowing whose it is.
-- verified 1: it asked for a PIN or a finger when it was made. suspect_at: when its count last went
-- back, as that of a copy would. rp_id: the host name that it is good for.
CREATE TABLE passkey (
	id {ID},
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	credential_id {BLOB} NOT NULL UNIQUE,
	user_handle {BLOB} NOT NULL,
	rp_id TEXT NOT NULL,
	algorithm BIGINT NOT NULL,
	public_key {BLOB} NOT NULL,
	sign_count BIGINT NOT NULL,
	aaguid {BLOB} NOT NULL,
	transports TEXT NOT NULL,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	discoverable BIGINT NOT NULL,
	verified BIGINT NOT NULL,
	backed_up BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	used_at BIGINT,
	suspect_at BIGINT
);
CREATE INDEX passkey_person ON passkey (person_id, id);

-- Challenges that have been answered, until they expire. Those that wait are kept nowhere.
CREATE TABLE passkey_challenge (
	nonce {BLOB} PRIMARY KEY,
	expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_challenge_expires ON passkey_challenge (expires_at);

-- Recovery codes stand in for either kind of second factor: they are the person's.
CREATE TABLE recovery_code_next (
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	code_hash {BLOB} NOT NULL,
	PRIMARY KEY (person_id, code_hash)
);
INSERT INTO recovery_code_next (person_id, code_hash) SELECT person_id, code_hash FROM recovery_code;
DROP TABLE recovery_code;
ALTER TABLE recovery_code_next RENAME TO recovery_code;

-- When the person said that the codes are in a safe place.
ALTER TABLE person ADD COLUMN codes_kept_at BIGINT;
UPDATE person SET codes_kept_at = (SELECT t.codes_kept_at FROM totp t WHERE t.person_id = person.id);
ALTER TABLE totp DROP COLUMN codes_kept_at;
