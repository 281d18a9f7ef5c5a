-- Until when the last link to choose a password is good that a person was sent. NULL: none was ever.
ALTER TABLE person ADD COLUMN invited_until BIGINT;
-- Links that are over are gone: the mails that had them, good for 14 days, are not.
UPDATE person SET invited_until = COALESCE(
	(SELECT MAX(t.expires_at) FROM account_token t
	 WHERE t.person_id = person.id AND t.purpose = 'invitation'),
	(SELECT MAX(m.created_at) + 1209600000 FROM mail m
	 WHERE m.person_id = person.id AND m.template = 'invitation'))
	WHERE password IS NULL;
