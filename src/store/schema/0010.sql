-- Indexes that a page of a long list is read along.

-- Of an index that begins with the site SQLite expects no more than of the primary key, and reads all
-- openings of the site instead. A call's id is the better half.
DROP INDEX opening_call;
CREATE INDEX opening_call ON opening (call_id);

CREATE INDEX apartment_number ON apartment (site_id, number, id);
