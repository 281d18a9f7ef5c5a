-- The first schema. {ID}, {BLOB} and {CLUSTERED} are spelt by each engine (store/migrate.c).
-- Times: UTC, milliseconds since 1970. Flags: 0 or 1. Enumerations: checked text.

CREATE TABLE company (
	id {ID},
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	created_at BIGINT NOT NULL
);

CREATE TABLE site (
	id {ID},
	company_id BIGINT NOT NULL REFERENCES company (id),
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	type TEXT NOT NULL CHECK (type IN ('residential', 'commercial')),
	zone TEXT NOT NULL,
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (company_id, name)
);

CREATE TABLE apartment (
	id {ID},
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	floor TEXT NOT NULL,
	number TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 20),
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (site_id, floor, number),
	UNIQUE (site_id, id)
);

-- A person signs in by e-mail (folded to lower case); without e-mail or password there is no login.
CREATE TABLE person (
	id {ID},
	email TEXT UNIQUE,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	password TEXT,
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT
);

-- What a person may do, and where. The operator's role has no company; a company's no site.
CREATE TABLE person_role (
	id {ID},
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	role TEXT NOT NULL CHECK (role IN ('operator', 'company_admin', 'site_admin_payment',
		'site_admin', 'site_user', 'site_user_no_login', 'apartment_admin')),
	company_id BIGINT REFERENCES company (id) ON DELETE CASCADE,
	site_id BIGINT REFERENCES site (id) ON DELETE CASCADE,
	apartment_id BIGINT REFERENCES apartment (id) ON DELETE CASCADE,
	CHECK ((role = 'operator') = (company_id IS NULL)),
	CHECK ((role IN ('operator', 'company_admin')) = (site_id IS NULL)),
	CHECK (role <> 'apartment_admin' OR apartment_id IS NOT NULL)
);
CREATE INDEX person_role_person ON person_role (person_id);
CREATE INDEX person_role_site ON person_role (site_id);

-- Only a hash of the cookie is kept: a stolen database signs nobody in.
CREATE TABLE session (
	token_hash {BLOB} PRIMARY KEY,
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	created_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expires ON session (expires_at);

-- `number` is the device ID: ten digits, SIP user and number to dial, unique on the whole server.
CREATE TABLE device (
	number BIGINT PRIMARY KEY CHECK (number BETWEEN 1000000000 AND 9999999999),
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	kind TEXT NOT NULL CHECK (kind IN ('intercom', 'phone')),
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	apartment_id BIGINT,
	unlock_code TEXT,
	password_sealed {BLOB} NOT NULL,
	ha1_md5 TEXT NOT NULL,
	ha1_sha256 TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (site_id, name),
	UNIQUE (site_id, number),
	FOREIGN KEY (site_id, apartment_id) REFERENCES apartment (site_id, id)
);

-- The keys carry the site, so that a button cannot ring a device of another site.
CREATE TABLE button (
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	button INTEGER NOT NULL CHECK (button BETWEEN 1 AND 150),
	label TEXT NOT NULL,
	PRIMARY KEY (site_id, device, button),
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
);
CREATE TABLE button_destination (
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	button INTEGER NOT NULL,
	destination BIGINT NOT NULL,
	PRIMARY KEY (site_id, device, button, destination),
	FOREIGN KEY (site_id, device, button)
		REFERENCES button (site_id, device, button) ON DELETE CASCADE,
	FOREIGN KEY (site_id, destination) REFERENCES device (site_id, number) ON DELETE CASCADE
);
CREATE INDEX button_destination_device ON button_destination (site_id, destination);

-- Everything asynchronous reads on from here with its own cursor.
CREATE TABLE change (
	id {ID},
	at BIGINT NOT NULL,
	site_id BIGINT,
	type TEXT NOT NULL,
	object TEXT NOT NULL
);
CREATE INDEX change_site ON change (site_id, id);
