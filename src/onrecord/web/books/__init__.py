# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/books`: what payout rules do to whom, on made-up plays; and on its owner's machine, their own books."""

from onrecord.web.books.routes import Books

__all__ = ["Books"]
