-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest word of each source on each {kind}, one row a claim that stands: a later record of the same name replaces the
-- claims of the earlier one, and a tombstone (a later record without claims) ends them. `first_seq` is the entry that
-- brought the claim first. Most claims come once, so those that came again are told apart by a hash.
CREATE OR REPLACE TABLE {kind}_again AS
SELECT hash(source, id) AS key FROM {kind}s GROUP BY key HAVING count(*) > 1;

CREATE OR REPLACE TABLE {kind}_current AS
WITH standing AS (
  SELECT c.* FROM {kind}s c
  WHERE NOT EXISTS (
    SELECT 1 FROM record_ends r WHERE r.source = c.source AND r.record = c.record AND r.seq > c.seq
  )
),
firsts AS (
  SELECT source, id, min(seq) AS seq FROM {kind}s WHERE hash(source, id) IN (SELECT key FROM {kind}_again)
  GROUP BY source, id
),
newest AS (
  SELECT * FROM standing s WHERE hash(source, id) IN (SELECT key FROM {kind}_again)
  QUALIFY row_number() OVER (PARTITION BY s.source, s.id ORDER BY s.seq DESC, s.record, s::VARCHAR) = 1
)
SELECT *, seq AS first_seq FROM standing WHERE hash(source, id) NOT IN (SELECT key FROM {kind}_again)
UNION ALL
SELECT n.*, f.seq FROM newest n JOIN firsts f ON f.source = n.source AND f.id = n.id;
