-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Names as the matcher compares them: no case, no accents, no punctuation.
CREATE OR REPLACE MACRO fold(text) AS
  trim(regexp_replace(lower(strip_accents(nfc_normalize(text))), '[^\p{L}\p{N}]+', ' ', 'g'));
