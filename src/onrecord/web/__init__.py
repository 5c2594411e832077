# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web page that an archive serves: asks the rights again at each stream, loads nothing from outside.

It only reads, but for notices, and the rulings of whoever runs it.
"""
