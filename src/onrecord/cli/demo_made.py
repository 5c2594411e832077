# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the cases that the demo's archive has to refuse, from pieces that may be shared, each marked as made."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av

from onrecord.errors import UsageError

_SECONDS = 20
_RATE = 48_000
_NOTE = "made by the onrecord demo as a case to refuse"

_COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: made by the onrecord demo as a case to refuse

Files: *
Copyright: nobody: this statement was made up to contradict the tag of the file
License: GPL-2+
"""

_CUSTOM = """This text was made up by the onrecord demo as a case to refuse.

You are welcome to enjoy this recording at home. For anything else write to us first.
"""


def make_cases(folder: Path, piece: Path, shared: Path, license: str, holder: str) -> None:
    """Fill `folder` with one case a sub-folder.

    `piece` is played backwards for the cases that need sound of their own; `shared` is a piece that will be
    published under `license` of `holder`, for its exact copy and its re-encoding.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "README.txt").write_text(f"Everything in this folder was {_NOTE}.\n", encoding="utf-8")
    sound = _backwards(piece)
    for at, (name, title, tags) in enumerate(_CASES):
        # Parts that do not overlap, so that no two are the same sound.
        part = sound[:, at * _SECONDS * _RATE : (at + 1) * _SECONDS * _RATE]
        _encode(folder / name / f"{name}.opus", part, {"title": title, "comment": _NOTE, **tags})
    (folder / "custom-text" / "LICENSE.txt").write_text(_CUSTOM, encoding="utf-8")
    (folder / "contradiction" / "copyright").write_text(_COPYRIGHT, encoding="utf-8")
    (folder / "exact-duplicate").mkdir()
    shutil.copyfile(shared, folder / "exact-duplicate" / f"copy-of-{shared.name}")
    again = folder / "re-encoded" / f"{shared.stem}.mp3"
    _encode_again(shared, again)
    statement = f"SPDX-FileCopyrightText: {holder}\nSPDX-License-Identifier: {license}\n"
    again.with_name(again.name + ".license").write_text(statement, encoding="utf-8")


_CASES: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("no-evidence", "Made case: the evidence was removed", {}),
    ("custom-text", "Made case: a license text of its own", {}),
    (
        "non-commercial",
        "Made case: non-commercial",
        {"license": "https://creativecommons.org/licenses/by-nc/4.0/"},
    ),
    (
        "no-derivatives",
        "Made case: no derivatives",
        {"license": "https://creativecommons.org/licenses/by-nd/4.0/"},
    ),
    (
        "contradiction",
        "Made case: tag and document disagree",
        {"license": "https://creativecommons.org/licenses/by/4.0/"},
    ),
)


def _backwards(path: Path) -> Any:
    """The end of a piece, played backwards: other sound than any of the pieces, and shareable as they are."""
    import numpy as np

    resampler = av.AudioResampler(format="s16p", layout="stereo", rate=_RATE)
    parts = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [out.to_ndarray() for out in resampler.resample(frame)]
    sound = np.concatenate(parts, axis=1)[:, ::-1]
    if sound.shape[1] < len(_CASES) * _SECONDS * _RATE:
        raise UsageError(
            f"{path}: expected a piece of at least {len(_CASES) * _SECONDS} s to make the cases from"
        )
    return sound


def _encode(path: Path, sound: Any, tags: Mapping[str, str]) -> None:
    import numpy as np

    path.parent.mkdir(parents=True)
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_RATE, bit_rate=64_000)
        container.metadata.update(tags)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="s16p", layout="stereo")
        frame.sample_rate = _RATE
        _write(container, stream, frame)


def _encode_again(source: Path, target: Path) -> None:
    """A whole piece in another encoding, with its own tags: near enough to be the same sound."""
    target.parent.mkdir(parents=True)
    with av.open(str(source)) as read, av.open(str(target), "w", format="mp3") as container:
        rate = read.streams.audio[0].rate
        stream = container.add_stream("libmp3lame", rate=rate, bit_rate=160_000)
        container.metadata.update({**read.streams.audio[0].metadata, **read.metadata, "comment": _NOTE})
        resampler = av.AudioResampler(format="s16p", layout="stereo", rate=rate)
        for frame in read.decode(audio=0):
            for out in resampler.resample(frame):
                container.mux(stream.encode(out))
        container.mux(stream.encode(None))


def _write(container: Any, stream: Any, frame: Any) -> None:
    resampler = av.AudioResampler(format=stream.format.name, layout="stereo", rate=_RATE, frame_size=960)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))
