# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last match left: its mark, whether it still stands, and why it is no ground for matching only what came."""

import hashlib
import shutil
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.naming import FILE, has_mentions, shown_otherwise
from onrecord.archive.same_sound import SAME_SOUND
from onrecord.catalog import canonical_files
from onrecord.catalog.updating import key_rules, rules
from onrecord.durable import replace
from onrecord.engine.duck import Duck
from onrecord.errors import StoreFailed
from onrecord.search import entity_filling, row_filling
from onrecord.search.entities import Entities
from onrecord.search.rows import Rows

#: Form of what is kept; another one is made anew by the next match.
_FORM = "4"
#: Stands in the mark while what is kept is being written.
_PART = "-"

#: Tables of claims: of what is new in them only what may be joined by it is matched.
_CLAIMED = frozenset({"tracks", "releases", "artists", "works", "labels", "records"})
#: Tables of which any new row may matter to claims that are not new.
_WIDE = frozenset({"copies", "decisions", "deposits", "fetched", "sounds", "tags"})
#: A new row leaves the last run behind.
_MATCHED = _CLAIMED | _WIDE
#: Where there are new rows, everything is matched.
_WEIGHTY = _WIDE | {"files", "ids", "pictures", "redirects", "splits", "withdrawn"}


def is_matched(archive: Archive) -> bool:
    """Has everything that was committed been matched by the rules of now, and is what readers search still there?"""
    return has_seen_all(archive) and (archive.is_snapshot or _read_mark(archive)[2] == rests_on(archive))


def has_seen_all(archive: Archive) -> bool:
    """As `is_matched`, by whatever rules."""
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
    if not _is_whole(archive):
        return False  # as from before there were all of them
    seq, whole, _ = _read_mark(archive)
    return whole and seq >= newest


def stands(archive: Archive, duck: Duck) -> bool:
    """Was nothing at all committed since the last run, and is all that it left there?"""
    try:
        return (
            0 < matched_to(archive) == archive.log.next_seq - 1
            and row_filling.is_usable(archive.folder / "search" / "rows.sqlite")
            and entity_filling.is_usable(archive.folder / "search" / FILE)
            and is_matched(archive)
            and _is_whole(archive, duck)
            and has_mentions(archive)
        )
    except StoreFailed:
        return False  # damaged: this run makes it again


def _is_whole(archive: Archive, duck: Duck | None = None) -> bool:
    """Are all tables of the last run there, with their ids?"""
    return all(
        canonical_files.is_whole(archive.canonical(name).parent, name, duck) for name in canonical_files.ORDER
    )


def why_anew(archive: Archive, duck: Duck) -> str:
    """Why everything has to be matched, "" where what came since the last run is enough."""
    since, whole, rules = _read_mark(archive)
    if not since:
        return "nothing was matched before"
    if not whole or not all(archive.canonical(name).exists() for name in canonical_files.ORDER):
        return "the last run was cut short"
    if not _is_whole(archive, duck):
        return "ids of what the last run left are lost"
    if rules != rests_on(archive):
        return "the rules or the precedence of sources are others than in the last run"
    came = {segment.name for segment, seq in archive.ledger.segments() if seq > since}
    if told := sorted(came & _WEIGHTY):
        return f"there are new rows of: {', '.join(told)}"
    if source := shown_otherwise(archive, duck, since):
        return f"what records of {source} say may be shown now, or no longer"
    if duck.run(f"SELECT 1 FROM links WHERE seq > {since} AND blob <> '' LIMIT 1"):
        return "there is new evidence about sound"
    if duck.run("SELECT 1 FROM tracks WHERE source = 'file' AND title = '' LIMIT 1"):
        return "files without tags are known by the names that they were deposited under"
    return ""


def rests_on(archive: Archive) -> str:
    """What a run rests on beside claims and log, as a digest."""
    return _digest("\n".join([rules(), str(SAME_SOUND), *archive.settings.match.precedence]))


def _mark(archive: Archive) -> Path:
    return archive.folder / "catalog" / "canonical" / "matched"


def put_aside(archive: Archive) -> None:
    """Put the tables aside, to be made of claims and log alone; `let_go_of_aside` when that is done. Killed before, the
    next run puts them back: of a claim that goes meanwhile they know to which others its id passes."""
    if matched_to(archive):
        note(archive, matched_to(archive), "")
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


def note(archive: Archive, seq: int, rules: str) -> None:
    """Note what was matched; without `rules`, that it is being written: durably, as tables are not at once."""
    _mark(archive).parent.mkdir(parents=True, exist_ok=True)
    replace(_mark(archive), f"{_FORM} {seq} {rules or _PART}".encode("ascii"))


def matched_to(archive: Archive) -> int:
    """The newest log entry that the last run has seen, 0 where there was none."""
    return _read_mark(archive)[0]


def _read_mark(archive: Archive) -> tuple[int, bool, str]:
    """(the newest log entry that the last run has seen or 0, was it finished, what it rested on)."""
    try:
        form, seq, *rules = _mark(archive).read_text(encoding="ascii").split()
        return (int(seq), rules != [_PART], "".join(rules)) if form == _FORM else (0, False, "")
    except (FileNotFoundError, ValueError):
        return 0, False, ""


def keys_folder(archive: Archive, duck: Duck) -> Path:
    """Where the keys lie that an update asks by, made by the rules of now; those of other rules go."""
    folder = archive.canonical("").parent / f"keys-{_digest(key_rules(duck))}"
    for other in folder.parent.glob("keys-*"):
        if other != folder:
            shutil.rmtree(other)
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
