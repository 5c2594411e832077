# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""onrecord: an open music archive that anyone can run and anyone can mirror."""

__version__ = "0.1.0"
