# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nouns of the archive: frozen values that refuse unknown fields and do no I/O (`docs/glossary.md`)."""
