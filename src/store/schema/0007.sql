-- People of a site are listed by name and searched without case or accents: what both go by is folded
-- (base/fold.h) by whoever writes it. No member without it.
ALTER TABLE member ADD COLUMN sort TEXT NOT NULL DEFAULT '' CHECK (sort <> '');
ALTER TABLE member ADD COLUMN search TEXT NOT NULL DEFAULT '';
CREATE INDEX member_sort ON member (site_id, sort, person_id);

-- Of a site one has one role, besides that of an apartment's admin; every role only once.
DELETE FROM person_role WHERE id NOT IN (
	SELECT MIN(id) FROM person_role GROUP BY person_id, role, company_id, site_id, apartment_id);
CREATE UNIQUE INDEX person_role_company ON person_role (company_id, person_id)
	WHERE role = 'company_admin';
CREATE UNIQUE INDEX person_role_main ON person_role (site_id, person_id)
	WHERE site_id IS NOT NULL AND role <> 'apartment_admin';
CREATE UNIQUE INDEX person_role_home ON person_role (apartment_id, person_id)
	WHERE role = 'apartment_admin';
CREATE INDEX person_role_of_site ON person_role (site_id, role, person_id);

-- With the apartment in it: without statistics SQLite takes the primary key, which knows no person, for
-- the better index, and looks at every resident of the site for each.
DROP INDEX resident_person;
CREATE INDEX resident_person ON resident (site_id, person_id, apartment_id);
CREATE INDEX device_apartment ON device (site_id, apartment_id);

-- Who had a role in a site is one of its people; who looked after an apartment lives there.
INSERT INTO member (site_id, person_id, created_at, sort, search)
	SELECT DISTINCT r.site_id, p.id, p.created_at, lower(p.name),
		lower(p.name || ' ' || COALESCE(p.email, ''))
	FROM person_role r JOIN person p ON p.id = r.person_id WHERE r.site_id IS NOT NULL;
INSERT INTO resident (site_id, apartment_id, person_id, created_at)
	SELECT DISTINCT r.site_id, a.id, p.id, p.created_at
	FROM person_role r JOIN person p ON p.id = r.person_id
	JOIN apartment a ON a.id = r.apartment_id AND a.site_id = r.site_id;
