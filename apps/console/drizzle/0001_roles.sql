-- The roles of the console, lowest first. Each includes what those before it may do.
INSERT INTO "role" ("name", "rank", "description") VALUES
	('viewer', 1, 'Sees everything, changes nothing.'),
	('responder', 2, 'May cancel statements and sessions and acknowledge problems.'),
	('operator', 3, 'May carry out plans: moves, drains, knobs, upgrades.'),
	('admin', 4, 'May manage people and the console itself.')
ON CONFLICT ("name") DO NOTHING;
