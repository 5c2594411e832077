-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The newest word of each source whose records may be passed on whole (`verbatim_sources`), without what names something
-- hidden (`silent_records`).
SELECT r.source, r.record, v.license, r.media_type, coalesce(r.version, ''), r.sha256, r.payload
FROM records r
JOIN verbatim_sources v ON v.source = r.source
ANTI JOIN silent_records s ON s.source = r.source AND s.record = r.record
WHERE NOT EXISTS (SELECT 1 FROM records n WHERE n.source = r.source AND n.record = r.record AND n.seq > r.seq)
  AND NOT r.deleted AND octet_length(r.payload) > 0
ORDER BY r.source, r.record
