-- A database of schema 14 as SQLite wrote it (sqlite3 FILE .dump).
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE account_token (
	token_hash BLOB PRIMARY KEY,
	purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset', 'email_change',
		'second_factor')),
	person_id BIGINT REFERENCES person (id) ON DELETE CASCADE,
	email TEXT,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	CHECK ((purpose = 'email_change') = (email IS NOT NULL))
);
CREATE TABLE apartment (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	floor TEXT NOT NULL,
	number TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 20),
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL, services BIGINT NOT NULL DEFAULT 0,
	UNIQUE (site_id, floor, number),
	UNIQUE (site_id, id)
);
CREATE TABLE audit (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at BIGINT NOT NULL,
	company_id BIGINT REFERENCES company (id) ON DELETE CASCADE,
	site_id BIGINT,
	person_id BIGINT,
	person_name TEXT NOT NULL,
	subject_id BIGINT,
	address TEXT NOT NULL,
	verb TEXT NOT NULL CHECK (verb IN ('create', 'change', 'delete', 'do')),
	object TEXT NOT NULL,
	object_id BIGINT,
	label TEXT NOT NULL,
	denied BIGINT NOT NULL,
	before TEXT,
	after TEXT,
	search TEXT NOT NULL
);
CREATE TABLE binding (
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	contact TEXT NOT NULL,
	instance TEXT NOT NULL,
	reg_id BIGINT NOT NULL,
	path TEXT NOT NULL,
	call_id TEXT NOT NULL,
	cseq BIGINT NOT NULL,
	q BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	transport TEXT NOT NULL CHECK (transport IN ('udp', 'tcp', 'tls')),
	address TEXT NOT NULL,
	PRIMARY KEY (site_id, device, contact, instance, reg_id),
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
);
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
CREATE TABLE call (
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	id BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	from_device BIGINT NOT NULL,
	from_name TEXT NOT NULL,
	button BIGINT,
	answered_at BIGINT,
	ended_at BIGINT,
	state TEXT NOT NULL CHECK (state IN ('ringing', 'talking', 'ended')),
	result TEXT CHECK (result IN ('answered', 'missed', 'declined', 'busy', 'failed')),
	answered_by BIGINT,
	answered_by_name TEXT,
	PRIMARY KEY (site_id, started_at, id),
	UNIQUE (site_id, id),
	CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
	CHECK ((result IS NULL) = (ended_at IS NULL))
) WITHOUT ROWID;
INSERT INTO "call" VALUES(1,1,1700000001000,1000000001,'Door',1,1700000007000,1700000009000,'ended','answered',1000000002,'Kitchen');
INSERT INTO "call" VALUES(1,2,1700000020000,1000000001,'Door',1,NULL,1700000060000,'ended','missed',NULL,NULL);
INSERT INTO "call" VALUES(1,3,1700000070000,1000000001,'Door',1,NULL,1700000071000,'ended','failed',NULL,NULL);
INSERT INTO "call" VALUES(1,4,1700000080000,1000000001,'Door',1,NULL,1700000120000,'ended','missed',NULL,NULL);
INSERT INTO "call" VALUES(1,5,1700000130000,1000000002,'Kitchen',NULL,NULL,1700000131000,'ended','failed',NULL,NULL);
CREATE TABLE "call_leg" (
	site_id BIGINT NOT NULL,
	call_id BIGINT NOT NULL,
	leg BIGINT NOT NULL,
	device BIGINT NOT NULL,
	name TEXT NOT NULL,
	rang_at BIGINT,
	at BIGINT NOT NULL,
	result TEXT NOT NULL CHECK (result IN ('answered', 'missed', 'declined', 'busy', 'failed',
		'elsewhere', 'unreachable')),
	PRIMARY KEY (site_id, call_id, leg),
	FOREIGN KEY (site_id, call_id) REFERENCES call (site_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO "call_leg" VALUES(1,1,1,1000000002,'Kitchen',1700000001400,1700000007000,'answered');
INSERT INTO "call_leg" VALUES(1,1,2,1000000003,'Gone',1700000001900,1700000007000,'elsewhere');
INSERT INTO "call_leg" VALUES(1,2,1,1000000002,'Kitchen',NULL,1700000060000,'missed');
INSERT INTO "call_leg" VALUES(1,4,1,1000000002,'Kitchen',1700000085000,1700000120000,'missed');
CREATE TABLE call_stream (
	site_id BIGINT NOT NULL,
	call_id BIGINT NOT NULL,
	leg BIGINT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('audio', 'video')),
	codec TEXT NOT NULL,
	packets BIGINT NOT NULL,
	lost BIGINT NOT NULL,
	jitter_us BIGINT NOT NULL,
	sent BIGINT NOT NULL,
	PRIMARY KEY (site_id, call_id, leg, kind),
	FOREIGN KEY (site_id, call_id) REFERENCES call (site_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE captcha_used (
	nonce TEXT PRIMARY KEY,
	expires_at BIGINT NOT NULL
);
CREATE TABLE change (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at BIGINT NOT NULL,
	site_id BIGINT,
	type TEXT NOT NULL,
	object TEXT NOT NULL
);
CREATE TABLE company (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	created_at BIGINT NOT NULL
);
INSERT INTO "company" VALUES(1,'Hausverwaltung',1700000000000);
CREATE TABLE contact (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	position BIGINT NOT NULL,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	role TEXT NOT NULL,
	purpose TEXT NOT NULL,
	phone TEXT NOT NULL,
	email TEXT NOT NULL
);
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
	created_at BIGINT NOT NULL, registered_at BIGINT,
	UNIQUE (site_id, name),
	UNIQUE (site_id, number),
	FOREIGN KEY (site_id, apartment_id) REFERENCES apartment (site_id, id)
);
INSERT INTO "device" VALUES(1000000001,1,'intercom','Door',NULL,NULL,X'736561','m','s',1700000000000,NULL);
INSERT INTO "device" VALUES(1000000002,1,'phone','Kitchen',NULL,NULL,X'736561','m','s',1700000000000,NULL);
CREATE TABLE import (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	person_id BIGINT REFERENCES person (id) ON DELETE SET NULL,
	name TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('ready', 'waiting', 'running', 'done', 'failed')),
	error TEXT NOT NULL DEFAULT '' CHECK (error IN ('', 'faults', 'server')),
	lines BIGINT NOT NULL,
	good_only BIGINT NOT NULL DEFAULT 0,
	invite BIGINT NOT NULL DEFAULT 0,
	created_at BIGINT NOT NULL,
	done_at BIGINT,
	UNIQUE (site_id, id)
);
CREATE TABLE import_line (
	site_id BIGINT NOT NULL,
	import_id BIGINT NOT NULL,
	line BIGINT NOT NULL,
	floor TEXT NOT NULL,
	number TEXT NOT NULL,
	apartment TEXT NOT NULL,
	first_name TEXT NOT NULL,
	surname TEXT NOT NULL,
	email TEXT NOT NULL,
	comment TEXT NOT NULL,
	account TEXT NOT NULL,
	fate TEXT NOT NULL CHECK (fate IN ('create', 'add', 'keep', 'fault')),
	field TEXT NOT NULL,
	fault TEXT NOT NULL,
	other_line BIGINT NOT NULL,
	makes_person BIGINT NOT NULL,
	makes_apartment BIGINT NOT NULL,
	person_id BIGINT,
	apartment_id BIGINT,
	PRIMARY KEY (site_id, import_id, line),
	FOREIGN KEY (site_id, import_id) REFERENCES import (site_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE mail (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	company_id BIGINT REFERENCES company (id) ON DELETE CASCADE,
	site_id BIGINT REFERENCES site (id) ON DELETE CASCADE,
	person_id BIGINT REFERENCES person (id) ON DELETE CASCADE,
	recipient TEXT NOT NULL,
	recipient_name TEXT NOT NULL,
	language TEXT NOT NULL,
	template TEXT NOT NULL,
	arguments TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'kept')),
	tries BIGINT NOT NULL DEFAULT 0,
	due_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	done_at BIGINT,
	error TEXT NOT NULL DEFAULT ''
, claimed_until BIGINT NOT NULL DEFAULT 0, requeued_at BIGINT);
CREATE TABLE member (
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	phone TEXT NOT NULL DEFAULT '',
	comment TEXT NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL, sort TEXT NOT NULL DEFAULT '' CHECK (sort <> ''), search TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (site_id, person_id)
);
CREATE TABLE migration (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL);
INSERT INTO "migration" VALUES(1,1700000000001);
INSERT INTO "migration" VALUES(2,1700000000002);
INSERT INTO "migration" VALUES(3,1700000000003);
INSERT INTO "migration" VALUES(4,1700000000004);
INSERT INTO "migration" VALUES(5,1700000000005);
INSERT INTO "migration" VALUES(6,1700000000006);
INSERT INTO "migration" VALUES(7,1700000000007);
INSERT INTO "migration" VALUES(8,1700000000008);
INSERT INTO "migration" VALUES(9,1700000000009);
INSERT INTO "migration" VALUES(10,1700000000010);
INSERT INTO "migration" VALUES(11,1700000000011);
INSERT INTO "migration" VALUES(12,1700000000012);
INSERT INTO "migration" VALUES(13,1700000000013);
INSERT INTO "migration" VALUES(14,1700000000014);
CREATE TABLE opening (
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	call_id BIGINT,
	device BIGINT NOT NULL,
	by_device BIGINT,
	by_name TEXT,
	how TEXT NOT NULL CHECK (how IN ('dtmf', 'info')),
	PRIMARY KEY (site_id, at, id),
	FOREIGN KEY (site_id, call_id) REFERENCES call (site_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO "opening" VALUES(1,1,1700000008000,1,1000000001,1000000002,'Kitchen','dtmf');
INSERT INTO "opening" VALUES(1,2,1700000500000,NULL,1000000001,NULL,NULL,'info');
CREATE TABLE passkey (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	credential_id BLOB NOT NULL UNIQUE,
	user_handle BLOB NOT NULL,
	rp_id TEXT NOT NULL,
	algorithm BIGINT NOT NULL,
	public_key BLOB NOT NULL,
	sign_count BIGINT NOT NULL,
	aaguid BLOB NOT NULL,
	transports TEXT NOT NULL,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	discoverable BIGINT NOT NULL,
	verified BIGINT NOT NULL,
	backed_up BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	used_at BIGINT,
	suspect_at BIGINT
);
CREATE TABLE passkey_challenge (
	nonce BLOB PRIMARY KEY,
	expires_at BIGINT NOT NULL
);
CREATE TABLE person (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	email TEXT UNIQUE,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	password TEXT,
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT
, consent_at BIGINT, codes_kept_at BIGINT);
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
CREATE TABLE "recovery_code" (
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	code_hash BLOB NOT NULL,
	PRIMARY KEY (person_id, code_hash)
);
CREATE TABLE registration (
	token_hash BLOB PRIMARY KEY,
	email TEXT NOT NULL,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	company TEXT NOT NULL CHECK (length(company) BETWEEN 1 AND 100),
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL, -- and agreed to the terms then
	expires_at BIGINT NOT NULL
);
CREATE TABLE resident (
	site_id BIGINT NOT NULL,
	apartment_id BIGINT NOT NULL,
	person_id BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (site_id, apartment_id, person_id),
	FOREIGN KEY (site_id, apartment_id) REFERENCES apartment (site_id, id) ON DELETE CASCADE,
	FOREIGN KEY (site_id, person_id) REFERENCES member (site_id, person_id) ON DELETE CASCADE
);
CREATE TABLE "session" (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	token_hash BLOB NOT NULL UNIQUE,
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	created_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	verified_at BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL
);
CREATE TABLE site (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	company_id BIGINT NOT NULL REFERENCES company (id),
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	type TEXT NOT NULL CHECK (type IN ('residential', 'commercial')),
	zone TEXT NOT NULL,
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL, subtype TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '', region TEXT NOT NULL DEFAULT '', postal_code TEXT NOT NULL DEFAULT '',
	UNIQUE (company_id, name)
);
INSERT INTO "site" VALUES(1,1,'Lindenweg 4','residential','Europe/Berlin','de',1700000000000,'','','','');
CREATE TABLE ticket (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	person_id BIGINT NOT NULL,
	person_name TEXT NOT NULL,
	contact TEXT NOT NULL,
	subject TEXT NOT NULL CHECK (length(subject) BETWEEN 1 AND 100),
	context TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'closed', 'reopened')),
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE TABLE ticket_message (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	site_id BIGINT NOT NULL,
	ticket_id BIGINT NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
	person_id BIGINT NOT NULL,
	person_name TEXT NOT NULL,
	staff BIGINT NOT NULL,
	text TEXT NOT NULL,
	at BIGINT NOT NULL
);
CREATE TABLE totp (
	person_id BIGINT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
	secret_sealed BLOB NOT NULL,
	created_at BIGINT NOT NULL,
	confirmed_at BIGINT,
	last_step BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX person_role_person ON person_role (person_id);
CREATE INDEX person_role_site ON person_role (site_id);
CREATE INDEX button_destination_device ON button_destination (site_id, destination);
CREATE INDEX change_site ON change (site_id, id);
CREATE INDEX call_open ON call (site_id) WHERE ended_at IS NULL;
CREATE INDEX member_person ON member (person_id);
CREATE INDEX mail_site ON mail (site_id, id);
CREATE INDEX mail_state ON mail (state, id);
CREATE INDEX mail_done ON mail (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX registration_email ON registration (email);
CREATE INDEX registration_expires ON registration (expires_at);
CREATE INDEX account_token_person ON account_token (person_id, purpose);
CREATE INDEX account_token_expires ON account_token (expires_at);
CREATE INDEX captcha_used_expires ON captcha_used (expires_at);
CREATE INDEX member_sort ON member (site_id, sort, person_id);
CREATE UNIQUE INDEX person_role_company ON person_role (company_id, person_id)
	WHERE role = 'company_admin';
CREATE UNIQUE INDEX person_role_main ON person_role (site_id, person_id)
	WHERE site_id IS NOT NULL AND role <> 'apartment_admin';
CREATE UNIQUE INDEX person_role_home ON person_role (apartment_id, person_id)
	WHERE role = 'apartment_admin';
CREATE INDEX person_role_of_site ON person_role (site_id, role, person_id);
CREATE INDEX device_apartment ON device (site_id, apartment_id);
CREATE INDEX import_waiting ON import (id) WHERE state = 'waiting';
CREATE INDEX import_line_fate ON import_line (site_id, import_id, fate, line);
CREATE INDEX resident_person ON resident (site_id, person_id, apartment_id);
CREATE INDEX audit_site ON audit (site_id, id);
CREATE INDEX audit_company ON audit (company_id, id);
CREATE INDEX audit_person ON audit (person_id, at);
CREATE INDEX audit_subject ON audit (subject_id);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX contact_site ON contact (site_id, position, id);
CREATE INDEX ticket_site ON ticket (site_id, id);
CREATE INDEX ticket_person ON ticket (person_id, id);
CREATE INDEX ticket_message_ticket ON ticket_message (ticket_id, id);
CREATE INDEX ticket_message_person ON ticket_message (person_id, at);
CREATE INDEX opening_call ON opening (call_id);
CREATE INDEX apartment_number ON apartment (site_id, number, id);
CREATE INDEX site_name ON site (name, id);
CREATE INDEX mail_person ON mail (person_id);
CREATE INDEX mail_company ON mail (company_id);
CREATE INDEX import_person ON import (person_id);
CREATE INDEX resident_of_person ON resident (person_id);
CREATE INDEX person_role_apartment ON person_role (apartment_id);
CREATE INDEX change_at ON change (at);
CREATE INDEX mail_due ON mail (state, due_at, id);
CREATE INDEX passkey_person ON passkey (person_id, id);
CREATE INDEX passkey_challenge_expires ON passkey_challenge (expires_at);
CREATE INDEX binding_device ON binding (device);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('session',0);
INSERT INTO "sqlite_sequence" VALUES('company',1);
INSERT INTO "sqlite_sequence" VALUES('site',1);
COMMIT;
