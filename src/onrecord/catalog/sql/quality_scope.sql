-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The current claims of the sources that are asked about, what stood in their records and could not be claimed, and the
-- check digits that the codes of the field have.
CREATE OR REPLACE VIEW quality_tracks AS SELECT * FROM track_nodes WHERE source IN (SELECT source FROM asked);
CREATE OR REPLACE VIEW quality_releases AS SELECT * FROM release_nodes WHERE source IN (SELECT source FROM asked);
CREATE OR REPLACE VIEW quality_artists AS SELECT * FROM artist_nodes WHERE source IN (SELECT source FROM asked);

CREATE OR REPLACE VIEW quality_works AS
SELECT w.* FROM works w
WHERE w.source IN (SELECT source FROM asked) AND NOT EXISTS (
  SELECT 1 FROM records r WHERE r.source = w.source AND r.record = w.record AND r.seq > w.seq
)
QUALIFY row_number() OVER (PARTITION BY w.source, w.id ORDER BY w.record <> 'work:' || w.id, w.seq DESC, w.record, w::VARCHAR) = 1;

CREATE OR REPLACE VIEW quality_labels AS
SELECT l.* FROM labels l
WHERE l.source IN (SELECT source FROM asked) AND NOT EXISTS (
  SELECT 1 FROM records r WHERE r.source = l.source AND r.record = l.record AND r.seq > l.seq
)
QUALIFY row_number() OVER (PARTITION BY l.source, l.id ORDER BY l.record <> 'label:' || l.id, l.seq DESC, l.record, l::VARCHAR) = 1;

CREATE OR REPLACE VIEW quality_odd AS
SELECT DISTINCT o.source, o.id, o.field, o.value
FROM odd o
WHERE o.source IN (SELECT source FROM asked) AND NOT EXISTS (
  SELECT 1 FROM records r WHERE r.source = o.source AND r.record = o.record AND r.seq > o.seq
);

-- GS1: digits weigh 1 and 3 in turn from the right, and the sum is a multiple of ten.
CREATE OR REPLACE MACRO gtin_holds(code) AS regexp_full_match(code, '[0-9]{8}|[0-9]{12,14}') AND list_sum(
  list_transform(
    range(len(code)),
    lambda place: coalesce(try_cast(substr(reverse(code), place + 1, 1) AS INTEGER), 0) * if(place % 2 = 0, 1, 3)
  )
) % 10 = 0;

-- ISO 15707: nine digits weigh 1 to 9, the T weighs 1, and with the check digit the sum is a multiple of ten.
CREATE OR REPLACE MACRO iswc_holds(code) AS regexp_full_match(code, 'T[0-9]{10}') AND (
  1 + list_sum(
    list_transform(
      range(1, 11),
      lambda place: coalesce(try_cast(substr(code, place + 1, 1) AS INTEGER), 0) * if(place = 10, 1, place)
    )
  )
) % 10 = 0;

-- ISO 27729 takes its check character from ISO 7064, MOD 11-2; X stands for ten.
CREATE OR REPLACE MACRO isni_holds(code) AS regexp_full_match(code, '[0-9]{15}[0-9X]') AND (
  12 - list_reduce(
    list_transform(range(15), lambda place: coalesce(try_cast(substr(code, place + 1, 1) AS INTEGER), 0)),
    lambda sum, digit: (sum + digit) * 2 % 11,
    0
  ) % 11
) % 11 = if(substr(code, 16, 1) = 'X', 10, coalesce(try_cast(substr(code, 16, 1) AS INTEGER), 0));
