# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to credit for what the archive holds: one file, what a playlist names, a volume, an edition."""

import datetime as dt
import itertools
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct

from onrecord.archive.choosing import CHOSEN
from onrecord.archive.core import Archive
from onrecord.archive.judging import PORTION
from onrecord.archive.reading import Reader
from onrecord.engine.duck import Duck, sql_file
from onrecord.errors import IntegrityError, NotFound, UsageError
from onrecord.model import identifiers
from onrecord.model.rights import Evidence
from onrecord.model.views import RecordingView
from onrecord.publish.credits import CREDITS_JSON, Credited, kept_credited, read_credits
from onrecord.rights.credit import Credit, credit
from onrecord.rights.signals import signals
from onrecord.search.fold import fold
from onrecord.sources import playlist_entries
from onrecord.sources.playlist_entries import Entry
from onrecord.sources.playlists import Playlists

#: Endings of the playlists that are read.
PLAYLISTS: Final = (".m3u", ".m3u8", ".xspf", ".jspf")
_DIGEST: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_RECORDING: Final = re.compile(r"/recording/([a-z0-9]{6,40})(?![\w-])")
_MOST_PARTS: Final = 8
_MOST_HITS: Final = 50


class Origin(Struct, frozen=True):
    """What is known of a blob beside its evidence: where it came from, and the notices in its tags."""

    source: str = ""
    address: str = ""
    notices: tuple[str, ...] = ()


class Credits(Struct, frozen=True):
    """Credits in the order that was asked for; `unknown` are entries of a playlist that lead to no file here."""

    files: list[Credited]
    unknown: list[str] = []

    @property
    def lacking(self) -> list[Credited]:
        """Files of which something is not known that their license asks for."""
        return [item for item in self.files if item.credit.missing]


def origins(duck: Duck, blobs: Collection[str]) -> Mapping[str, Origin]:
    """Where blobs came from: the address that a file was fetched from, else a page that its tags name."""
    duck.table("credited", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in sorted(blobs)])
    return dict(each_origin(duck))


def each_origin(duck: Duck) -> Iterator[tuple[str, Origin]]:
    """As `origins`, of the blobs in the table `credited` (`sha256`), in the order of their digests; of those alone of
    which something is known. Others may be asked meanwhile."""
    rows = duck.rows(sql_file("onrecord.catalog", "credit_facts"))
    for sha256, facts in itertools.groupby(rows, key=itemgetter(0)):
        known = Origin()
        for _, kind, value, source, _ in facts:
            if kind == "notice":
                known = msgspec.structs.replace(known, notices=(*known.notices, value))
            elif kind == "fetched" or not known.address:
                known = msgspec.structs.replace(known, address=value, source=source)
        yield sha256, known


def credit_chosen(archive: Archive, duck: Duck, day: dt.date) -> None:
    """Leaves the table `credits`: sha256, license, and as `kept_credited` the credit of each file that is chosen
    (`choosing.choose`), with what is wished of machines. Some files are in memory at a time."""
    duck.run(f"CREATE OR REPLACE TABLE credited AS SELECT sha256 FROM ({CHOSEN}) ORDER BY sha256")
    columns = {"sha256": "VARCHAR", "license": "VARCHAR", "credit": "BLOB"}
    duck.table("credits", columns, _credits(archive, duck, day))


def _credits(archive: Archive, duck: Duck, day: dt.date) -> Iterator[tuple[str, str, bytes]]:
    default, origins = archive.settings.rights.default, each_origin(duck)
    known = next(origins, None)
    left = duck.rows(sql_file("onrecord.catalog", "chosen_named"))
    while rows := list(itertools.islice(left, PORTION)):
        found = archive.ledger.look_up([row[0] for row in rows])
        for (sha256, license, recording, title, artist), (_, _, profile) in zip(rows, found, strict=True):
            if recording is None:
                raise IntegrityError(f"file {sha256}: no recording is of it", "run `onrecord match --anew`")
            while known and known[0] < sha256:
                known = next(origins, None)
            origin = known[1] if known and known[0] == sha256 else Origin()
            evidence = archive.ledger.evidence_numbered(profile)
            made = credit_for(title, artist, evidence, origin, license)
            wishes = signals(evidence, default, day)
            yield sha256, license, kept_credited(Credited(sha256, recording, made.line, made, wishes))


def credit_for(
    title: str, artist: str, evidence: Sequence[Evidence], origin: Origin, license: str = ""
) -> Credit:
    """The credit of a file as it came."""
    return credit(
        title,
        artist,
        evidence,
        license=license,
        source=origin.source,
        source_address=origin.address,
        notices=origin.notices,
    )


def credits_of(folder: Path, thing: str) -> Credits:
    """Credits of all files that an id stands for, or of the one with that digest or deposited name. Raises NotFound."""
    reader = Reader(folder)
    view = reader.why(thing)
    name = os.fsencode(thing).decode(errors="replace")  # as names that are no UTF-8 are filed
    one = {it.sha256 for it in view.sounds if name == it.sha256 or name in it.names}
    files = _of_views(folder, [(view, one or {it.sha256 for it in view.sounds})])
    if not files:
        raise NotFound(f"{thing!r}: recording {view.id} has no file here", "add its sound first")
    return Credits(files)


def credits_of_playlist(folder: Path, path: Path) -> Credits:
    """Credits of what a playlist names, in its order: by digest, id, or the name that a file was added under, else by
    title and artist where one recording alone has both."""
    entries = _entries(path)
    reader = Reader(folder)
    with Archive.open(folder) as archive, archive.duck() as duck:
        named = _named(duck, entries)
    found: list[tuple[RecordingView, set[str]]] = []
    unknown: list[str] = []
    for number, entry in enumerate(entries, 1):
        match = _match(reader, entry, named)
        if match is None:
            unknown.append(f"entry {number}: {entry.title or entry.called() or 'without a name'}")
        else:
            found.append(match)
    return Credits(_of_views(folder, found), unknown)


def credits_of_edition(archive: Archive, number: int, volume: str = "") -> Credits:
    """What an edition says of its files, or of those of one volume. Raises NotFound."""
    numbers = [edition["number"] for edition in archive.ledger.editions()]
    if number not in numbers:
        raise NotFound(
            f"edition {number}: not published here", f"there are {len(numbers):,}; the newest is the last"
        )
    path = archive.folder / "editions" / str(number) / CREDITS_JSON
    try:
        listed = [item for item in read_credits(path) if not volume or item.volume == volume]
    except FileNotFoundError:
        raise NotFound(
            f"{path}: edition {number} was made before editions had it",
            "publish again: the next one has it",
        ) from None
    except msgspec.MsgspecError as error:
        raise IntegrityError(
            f"{path}: cannot be read ({error})", "`onrecord check` says what is damaged"
        ) from None
    if volume and not listed:
        raise NotFound(f"edition {number} has no volume {volume!r}", "its manifest.json lists them")
    return Credits(listed)


def _of_views(folder: Path, wanted: Sequence[tuple[RecordingView, Collection[str]]]) -> list[Credited]:
    with Archive.open(folder) as archive, archive.duck() as duck:
        known = origins(duck, {sha256 for _, blobs in wanted for sha256 in blobs})
        return [
            _credited(archive, view, sound.sha256, known.get(sound.sha256, Origin()))
            for view, blobs in wanted
            for sound in view.sounds
            if sound.sha256 in blobs
        ]


def _credited(archive: Archive, view: RecordingView, sha256: str, origin: Origin) -> Credited:
    evidence = [item for item, _ in archive.ledger.evidence(sha256).values()]
    made = credit_for(view.title, view.artist, evidence, origin)
    wishes = signals(evidence, archive.settings.rights.default, archive.today)
    return Credited(sha256, view.id, made.line, made, wishes)


def _entries(path: Path) -> list[Entry]:
    if path.suffix.lower() not in PLAYLISTS or not path.is_file():
        raise UsageError(f"{path}: expected a playlist that is there ({', '.join(PLAYLISTS)})", "name one")
    pages = list(Playlists(path, {}).pages())
    for where, why in (rejected for page in pages for rejected in page.rejected):
        raise UsageError(f"{where}: {why}", "correct the playlist")
    records = [record for page in pages for record in page.records]
    return [entry for record in records for entry in playlist_entries.read(record.payload, record.media_type)]


def _named(duck: Duck, entries: Sequence[Entry]) -> dict[str, str]:
    """Digests of deposited files by the names that entries may mean."""
    names = {name for entry in entries for name in _names(entry)}
    duck.table("meant", {"name": "VARCHAR"}, [(name,) for name in sorted(names)])
    return dict(
        duck.run("SELECT name, arg_max(sha256, seq) FROM deposits SEMI JOIN meant USING (name) GROUP BY name")
    )


def _names(entry: Entry) -> Iterator[str]:
    """A location, and what is left of it without one leading folder after the other: files are named below the folder
    that was added."""
    for location in entry.locations:
        text = unquote(urlsplit(location).path) if "://" in location else location
        parts = [part for part in re.split(r"[/\\]", text) if part not in ("", ".")]
        for start in range(max(0, len(parts) - _MOST_PARTS), len(parts)):
            yield "/".join(parts[start:])


def _match(reader: Reader, entry: Entry, named: Mapping[str, str]) -> tuple[RecordingView, set[str]] | None:
    """The recording that an entry means, with its files: the one that is named, else the first of the recording."""
    texts = (*entry.locations, *entry.identifiers)
    things = [found for text in texts for found in _DIGEST.findall(text) + _RECORDING.findall(text)]
    things += [
        named[name]
        for name in _names(entry)
        if name in named and ("/" in name or _agrees(reader, named[name], entry))
    ]
    for thing in things:
        try:
            view = reader.why(thing)
        except NotFound:
            continue
        blobs = {sound.sha256 for sound in view.sounds}
        if blobs:
            return view, {thing} if identifiers.sha256(thing) else {view.sounds[0].sha256}
    return _by_words(reader, entry)


def _agrees(reader: Reader, sha256: str, entry: Entry) -> bool:
    """A file name without folders is that of many files: the titles must not say otherwise."""
    try:
        title = reader.why(sha256).title
    except NotFound:
        return False
    return not entry.title or not title or fold(entry.title) == fold(title)


def _by_words(reader: Reader, entry: Entry) -> tuple[RecordingView, set[str]] | None:
    if not entry.title or not (entry.artist or entry.mbid()):
        return None
    hits = reader.search(f"{entry.title} {entry.artist}", ("recording",), _MOST_HITS)
    views = [
        reader.recording(hit.id) for hit in hits if hit.has_sound and fold(hit.title) == fold(entry.title)
    ]
    same = [
        view
        for view in views
        if view.sounds
        and (entry.mbid() in view.mbids or (entry.artist and fold(view.artist) == fold(entry.artist)))
    ]
    return (same[0], {same[0].sounds[0].sha256}) if len(same) == 1 else None
