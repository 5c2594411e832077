# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an archive of some size needs, computed from what the benchmarks measured; nothing here knows an archive."""
