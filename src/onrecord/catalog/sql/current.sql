-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest word of each source on each {kind}, one row a claim that stands: a later record of the same name replaces the
-- claims of the earlier one, and a tombstone (a later record without claims) ends them. A {kind}'s own record goes before
-- others that only name it (an artist in the credits of a release), whichever came last. `first_seq` is the entry that
-- brought the claim first, `node` the number of the row. Most claims come once, so those that came again are told apart by
-- a hash. Nothing is copied: what stands is read from the files, without those that do not.
CREATE OR REPLACE TABLE {kind}_again AS
SELECT hash(source, id) AS key FROM {kind}s GROUP BY key HAVING count(*) > 1;

CREATE OR REPLACE TABLE {kind}_ended AS
SELECT c.node FROM numbered_{kind}s c
WHERE EXISTS (SELECT 1 FROM record_ends r WHERE r.source = c.source AND r.record = c.record AND r.seq > c.seq);

-- All that a claim says is read where nothing else tells two apart.
CREATE OR REPLACE TABLE {kind}_repeated AS
WITH again AS MATERIALIZED (
  SELECT node, source, id, record, seq, node IN (SELECT node FROM {kind}_ended) AS ended
  FROM numbered_{kind}s
  WHERE hash(source, id) IN (SELECT key FROM {kind}_again)
),
alike AS MATERIALIZED (
  SELECT node FROM again QUALIFY count(*) OVER (PARTITION BY source, id, ended, seq, record) > 1
)
SELECT
  node,
  row_number() OVER (PARTITION BY source, id ORDER BY ended, record <> '{kind}:' || id, seq DESC, record, said, node) > 1 OR ended AS over,
  min(seq) OVER (PARTITION BY source, id) AS first_seq
FROM again LEFT JOIN (
  SELECT c.node, (SELECT t FROM (SELECT c.* EXCLUDE (node)) t)::VARCHAR AS said
  FROM ({alike}) c
) s USING (node);
INSERT INTO {kind}_ended SELECT node FROM {kind}_repeated WHERE over AND node NOT IN (SELECT node FROM {kind}_ended);
