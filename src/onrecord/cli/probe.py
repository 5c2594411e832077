# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord probe`"""

import sys
from collections.abc import Iterator
from functools import partial
from math import log10
from pathlib import Path
from typing import Any

import click
import msgspec

from onrecord.cli.output import Output, length, options, size
from onrecord.model.digests import Digests
from onrecord.model.sound import Fault, Probe, Sound


@click.command("probe")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@options
def command(files: tuple[Path, ...], folder: Path, out: Output) -> None:
    """Say what the bytes of files say: digests, format, length, loudness, fingerprint, tags. Needs no archive.

    With --json, one object a file, a line each.

    \b
    Example:  onrecord probe --json song.ogg
    """
    from onrecord import audio
    from onrecord.errors import OnrecordError
    from onrecord.store.digest import digest_file

    unheard = False
    for path in files:
        try:
            digests, probe = digest_file(path), audio.probe(path)
        except (OSError, OnrecordError) as error:
            unheard = True
            _unreadable(out, path, error)
            continue
        unheard = unheard or probe.sound is None
        out.result("probe", _described(path, digests, probe), partial(_lines, path, digests, probe))
    if unheard:
        sys.exit(3)


def _unreadable(out: Output, path: Path, error: Exception) -> None:
    """One file that cannot even be opened costs its own answer and no other."""
    why = error.strerror if isinstance(error, OSError) else None
    fault = Fault("unreadable", why or str(error))
    known = {"path": str(path), "format": None, "faults": [fault]}
    out.result("probe", known, lambda: iter([str(path), f"  {fault.code}: {fault.detail}"]))


def _described(path: Path, digests: Digests, probe: Probe) -> dict[str, Any]:
    """Everything, under the names that scripts ask for; what a file without sound has none of is null."""
    sound = probe.sound
    fields: dict[str, Any] = dict.fromkeys(Sound.__struct_fields__)
    if sound is not None:
        from onrecord.audio.fingerprint_text import compress, first_120_seconds

        fields = msgspec.to_builtins(sound)
        fields["fingerprint"] = compress(sound.fingerprint)
        fields["acoustid_fingerprint"] = compress(first_120_seconds(sound.fingerprint))
        fields["seconds"] = sound.seconds
        fields["true_peak_dbtp"] = _decibels(sound.true_peak)
        fields["replaygain"] = {"track_gain": sound.replaygain, "track_peak": sound.true_peak}
    faults = [*(fields.pop("faults") or ()), *msgspec.to_builtins(probe.faults)]
    return {
        "path": str(path),
        "size": digests.size,
        "sha256": digests.sha256,
        "blake3": digests.blake3.hex(),
        "torrent": {"v2_root": digests.v2_root.hex()},
        "format": fields.pop("container"),
        **fields,
        "tags": msgspec.to_builtins(probe.tags),
        "pictures": [
            {name: value for name, value in msgspec.to_builtins(picture).items() if name != "data"}
            for picture in probe.pictures
        ],
        "faults": faults,
    }


def _lines(path: Path, digests: Digests, probe: Probe) -> Iterator[str]:
    yield f"{path}  {digests.sha256}"
    if sound := probe.sound:
        loudness = "silent" if sound.loudness is None else f"{sound.loudness:.1f} LUFS"
        spread = "" if sound.loudness_range is None else f", range {sound.loudness_range:.1f} LU"
        peak = "" if not sound.true_peak else f", true peak {_decibels(sound.true_peak):+.1f} dBTP"
        yield (
            f"  {sound.container}/{sound.codec}, {length(sound.seconds)}, {sound.sample_rate:,} Hz, "
            f"{sound.channels} ch, {sound.bit_rate // 1000} kbit/s, {loudness}{spread}{peak}"
        )
        if sound.tempo:
            yield f"  tempo about {sound.tempo.value:.1f}, confidence {sound.tempo.confidence:.2f}"
        if sound.key:
            yield f"  key perhaps {sound.key.value}, confidence {sound.key.confidence:.2f}"
        if sound.cutoff is not None:
            yield f"  the spectrum ends at {sound.cutoff:,} Hz"
        if sound.clipped_samples:
            yield f"  {sound.clipped_samples:,} clipped samples"
        for hint in sound.suspicions:
            yield f"  perhaps {hint.code}: {hint.detail}"
    for picture in probe.pictures:
        yield f"  picture: {picture.media_type}, {picture.width} x {picture.height}, {size(len(picture.data))}"
    for fault in (*(probe.sound.faults if probe.sound else ()), *probe.faults):
        at = "" if fault.at is None else f" at {fault.at:.1f} s"
        yield f"  {fault.code}{at}: {fault.detail}"


def _decibels(amplitude: float) -> float | None:
    """Full scale is 0; None for silence, which is minus infinity."""
    return 20 * log10(amplitude) if amplitude > 0 else None
