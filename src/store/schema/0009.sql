-- Who changed what: a row per administrative change, written in its transaction. It outlives the
-- site and the people that it names, so it refers to them by number and name only; `subject_id` is
-- the person whom it is about. `before` and `after` are JSON objects without secrets. `search` is
-- folded (base/fold.h).
CREATE TABLE audit (
	id {ID},
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
CREATE INDEX audit_site ON audit (site_id, id);
CREATE INDEX audit_company ON audit (company_id, id);
CREATE INDEX audit_person ON audit (person_id, at);
CREATE INDEX audit_subject ON audit (subject_id);
CREATE INDEX audit_at ON audit (at);

-- Whom people of a site turn to, in the order in which they are shown.
CREATE TABLE contact (
	id {ID},
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	position BIGINT NOT NULL,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	role TEXT NOT NULL,
	purpose TEXT NOT NULL,
	phone TEXT NOT NULL,
	email TEXT NOT NULL
);
CREATE INDEX contact_site ON contact (site_id, position, id);

-- A problem that somebody reported. `context` is what was known of the site then, a JSON object;
-- person_id has no reference: the ticket outlives the person's ties to the site.
CREATE TABLE ticket (
	id {ID},
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
CREATE INDEX ticket_site ON ticket (site_id, id);
CREATE INDEX ticket_person ON ticket (person_id, id);

-- The conversation; the first message is the report. staff 1: written by who looks after the site.
CREATE TABLE ticket_message (
	id {ID},
	site_id BIGINT NOT NULL,
	ticket_id BIGINT NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
	person_id BIGINT NOT NULL,
	person_name TEXT NOT NULL,
	staff BIGINT NOT NULL,
	text TEXT NOT NULL,
	at BIGINT NOT NULL
);
CREATE INDEX ticket_message_ticket ON ticket_message (ticket_id, id);
CREATE INDEX ticket_message_person ON ticket_message (person_id, at);
