-- What the sip loop writes: bindings, calls, openings. History outlives the devices it names.

CREATE TABLE binding (
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	contact TEXT NOT NULL,
	call_id TEXT NOT NULL,
	cseq BIGINT NOT NULL,
	q BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	transport TEXT NOT NULL CHECK (transport IN ('udp', 'tcp', 'tls')),
	address TEXT NOT NULL,
	PRIMARY KEY (site_id, device, contact),
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
);
CREATE INDEX binding_device ON binding (device);

CREATE TABLE call (
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	id BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	from_device BIGINT NOT NULL,
	from_name TEXT NOT NULL,
	button BIGINT,
	answered_at BIGINT,
	ended_at BIGINT,
	state TEXT NOT NULL CHECK (state IN ('ringing', 'talking', 'ended')),
	result TEXT CHECK (result IN ('answered', 'missed', 'declined', 'busy', 'failed')),
	answered_by BIGINT,
	answered_by_name TEXT,
	PRIMARY KEY (site_id, started_at, id),
	UNIQUE (site_id, id),
	CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
	CHECK ((result IS NULL) = (ended_at IS NULL))
) {CLUSTERED};
CREATE INDEX call_open ON call (site_id) WHERE ended_at IS NULL;

-- A row per device that rang, written when its part is over.
CREATE TABLE call_leg (
	site_id BIGINT NOT NULL,
	call_id BIGINT NOT NULL,
	leg BIGINT NOT NULL,
	device BIGINT NOT NULL,
	name TEXT NOT NULL,
	at BIGINT NOT NULL,
	result TEXT NOT NULL CHECK (result IN ('answered', 'missed', 'declined', 'busy', 'failed',
		'elsewhere')),
	PRIMARY KEY (site_id, call_id, leg),
	FOREIGN KEY (site_id, call_id) REFERENCES call (site_id, id) ON DELETE CASCADE
) {CLUSTERED};

CREATE TABLE opening (
	site_id BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	call_id BIGINT,
	device BIGINT NOT NULL,
	by_device BIGINT,
	by_name TEXT,
	how TEXT NOT NULL CHECK (how IN ('dtmf', 'info')),
	PRIMARY KEY (site_id, at, id),
	FOREIGN KEY (site_id, call_id) REFERENCES call (site_id, id) ON DELETE CASCADE
) {CLUSTERED};
CREATE INDEX opening_call ON opening (site_id, call_id);
