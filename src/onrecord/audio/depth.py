# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many bits the samples of a lossless file use."""

import re
from typing import Final

import numpy as np
import numpy.typing as npt


class Depth:
    """PCM says its depth by name. The other lossless codecs decode to 16 or 32 bits, of which the lowest bytes may
    be empty throughout: 24-bit music arrives as 32-bit samples whose last byte is 0.
    """

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._seen = 0
        self._width = 0

    def feed(self, samples: npt.NDArray[np.generic]) -> None:
        if self._codec in _LOSSLESS and samples.dtype.kind == "i":
            self._width = samples.dtype.itemsize * 8
            self._seen |= int(np.bitwise_or.reduce(samples))

    def bits(self) -> int | None:
        """None for lossy codecs, and for 32-bit silence, which may be any depth."""
        if named := re.fullmatch(r"pcm_[suf](\d+)(le|be)?(_planar)?", self._codec):
            return int(named[1])
        if self._codec.startswith("dsd_"):
            return 1
        if self._codec not in _LOSSLESS or not self._width:
            return None
        if not self._seen:
            return 16 if self._width == 16 else None
        empty = (self._seen & -self._seen).bit_length() - 1
        return self._width - empty // 8 * 8


_LOSSLESS: Final = frozenset(
    (
        "flac",
        "alac",
        "ape",
        "wavpack",
        "tta",
        "tak",
        "als",
        "mp4als",
        "shorten",
        "wmalossless",
        "truehd",
        "mlp",
    )
)
