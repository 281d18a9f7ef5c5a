-- Whether the sound and picture of an intercom or SIP phone are encrypted (SRTP).
ALTER TABLE device ADD COLUMN srtp TEXT NOT NULL DEFAULT 'offered'
	CHECK (srtp IN ('off', 'offered', 'required'));
