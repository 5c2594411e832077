-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- In which portion of files each recording is that has some: about {files} of them to one, in the order of numbers.
CREATE OR REPLACE TABLE sound_parts AS
SELECT p.number, CAST((sum(count(*)) OVER (ORDER BY p.number) - 1) // {files} AS INTEGER) AS portion
FROM recording_blobs b
JOIN page_numbers p ON p.id = b.recording
GROUP BY p.number;
