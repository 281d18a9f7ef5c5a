-- Files of people that are taken into a site.

-- state: `ready` has a preview, `waiting` was started, `running` is being written, in one transaction;
-- `failed` changed nothing and may be started again.
CREATE TABLE import (
	id {ID},
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
CREATE INDEX import_waiting ON import (id) WHERE state = 'waiting';

-- A row of the file: what it says, what becomes of it, and whom it made. `account` is the e-mail in
-- lower case; of somebody without e-mail, a mark that only this row has; '' of a row without a person.
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
) {CLUSTERED};
CREATE INDEX import_line_fate ON import_line (site_id, import_id, fate, line);

-- With the apartment in it: else SQLite, which counts no rows, takes the primary key to find where
-- somebody lives, and goes through all residents of the site.
DROP INDEX resident_person;
CREATE INDEX resident_person ON resident (site_id, person_id, apartment_id);
