-- Apps: phones that are a page or an app, who holds them, and their sessions.

-- A phone with app = 1 connects from /app and needs no SIP. person_id: who holds it, one of the site's
-- people; NULL: whoever has its ID and password. app_online_at: since when a page of it is connected;
-- NULL: none is.
ALTER TABLE device ADD COLUMN app BIGINT NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN person_id BIGINT REFERENCES person (id) ON DELETE SET NULL;
ALTER TABLE device ADD COLUMN app_online_at BIGINT;
CREATE INDEX device_person ON device (person_id);
CREATE INDEX device_app_online ON device (app_online_at) WHERE app_online_at IS NOT NULL;

-- Where somebody signed in with a device's ID and password. Only a hash of the cookie is kept.
CREATE TABLE app_session (
	id {ID},
	token_hash {BLOB} NOT NULL UNIQUE,
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL,
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
);
CREATE INDEX app_session_device ON app_session (site_id, device);
CREATE INDEX app_session_expires ON app_session (expires_at);

-- The calls of one device, newest first: a call's id grows with the time.
CREATE INDEX call_leg_device ON call_leg (site_id, device, call_id);
CREATE INDEX call_from ON call (site_id, from_device, id);
