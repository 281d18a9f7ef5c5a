-- People and places: what a site, a home and the people in them have.

ALTER TABLE site ADD COLUMN subtype TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN postal_code TEXT NOT NULL DEFAULT '';

-- 1: paid services are on for the apartment.
ALTER TABLE apartment ADD COLUMN services BIGINT NOT NULL DEFAULT 0;

-- A person's membership of a site: whom its admins see and may change. The person's name, e-mail and
-- password are the person's own; phone and comment are what this site knows.
CREATE TABLE member (
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	phone TEXT NOT NULL DEFAULT '',
	comment TEXT NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL,
	PRIMARY KEY (site_id, person_id)
);
CREATE INDEX member_person ON member (person_id);

-- Who lives where; a person may have several apartments.
CREATE TABLE resident (
	site_id BIGINT NOT NULL,
	apartment_id BIGINT NOT NULL,
	person_id BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (site_id, apartment_id, person_id),
	FOREIGN KEY (site_id, apartment_id) REFERENCES apartment (site_id, id) ON DELETE CASCADE,
	FOREIGN KEY (site_id, person_id) REFERENCES member (site_id, person_id) ON DELETE CASCADE
);
CREATE INDEX resident_person ON resident (site_id, person_id);

-- Mail that is to go, goes, or went. The template's name and its arguments are kept, not the text:
-- it is made when it is sent, in `language`. state: what the next try of `due_at` finds.
CREATE TABLE mail (
	id {ID},
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
);
CREATE INDEX mail_due ON mail (due_at) WHERE state = 'waiting';
CREATE INDEX mail_site ON mail (site_id, id);
