-- Push: the key that tells push services who we are, sealed with the master key, and what browsers
-- subscribed. A subscription is one browser's, for one device; it ends with the session in which it
-- was made, so that a phone that is signed out from afar is not rung any more.
CREATE TABLE push_key (
	id BIGINT PRIMARY KEY CHECK (id = 1),
	secret_sealed {BLOB} NOT NULL,
	created_at BIGINT NOT NULL
);

-- failures: in a row; retry_at: the push service wants to be left alone until then.
CREATE TABLE push_subscription (
	id {ID},
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	person_id BIGINT REFERENCES person (id) ON DELETE CASCADE,
	session_id BIGINT REFERENCES session (id) ON DELETE CASCADE,
	app_token_hash {BLOB} REFERENCES app_session (token_hash) ON DELETE CASCADE,
	endpoint TEXT NOT NULL CHECK (length(endpoint) BETWEEN 1 AND 1024),
	p256dh {BLOB} NOT NULL,
	auth {BLOB} NOT NULL,
	language TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	failures BIGINT NOT NULL DEFAULT 0,
	retry_at BIGINT NOT NULL DEFAULT 0,
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
);
CREATE UNIQUE INDEX push_subscription_endpoint ON push_subscription (endpoint, device);
CREATE INDEX push_subscription_device ON push_subscription (site_id, device, id);
CREATE INDEX push_subscription_person ON push_subscription (person_id);
CREATE INDEX push_subscription_session ON push_subscription (session_id);
CREATE INDEX push_subscription_app ON push_subscription (app_token_hash);
