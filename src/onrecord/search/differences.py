# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes as what they have that others have not: of a list of ten thousand of which some came and went, a few dozen."""

import sys
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL: Final = 12
#: Bits of how far back zstd looks: at least, and at most where whoever reads it has not to be told.
_REACH, _FARTHEST = 16, 27


def difference(packed: bytes, base: bytes) -> bytes:
    """What is not as it is in `base`; all of that has to be within reach."""
    window = min(max((len(packed) + len(base)).bit_length(), _REACH), _FARTHEST)
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: _LEVEL,
        zstd.CompressionParameter.window_log: window,
    }
    return zstd.compress(packed, options=options, zstd_dict=zstd.ZstdDict(base, is_raw=True).as_prefix)


def restored(differs: bytes, base: bytes) -> bytes:
    """What `difference` was given."""
    return zstd.decompress(differs, zstd_dict=zstd.ZstdDict(base, is_raw=True).as_prefix)
