-- The trace of calls, and their pictures.

-- What happened to a leg, and when; NULL: it did not, or nobody could tell (call/record.h).
ALTER TABLE call_leg ADD COLUMN pushed_at BIGINT;
ALTER TABLE call_leg ADD COLUMN delivered_at BIGINT;
ALTER TABLE call_leg ADD COLUMN woken_at BIGINT;
ALTER TABLE call_leg ADD COLUMN offered_at BIGINT;
ALTER TABLE call_leg ADD COLUMN preview_at BIGINT;
ALTER TABLE call_leg ADD COLUMN answered_at BIGINT;
ALTER TABLE call_leg ADD COLUMN video_at BIGINT;
ALTER TABLE call_leg ADD COLUMN ended_at BIGINT;
ALTER TABLE call_leg ADD COLUMN why TEXT;
UPDATE call_leg SET answered_at = at WHERE result = 'answered';
UPDATE call_leg SET ended_at = at WHERE result NOT IN ('answered', 'unreachable');

-- bell 1: an intercom called, so it counts how soon a phone rang. rang_at: when the first one did,
-- and late 1: it did late (after CALL_LATE_MS of store/call.h), or none did; both once a call is over.
-- Calls of before whose phones rang, but nobody kept when, are no bells.
ALTER TABLE call ADD COLUMN bell BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call ADD COLUMN rang_at BIGINT;
ALTER TABLE call ADD COLUMN late BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call ADD COLUMN picture_at BIGINT;
UPDATE call SET rang_at = (SELECT MIN(l.rang_at) FROM call_leg l
	WHERE l.site_id = call.site_id AND l.call_id = call.id);
UPDATE call SET bell = 1 WHERE (rang_at IS NOT NULL OR result IS NULL OR result = 'failed')
	AND EXISTS (SELECT 1 FROM device d WHERE d.site_id = call.site_id
		AND d.number = call.from_device AND d.kind = 'intercom');
UPDATE call SET late = 1 WHERE bell = 1 AND ended_at IS NOT NULL
	AND (rang_at IS NULL OR rang_at - started_at >= 3000);

-- Few, unless something is wrong. With what makes it partial as a column: SQLite takes the primary key
-- for the better one otherwise.
CREATE INDEX call_late ON call (site_id, late, started_at, id) WHERE late = 1;

-- Of each phone that was rung the first; once the call is over, of the call. Bytes of a JPEG.
CREATE TABLE call_picture (
	site_id BIGINT NOT NULL,
	call_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	at BIGINT NOT NULL,
	width BIGINT NOT NULL,
	height BIGINT NOT NULL,
	jpeg {BLOB} NOT NULL,
	PRIMARY KEY (site_id, call_id, device),
	FOREIGN KEY (site_id, call_id) REFERENCES call (site_id, id) ON DELETE CASCADE
);

-- For whose picture it is that is to be forgotten.
CREATE INDEX call_picture_device ON call_picture (device);

-- A door is also opened from the app and from a notice.
CREATE TABLE opening_next (
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	call_id BIGINT,
	device BIGINT NOT NULL,
	by_device BIGINT,
	by_name TEXT,
	how TEXT NOT NULL CHECK (how IN ('dtmf', 'info', 'app', 'notice')),
	PRIMARY KEY (site_id, at, id),
	FOREIGN KEY (site_id, call_id) REFERENCES call (site_id, id) ON DELETE CASCADE
) {CLUSTERED};
INSERT INTO opening_next (site_id, id, at, call_id, device, by_device, by_name, how)
	SELECT site_id, id, at, call_id, device, by_device, by_name, how FROM opening;
DROP TABLE opening;
ALTER TABLE opening_next RENAME TO opening;
CREATE INDEX opening_call ON opening (call_id);
