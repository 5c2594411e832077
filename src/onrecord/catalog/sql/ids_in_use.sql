-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which of the `offered` canonical ids have a founding claim here already.
SELECT DISTINCT id FROM ids SEMI JOIN offered USING (id);
