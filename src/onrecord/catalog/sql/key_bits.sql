-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Bits of titles in keys (`keys_of_segment.sql`): what is equal has equal ones.
--
-- By what a title is compared follows from one another: two that are equal but for `live` begin and sound alike up to a bar,
-- and tell the same version behind it. So the bits of a name are those of its beginning and of its sound. A title that goes
-- with its release is not told by its sound, which does not follow there.
CREATE OR REPLACE MACRO start_bits(text) AS
  (hash(split_part(split_part(split_part(left(text, 5), '|', 1), '/', 1), ' ', 1)) >> 20) & 511;
CREATE OR REPLACE MACRO sound_bits(text) AS
  hash(sounded(split_part(text, '|', 1)), regexp_extract(split_part(text, '|', 2), 'remix|remaster|acoustic|demo|karaoke|radio')) & 16383;
CREATE OR REPLACE MACRO name_bits(title, but_live) AS
  (if(contains(title, '/'), hash(but_live) & 16383, sound_bits(title)) << 9) + start_bits(title);
