# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins all claims, founds ids, and makes what readers search and see: the canonical tables, rows and text index."""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from onrecord.archive import batch
from onrecord.archive.checking_derived import set_tables_aside
from onrecord.archive.core import Archive
from onrecord.archive.held_renewing import READING
from onrecord.archive.indexing import index
from onrecord.archive.last_match import keys_folder, matched_to, note, put_back, rests_on, stands, why_anew
from onrecord.archive.naming import mention, name_things
from onrecord.archive.same_sound import fill_what_was_lost, find_pairs
from onrecord.archive.settings import MatchSettings
from onrecord.archive.targets import reach_again
from onrecord.catalog import canonical_files, numbered
from onrecord.catalog.match import KINDS, match
from onrecord.catalog.merging import Earlier, find_others
from onrecord.catalog.tables import Row
from onrecord.catalog.touched_pages import find_touched
from onrecord.catalog.updating import update
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import has_foot
from onrecord.errors import ConfigError
from onrecord.search.row_filling import Filled
from onrecord.sources.loading import load_sources

_BEFORE = ".before-"
#: Nobody reads for so many seconds.
_LEFT = 24 * 3600
#: Rows that came, all kinds together, of which an update is small jobs.
_FEW = 1_000_000


class MatchReport(Struct, frozen=True):
    """Canonical things after the run, by kind; ids that it founded (none where those of before are lost) and merged;
    pairs of files that sound alike, by what they are to each other: `identical`, `encoding`, `remaster`, `edit`; why
    all claims were gone through, "" where only what came since the run before was; how many claims were matched, and
    how many pages were written."""

    recordings: int
    releases: int
    artists: int
    founded: int
    merged: int
    versions: Mapping[str, int]
    works: int = 0
    labels: int = 0
    why_anew: str = ""
    compared: int = 0
    written: int = 0


def rematch(archive: Archive, *, anew: bool = False) -> MatchReport:
    """Match what came since the last run, or everything (`anew`, or where the last run is no ground for less: the
    report says why). What was minted stays; the rest is made again from claims and log."""
    with archive.writing():
        return rematch_locked(archive, anew=anew)


def rematch_locked(archive: Archive, *, anew: bool = False, from_nothing: bool = False) -> MatchReport:
    """As `rematch`, for a step that holds the write lock. `from_nothing`: what `put_aside` left stays there."""
    precedence = _precedence(archive)
    if not from_nothing:
        put_back(archive)
    was_there = any(archive.canonical("").parent.glob("canonical_*.parquet"))
    are_whole = all(map(has_foot, archive.canonical("").parent.glob("*.parquet")))
    lost = [] if are_whole else set_tables_aside(archive)
    with archive.duck(large=True) as duck, _earlier_tables(archive) as earlier:
        if not anew and stands(archive, duck):
            return _as_it_was(archive, duck, earlier("versions"))
        why = "it was asked for" if anew else why_anew(archive, duck)
        if lost:
            why = f"{lost[0].what} could not be read and was set aside"
        if why:
            members = {thing: f"{thing}_members" for thing in KINDS.values()}
            before = {
                thing: earlier(name)
                for thing, name in members.items()
                if canonical_files.is_whole(archive.canonical(name).parent, name, duck)
                and matched_to(archive)
            }
            # Which ids are new is not known where those of before are lost.
            are_new = len(before) == len(KINDS) or not was_there
            pairs = find_pairs(archive, duck, archive.canonical("versions"), matched_to(archive))
            matched = match(duck, pairs, precedence, before)
        else:
            are_new = True
            duck.compress_later()
            came = (segment.rows for segment, seq in archive.ledger.segments() if seq > matched_to(archive))
            if sum(came) < _FEW:
                duck.one_thread()
            entries = sorted(seq for segment, seq in archive.ledger.segments() if segment.name == "tracks")
            matched = update(
                duck, matched_to(archive), earlier, keys_folder(archive, duck), entries, precedence
            )
            fill_what_was_lost(archive, duck, matched_to(archive))
        rows: dict[str, Sequence[Row]] = {
            "ids": matched.heirs,
            "redirects": matched.redirects,
            "splits": matched.splits,
        }
        if any(rows.values()):
            archive.commit("matched", {}, rows)
        note(archive, matched_to(archive), "")
        _write(duck, archive.canonical("").parent, None if why else find_others(duck, earlier))
        # Withdrawals and pages follow what was merged just now.
        archive.tables.attach_again(duck, (segment for segment, _ in archive.ledger.segments()), "redirects")
        reach_again(archive, duck)
        _tell_withdrawals(archive)
        filled = _index(archive, duck, updated=not why)
        note(archive, archive.log.next_seq - 1, rests_on(archive))
        standing = _report(archive, duck, "versions")
    return structs.replace(
        standing,
        founded=matched.founded if are_new else 0,
        merged=sum(row.old != row.new for row in matched.redirects),
        why_anew=why,
        compared=matched.compared,
        written=filled.written,
    )


def _as_it_was(archive: Archive, duck: Duck, versions: str) -> MatchReport:
    """What does not hang on new claims is looked after all the same."""
    fill_what_was_lost(archive, duck, matched_to(archive))
    reach_again(archive, duck)
    _tell_withdrawals(archive)
    return _report(archive, duck, f"({versions})")


def _tell_withdrawals(archive: Archive) -> None:
    """A withdrawal that was made where the key is not, or that a kill cut short, is told to mirrors now."""
    if archive.ledger.editions():
        # What signs takes as long to load as the rest of this file.
        from onrecord.archive.editions import refresh_withdrawals

        refresh_withdrawals(archive)


def _report(archive: Archive, duck: Duck, versions: str) -> MatchReport:
    """What there is, as it is written; of `versions`, a table or a query in brackets, by relation."""
    folder = archive.canonical("").parent
    counts = {thing: canonical_files.count(duck, folder, f"canonical_{thing}s") for thing in KINDS.values()}
    relations = f"SELECT relation, count(*) FROM {versions} GROUP BY relation ORDER BY relation"
    return MatchReport(
        recordings=counts["recording"],
        releases=counts["release"],
        artists=counts["artist"],
        founded=0,
        merged=0,
        versions=dict(duck.run(relations)),
        works=counts["work"],
        labels=counts["label"],
    )


def _write(duck: Duck, folder: Path, others: Mapping[str, str] | None) -> None:
    """Write what a run leaves: all of it, or after an update what it changed (`merging.find_others`)."""
    if others is not None:
        for name, now in others.items():
            canonical_files.put(duck, folder, name, now, f"SELECT id FROM {name}_other")
        canonical_files.make_durable(folder)
        return
    # A file says whether a column has nulls, which is not known of a table that was written to twice.
    anew = duck.packed is None and bool(duck.run("SELECT 1 FROM overrides LIMIT 1"))
    ids = numbered.number(duck, folder)
    for name in canonical_files.ORDER:
        columns = "* EXCLUDE (node)" if name.endswith("_members") else "*"
        rows = f"SELECT {columns} FROM {name}"
        if anew:
            duck.run(f"CREATE OR REPLACE TABLE written AS {rows}")
            rows = "SELECT * FROM written"
        canonical_files.write(duck, folder, name, rows, ids)
        if name.startswith("canonical_"):
            duck.read_from(name, canonical_files.rows(folder, name))
    canonical_files.settle(folder, ids)
    duck.run("DROP TABLE IF EXISTS written")


@contextmanager
def _earlier_tables(archive: Archive) -> Iterator[Earlier]:
    """Queries of what the last run left, by table, from its files under other names: they stay while new ones take
    their place."""
    folder = archive.canonical("").parent
    for left in folder.parent.glob(f"{_BEFORE}*"):
        shutil.rmtree(left)  # by a run that was killed
    for left in folder.parent.glob(f"{READING}*"):
        if time.time() - left.stat().st_mtime > _LEFT:
            shutil.rmtree(left)  # by a reader that was
    with canonical_files.standing(folder, _BEFORE) as before:
        yield partial(canonical_files.rows, before)


def _precedence(archive: Archive) -> Sequence[str]:
    """Whose word counts first. ConfigError where nobody is called so: a slip of the pen would decide in silence."""
    wanted = archive.settings.match.precedence
    here = {batch.FILE, *MatchSettings().precedence, *archive.ledger.sources()}
    if strange := [name for name in wanted if name not in here]:
        known = sorted(here.union(load_sources().loaded))
        if unknown := [name for name in strange if name not in known]:
            raise ConfigError(
                f"[match] precedence: no source is called {unknown[0]!r}", f"there are: {', '.join(known)}"
            )
    return wanted


def _index(archive: Archive, duck: Duck, *, updated: bool) -> Filled:
    """Write what readers search and see, and what the MusicBrainz web service reads, while they go on reading."""
    leads = dict(duck.run("SELECT old, arg_max(new, seq) FROM redirects GROUP BY old"))
    redirects = [(old, new) for old, new in leads.items() if old != new]
    with duck.beside():
        mention(archive, duck)
        touched = find_touched(duck) if updated else None
        name_things(archive, duck, updated=updated)
    with duck.beside():
        return index(archive, duck, redirects, touched)
