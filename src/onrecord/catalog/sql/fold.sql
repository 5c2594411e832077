-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Names as the matcher compares them: no case, no accents, no punctuation.
CREATE OR REPLACE MACRO fold(text) AS
  trim(regexp_replace(lower(strip_accents(nfc_normalize(text))), '[^\p{L}\p{N}]+', ' ', 'g'));
-- Several names that are joined with commas, in whatever order.
CREATE OR REPLACE MACRO fold_names(text) AS
  array_to_string(list_sort(list_distinct([fold(name) FOR name IN string_split(text, ', ')])), ';');
-- Is there anything in a name that `fold` leaves?
CREATE OR REPLACE MACRO has_words(text) AS regexp_matches(text, '[\p{L}\p{N}]');
