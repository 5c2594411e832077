# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever runs the server sees of it: counters at `/metrics`, a line for each request. No word on who asked."""
