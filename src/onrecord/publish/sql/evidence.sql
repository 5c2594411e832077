-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
SELECT sha256, evidence, logged, body FROM published_evidence ORDER BY sha256, evidence
