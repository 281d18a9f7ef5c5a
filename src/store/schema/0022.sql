-- test 1: somebody at the portal wanted to see who rings; nobody was at the door, so it is no bell.
ALTER TABLE call ADD COLUMN test BIGINT NOT NULL DEFAULT 0 CHECK (test IN (0, 1));
