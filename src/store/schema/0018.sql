-- Who rings when: steps, quiet times, outside lines, phone directories.

-- How long after the bell a destination begins to ring.
ALTER TABLE button_destination ADD COLUMN after_s BIGINT NOT NULL DEFAULT 0
	CHECK (after_s BETWEEN 0 AND 60);

-- When the apps of a person do not ring: times of a week, in the zone of the site that rings. days: bit
-- 0 is Monday. Minutes of the day; one that ends before it begins ends on the next day.
CREATE TABLE quiet (
	person_id BIGINT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
	position BIGINT NOT NULL,
	days BIGINT NOT NULL CHECK (days BETWEEN 1 AND 127),
	from_minute BIGINT NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
	until_minute BIGINT NOT NULL CHECK (until_minute BETWEEN 0 AND 1440),
	PRIMARY KEY (person_id, position)
) {CLUSTERED};
-- 1: a mail tells of calls that nobody answered.
ALTER TABLE person ADD COLUMN missed_mail BIGINT NOT NULL DEFAULT 0;

-- Whom a site calls outside through, and as whom.
CREATE TABLE line (
	site_id BIGINT PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
	host TEXT NOT NULL CHECK (host <> ''),
	port BIGINT NOT NULL CHECK (port BETWEEN 1 AND 65535),
	transport TEXT NOT NULL CHECK (transport IN ('udp', 'tcp', 'tls')),
	username TEXT NOT NULL,
	password_sealed {BLOB} NOT NULL,
	caller TEXT NOT NULL
);
-- The number of an outside phone, as E.164 has it: +33123456789. NULL: any other device.
ALTER TABLE device ADD COLUMN line TEXT CHECK (line <> '');

-- Whom a device may call, when it has such a list; what its people see of them is the entry's name,
-- '' for that of the device.
CREATE TABLE phone_directory (
	id {ID},
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	created_at BIGINT NOT NULL,
	UNIQUE (site_id, name),
	UNIQUE (site_id, id)
);
CREATE TABLE phone_directory_entry (
	site_id BIGINT NOT NULL,
	directory_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (site_id, directory_id, device),
	FOREIGN KEY (site_id, directory_id)
		REFERENCES phone_directory (site_id, id) ON DELETE CASCADE,
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
) {CLUSTERED};
CREATE INDEX phone_directory_entry_device ON phone_directory_entry (site_id, device);
-- NULL: it may call every device of its site. No directory goes while a device has it.
ALTER TABLE device ADD COLUMN directory_id BIGINT REFERENCES phone_directory (id);
CREATE INDEX device_directory ON device (directory_id) WHERE directory_id IS NOT NULL;
