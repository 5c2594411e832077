-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How names are compared with a collective's: titles, titles without what is in brackets, artists, persons.
CREATE OR REPLACE MACRO bare(title) AS fold(regexp_replace(title, '\s*[\(\[].*$|\s+[-–—]\s+.*$', ''));
CREATE OR REPLACE MACRO title_key(title) AS CASE WHEN bare(title) <> '' THEN bare(title) ELSE fold(title) END;
CREATE OR REPLACE MACRO artists(credit) AS list_filter(list_distinct(list_append(
  list_transform(
    regexp_split_to_array(lower(credit), '\s*[|;,&/+]\s*|\s+(?:feat\.?|ft\.?|featuring|with|and|vs\.?|x)\s+'),
    lambda name: fold(name)),
  fold(credit))), lambda name: name <> '');
CREATE OR REPLACE MACRO person(name) AS array_to_string(list_sort(string_split(fold(name), ' ')), ' ');
CREATE OR REPLACE MACRO isrc_of(code) AS
  regexp_extract(upper(regexp_replace(code, '[^A-Za-z0-9]', '', 'g')), '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$');
CREATE OR REPLACE MACRO iswc_of(code) AS
  regexp_extract(upper(regexp_replace(code, '[^A-Za-z0-9]', '', 'g')), '^T[0-9]{10}$');
