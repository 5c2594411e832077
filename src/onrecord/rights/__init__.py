# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights gate: `decide` answers "may we?", `explain` says why, `read_license` reads what was written."""

from onrecord.rights.credit import attribution
from onrecord.rights.gate import decide, explain
from onrecord.rights.licenses import LicenseReading, read_license
from onrecord.rights.rules import RULES

__all__ = ["RULES", "LicenseReading", "attribution", "decide", "explain", "read_license"]
