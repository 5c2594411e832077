# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ISRCs and sounds disagree: one code on several sounds, one sound under several codes. Shown, never decided."""

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.catalog.match import prepare
from onrecord.engine.duck import sql_file
from onrecord.errors import NotFound


class Sounding(Struct, frozen=True):
    """A recording that has sound here."""

    recording: str
    title: str
    artist: str


class CodeOfMany(Struct, frozen=True):
    """One ISRC that claims give to recordings whose sounds differ."""

    isrc: str
    recordings: tuple[Sounding, ...]


class SoundOfMany(Struct, frozen=True):
    """One recording with sound, to which claims give several ISRCs; `sources` says who, code by code."""

    recording: Sounding
    isrcs: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]


class CodesReport(Struct, frozen=True):
    """Codes with several sounds, and sounds with several codes, among `checked` recordings that have both."""

    checked: int
    codes: tuple[CodeOfMany, ...]
    sounds: tuple[SoundOfMany, ...]


def compare_codes(archive: Archive) -> CodesReport:
    """Reads what the last `match` has joined; raises NotFound where nothing was matched yet."""
    members = archive.canonical("recording_members")
    if not members.exists():
        raise NotFound(f"{members}: nothing was matched yet", "run `onrecord match`")
    with archive.duck() as duck:
        prepare(duck)
        duck.run(
            f"CREATE OR REPLACE TABLE recording_members AS {archive.canonical_rows('recording_members')}"
        )
        duck.run(sql_file("onrecord.catalog", "coded"))
        codes: dict[str, list[Sounding]] = {}
        for isrc, recording, title, artist in duck.run(
            "SELECT isrc, recording, title, artist FROM coded"
            " WHERE isrc IN (SELECT isrc FROM coded GROUP BY isrc HAVING count(*) > 1) ORDER BY isrc, recording"
        ):
            codes.setdefault(isrc, []).append(Sounding(recording, title, artist))
        sounds: dict[Sounding, list[tuple[str, tuple[str, ...]]]] = {}
        for recording, title, artist, isrc, sources in duck.run(
            "SELECT recording, title, artist, isrc, sources FROM coded"
            " WHERE recording IN (SELECT recording FROM coded GROUP BY recording HAVING count(*) > 1)"
            " ORDER BY recording, isrc"
        ):
            sounds.setdefault(Sounding(recording, title, artist), []).append((isrc, tuple(sources)))
        [(checked,)] = duck.run("SELECT count(DISTINCT recording) FROM coded")
    return CodesReport(
        checked=checked,
        codes=tuple(CodeOfMany(isrc, tuple(listed)) for isrc, listed in codes.items()),
        sounds=tuple(
            SoundOfMany(sounding, tuple(isrc for isrc, _ in listed), tuple(sources for _, sources in listed))
            for sounding, listed in sounds.items()
        ),
    )
