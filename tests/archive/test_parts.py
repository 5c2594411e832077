# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims with a license of their own: genres of MusicBrainz (CC BY-NC-SA) leave as it allows, the rest is CC0."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.publishing import publish
from onrecord.archive.reading_records import read_record
from onrecord.engine.parquet import read_rows
from onrecord.model.records import Part
from onrecord.sources.musicbrainz_json import MusicBrainzJson
from tests.pipeline.musicbrainz import recording, release, save

GENRE = "krautrock, as voted"
NC = "CC-BY-NC-SA-3.0"


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A recording with a genre, one without, and a release whose tracks have its genre."""
    genres = [{"name": GENRE, "count": 2}]
    return save(
        tmp_path / "in",
        one=recording("One", "Nobody", 100_000, genres=genres),
        two=recording("Two", "Nobody", 200_000),
        album=release("Album", "Nobody", [("Three", 300_000)], genres=genres),
    )


def edition(archive: Archive, table: str, *columns: str) -> list[dict[str, Any]]:
    number = archive.ledger.editions()[-1]["number"]
    path = archive.folder / "editions" / str(number) / "dataset" / f"{table}.parquet"
    return list(read_rows(path, columns))


def opened_with(archive: Archive, clock: Callable[[], dt.datetime], **publishing: bool) -> Archive:
    """The archive again, with other settings of `[publish]`."""
    archive.ledger.close()
    settings = archive.folder / "onrecord.toml"
    lines = [f"{key} = {str(value).lower()}" for key, value in publishing.items()]
    settings.write_text("\n".join([settings.read_text(), "[publish]", *lines, ""]))
    return Archive.open(archive.folder, clock)


def test_an_edition_for_everyone_has_no_genre_of_the_supplementary_part(
    archive: Archive, answers: Path
) -> None:
    assert harvest(archive, "musicbrainz-json", answers).tracks == 3
    publish(archive)
    rows = edition(archive, "track_claims", "title", "genre", "license", "duration_ms")
    assert {row["title"]: row["duration_ms"] for row in rows} == {
        "One": 100_000,
        "Two": 200_000,
        "Three": 300_000,
    }
    assert {(row["genre"], row["license"]) for row in rows} == {("", "CC0-1.0")}
    assert {row["genre"] for row in edition(archive, "recordings", "genre")} == {""}
    folder = archive.folder / "editions" / "1" / "dataset"
    db = apsw.Connection(str(folder / "onrecord.sqlite"))
    assert db.execute("SELECT DISTINCT genre FROM recordings").fetchall() == [("",)]
    db.close()
    assert not any(GENRE.encode() in path.read_bytes() for path in folder.iterdir())
    with archive.duck() as duck:
        assert duck.run("SELECT count(*) FROM tracks WHERE genre = ?", [GENRE]) == [(2,)], "here it stays"


def test_an_edition_that_is_not_for_money_has_it_under_its_license(
    archive: Archive, answers: Path, clock: Callable[[], dt.datetime]
) -> None:
    harvest(archive, "musicbrainz-json", answers)
    with opened_with(archive, clock, commercial=False) as again:
        publish(again)
        rows = edition(again, "track_claims", "title", "genre", "license")
        assert {row["title"]: (row["genre"], row["license"]) for row in rows} == {
            "One": (GENRE, f"CC0-1.0 AND {NC}"),
            "Two": ("", "CC0-1.0"),
            "Three": (GENRE, f"CC0-1.0 AND {NC}"),
        }
        assert {row["genre"] for row in edition(again, "recordings", "genre")} == {"", GENRE}


def test_the_next_edition_takes_it_out_again(
    archive: Archive, answers: Path, clock: Callable[[], dt.datetime]
) -> None:
    harvest(archive, "musicbrainz-json", answers)
    with opened_with(archive, clock, commercial=False) as free:
        publish(free)
    settings = free.folder / "onrecord.toml"
    settings.write_text(settings.read_text().replace("commercial = false", "commercial = true"))
    with Archive.open(free.folder, clock) as again:
        assert publish(again).number == 2
        assert {row["genre"] for row in edition(again, "track_claims", "genre")} == {""}


def test_the_record_is_kept_whole(archive: Archive, answers: Path) -> None:
    harvest(archive, "musicbrainz-json", answers)
    raw = (answers / "one.json").read_bytes()
    identifier = json.loads(raw)["id"]
    assert read_record(archive, "musicbrainz-json", f"recording:{identifier}").payload == raw
    assert GENRE.encode() in raw


def test_the_license_of_a_part_is_on_record(archive: Archive, answers: Path) -> None:
    """What was agreed when it was harvested holds without the connector, and in a ledger that is made again."""
    harvest(archive, "musicbrainz-json", answers)
    assert archive.ledger.parts() == [("musicbrainz-json", "tracks.genre", NC, True)]
    before = archive.ledger.dump()
    archive.rebuild_ledger()
    assert archive.ledger.dump() == before


def test_who_wrote_in_the_format_speaks_for_all_of_it(archive: Archive, answers: Path) -> None:
    harvest(archive, "musicbrainz-json", answers, filed_as="somebody", license="CC0-1.0")
    assert archive.ledger.parts() == []
    publish(archive)
    assert GENRE in {row["genre"] for row in edition(archive, "track_claims", "genre")}


def test_any_field_may_have_a_license_of_its_own(
    archive: Archive, answers: Path, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], dt.datetime]
) -> None:
    """The mapping is data: numbers and other tables, parts that may not be passed on, two licenses on one row."""
    parts = (
        Part(("tracks.genre", "tracks.isrc"), NC, redistribute=True),
        Part(("tracks.composer",), "CC-BY-4.0", redistribute=True),
        Part(("tracks.duration_ms", "releases.date", "artists.sort_name"), "CC0-1.0", redistribute=False),
        Part(("works.title",), "CC-BY-4.0", redistribute=True),
    )
    terms = msgspec.structs.replace(MusicBrainzJson.terms, parts=parts)
    monkeypatch.setattr(MusicBrainzJson, "terms", terms)
    composed = [{"type": "composer", "artist": {"name": "Somebody"}}]
    performed = [{"type": "performance", "work": {"title": "One", "relations": composed}}]
    made = recording(
        "One",
        "Nobody",
        100_000,
        genres=[{"name": GENRE, "count": 1}],
        isrcs=["GBAHS1400099"],
        relations=performed,
    )
    (answers / "one.json").write_text(json.dumps(made))
    harvest(archive, "musicbrainz-json", answers)
    with opened_with(archive, clock, commercial=False) as again:
        publish(again)
        rows = edition(again, "track_claims", "title", "genre", "isrc", "composer", "duration_ms", "license")
        [one] = [row for row in rows if row["title"] == "One"]
        assert (one["genre"], one["isrc"], one["composer"]) == (GENRE, "GBAHS1400099", "Somebody")
        assert one["license"] == f"CC0-1.0 AND CC-BY-4.0 AND {NC}"
        assert {row["duration_ms"] for row in rows} == {None}
        assert {row["date"] for row in edition(again, "release_claims", "date")} == {""}
        assert {row["sort_name"] for row in edition(again, "artist_claims", "sort_name")} == {""}
        assert {row["duration_ms"] for row in edition(again, "recordings", "duration_ms")} == {None}
        assert {row["license"] for row in edition(again, "artist_claims", "license")} == {"CC0-1.0"}
