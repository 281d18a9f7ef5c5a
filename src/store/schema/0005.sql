-- Sending mail: who is at it, and since when its age counts.

-- Until then one server has the row, and no other takes it.
ALTER TABLE mail ADD COLUMN claimed_until BIGINT NOT NULL DEFAULT 0;
-- When the operator asked for another try; the age of a mail counts from there.
ALTER TABLE mail ADD COLUMN requeued_at BIGINT;
CREATE INDEX mail_state ON mail (state, id);
CREATE INDEX mail_done ON mail (done_at) WHERE done_at IS NOT NULL;
