-- Bindings of several flows of one phone (RFC 5626), which may have one Contact, and the proxies before
-- a device (RFC 3327).

ALTER TABLE binding RENAME TO binding_before;
DROP INDEX binding_device;
CREATE TABLE binding (
	site_id BIGINT NOT NULL,
	device BIGINT NOT NULL,
	contact TEXT NOT NULL,
	instance TEXT NOT NULL,
	reg_id BIGINT NOT NULL,
	path TEXT NOT NULL,
	call_id TEXT NOT NULL,
	cseq BIGINT NOT NULL,
	q BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	transport TEXT NOT NULL CHECK (transport IN ('udp', 'tcp', 'tls')),
	address TEXT NOT NULL,
	PRIMARY KEY (site_id, device, contact, instance, reg_id),
	FOREIGN KEY (site_id, device) REFERENCES device (site_id, number) ON DELETE CASCADE
);
INSERT INTO binding (site_id, device, contact, instance, reg_id, path, call_id, cseq, q, expires_at,
	transport, address)
	SELECT site_id, device, contact, '', 0, '', call_id, cseq, q, expires_at, transport, address
	FROM binding_before;
DROP TABLE binding_before;
CREATE INDEX binding_device ON binding (device);
