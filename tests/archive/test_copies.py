# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access copies for listening, and tagged copies that give the original back."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mutagen.flac import FLAC
from mutagen.oggopus import OggOpus

from onrecord.archive import Archive, chunks
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.copying import CopyReport, _sources, make_copies
from onrecord.archive.filework import FileWork, Inline
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.archive.tagging import tag_copy
from onrecord.audio import probe
from onrecord.audio.tagged import restore
from onrecord.errors import IntegrityError, NotFound, OnrecordError, UsageError
from tests.archive.test_sound import png, sha256, with_cover
from tests.conftest import DAY
from tests.tones import write

BY = "https://creativecommons.org/licenses/by/4.0/"


def _held(folder: Path) -> None:
    said = {"title": "Tune", "artist": "Somebody", "album": "Tunes", "license": BY}
    write(folder / "music" / "tune.flac", 1, 6.0, said)
    write(folder / "music" / "other.opus", 2, 6.0, said | {"title": "Other"})
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [folder / "music"], held_as="owner")
        rematch(archive)


@pytest.fixture
def held(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """A lossless file and a lossy one of a low rate, both free."""
    with Archive.open(made_once(_held) / "archive", clock) as archive:
        yield archive


def copies(archive: Archive) -> list[tuple[str, str, str]]:
    with archive.duck() as duck:
        return [tuple(row) for row in duck.run("SELECT sha256, copy, recipe FROM copies ORDER BY seq")]  # type: ignore[misc]


def test_only_what_gains_is_copied_and_only_once(held: Archive, tmp_path: Path) -> None:
    report = make_copies(held, 96)
    assert (report.made, report.held, report.without_gain, report.failed) == (1, 0, 1, [])
    [(source, copy, recipe)] = copies(held)
    assert source == sha256(tmp_path / "music" / "tune.flac")
    assert recipe == "opus 96 1"
    blob = held.ledger.blob(copy)
    assert blob is not None and blob.kind == "copy"
    path = held.store.path(copy, blob.root)
    tags = OggOpus(path)
    assert tags["source_sha256"] == [source]
    assert "converted to Opus" in tags["copyright"][0]
    assert "CC BY 4.0" in tags["copyright"][0]
    heard = probe(path).sound
    assert heard is not None and abs(heard.seconds - 6.0) < 0.001
    again, entry = make_copies(held, 96), held.log.last
    assert (again.made, again.held, again.without_gain) == (0, 1, 1)
    assert held.log.last == entry
    assert make_copies(held, 90).made == 1, "another rate is another copy"


def test_a_copy_is_no_sound_of_its_own(held: Archive, tmp_path: Path) -> None:
    make_copies(held, 96)
    assert not is_matched(held), "readers do not know of the copies yet"
    rematch(held)
    reader = Reader(held.folder)
    assert (reader.glance().blobs, reader.glance().recordings) == (2, 2)
    report = publish(held)
    assert (report.published, report.held_back) == (2, {})
    [(source, copy, _)] = copies(held)
    path, kind = reader.copy(source)
    assert (path.name, kind) == (copy, "audio/ogg")
    with pytest.raises(NotFound, match="access copy"):
        reader.copy(sha256(tmp_path / "music" / "other.opus"))
    back = tmp_path / "back" / "copy.opus"
    back.parent.mkdir()
    back.write_bytes(path.read_bytes())
    assert [item.code for item in add(held, [back], held_as="owner").refused] == ["own-copy"]


def test_a_damaged_copy_is_found_not_served_and_made_again(held: Archive) -> None:
    make_copies(held, 96)
    rematch(held)
    reader = Reader(held.folder)
    [(source, copy, _)] = copies(held)
    path, _ = reader.copy(source)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert [(bad.what, bad.state) for bad in check(held).bad] == [(copy, "flipped")]
    with pytest.raises(NotFound):
        reader.copy(source)
    assert make_copies(held, 96).made == 1
    rematch(held)
    assert reader.copy(source)[0].is_file()
    assert check(held).bad == []


def test_copies_are_in_a_ledger_that_is_rebuilt(held: Archive) -> None:
    make_copies(held, 96)
    before = held.ledger.dump()
    held.rebuild_ledger()
    assert held.ledger.dump() == before


def test_a_tagged_copy_gives_the_original_back(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    said = {"artist": "Somebody", "album": "Tunes"}
    with_cover(write(folder / "one.flac", 1, 3.0, said | {"title": "One"}), png(4, 4))
    two = write(folder / "two.flac", 2, 3.0, said | {"title": "Two"})
    add(archive, [folder], held_as="owner")
    rematch(archive)
    made = tag_copy(archive.folder, "two.flac", tmp_path / "player")
    tags = FLAC(made.copy)
    assert (tags["title"], tags["album"]) == (["Two"], ["Tunes"])
    assert [picture.data for picture in tags.pictures] == [png(4, 4)], "the cover of its release"
    assert made.copy.read_bytes() != two.read_bytes()
    assert made.patch_bytes < 10_000
    assert restore(made.copy, made.patch, tmp_path / "back.flac") == sha256(two) == made.sha256
    assert hashlib.sha256((tmp_path / "back.flac").read_bytes()).hexdigest() == made.sha256
    with pytest.raises(UsageError, match="already"):
        tag_copy(archive.folder, "two.flac", tmp_path / "player")
    made.copy.write_bytes(made.copy.read_bytes() + b"x")
    with pytest.raises((IntegrityError, OnrecordError)):
        restore(made.copy, made.patch, tmp_path / "not.flac")
    assert not (tmp_path / "not.flac").exists()


def test_a_copy_comes_in_pieces_and_is_the_same_whoever_makes_it(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = list(_sources(held, 96, CopyReport(96)))
    monkeypatch.setattr(chunks, "_PIECE", 1_000)
    with FileWork(held, "copy", Inline()) as work:
        [(chunk, rows)] = [(chunk, list(rows)) for chunk, rows in work.copies(sources, 96)]
        assert len(rows) > 2 and [bool(row["made"]) for row in rows] == [True] + [False] * (len(rows) - 1)
        work.drop(chunk)
        assert not list(work.folder.glob("*.parquet"))
    monkeypatch.undo()
    make_copies(held, 96)
    [(_, copy, _)] = copies(held)
    assert hashlib.sha256(b"".join(row["piece"] for row in rows)).hexdigest() == copy
    assert not (held.folder / "search" / "work" / "copy").exists()
