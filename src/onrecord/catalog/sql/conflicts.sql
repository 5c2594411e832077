-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Fields of things of a kind on which claims differ, with who says what, whose word counts first first. `{casts}` are the
-- fields as text, `{fields}` their names. Names differ when more than case, accents and signs do; dates when none is the
-- other told more exactly; lengths by more than three seconds.
WITH wide AS (
  SELECT m.{thing} AS thing, m.rank, n.source, n.id AS source_id, {casts}
  FROM {thing}_members m JOIN {kind}_nodes n ON n.source = m.source AND n.id = m.source_id
),
said AS (SELECT * FROM wide UNPIVOT (value FOR field IN ({fields})) WHERE value <> ''),
grouped AS (
  SELECT
    thing, field, arg_max(value, (length(value), value)) AS longest, list(value) AS every,
    count(DISTINCT fold(value)) AS words, max(try_cast(value AS BIGINT)) - min(try_cast(value AS BIGINT)) AS apart,
    list(struct_pack(source := source, source_id := source_id, value := value) ORDER BY rank, source, source_id) AS said
  FROM said
  GROUP BY thing, field
)
SELECT thing, field, said
FROM grouped
WHERE CASE field
  WHEN 'duration_ms' THEN apart > 3000
  WHEN 'date' THEN len(list_filter(every, lambda one: NOT starts_with(longest, one))) > 0
  ELSE words > 1
END
-- What a person decided is shown with what it overrides, also where sources agree.
OR EXISTS (SELECT 1 FROM overrides o WHERE o.kind = '{kind}' AND o.id = grouped.thing AND o.field = grouped.field)
ORDER BY thing, field
