# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How widely a thing is known is counted from the catalog, and from nothing else; a small change writes little."""

import json
import sys
from pathlib import Path

import apsw
import msgspec
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.naming import FILE
from onrecord.archive.reading import Reader
from onrecord.archive.ws2 import EntityReader
from onrecord.search.cache_files import beside
from onrecord.search.entities import Entities
from onrecord.search.fields import Term
from onrecord.search.finding import Finder
from onrecord.search.rows import Rows
from onrecord.search.text import TextIndex
from onrecord.web.app import create_app
from tests.pipeline.musicbrainz import mbid, recording, release, save

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def listened(folder: Path, *titles: str) -> Path:
    """Listens as a dump of ListenBrainz has them, of what it found in MusicBrainz."""
    folder.mkdir(parents=True)
    lines = [
        {
            "user_id": 1,
            "user_name": "somebody",
            "timestamp": 1_700_000_000,
            "track_metadata": {
                "artist_name": "Singer",
                "track_name": title,
                "mbid_mapping": {
                    "recording_mbid": mbid(f"recording {title}"),
                    "recording_name": title,
                    "artists": [
                        {"artist_credit_name": "Singer", "join_phrase": "", "artist_mbid": mbid("Singer")}
                    ],
                },
            },
        }
        for title in titles
    ]
    (folder / "1.listens").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


@pytest.fixture
def harvested(archive: Archive, tmp_path: Path) -> Archive:
    # Ratings are CC BY-NC-SA: they count for nothing.
    rated = recording("Blue Hour", "Singer", 205_000, rating={"votes-count": 12, "value": 4.5})
    answers = save(
        tmp_path / "answers",
        first=release("First", "Singer", [("Red Hour", 201_000), ("Green Hour", 202_000)]),
        second=release("Second", "Singer", [("Red Hour", 201_000)]),
        rated=rated,
        alone=recording("White Hour", "Nobody Else", 209_000),
    )
    harvest(archive, "musicbrainz-json", answers)
    harvest(archive, "listenbrainz", listened(tmp_path / "listens", "Green Hour", "Green Hour"))
    rematch(archive)
    return archive


def known_by(reader: Reader) -> dict[str, dict[str, int]]:
    return {hit.title: hit.known_by for hit in reader.search("hour", ("recording",))}


def test_only_what_the_catalog_holds_is_counted(harvested: Archive) -> None:
    reader = Reader(harvested.folder)
    assert known_by(reader) == {
        "Red Hour": {"releases": 2},
        "Green Hour": {"listened": 1, "more_sources": 1, "releases": 1},
        "Blue Hour": {},
        "White Hour": {},
    }
    weights = {item.title: item.weight for item in Finder(harvested.folder / "search").find("hour", k=100)}
    assert weights["White Hour"] == weights["Blue Hour"] == 0 < weights["Red Hour"] < weights["Green Hour"]
    order = list(known_by(reader))
    assert order.index("Green Hour") < order.index("Blue Hour"), "though its name is longer"
    [singer] = reader.search("singer", ("artist",))
    assert singer.known_by == {"recordings": 3, "releases": 2}
    with TestClient(create_app(reader)) as client:
        hits = client.get("/api/search", params={"q": "red hour"}).json()["hits"]
    assert hits[0]["known_by"] == {"releases": 2}


def test_ratings_are_in_nothing_that_is_made_of_records(harvested: Archive) -> None:
    mentions = pq.read_table(harvested.canonical("mentions_of_records"))
    assert set(mentions["kind"].to_pylist()) == {"artist"}
    assert "12" not in mentions["name"].to_pylist()


def test_what_an_earlier_version_noted_of_ratings_is_removed(harvested: Archive) -> None:
    earlier = harvested.canonical("mentioned")
    earlier.write_bytes(b"with votes")
    rematch(harvested)
    assert not earlier.exists()


def test_a_small_change_writes_a_small_part_and_is_seen_at_once(harvested: Archive, tmp_path: Path) -> None:
    search = harvested.folder / "search"
    reader, service = Reader(harvested.folder), EntityReader(harvested.folder)
    asked = Term(("name",), "violet")
    assert (
        reader.search("violet") == []
        and service.answering().search("recording", asked, 5, 0, frozenset())[0] == 0
    )
    entities = Entities(search / FILE)
    fields, before = entities.fields(), (search / FILE).read_bytes()
    rematch(harvested)
    assert (search / FILE).read_bytes() == before, "what is as it was is not written"
    held = {
        path: path.stat().st_ino for path in search.glob("*/*") if path.suffix in (".idx", ".term", ".store")
    }
    harvest(
        harvested,
        "musicbrainz-json",
        save(tmp_path / "more", violet=recording("Violet Hour", "Singer", 1_000)),
    )
    rematch(harvested)
    assert is_matched(harvested) and entities.fields() == fields
    assert held.items() <= {path: path.stat().st_ino for path in search.glob("*/*")}.items()
    assert [hit.title for hit in reader.search("violet")] == ["Violet Hour"]
    count, trees = service.answering().search("recording", asked, 5, 0, frozenset())
    assert (count, trees[0]["id"]) == (1, mbid("recording Violet Hour"))


def test_what_a_kill_left_is_finished_by_whoever_writes_next(harvested: Archive) -> None:
    search = harvested.folder / "search"
    rows, service = Rows(search / "rows.sqlite"), EntityReader(harvested.folder)
    [first] = rows.named([1])
    asked = Term(("name",), first.title)
    TextIndex(search / rows.text()).change([1], ())
    count, _ = service.answering().search("artist", asked, 5, 0, frozenset())
    assert count == 0
    gone = zstd.compress(msgspec.msgpack.encode([("label", "nobody", None)]))
    changes = beside(search / "rows.sqlite")
    assert changes is not None
    for name, note, noted in (
        (FILE, "INSERT INTO pending VALUES (NULL, ?)", gone),
        (changes.name, "UPDATE made SET pending=?", msgspec.msgpack.encode([1])),
    ):
        db = apsw.Connection(str(search / name))
        db.execute(note, (noted,))
        db.close()
    assert not is_matched(harvested)
    with harvested.writing():
        pass
    assert is_matched(harvested)
    count, _ = service.answering().search("artist", asked, 5, 0, frozenset())
    assert count == 1, "as the note said"
