# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bytes of a sound file say. `probe` reads a stranger's file in a confined child and never raises for it.

Importing this package is cheap; FFmpeg, NumPy and mutagen are loaded by `preload`, or by the first `probe`. What makes
files, `audio.access` and `audio.tagged`, loads them when it is imported: import it in the worker.
"""

from onrecord.audio.containers import HEAD, other_than_sound
from onrecord.audio.isolate import Examine, preload, probe

__all__ = ["HEAD", "Examine", "other_than_sound", "preload", "probe"]
