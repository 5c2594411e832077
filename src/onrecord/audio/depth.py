# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many bits the samples of a lossless file have."""

import re
from typing import Final

import numpy as np
import numpy.typing as npt


class Depth:
    """PCM says its depth by name. Other lossless codecs decode to 16 bits, or to 32 for everything deeper: then it is
    24 where the last byte is 0 throughout.
    """

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._bits: int | None = None

    def feed(self, samples: npt.NDArray[np.generic]) -> None:
        if self._codec not in _LOSSLESS or samples.dtype.kind != "i" or self._bits == 32:
            return
        if samples.dtype.itemsize == 2:
            self._bits = 16
        elif len(samples):
            self._bits = 32 if int(np.bitwise_or.reduce(samples)) & 0xFF else 24

    def bits(self) -> int | None:
        """None for lossy codecs."""
        if named := re.fullmatch(r"pcm_[suf](\d+)(le|be)?(_planar)?", self._codec):
            return int(named[1])
        return 1 if self._codec.startswith("dsd_") else self._bits


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
