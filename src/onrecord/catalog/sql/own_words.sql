-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What files say of their artists and releases, from the files that leave (`leaving`) alone: the newest word may be that
-- of a file which stays.
CREATE OR REPLACE TABLE artist_nodes AS
SELECT * FROM artist_nodes WHERE source <> 'file'
UNION ALL BY NAME
SELECT o.node, a.*, fold(a.name) AS folded_name
FROM (
  SELECT * FROM artists a
  WHERE source = 'file' AND record IN (SELECT 'file:' || blob FROM leaving)
  QUALIFY row_number() OVER (PARTITION BY id ORDER BY seq DESC, record, a::VARCHAR) = 1
) a
JOIN artist_nodes o ON o.source = a.source AND o.id = a.id;

CREATE OR REPLACE TABLE release_nodes AS
SELECT * FROM release_nodes WHERE source <> 'file'
UNION ALL BY NAME
SELECT o.node, l.*, fold(l.title) AS folded_title
FROM (
  SELECT * FROM releases l
  WHERE source = 'file' AND record IN (SELECT 'file:' || blob FROM leaving)
  QUALIFY row_number() OVER (PARTITION BY id ORDER BY seq DESC, record, l::VARCHAR) = 1
) l
JOIN release_nodes o ON o.source = l.source AND o.id = l.id;
