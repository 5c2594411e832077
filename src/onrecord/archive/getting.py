# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gets one track of a followed archive without the rest: found in the edition's table of places, fetched from pages or
from the swarm, let in by the one door as a sync would. The same is asked of it: feed, withdrawals, this archive's gate.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from onrecord import audio
from onrecord.archive.bringing import Bringer, Swarm
from onrecord.archive.bringing_by_page import InTurn, Pages, page_of
from onrecord.archive.core import Archive
from onrecord.archive.following import fetching
from onrecord.archive.foreign import evidence_in
from onrecord.archive.judging import judge_offered
from onrecord.archive.mirroring import MET_BY_ALL, Run, look_and_match
from onrecord.archive.targets import ids_of
from onrecord.engine.pool import Workers
from onrecord.engine.quoting import parquet
from onrecord.errors import (
    FeedExpired,
    IsWithdrawn,
    NotFound,
    OnrecordError,
    UsageError,
)
from onrecord.mirror.session import Peer, Session
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.model import identifiers
from onrecord.model.rights import Target, Use
from onrecord.rights import RULES
from onrecord.search.rows import Rows


class Got(Struct, frozen=True):
    """A file that was asked for. `refused` is the code of the rule by which this archive's own gate said no, and `why`
    its sentence; both are "" where the file is here now. `received` bytes came for it; 0 where it was here before.

    `liars` are pages that gave what is not the file's.
    """

    archive: str
    recording: str
    sha256: str
    volume: str
    path: str
    size: int
    received: int = 0
    refused: str = ""
    why: str = ""
    liars: tuple[str, ...] = ()


class _Place(Struct, frozen=True):
    recording: str
    sha256: str
    volume: str
    path: str
    size: int


def get(
    archive: Archive,
    thing: str,
    pages: Sequence[str] = (),
    peers: Sequence[Peer] = (),
    progress: Callable[[str, FetchProgress], None] = lambda name, state: None,
    patience: float = 60.0,
    listen: str = "127.0.0.1:0",
) -> list[Got]:
    """Get what a recording's id or a file's SHA-256 names, from the newest edition of a followed archive that has it.

    Asked in order: `pages`, or else the page that the archive's feed is on; then `peers`. The edition's papers come
    along, where it is not held yet. Raises IsWithdrawn where an archive's signed word is that it was withdrawn,
    NotFound where no followed archive has it, MirrorFailed where nobody gave it, ArchiveLocked where another run
    fetches; where nobody has it, what was wrong with an archive that could not be asked.
    """
    every = [followed for followed in archive.ledger.followed() if followed.feed]
    if not every:
        raise UsageError("no archive is followed", "name one with `onrecord mirror follow FEED`")
    failure: OnrecordError | None = None
    withdrawn: IsWithdrawn | None = None
    with ExitStack() as stack:
        stack.enter_context(fetching(archive))
        workers = stack.enter_context(Workers(1, audio.preload))
        swarm = None
        if peers:
            swarm = Swarm(stack.enter_context(Session(listen)), peers, progress, patience)
        names = _names(archive, thing)
        for followed in every:
            asked = Pages(pages or page_of(followed.feed), progress, archive.settings.s3)
            bringer: Bringer = InTurn(asked, swarm) if swarm else asked
            run = Run(archive, followed, bringer, workers, incoming="getting")
            try:
                ready = run.prepare()
            except MET_BY_ALL:
                raise
            except OnrecordError as error:
                failure = error  # the next may have it
                continue
            if not ready:
                failure = FeedExpired(followed.feed, run.report.expired)
                continue
            if places := _places(archive, run.edition, names):
                return _fetched(archive, run, asked, places, workers)
            withdrawn = withdrawn or _withdrawn(archive, run, names)
    if failure := withdrawn or failure:
        raise failure
    raise NotFound(
        f"{thing[:200]!r}: no edition of a followed archive has a recording or a file of that name",
        "expected a recording's id, or the SHA-256 of a file",
    )


def _fetched(
    archive: Archive, run: Run, asked: Pages, places: Sequence[_Place], workers: Workers
) -> list[Got]:
    here = {place.sha256 for place in places if _is_here(archive, place.sha256)}
    run.fetch({place.volume for place in places}, only={place.sha256 for place in places})
    looked = look_and_match(archive, [run.report], workers, only={place.sha256 for place in places})
    turned = {each.sha256: each for each in (*looked.unlike, *looked.refused)}
    run.allowed.look_up({place.sha256 for place in places})
    found = []
    for place in places:
        allowed = place.sha256 in run.allowed and place.sha256 not in turned
        if allowed and not _is_here(archive, place.sha256):
            raise asked.failed(place.sha256)
        if each := turned.get(place.sha256):
            code, why = each.code, each.detail
        else:
            code, why = ("", "") if allowed else _refusal(archive, run, place.sha256)
        found.append(
            Got(
                archive=run.archive_id,
                recording=place.recording,
                sha256=place.sha256,
                volume=place.volume,
                path=place.path,
                size=place.size,
                received=place.size if allowed and place.sha256 not in here else 0,
                refused=code,
                why=why,
                liars=tuple(asked.liars),
            )
        )
    return found


def _refusal(archive: Archive, run: Run, sha256: str) -> tuple[str, str]:
    """The rule by which a file is not for this archive: the gate's, or the door's."""
    facts = dict(evidence_in(run.edition, {sha256})).get(sha256, ())
    for use in (Use.SHARE, Use.KEEP):
        decision = judge_offered(archive, sha256, facts, use)
        if not decision.allow:
            rule = RULES[decision.codes[0]]
            return rule.code, rule.sentence
    # Nothing that is known of it says no but the list of withdrawals, which names no file.
    return "R-WITHDRAWN", RULES["R-WITHDRAWN"].sentence


def _is_here(archive: Archive, sha256: str) -> bool:
    blob = archive.ledger.blob(sha256)
    return blob is not None and blob.state == "ok"


def _names(archive: Archive, thing: str) -> list[str]:
    """What the thing may be called in an edition: its digest, or every id that leads to the same recording here."""
    if sha256 := identifiers.sha256(thing):
        return [sha256]
    row = Rows(archive.folder / "search" / "rows.sqlite").brief(thing)
    if row is None or row.kind != "recording":
        return [thing]
    with archive.duck() as duck:
        return sorted({thing, row.id, *ids_of(archive, duck, Target("recording", row.id))})


def _places(archive: Archive, edition: Path, names: Sequence[str]) -> list[_Place]:
    places = parquet(edition / "dataset" / "places.parquet")
    with archive.duck() as duck:
        rows = duck.run(
            f"SELECT recording, sha256, volume, path, size FROM {places}"
            " WHERE recording IN (SELECT unnest($names)) OR sha256 IN (SELECT unnest($names)) ORDER BY sha256",
            {"names": list(names)},
        )
    return [_Place(*row) for row in rows]


def _withdrawn(archive: Archive, run: Run, names: Sequence[str]) -> IsWithdrawn | None:
    """The archive's word that a thing was withdrawn: a tombstone in its edition, or an entry of its signed list."""
    withdrawn = parquet(run.edition / "dataset" / "withdrawn.parquet")
    with archive.duck() as duck:
        rows = duck.run(
            f"SELECT day, code FROM {withdrawn} WHERE recording IN (SELECT unnest($names)) ORDER BY day",
            {"names": list(names)},
        )
    for day, code in rows:
        return IsWithdrawn(str(day), code, f"by archive {run.archive_id} on {day}")
    listed = run.listed
    if listed is not None and any(listed.has(name) for name in names):
        by = f"by archive {run.archive_id}, as its signed list number {listed.sequence} says"
        return IsWithdrawn("", "R-WITHDRAWN", by)
    return None
