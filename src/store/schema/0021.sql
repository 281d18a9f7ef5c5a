-- An intercom's camera over HTTP, for calls that show no video: where its pictures are, and who may
-- have them. The password is sealed with the master key.
ALTER TABLE device ADD COLUMN snapshot_url TEXT;
ALTER TABLE device ADD COLUMN snapshot_user TEXT;
ALTER TABLE device ADD COLUMN snapshot_password_sealed {BLOB};
