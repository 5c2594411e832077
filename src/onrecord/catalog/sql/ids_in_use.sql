-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which of the `offered` canonical ids (kind, id) have a founding claim here already, or name something of another kind
-- (`{things}`: kind, id). One that is made of its claim need not be among `ids`.
SELECT id FROM ids SEMI JOIN offered USING (id)
UNION
SELECT o.id FROM offered o JOIN ({things}) t ON t.id = o.id AND t.kind <> o.kind;
