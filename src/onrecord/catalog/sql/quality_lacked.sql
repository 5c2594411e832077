-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the newest full dump of each source lacked: the records that the entries of `buried` ended, the first of them named.
SELECT source, count(*) AS found, min(record, 20) AS first
FROM records
WHERE deleted AND (source, seq) IN (SELECT source, seq FROM buried)
GROUP BY source
