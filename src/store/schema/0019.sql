-- What a door has: named switches, its picture, local mode.

-- The relays of an intercom. Switch 1 is what the device's unlock code opened. owner: who keeps the
-- setting, the platform or the device itself.
CREATE TABLE device_switch (
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 4),
	name TEXT NOT NULL,
	code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 15),
	owner TEXT NOT NULL CHECK (owner IN ('platform', 'device')),
	PRIMARY KEY (site_id, device, number),
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
) {CLUSTERED};
INSERT INTO device_switch (site_id, device, number, name, code, owner)
	SELECT site_id, number, 1, '', unlock_code, 'platform' FROM device WHERE unlock_code <> '';
ALTER TABLE device DROP COLUMN unlock_code;

-- How a phone is called: through the platform, or by the intercom itself in the same network.
ALTER TABLE device ADD COLUMN connection TEXT NOT NULL DEFAULT 'cloud'
	CHECK (connection IN ('cloud', 'local'));
