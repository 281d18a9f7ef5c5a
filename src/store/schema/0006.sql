-- Accounts: sessions that can be named, links that were mailed, and the second factor.

-- A session gets an id, by which its person ends it, and when its person last proved to be there.
CREATE TABLE session_next (
	id {ID},
	token_hash {BLOB} NOT NULL UNIQUE,
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	created_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	verified_at BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL
);
INSERT INTO session_next (token_hash, person_id, created_at, seen_at, expires_at, verified_at,
	address, agent)
	SELECT token_hash, person_id, created_at, seen_at, expires_at, created_at, address, agent
	FROM session;
DROP TABLE session;
ALTER TABLE session_next RENAME TO session;
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expires ON session (expires_at);

-- When the person agreed to the terms; NULL: was never asked.
ALTER TABLE person ADD COLUMN consent_at BIGINT;

-- Who has registered and not yet followed the link. There may be several of one address: only the
-- link proves whose it is. Of an address that has an account there are rows too, whose token nobody
-- was told: a registration costs the same either way.
CREATE TABLE registration (
	token_hash {BLOB} PRIMARY KEY,
	email TEXT NOT NULL,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	company TEXT NOT NULL CHECK (length(company) BETWEEN 1 AND 100),
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL, -- and agreed to the terms then
	expires_at BIGINT NOT NULL
);
CREATE INDEX registration_email ON registration (email);
CREATE INDEX registration_expires ON registration (expires_at);

-- What one link does, once. Only a hash of its token is kept. Nobody's (person_id NULL): somebody
-- asked for an account that there is not. email: the new address of an email_change.
CREATE TABLE account_token (
	token_hash {BLOB} PRIMARY KEY,
	purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset', 'email_change',
		'second_factor')),
	person_id BIGINT REFERENCES person (id) ON DELETE CASCADE,
	email TEXT,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	CHECK ((purpose = 'email_change') = (email IS NOT NULL))
);
CREATE INDEX account_token_person ON account_token (person_id, purpose);
CREATE INDEX account_token_expires ON account_token (expires_at);

-- Captchas that have been used, until they expire.
CREATE TABLE captcha_used (
	nonce TEXT PRIMARY KEY,
	expires_at BIGINT NOT NULL
);
CREATE INDEX captcha_used_expires ON captcha_used (expires_at);

-- The second factor. confirmed_at NULL: shown, but not yet proven to be in an app. last_step: of the
-- newest code that was taken (RFC 6238); an older one, or the same, is not taken again.
CREATE TABLE totp (
	person_id BIGINT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
	secret_sealed {BLOB} NOT NULL,
	created_at BIGINT NOT NULL,
	confirmed_at BIGINT,
	codes_kept_at BIGINT, -- when the person said that the recovery codes are in a safe place
	last_step BIGINT NOT NULL DEFAULT 0
);

-- Hashed with a key made from the master key: a stolen database does not tell them.
CREATE TABLE recovery_code (
	person_id BIGINT NOT NULL REFERENCES totp (person_id) ON DELETE CASCADE,
	code_hash {BLOB} NOT NULL,
	PRIMARY KEY (person_id, code_hash)
);
