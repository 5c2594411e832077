-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- One row a recording with files, of rows of `sounds_told`: what its page shows of them
-- (onrecord.catalog.pages.SoundBody), which is the newest, and how long the shortest is.
WITH each_file AS (
  SELECT
    number, sha256, max(seq) AS seq, min(seconds) AS seconds, any_value(file) AS file,
    list_sort(coalesce(list(DISTINCT name) FILTER (name IS NOT NULL), [])) AS names,
    coalesce(list(version ORDER BY version.sha256) FILTER (version IS NOT NULL), []) AS versions,
    coalesce(list(copy ORDER BY copy.seq DESC, copy.sha256) FILTER (copy IS NOT NULL), []) AS copies
  FROM {told}
  GROUP BY number, sha256
),
sounded AS (
  SELECT
    number,
    list(struct_insert(
      struct_update(
        file, suspicions := file.suspicions::JSON, faults := file.faults::JSON, peaks := base64(file.peaks)
      ),
      names := names,
      versions := versions,
      copies := [struct_pack(sha256 := c.sha256, recipe := c.recipe, kilobits := c.kilobits) FOR c IN copies]
    ) ORDER BY sha256) AS sounds,
    max(seq) AS newest,
    min(seconds) AS seconds
  FROM each_file
  WHERE file IS NOT NULL
  GROUP BY number
)
SELECT number, to_json(sounds)::VARCHAR AS sounds, newest, CAST(seconds AS DOUBLE) AS seconds
FROM sounded
ORDER BY number
