# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What children of the fork server have imported before they start. Nothing here may start a thread."""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import duckdb  # noqa: F401
import pyarrow.parquet  # noqa: F401
import tantivy  # noqa: F401

from onrecord.archive import add, checking, harvest, publishing  # noqa: F401
from onrecord.audio.examine import examine  # noqa: F401
from onrecord.rights.licenses import read_license

read_license("CC-BY-4.0")  # its tables are made at the first question
