-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What persons decided and did not take back.
CREATE OR REPLACE VIEW standing_decisions AS
SELECT d.* FROM decisions d
WHERE d.act <> 'undo'
  AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.act = 'undo' AND u.decision = d.decision AND u.seq > d.seq);
