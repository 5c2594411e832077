# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs read beside the pages: feeds of what is new, sitemaps, playlists, and what pages say in schema.org."""
