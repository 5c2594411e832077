# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a signed edition vouches for of each file: its digests and what is known of its sound, as that archive's word.

Rows that cannot be a file's facts are left out: such a file is looked into before it is kept, as if nobody spoke of it.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.archive.foreign import source_of
from onrecord.archive.same_sound import SAME_SOUND
from onrecord.audio.fingerprint import near
from onrecord.audio.fingerprint_text import first_120_seconds
from onrecord.catalog.tables import SoundRow
from onrecord.engine.parquet import column_names, read_rows
from onrecord.model import identifiers
from onrecord.model.digests import PIECE, Digests
from onrecord.model.sound import Fault, Sound

_SOUND: Final = tuple(name for name in SoundRow.__struct_fields__ if name != "seq")
_DIGESTS: Final = Digests.__struct_fields__
#: Words of the longest fingerprint that is read: a week of sound.
_MOST_FINGERPRINT: Final = 20_000_000


class Vouch(Struct, frozen=True):
    """One file's facts on an archive's word."""

    digests: Digests
    sound: SoundRow


def vouches(edition: Path, archive: str, wanted: Collection[str]) -> Iterator[Vouch]:
    """What the edition of an archive says of the files `wanted` (digests), in the order of their digests."""
    table = edition / "dataset" / "files.parquet"
    if not set(_SOUND).union(_DIGESTS) <= set(column_names(table)):
        return  # an edition from before there was all of that
    for row in read_rows(table, list(dict.fromkeys((*_DIGESTS, *_SOUND))), within=("sha256", wanted)):
        if (vouch := _vouch(row, archive)) is not None:
            yield vouch


def unlike(said: Digests, fingerprint: bytes, digests: Digests, sound: Sound) -> str:
    """In what a file is another than was said of it; "" where it is that. `digests` and `sound` were found here.

    Measurements may differ from one analyser to the next, and a decoder's last bits from one processor to the next: the
    fingerprint is compared as sounds are (decision 9). What a digest says is exact.
    """
    for name in _DIGESTS:
        if getattr(said, name) != getattr(digests, name):
            return f"its {name} is not what was said"
    if fingerprint == sound.fingerprint:
        return ""
    error = near(first_120_seconds(fingerprint), first_120_seconds(sound.fingerprint))
    return f"it sounds otherwise than was said (bit error {error:.2f})" if error > SAME_SOUND else ""


def _vouch(row: Mapping[str, Any], archive: str) -> Vouch | None:
    try:
        digests = msgspec.convert({name: row[name] for name in _DIGESTS}, Digests, builtin_types=(bytes,))
        sound = msgspec.convert({name: row[name] for name in _SOUND}, SoundRow, builtin_types=(bytes,))
        for faults in (sound.faults, sound.suspicions):
            msgspec.json.decode(faults, type=list[Fault])
    except msgspec.MsgspecError:
        return None
    if not (_is_whole(digests) and _is_sound(sound)):
        return None
    # In `sounds` an archive's word is told by this: its analyser is that source, its version names the archive's own.
    version = f"{sound.analyser} {sound.version}"
    return Vouch(digests, msgspec.structs.replace(sound, analyser=source_of(archive), version=version))


def _is_whole(digests: Digests) -> bool:
    pieces = -(-digests.size // PIECE)
    return digests.size > 0 and (
        len(digests.blake3),
        len(digests.v2_root),
        len(digests.v2_layer),
        len(digests.v1_pieces),
        len(digests.v1_tail),
    ) == (32, 32, 32 * pieces if pieces > 1 else 0, 20 * pieces, 20 if digests.size % PIECE else 0)


def _is_sound(sound: SoundRow) -> bool:
    return (
        sound.sample_rate > 0
        and sound.duration_samples >= 0
        and len(sound.fingerprint) % 4 == 0
        and len(sound.fingerprint) <= _MOST_FINGERPRINT
        and sound.audio_sha256 in ("", identifiers.sha256(sound.audio_sha256))
    )
