# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding things: the folding of text, the text index, and the rows that pages are made of. All can be rebuilt."""
