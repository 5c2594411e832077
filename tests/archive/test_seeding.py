# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeding asks about what was committed since, once for many files; what changes is begun again, the rest goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onrecord.archive import Archive, newest_editions, planning
from onrecord.archive.add import add
from onrecord.archive.judging import Sharing
from onrecord.archive.publishing import publish
from onrecord.archive.seeding import Seeds
from onrecord.archive.touched import touched
from onrecord.archive.volume_looks import Looks
from onrecord.archive.withdrawing import restore, withdraw
from onrecord.mirror.session import Session
from onrecord.model.rights import Target
from tests.tones import write

_BY = "https://creativecommons.org/licenses/by/4.0/"


@contextmanager
def asked(archive: Archive) -> Iterator[list[str]]:
    """What the ledger is asked meanwhile."""
    questions: list[str] = []

    def trace(cursor: object, sql: str, values: object) -> bool:
        questions.append(sql)
        return True

    archive.ledger._db.exec_trace = trace
    try:
        yield questions
    finally:
        archive.ledger._db.exec_trace = None


def sounds(archive: Archive) -> list[str]:
    return [row.sha256 for row in archive.ledger.blobs() if row.kind == "sound"]


def more(archive: Archive, folder: Path, seed: int) -> None:
    write(folder / "more.opus", seed=seed, tags={"title": "More", "license": _BY})
    add(archive, [folder])


def test_the_ledger_is_asked_once_for_many_blobs(published: Archive) -> None:
    blobs = sounds(published)
    one_by_one = {row.sha256 for blob in blobs for row in Sharing(published).allowed([blob])}
    sharing = Sharing(published)
    assert {row.sha256 for row in sharing.allowed(blobs)} == one_by_one
    assert 0 < len(one_by_one) < len(blobs), "the album has pieces that may not be shared"
    with asked(published) as questions:
        assert len(list(sharing.allowed([*blobs, "0" * 64]))) == len(one_by_one)
    assert len(questions) == 2, "the blobs, and what was taken back; no evidence is read again"
    withdraw(published, Target("blob", min(one_by_one)), by="A", text="mine")
    assert {row.sha256 for row in sharing.allowed(blobs)} == one_by_one - {min(one_by_one)}


def test_what_was_committed_about(published: Archive, tmp_path: Path) -> None:
    before, at = set(sounds(published)), published.ledger.seq
    assert touched(published, at) == frozenset()
    planning.make(published, 10**9)
    assert touched(published, at) == frozenset()
    more(published, tmp_path / "new", 40)
    assert touched(published, at) == frozenset(sounds(published)) - before != frozenset()
    withdraw(published, Target("blob", min(before)), by="A", text="mine")
    assert touched(published, at) is None
    assert touched(published, published.ledger.seq) == frozenset()


def test_a_volume_is_looked_at_again_where_something_of_it_changed(published: Archive) -> None:
    looks, [path] = Looks(published), newest_editions.volume_torrents(published).values()
    assert looks.begin()
    first = looks.look(path)
    assert first.has_sound
    held = sounds_of(looks, path)
    [other, *_] = set(sounds(published)) - set(held)

    def say_of(blob: str) -> None:
        with published.writing():
            published.commit("checked", {"states": {blob: "ok"}})

    def again() -> bool:
        """Whether the ledger was asked about the blobs of the volume."""
        looks.begin()
        with asked(published) as questions:
            looks.look(path)
        return bool(questions)

    assert not looks.begin() and not again()
    say_of(other)
    assert not again()
    say_of(held[0])
    assert again() and looks.look(path) == first
    withdrawn = withdraw(published, Target("blob", held[0]), by="A", text="mine")
    assert again() and looks.look(path).mark != first.mark
    assert not again() and looks.look(path).mark != first.mark
    restore(published, withdrawn.id, by="A", note="back")
    assert looks.begin(), "a round that leaves this volume out"
    say_of(other)
    assert again() and looks.look(path) == first


def sounds_of(looks: Looks, path: Path) -> list[str]:
    _, places = looks.places(path, Path())
    return [name[1].partition(".")[0] for name, place in places.items() if name[0] == "data" and place]


def test_a_volume_whose_addresses_are_others_is_begun_again(published: Archive) -> None:
    looks, [path] = Looks(published), newest_editions.volume_torrents(published).values()
    looks.begin()
    before = looks.look(path)
    with Session() as session:
        seeds = Seeds(published, session)
        assert len(seeds.ask_again()) == 2
        path.write_bytes(path.read_bytes())
        assert len(seeds.ask_again(again=True)) == 2
    published.ledger.close()
    settings = published.folder / "onrecord.toml"
    settings.write_text(settings.read_text() + '[publish]\ntrackers = ["http://127.0.0.1:9/announce"]\n')
    with Archive.open(published.folder, published.clock) as archive:
        assert publish(archive).number == 2
        looks, [path] = Looks(archive), newest_editions.volume_torrents(archive).values()
        looks.begin()
        after = looks.look(path)
    assert (after.info_hash, after.has_sound) == (before.info_hash, True)
    assert after.mark != before.mark
