# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sources claim, and who is who: append-only tables, and the canonical view that SQL files make of them."""
