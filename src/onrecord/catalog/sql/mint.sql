-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The canonical id that a claim founds: onrecord.model.identifiers.mint, for a column. `kind` is recording, release, work …
CREATE OR REPLACE MACRO five_bits(number, shift) AS
  substr('abcdefghijklmnopqrstuvwxyz234567', (((number >> shift) & 31) + 1)::BIGINT, 1);
CREATE OR REPLACE MACRO forty_bits(number) AS
  five_bits(number, 35) || five_bits(number, 30) || five_bits(number, 25) || five_bits(number, 20)
  || five_bits(number, 15) || five_bits(number, 10) || five_bits(number, 5) || five_bits(number, 0);
CREATE OR REPLACE MACRO base_32(hex) AS
  forty_bits(('0x' || substr(hex, 1, 10))::BIGINT) || forty_bits(('0x' || substr(hex, 11, 10))::BIGINT);
CREATE OR REPLACE MACRO mint(kind, source, source_id) AS
  left(kind, 1) || base_32(sha256(kind || chr(31) || source || chr(31) || source_id));
