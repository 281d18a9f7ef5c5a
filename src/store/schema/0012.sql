-- Who was rung, and what became of it: also those that could not be rung, and when it rang there.

CREATE TABLE call_leg_next (
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
) {CLUSTERED};
INSERT INTO call_leg_next (site_id, call_id, leg, device, name, at, result)
	SELECT site_id, call_id, leg, device, name, at, result FROM call_leg;
DROP TABLE call_leg;
ALTER TABLE call_leg_next RENAME TO call_leg;

-- What the streams of the two who talked were like: leg 0 is the caller. packets, lost and jitter are of
-- what came from there, sent of what went there.
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
) {CLUSTERED};
