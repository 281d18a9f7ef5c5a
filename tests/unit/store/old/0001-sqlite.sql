-- A database of schema 1 as SQLite wrote it (sqlite3 FILE .dump).
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migration (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL);
INSERT INTO migration VALUES(1,1700000000000);
CREATE TABLE company (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	created_at BIGINT NOT NULL
);
INSERT INTO company VALUES(1,'Château & Söhne',1700000000000);
CREATE TABLE site (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	company_id BIGINT NOT NULL REFERENCES company (id),
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	type TEXT NOT NULL CHECK (type IN ('residential', 'commercial')),
	zone TEXT NOT NULL,
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (company_id, name)
);
INSERT INTO site VALUES(1,1,'Rue de l''Église 7','residential','Europe/Paris','fr',1700000000001);
INSERT INTO site VALUES(2,1,'Office','commercial','Europe/Berlin','de',1700000000002);
CREATE TABLE apartment (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	floor TEXT NOT NULL,
	number TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 20),
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (site_id, floor, number),
	UNIQUE (site_id, id)
);
INSERT INTO apartment VALUES(1,1,'2','2B','Müller',1700000000003);
CREATE TABLE person (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	email TEXT UNIQUE,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	password TEXT,
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT
);
INSERT INTO person VALUES(1,'admin@example.com','Admin','$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aGFzaA','en',1700000000004,NULL);
INSERT INTO person VALUES(2,NULL,'Visitor',NULL,'fr',1700000000005,1700000000006);
CREATE TABLE person_role (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
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
INSERT INTO person_role VALUES(1,1,'operator',NULL,NULL,NULL);
INSERT INTO person_role VALUES(2,1,'company_admin',1,NULL,NULL);
INSERT INTO person_role VALUES(3,2,'site_user',1,1,NULL);
CREATE TABLE session (
	token_hash BLOB PRIMARY KEY,
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	created_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL
);
INSERT INTO session VALUES(X'00ff10',1,1700000000007,1700000000008,4000000000000,'192.0.2.1','curl');
CREATE TABLE device (
	number BIGINT PRIMARY KEY CHECK (number BETWEEN 1000000000 AND 9999999999),
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	kind TEXT NOT NULL CHECK (kind IN ('intercom', 'phone')),
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	apartment_id BIGINT,
	unlock_code TEXT,
	password_sealed BLOB NOT NULL,
	ha1_md5 TEXT NOT NULL,
	ha1_sha256 TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (site_id, name),
	UNIQUE (site_id, number),
	FOREIGN KEY (site_id, apartment_id) REFERENCES apartment (site_id, id)
);
INSERT INTO device VALUES(1000000001,1,'intercom','Door',NULL,'1234*',X'007365616c6564ff','aa','bb',1700000000009);
INSERT INTO device VALUES(1000000002,1,'phone','Kitchen',1,NULL,X'007365616c6564ff','cc','dd',1700000000010);
CREATE TABLE button (
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	button INTEGER NOT NULL CHECK (button BETWEEN 1 AND 150),
	label TEXT NOT NULL,
	PRIMARY KEY (site_id, device, button),
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
);
INSERT INTO button VALUES(1,1000000001,1,'Müller');
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
INSERT INTO button_destination VALUES(1,1000000001,1,1000000002);
CREATE TABLE change (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at BIGINT NOT NULL,
	site_id BIGINT,
	type TEXT NOT NULL,
	object TEXT NOT NULL
);
INSERT INTO change VALUES(41,1700000000011,NULL,'company','1');
INSERT INTO change VALUES(42,1700000000012,1,'device','1000000001');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('company',1);
INSERT INTO sqlite_sequence VALUES('site',2);
INSERT INTO sqlite_sequence VALUES('apartment',1);
INSERT INTO sqlite_sequence VALUES('person',2);
INSERT INTO sqlite_sequence VALUES('person_role',3);
INSERT INTO sqlite_sequence VALUES('change',42);
CREATE INDEX person_role_person ON person_role (person_id);
CREATE INDEX person_role_site ON person_role (site_id);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX button_destination_device ON button_destination (site_id, destination);
CREATE INDEX change_site ON change (site_id, id);
COMMIT;
