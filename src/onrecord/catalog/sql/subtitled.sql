-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Titles with a subtitle, a translation or the parts of a medley behind them.

-- What stands before a subtitle: in brackets, behind a sign, or in Latin letters behind another script; '' where none does.
CREATE OR REPLACE MACRO before_subtitle(title) AS CASE
  WHEN NOT regexp_matches(title, '.[(\[（［/／~〜]|\s[-–—]|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}] [a-zA-Z]') THEN ''
  WHEN regexp_matches(title, '^[^(\[（［/／~〜]*?[\p{L}\p{N}][^(\[（［/／~〜]*?(?:[(\[（［/／~〜]|\s[-–—])')
    THEN regexp_replace(title, '(?s)(?:\s*[(\[（［/／~〜]|\s[-–—]).*$', '')
  ELSE regexp_extract(title, '^(.*[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]) [a-zA-Z][a-zA-Z ]{3,}$', 1)
END;
-- May a subtitle (once folded) tell one recording from another? By a language, by a number or a way to play where it is short.
CREATE OR REPLACE MACRO tells_apart(folded) AS
  length(folded) < 4 AND NOT is_other(folded)
  OR length(folded) < 30 AND regexp_matches(
    folded,
    '\p{N}|\b(?:[ivx]{2,}|[vx])\b| i$|\b(?:one|two|three|four|first|second|third|'
    || 'mashup|medley|cover|piano|guitar|strings?|orchestra|solo|duet|duo|choir|vocals?|vox|inst|tv|ver|vers|short|long|full|'
    || 'single|new|old|early|slow|fast|club|dance|house|vip|intro|outro|interlude|skit|sessions|studio|outtake|tape|tour|'
    || 'video|film|movie|game|soundtrack|theme|loop|beats?|ballad|swing|jazz|latin|disco|techno|trance|mixed|mixes|edition|'
    || 'bonus|hidden|sung|spoken|narration|tempo|chapter|act|vol|volume)\b'
  )
  OR regexp_matches(
    folded,
    '\b(?:english|french|german|italian|spanish|portuguese|japanese|korean|chinese|mandarin|cantonese|russian|'
    || 'espanol|castellano|francais|deutsch|italiano|portugues)\b'
    || '|新録|英語|日本語|国語|國語|国语|粤語|粵語|粤语|合唱|独唱|編|篇'
  );

-- The title before its subtitle, once folded; '' where there is none, or where it may tell another recording.
CREATE OR REPLACE MACRO main_words(before, title, folded) AS CASE
  WHEN before = '' THEN ''
  WHEN tells_version(folded) OR tells_other_version(folded) OR says_more(folded) THEN ''
  WHEN list_transform([fold(substr(title, length(before) + 1))], lambda subtitle: tells_apart(subtitle))[1] THEN ''
  ELSE fold(before)
END;

-- What titles that have no subtitle are compared with, of what `main_words` gives.
CREATE OR REPLACE MACRO comparable_main(main, release) AS told_as(close_up(replace(main, ' and ', ' ')), release);
