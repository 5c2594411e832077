# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins all claims, founds ids, and makes what readers search and see: the canonical tables, rows and text index."""

import hashlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from onrecord.archive import batch
from onrecord.archive.checking import set_tables_aside
from onrecord.archive.core import Archive
from onrecord.archive.held_renewing import READING
from onrecord.archive.indexing import index
from onrecord.archive.naming import FILE, has_mentions, mention, name_things
from onrecord.archive.same_sound import SAME_SOUND, fill_what_was_lost, find_pairs
from onrecord.archive.settings import MatchSettings
from onrecord.archive.targets import reach_again
from onrecord.catalog import kept as keeping
from onrecord.catalog import numbered
from onrecord.catalog.match import KINDS, match
from onrecord.catalog.merging import Kept, find_others
from onrecord.catalog.tables import RedirectRow, Row
from onrecord.catalog.touched_pages import find_touched
from onrecord.catalog.updating import key_rules, rules, update
from onrecord.durable import replace
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import has_foot
from onrecord.errors import ConfigError, StoreFailed
from onrecord.search import entity_filling, row_filling
from onrecord.search.entities import Entities
from onrecord.search.row_filling import Filled
from onrecord.search.rows import Rows
from onrecord.sources.loading import load_sources

#: Form of what is kept; another one is made anew by the next match.
_FORM = "4"
#: Stands in the mark while what is kept is being written.
_PART = "-"
_BEFORE = ".before-"
#: Nobody reads for so many seconds.
_LEFT = 24 * 3600
#: Rows that came, all kinds together, of which an update is small jobs.
_FEW = 1_000_000

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
#: Those of which any new row may matter to claims that are not new.
_WEIGHTY = frozenset(
    {
        *("copies", "decisions", "deposits", "fetched", "files", "pictures", "sounds", "tags"),
        *("withdrawn", "ids", "redirects", "splits"),
    }
)


class MatchReport(Struct, frozen=True):
    """Canonical things after the run, by kind; ids that it founded and merged; pairs of files that sound alike, by what
    they are to each other: `identical`, `encoding`, `remaster`, `edit`; why all claims were gone through, "" where only
    what came since the run before was; how many claims were matched, and how many pages were written."""

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


def is_matched(archive: Archive) -> bool:
    """Has everything that was committed been matched, and is what readers search still there?"""
    if archive.is_snapshot:
        return True  # it was made of what was matched, and nothing comes
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
    if not _are_whole(archive):
        return False  # as from before there were all of them
    seq, whole, _ = _read_mark(archive)
    return whole and seq >= newest


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
    are_whole = all(map(has_foot, archive.canonical("").parent.glob("*.parquet")))
    lost = [] if are_whole else set_tables_aside(archive)
    with archive.duck(large=True) as duck, _kept(archive) as kept:
        if not anew and _stands(archive, duck):
            return _as_it_was(archive, duck, kept("versions"))
        why = "it was asked for" if anew else _why_anew(archive, duck)
        if lost:
            why = f"{lost[0].what} could not be read and was set aside"
        if why:
            members = {thing: f"{thing}_members" for thing in KINDS.values()}
            before = {
                thing: kept(name)
                for thing, name in members.items()
                if keeping.is_whole(archive.canonical(name).parent, name, duck) and _matched_to(archive)
            }
            pairs = find_pairs(archive, duck, archive.canonical("versions"), _matched_to(archive))
            matched = match(duck, pairs, precedence, before)
        else:
            duck.compress_later()
            came = (segment.rows for segment, seq in archive.ledger.segments() if seq > _matched_to(archive))
            if sum(came) < _FEW:
                duck.one_thread()
            entries = sorted(seq for segment, seq in archive.ledger.segments() if segment.name == "tracks")
            keys = archive.canonical("").parent / f"keys-{_digest(key_rules(duck))}"
            for folder in keys.parent.glob("keys-*"):
                if folder != keys:
                    shutil.rmtree(folder)  # made by other rules
            matched = update(duck, _matched_to(archive), kept, keys, entries, precedence)
            fill_what_was_lost(archive, duck, _matched_to(archive))
        rows: dict[str, Sequence[Row]] = {
            "ids": matched.heirs,
            "redirects": matched.redirects,
            "splits": matched.splits,
        }
        if any(rows.values()):
            archive.commit("matched", {}, rows)
        _note(archive, _matched_to(archive), "")
        _write(duck, archive.canonical("").parent, None if why else find_others(duck, kept))
        reach_again(archive, duck)
        _tell_withdrawals(archive)
        filled = _index(archive, duck, matched.redirects, updated=not why)
        _note(archive, archive.log.next_seq - 1, _rules(archive))
        standing = _report(archive, duck, "versions")
    return structs.replace(
        standing,
        founded=matched.founded,
        merged=sum(row.old != row.new for row in matched.redirects),
        why_anew=why,
        compared=matched.compared,
        written=filled.written,
    )


def _stands(archive: Archive, duck: Duck) -> bool:
    """Was nothing at all committed since the last run, and is all that it left there?"""
    since, whole, rules = _read_mark(archive)
    try:
        return (
            0 < since == archive.log.next_seq - 1
            and whole
            and rules == _rules(archive)
            and row_filling.is_usable(archive.folder / "search" / "rows.sqlite")
            and entity_filling.is_usable(archive.folder / "search" / FILE)
            and is_matched(archive)
            and _are_whole(archive, duck)
            and has_mentions(archive)
        )
    except StoreFailed:
        return False  # damaged: this run makes it again


def _as_it_was(archive: Archive, duck: Duck, versions: str) -> MatchReport:
    """What does not hang on new claims is looked after all the same."""
    fill_what_was_lost(archive, duck, _matched_to(archive))
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
    counts = {thing: keeping.count(duck, folder, f"canonical_{thing}s") for thing in KINDS.values()}
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
            keeping.put(duck, folder, name, now, f"SELECT id FROM {name}_other")
        keeping.make_durable(folder)
        return
    # A file says whether a column has nulls, which is not known of a table that was written to twice.
    anew = duck.packed is None and bool(duck.run("SELECT 1 FROM overrides LIMIT 1"))
    ids = numbered.number(duck, folder)
    for name in keeping.ORDER:
        columns = "* EXCLUDE (node)" if name.endswith("_members") else "*"
        rows = f"SELECT {columns} FROM {name}"
        if anew:
            duck.run(f"CREATE OR REPLACE TABLE written AS {rows}")
            rows = "SELECT * FROM written"
        keeping.write(duck, folder, name, rows, ids)
        if name.startswith("canonical_"):
            duck.read_from(name, keeping.rows(folder, name))
    keeping.settle(folder, ids)
    duck.run("DROP TABLE IF EXISTS written")


@contextmanager
def _kept(archive: Archive) -> Iterator[Kept]:
    """Queries of what the last run left, by table, from its files under other names: they stay while new ones take
    their place."""
    folder = archive.canonical("").parent
    for left in folder.parent.glob(f"{_BEFORE}*"):
        shutil.rmtree(left)  # by a run that was killed
    for left in folder.parent.glob(f"{READING}*"):
        if time.time() - left.stat().st_mtime > _LEFT:
            shutil.rmtree(left)  # by a reader that was
    with keeping.standing(folder, _BEFORE) as before:
        yield partial(keeping.rows, before)


def _are_whole(archive: Archive, duck: Duck | None = None) -> bool:
    """Are all tables of the last run there, with their ids?"""
    return all(keeping.is_whole(archive.canonical(name).parent, name, duck) for name in keeping.ORDER)


def _why_anew(archive: Archive, duck: Duck) -> str:
    """Why everything has to be matched, "" where what came since the last run is enough."""
    since, whole, rules = _read_mark(archive)
    if not since:
        return "nothing was matched before"
    if not whole or not all(archive.canonical(name).exists() for name in keeping.ORDER):
        return "the last run was cut short"
    if not _are_whole(archive, duck):
        return "ids of what the last run left are lost"
    if rules != _rules(archive):
        return "the rules or the precedence of sources are others than in the last run"
    came = {segment.name for segment, seq in archive.ledger.segments() if seq > since}
    if told := sorted(came & _WEIGHTY):
        return f"there are new rows of: {', '.join(told)}"
    if duck.run(f"SELECT 1 FROM links WHERE seq > {since} AND blob <> '' LIMIT 1"):
        return "there is new evidence about sound"
    if duck.run("SELECT 1 FROM tracks WHERE source = 'file' AND title = '' LIMIT 1"):
        return "files without tags are known by the names that they were deposited under"
    return ""


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


def _rules(archive: Archive) -> str:
    """What a run rests on beside claims and log, as a digest."""
    return _digest("\n".join([rules(), str(SAME_SOUND), *archive.settings.match.precedence]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _mark(archive: Archive) -> Path:
    return archive.folder / "catalog" / "canonical" / "matched"


def put_aside(archive: Archive) -> None:
    """Put the tables aside, to be made of claims and log alone; `let_go_of_aside` when that is done. Killed before, the
    next run puts them back: of a claim that goes meanwhile they know to which others its id passes."""
    if _matched_to(archive):
        _note(archive, _matched_to(archive), "")
        _mark(archive).parent.rename(_aside(archive))


def let_go_of_aside(archive: Archive) -> None:
    shutil.rmtree(_aside(archive), ignore_errors=True)


def put_back(archive: Archive) -> None:
    """Put back what a run that was killed had put aside, unless it had made all of it."""
    if _aside(archive).is_dir():
        if not _read_mark(archive)[1]:
            shutil.rmtree(_mark(archive).parent, ignore_errors=True)
            _aside(archive).rename(_mark(archive).parent)
        let_go_of_aside(archive)


def _aside(archive: Archive) -> Path:
    return archive.folder / "catalog" / ".rebuilding"


def _note(archive: Archive, seq: int, rules: str) -> None:
    """Note what was matched; without `rules`, that it is being written: durably, as tables are not at once."""
    _mark(archive).parent.mkdir(parents=True, exist_ok=True)
    replace(_mark(archive), f"{_FORM} {seq} {rules or _PART}".encode("ascii"))


def _matched_to(archive: Archive) -> int:
    """The newest log entry that the last run has seen, 0 where there was none."""
    return _read_mark(archive)[0]


def _read_mark(archive: Archive) -> tuple[int, bool, str]:
    """(the newest log entry that the last run has seen or 0, was it finished, what it rested on)."""
    try:
        form, seq, *rules = _mark(archive).read_text(encoding="ascii").split()
        return (int(seq), rules != [_PART], "".join(rules)) if form == _FORM else (0, False, "")
    except (FileNotFoundError, ValueError):
        return 0, False, ""


def _index(archive: Archive, duck: Duck, merged: Sequence[RedirectRow], *, updated: bool) -> Filled:
    """Write what readers search and see, and what the MusicBrainz web service reads, while they go on reading."""
    leads = dict(duck.run("SELECT old, arg_max(new, seq) FROM redirects GROUP BY old"))
    leads |= {row.old: row.new for row in merged}
    redirects = [(old, new) for old, new in leads.items() if old != new]
    with duck.beside():
        mention(archive, duck)
        touched = find_touched(duck) if updated else None
        name_things(archive, duck, updated=updated)
    with duck.beside():
        return index(archive, duck, redirects, touched)
