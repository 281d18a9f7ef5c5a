-- When a device first registered with the password that it has. NULL: it has yet to be configured.
ALTER TABLE device ADD COLUMN registered_at BIGINT;
UPDATE device SET registered_at = created_at WHERE number IN (SELECT device FROM binding);
