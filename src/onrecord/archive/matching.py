# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins all claims, founds ids, and makes what readers search and see: the canonical tables, rows and text index."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import refresh_withdrawals
from onrecord.archive.indexing import index
from onrecord.archive.naming import FILE, name_things
from onrecord.archive.same_sound import find_pairs
from onrecord.archive.targets import reach_again
from onrecord.catalog.match import KINDS, match
from onrecord.catalog.tables import RedirectRow, Row
from onrecord.engine.duck import Duck
from onrecord.search.entities import Entities
from onrecord.search.rows import Rows

#: What a run of the matcher leaves for others, each with the total order in which it is written.
_KEPT = {
    "canonical_recordings": "id",
    "canonical_releases": "id",
    "canonical_artists": "id",
    "canonical_works": "id",
    "canonical_labels": "id",
    "canonical_tracks": "release, disc, position, recording",
    "recording_members": "recording, source, source_id",
    "release_members": "release, source, source_id",
    "artist_members": "artist, source, source_id",
    "work_members": "work, source, source_id",
    "label_members": "label, source, source_id",
    "versions": "a, b",
}

#: Form of what is kept; another one is made anew by the next match.
_FORM = "2"

#: The tables that a match reads and that others write.
_MATCHED = frozenset(
    {
        "tracks",
        "releases",
        "artists",
        "works",
        "labels",
        "records",
        "deposits",
        "sounds",
        "copies",
        "decisions",
    }
)


class MatchReport(Struct, frozen=True):
    """Canonical things after the run, by kind; ids that it founded and merged; pairs of files that sound alike, by what
    they are to each other: `identical`, `encoding`, `remaster`, `edit`."""

    recordings: int
    releases: int
    artists: int
    founded: int
    merged: int
    versions: Mapping[str, int]
    works: int = 0
    labels: int = 0


def is_matched(archive: Archive) -> bool:
    """Has everything that was committed been matched, and is what readers search still there?"""
    search = archive.folder / "search"
    rows = Rows(search / "rows.sqlite")
    if not rows.text() or rows.is_behind():
        return False
    entities = Entities(search / FILE)
    if not entities.fields() or entities.is_behind():
        return False
    if not all((search / name).exists() for name in (rows.text(), entities.fields())):
        return False
    newest = max((seq for segment, seq in archive.ledger.segments() if segment.name in _MATCHED), default=0)
    if not all(archive.canonical(name).exists() for name in _KEPT):
        return False  # as from before there were all of them
    return _mark(archive).exists() and _matched_to(archive) >= newest


def rematch(archive: Archive) -> MatchReport:
    """Match everything anew. What was minted stays; the rest is made again from claims and log."""
    with archive.writing():
        return rematch_locked(archive)


def rematch_locked(archive: Archive) -> MatchReport:
    """As `rematch`, for a step that holds the write lock."""
    with archive.duck(large=True) as duck:
        kept = {thing: archive.canonical(f"{thing}_members") for thing in KINDS.values()}
        before = {thing: path for thing, path in kept.items() if path.exists() and _matched_to(archive)}
        pairs = find_pairs(archive, duck, archive.canonical("versions"), _matched_to(archive))
        matched = match(duck, pairs, archive.settings.match.precedence, before)
        rows: dict[str, Sequence[Row]] = {
            "ids": matched.heirs,
            "redirects": matched.redirects,
            "splits": matched.splits,
        }
        if any(rows.values()):
            archive.commit("matched", {}, rows)
        for name, order in _KEPT.items():
            columns = "* EXCLUDE (node)" if name.endswith("_members") else "*"
            duck.export(f"SELECT {columns} FROM {name} ORDER BY {order}", archive.canonical(name))
        reach_again(archive, duck)
        # A withdrawal that was made where the key is not, or that a kill cut short, is told to mirrors now.
        refresh_withdrawals(archive)
        _index(archive, duck, matched.redirects)
        _mark(archive).write_text(f"{_FORM} {archive.log.next_seq - 1}", encoding="ascii")
        versions = dict(
            duck.run("SELECT relation, count(*) FROM versions GROUP BY relation ORDER BY relation")
        )
        counts = {kind: duck.run(f"SELECT count(*) FROM canonical_{kind}s")[0][0] for kind in KINDS.values()}
    return MatchReport(
        recordings=counts["recording"],
        releases=counts["release"],
        artists=counts["artist"],
        founded=matched.founded,
        merged=sum(row.old != row.new for row in matched.redirects),
        versions=versions,
        works=counts["work"],
        labels=counts["label"],
    )


def _mark(archive: Archive) -> Path:
    return archive.folder / "catalog" / "canonical" / "matched"


def _matched_to(archive: Archive) -> int:
    """The newest log entry that the last run has seen, 0 where there was none."""
    try:
        form, seq = _mark(archive).read_text(encoding="ascii").split()
        return int(seq) if form == _FORM else 0
    except (FileNotFoundError, ValueError):
        return 0


def _index(archive: Archive, duck: Duck, merged: Sequence[RedirectRow]) -> None:
    """Write what readers search and see, and what the MusicBrainz web service reads, while they go on reading."""
    leads = dict(duck.run("SELECT old, arg_max(new, seq) FROM redirects GROUP BY old"))
    leads |= {row.old: row.new for row in merged}
    redirects = [(old, new) for old, new in leads.items() if old != new]
    name_things(archive, duck, redirects)
    index(archive, duck, redirects)
