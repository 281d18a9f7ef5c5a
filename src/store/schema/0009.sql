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
