# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search over a real archive: identifiers, filters that ask the rights, changes, hostile questions."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import UsageError
from onrecord.model.filters import Filters
from onrecord.model.rights import Target
from onrecord.search.rows import Rows
from onrecord.web.app import create_app
from tests.conftest import DAY
from tests.pipeline.musicbrainz import recording, save
from tests.tones import write


def ids(reader: Reader, query: str, **filters: object) -> set[str]:
    return {hit.id for hit in reader.search(query, ("recording",), 50, Filters(**filters))}  # type: ignore[arg-type]


def _pieces(folder: Path) -> None:
    for number, (title, license) in enumerate(
        [
            ("Piece one", "https://creativecommons.org/licenses/by/4.0/"),
            ("Piece two", "https://creativecommons.org/publicdomain/zero/1.0/"),
            ("Piece three", ""),
        ]
    ):
        tags = {
            "title": title,
            "artist": "Somebody",
            "date": str(1998 + number),
            "isrc": f"USS1Z990000{number}",
        }
        write(
            folder / "music" / f"{number}.flac",
            number + 1,
            3.0,
            {**tags, **({"license": license} if license else {})},
        )
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [folder / "music"], held_as="deposit")
        rematch(archive)


@pytest.fixture
def pieces(
    made_once: Callable[..., Path], clock: Callable[[], dt.datetime]
) -> Iterator[tuple[Archive, Reader]]:
    with Archive.open(made_once(_pieces) / "archive", clock) as archive:
        yield archive, Reader(archive.folder)


def titles(reader: Reader, **filters: object) -> set[str]:
    return {reader.recording(id).title for id in ids(reader, "piece", **filters)}


def test_filters_of_rights_are_asked_on_the_day(pieces: tuple[Archive, Reader]) -> None:
    _, reader = pieces
    assert titles(reader) == {"Piece one", "Piece two", "Piece three"}
    assert titles(reader, licenses=("CC-BY",)) == {"Piece one"}
    assert titles(reader, licenses=("CC-BY-4.0", "CC0-1.0")) == {"Piece one", "Piece two"}
    assert titles(reader, territory="DE") == titles(reader, territory="unknown") == {"Piece one", "Piece two"}
    assert titles(reader, years=(1999, None)) == {"Piece two", "Piece three"}
    assert titles(reader, sources=("file",), sound=True) == {"Piece one", "Piece two", "Piece three"}
    assert titles(reader, sources=("musicbrainz",)) == titles(reader, sound=False) == set()


def test_lengths_and_counts_are_those_of_what_is_found(pieces: tuple[Archive, Reader]) -> None:
    archive, reader = pieces
    assert titles(reader, seconds=(3, 4)) == {"Piece one", "Piece two", "Piece three"}
    assert titles(reader, seconds=(4, None)) == titles(reader, seconds=(None, 3)) == set()
    asked = [
        Filters(kinds=("recording",)),
        Filters(sound=True, kinds=("recording",)),
        Filters(licenses=("CC-BY",)),
        Filters(seconds=(None, 120)),
        Filters(seconds=(120, None)),
        Filters(territory="DE"),
        Filters(shelf="cc0"),
        Filters(sound=False),
        Filters(),
    ]
    # What is asked on the day is not counted, nor what works and labels fit as well.
    for query in ("piece", ""):
        assert reader.counts(query, asked) == [3, 3, 1, 3, 0, None, None, None, None], query
    [one] = ids(reader, "piece one")
    withdraw(archive, Target("recording", one), by="Somebody", text="not theirs to give")
    for query in ("piece", ""):
        assert reader.counts(query, asked)[:5] == [2, 2, 0, 2, 0], query
    assert reader.unknown(Filters(languages=("xyz",), shelf="attic")) == [
        "language: nothing here is in 'xyz'; expected a code of ISO 639-3; there are: none",
        "shelf: the newest edition has no 'attic'; there are: none",
    ]


def test_a_shelf_is_that_of_the_newest_edition(published: Archive) -> None:
    reader = Reader(published.folder)
    [shelf] = reader.shelves()
    listed = reader.browse((), 50, Filters(shelf=shelf)).hits
    held = reader.browse((), 50, Filters(sound=True, kinds=("recording",))).hits
    assert listed and {hit.id for hit in listed} == {
        hit.id for hit in held if reader.recording(hit.id).sounds[0].volume
    }
    assert reader.browse((), 50, Filters(shelf="cc0")).hits == ()
    [sound] = reader.recording(listed[0].id).sounds
    assert (
        f"-{shelf}-" in sound.volume and sound.edition == 1 and sound.swarm is None and sound.holders is None
    )


def test_without_words_all_that_fits_is_listed(pieces: tuple[Archive, Reader]) -> None:
    _, reader = pieces

    def listed(*kinds: str, **filters: object) -> list[str]:
        """Two at a time, from place to place."""
        found, place = [], ""
        for _ in range(20):
            part = reader.browse(kinds, 2, Filters(**filters), place)  # type: ignore[arg-type]
            assert len(part.hits) == 2 or not part.after
            found += [hit.title for hit in part.hits]
            if not (place := part.after):
                return found
        raise AssertionError("a list that never ends")

    everything = {"Piece one", "Piece two", "Piece three"}
    assert set(listed("recording")) == everything and len(listed("recording")) == 3
    assert set(listed()) == everything | {"Somebody"}
    assert listed()[0] == "Somebody", "who is known for more than any of the pieces is"
    assert listed(licenses=("CC0-1.0",)) == ["Piece two"]
    assert set(listed(territory="DE")) == {"Piece one", "Piece two"}
    assert listed("recording", sound=False) == []
    with pytest.raises(UsageError, match="no place"):
        reader.browse((), 2, Filters(), "99.1")


def test_what_is_withdrawn_is_not_listed(pieces: tuple[Archive, Reader]) -> None:
    archive, reader = pieces
    [one] = ids(reader, "piece one")
    withdraw(archive, Target("recording", one), by="Somebody", text="not theirs to give")
    left = {hit.title for hit in reader.browse(("recording",), 20).hits}
    assert left == {"Piece two", "Piece three"}


def test_names_that_are_known_nowhere_are_named(pieces: tuple[Archive, Reader]) -> None:
    _, reader = pieces
    assert (
        reader.unknown(Filters(licenses=("CC-BY", "cc-by-4.0", "GPL-2.0-only", "MIT"), sources=("file",)))
        == []
    )
    [license, source] = reader.unknown(Filters(licenses=("CC-BYE",), sources=("spotify",)))
    assert "'CC-BYE'" in license and "CC-BY-SA-4.0" in license
    assert "'spotify'" in source and "file" in source
    [territory, years] = reader.unknown(Filters(territory="XX", years=(1999, 1990)))
    assert "'XX'" in territory and "ISO 3166-1" in territory and "1999 to 1990" in years
    assert reader.unknown(Filters(territory="Worldwide", years=(1990, None))) == []


def test_a_license_is_understood_as_people_write_it(pieces: tuple[Archive, Reader]) -> None:
    _, reader = pieces
    for name in ("CC0-1.0", "cc0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"):
        assert ids(reader, "piece", licenses=(name,)) == ids(reader, "piece two"), name
        assert len(reader.browse((), 9, Filters(licenses=(name,))).hits) == 1, name


def test_a_recording_is_found_by_its_identifiers(pieces: tuple[Archive, Reader]) -> None:
    _, reader = pieces
    [one] = ids(reader, "piece one")
    sha256 = reader.recording(one).sounds[0].sha256
    for text in ("USS1Z9900000", "us-s1z-99-00000", sha256, sha256.upper(), one):
        assert ids(reader, text) == {one}, text
    assert ids(reader, "USS1Z9900000", licenses=("CC0-1.0",)) == set()


def test_what_is_added_is_found_without_a_rebuild(pieces: tuple[Archive, Reader], tmp_path: Path) -> None:
    archive, reader = pieces
    rows = Rows(archive.folder / "search" / "rows.sqlite")
    before, index = ids(reader, "piece"), rows.text()
    write(tmp_path / "more" / "9.flac", 9, 3.0, {"title": "Piece nine", "artist": "Somebody"})
    add(archive, [tmp_path / "more"], held_as="deposit")
    assert not is_matched(archive)
    rematch(archive)
    assert is_matched(archive) and rows.text() == index
    assert before < ids(reader, "piece") and len(ids(reader, "piece nine")) == 1


def test_search_is_made_again_where_it_was_removed(pieces: tuple[Archive, Reader]) -> None:
    archive, reader = pieces
    before = ids(reader, "piece")
    (archive.folder / "search" / "rows.sqlite").unlink()
    assert not is_matched(archive) and ids(reader, "piece") == set()
    rematch(archive)
    assert is_matched(archive) and ids(reader, "piece") == before


HOSTILE = [
    "\x00", '"' * 500, "NEAR(", "a*", "*", "(" * 100_000, "a" * 100_000, "a " * 50_000, "piece AND (", "name:*",
    "/.*/", "[a TO z]", "~2", "\\", "\u202e", "%ff%fe", "静" * 50_000, "e\u0301" * 50_000, "piece " * 40,
    " ".join(chr(97 + n % 26) for n in range(100)), "ab" * 30,
    " ".join(["mistypedwordofsixtylettersthatfitsnothing"] * 16),
]  # fmt: skip


def test_no_question_breaks_it(pieces: tuple[Archive, Reader]) -> None:
    _, reader = pieces
    with TestClient(create_app(reader), raise_server_exceptions=False) as client:
        for query in HOSTILE:
            assert len(reader.search(query)) <= 20
            for path in ("/search", "/api/search"):
                asked = {"q": query[:5_000], "kind": "recording"}
                assert client.get(path, params=asked).status_code == 200, (path, query[:50])
                asked = {
                    "q": query[:5_000],
                    "source": query[:200],
                    "license": query[:200],
                    "after": query[:40],
                }
                answer = client.get(path, params=asked)
                assert answer.status_code == (200 if path == "/search" else 422), (path, query[:50])


def test_the_page_shows_the_kind_of_the_best_hit_first(archive: Archive, tmp_path: Path) -> None:
    answers = save(
        tmp_path / "answers",
        theme=recording("Theme", "Somebody", 100_000),
        other=recording("Another Song", "Thyme", 100_000),
    )
    harvest(archive, "musicbrainz-json", answers)
    rematch(archive)

    def shown(query: str) -> list[str]:
        return re.findall('<h2 id="hits-([a-z]+)"', client.get("/search", params={"q": query}).text)

    with TestClient(create_app(Reader(archive.folder))) as client:
        assert shown("theme") == ["recording", "artist"], "which is one mistake away"
        assert shown("thyme") == ["artist", "recording"]
