# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes files out of the archive again: plain folders, a BagIt bag, or OCFL objects, with decisions and credits.

The gate is asked for each file; each byte that leaves is checked against the blob's name. Nothing in the archive is
changed, and what is given out never shares an inode with a blob, so that no player can write into one.
"""

from onrecord.archive.exporting.report import ExportReport, Form
from onrecord.archive.exporting.run import export

__all__ = ["ExportReport", "Form", "export"]
