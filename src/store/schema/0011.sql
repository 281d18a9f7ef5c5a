-- Indexes of what was searched from end to end.

-- The sites of an operator in their order, a page at a time.
CREATE INDEX site_name ON site (name, id);

-- What grows with time, by the person or company that an erasure or a deletion asks for.
CREATE INDEX mail_person ON mail (person_id);
CREATE INDEX mail_company ON mail (company_id);
CREATE INDEX import_person ON import (person_id);
CREATE INDEX resident_of_person ON resident (person_id);
CREATE INDEX person_role_apartment ON person_role (apartment_id);
CREATE INDEX change_at ON change (at);

-- Told apart from mail_state by its columns, so that the next mail is the first entry, not the first of
-- all that wait, sorted.
DROP INDEX mail_due;
CREATE INDEX mail_due ON mail (state, due_at, id);
