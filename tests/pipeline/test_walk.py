# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way on music that the tests make: harvest, add, match, publish, mirror, and a second edition."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive, mirroring, seeding
from onrecord.archive import add as adding
from onrecord.archive.add import AddReport
from onrecord.archive.editions import read_manifest
from onrecord.archive.harvest import HarvestReport, harvest
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader, open_reader
from onrecord.catalog.match import KINDS
from onrecord.engine.parquet import read_rows
from onrecord.engine.pool import Workers
from onrecord.errors import UsageError
from onrecord.mirror.session import Session
from tests.pipeline.musicbrainz import mbid, recording, release, save
from tests.pipeline.whole import assert_whole
from tests.tones import Album, write

BY = "https://creativecommons.org/licenses/by/4.0/"
TONES = [(f"Piece {number}", 8000) for number in range(1, 5)]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers would each import everything anew; that they work is tested elsewhere."""
    monkeypatch.setattr(Workers, "map", lambda self, function, chunks: map(function, chunks))


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """What MusicBrainz says of the album, and of another that nobody has brought in."""
    other = release("Elsewhere", "Somebody Else", [("Far", 200_000), ("Away", 100_000)])
    return save(
        tmp_path / "records",
        tones=release("Tones", "The Test Tones", TONES, barcode="4006381333931"),
        other=other,
    )


def add(archive: Archive, *paths: Path) -> AddReport:
    return adding.add(archive, paths, held_as="owner")


def gather(archive: Archive, location: Path, **options: Any) -> HarvestReport:
    return harvest(archive, "musicbrainz-json", location, **options)


def one(reader: Reader, query: str, kind: str = "recording") -> str:
    [identifier] = [hit.id for hit in reader.search(query, (kind,))]
    return identifier


def table(archive: Archive, number: int, name: str, *columns: str) -> list[dict[str, Any]]:
    folder = archive.folder / "editions" / str(number) / "dataset"
    return list(read_rows(folder / f"{name}.parquet", list(columns)))


# The whole way ---------------------------------------------------------------------------------------------------


def test_from_records_to_a_second_edition_on_a_mirror(
    archive: Archive, album: Album, records: Path, tmp_path: Path
) -> None:
    assert gather(archive, records).new == 2
    assert add(archive, album.folder).new == 6
    report = rematch(archive)
    # Four pieces that both speak of, two of another release, two closed ones.
    assert (report.recordings, report.releases) == (8, 2)
    first = publish(archive)
    assert (first.number, first.published) == (1, 4)

    reader = open_reader(archive.folder)
    piece = reader.recording(one(reader, "piece 3"))
    assert {claim.source for claim in piece.claims} == {"file", "musicbrainz-json"}
    assert piece.mbids == (mbid("recording Piece 3"),)
    tones = reader.release(one(reader, "tones", "release"))
    assert [track.title for track in tones.tracks] == [title for title, _ in TONES]
    assert all(track.has_sound for track in tones.tracks)
    assert tones.barcode == "4006381333931"

    with Archive.create(tmp_path / "mirror", "Mirror", archive.clock) as mirror, Session() as session:
        mirroring.follow(mirror, str(archive.folder / "editions" / "feed" / "feed.json"))
        seeding.seed(archive, session)
        [fetched] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
        assert (fetched.number, fetched.files) == (1, 4)
    with Archive.open(tmp_path / "mirror", archive.clock) as mirror, Session() as session:
        write(
            tmp_path / "more" / "5.opus",
            seed=5,
            tags={"title": "Piece 5", "artist": "The Test Tones", "license": BY},
        )
        assert add(archive, tmp_path / "more").new == 1
        second = publish(archive)
        assert (second.number, second.published, second.new_volumes) == (2, 5, 1)
        assert table(archive, 1, "ids", "id", "source_id")[:1]
        assert {row["id"] for row in table(archive, 1, "ids", "id")} <= {
            row["id"] for row in table(archive, 2, "ids", "id")
        }
        seeding.seed(archive, session)
        [fetched] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
        assert (fetched.number, fetched.files, fetched.had) == (2, 1, 4)
        theirs = open_reader(mirror.folder)
        same = theirs.recording(piece.id)
        assert (same.title, same.mbids) == (piece.title, piece.mbids)
        assert theirs.recording(one(reader, "piece 5")).sounds
    assert_whole(archive.folder)
    assert_whole(tmp_path / "mirror")


# Order does not matter -------------------------------------------------------------------------------------------


def canonical(folder: Path) -> dict[str, list[Any]]:
    """The canonical view without its ids, which depend on who founded them, and a name for each id."""
    with Archive.open(folder) as archive:
        rematch(archive)
    reader = open_reader(folder)
    found: dict[str, list[Any]] = {"recording": [], "release": [], "artist": []}
    with Archive.open(folder) as archive, archive.duck() as duck:
        ids = [
            row
            for thing in KINDS.values()
            for row in duck.run(
                f"SELECT DISTINCT {thing} FROM ({archive.canonical_rows(f'{thing}_members')})"
            )
        ]
    for (identifier,) in ids:
        if identifier.startswith("r"):
            for kind, view in views(reader, identifier):
                found[kind].append(view)
        else:
            artist = reader.artist(identifier)
            members = sorted((claim.source, claim.source_id) for claim in artist.claims)
            found["artist"].append((artist.name, members, sorted(title for _, title, _ in artist.releases)))
    return {kind: sorted(rows) for kind, rows in found.items()}


def views(reader: Reader, identifier: str) -> list[tuple[str, Any]]:
    from onrecord.errors import NotFound

    try:
        view = reader.recording(identifier)
    except NotFound:
        album = reader.release(identifier)
        tracks = [
            (track.disc or 0, track.position or 0, track.title, track.seconds) for track in album.tracks
        ]
        members = sorted((claim.source, claim.source_id) for claim in album.claims)
        return [("release", (album.title, album.artist, album.date, album.barcode, tracks, members))]
    members = sorted((claim.source, claim.source_id, claim.reason) for claim in view.claims)
    sounds = sorted(sound.sha256 for sound in view.sounds)
    titles = sorted(title for _, title in view.releases)
    return [
        (
            "recording",
            (
                view.title,
                view.artist,
                view.seconds,
                view.date,
                view.isrcs,
                view.mbids,
                titles,
                sounds,
                members,
            ),
        )
    ]


def test_the_order_of_arrival_does_not_matter(album: Album, records: Path, tmp_path: Path) -> None:
    steps: dict[str, Callable[[Archive], object]] = {
        "free": lambda archive: add(archive, album.folder / "free"),
        "closed": lambda archive: add(archive, album.folder / "closed"),
        "records": lambda archive: gather(archive, records),
        "match": lambda archive: rematch(archive),
    }
    found = []
    for number, order in enumerate(
        (
            ("records", "free", "closed"),
            ("closed", "free", "records"),
            ("free", "match", "records", "match", "closed"),
        )
    ):
        with Archive.create(tmp_path / str(number)) as archive:
            for step in order:
                steps[step](archive)
        found.append(canonical(tmp_path / str(number)))
    assert found[0] == found[1] == found[2]
    assert [len(rows) for rows in found[0].values()] == [8, 2, 2]


def test_a_second_match_founds_nothing(archive: Archive, album: Album, records: Path) -> None:
    gather(archive, records)
    add(archive, album.folder)
    first = rematch(archive)
    assert first.founded > 0
    entry = archive.log.last
    second = rematch(archive)
    assert (second.founded, second.merged) == (0, 0)
    assert (second.recordings, second.releases, second.artists) == (
        first.recordings,
        first.releases,
        first.artists,
    )
    assert archive.log.last == entry, "nothing new, so nothing to commit"


# Harvest ---------------------------------------------------------------------------------------------------------


def test_harvesting_again_changes_nothing(archive: Archive, records: Path) -> None:
    assert gather(archive, records).new == 2
    entry, before = archive.log.last, archive.ledger.dump()
    report = gather(archive, records)
    assert (report.new, report.changed, report.deleted) == (0, 0, 0)
    assert (archive.log.last, archive.ledger.dump()) == (entry, before)


def test_a_changed_record_takes_the_place_of_the_old_one(archive: Archive, records: Path) -> None:
    gather(archive, records)
    rematch(archive)
    before = one(open_reader(archive.folder), "far")
    save(records, other=release("Elsewhere", "Somebody Else", [("Far Away", 200_000)]))
    report = gather(archive, records)
    assert (report.new, report.changed) == (0, 1)
    matched = rematch(archive)
    reader = open_reader(archive.folder)
    assert reader.search("away") != []
    assert matched.recordings == 5, "a track that the record no longer has is gone"
    with archive.duck() as duck:
        rows = duck.run("SELECT count(*) FROM records WHERE record LIKE 'release:%'")
    assert rows == [(3,)], "the old answer is kept, too"
    assert reader.search("far") and before.startswith("r")


def test_a_record_may_change_back(archive: Archive, records: Path) -> None:
    first = (records / "other.json").read_text()
    gather(archive, records)
    save(records, other=release("Elsewhere", "Somebody Else", [("Far Away", 200_000)]))
    assert gather(archive, records).changed == 1
    (records / "other.json").write_text(first)
    assert gather(archive, records).changed == 1
    rematch(archive)
    assert one(open_reader(archive.folder), "far")


def test_a_harvest_that_was_stopped_goes_on(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onrecord.archive import harvest as harvesting
    from onrecord.sources import paging

    monkeypatch.setattr(paging.Filling.__init__, "__defaults__", (2, 1 << 20))
    monkeypatch.setattr(harvesting, "_COMMIT_RECORDS", 2)
    folder = save(
        tmp_path / "many",
        **{f"r{number}": recording(f"Song {number}", "Somebody", 1000 * number) for number in range(1, 8)},
    )

    class Stopped(Exception):
        pass

    def stop(records: int) -> None:
        if records >= 4:
            raise Stopped

    with pytest.raises(Stopped):
        gather(archive, folder, progress=stop)
    report = gather(archive, folder)
    assert (report.new, report.same) == (3, 0), "what was committed is not read again"
    assert_whole(archive.folder)


def test_a_bad_record_costs_that_record(archive: Archive, records: Path) -> None:
    (records / "broken.json").write_text('{"id": "not a UUID", "media": []}')
    (records / "cut.json").write_text('{"id": ')
    (records / "link.json").symlink_to("/etc/passwd")
    report = gather(archive, records)
    assert report.new == 2
    assert sorted(where.split(":")[0] for where, _ in report.rejected) == [
        "broken.json",
        "cut.json",
        "link.json",
    ]
    assert all(why for _, why in report.rejected)


def test_an_unknown_source_is_a_usage_error(archive: Archive, records: Path) -> None:
    with pytest.raises(UsageError, match="no source is called"):
        harvest(archive, "spotify", records)


def test_a_tombstone_ends_what_the_record_claimed(
    archive: Archive, album: Album, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onrecord.model.records import Page, Record
    from onrecord.sources.musicbrainz_json import MusicBrainzJson

    gather(archive, records)
    add(archive, album.folder)
    rematch(archive)
    reader = open_reader(archive.folder)
    piece, far = one(reader, "piece 2"), one(reader, "far")

    gone = tuple(
        Record("musicbrainz-json", "release", mbid(title), "application/json", b"", deleted=True)
        for title in ("Tones", "Elsewhere", "Never heard of")
    )
    monkeypatch.setattr(MusicBrainzJson, "pages", lambda self, cursor="": iter([Page(gone, "end")]))
    (records / "deletions").mkdir()
    report = gather(archive, records / "deletions")
    assert report.deleted >= 2
    matched = rematch(archive)
    assert matched.recordings == 6
    reader = open_reader(archive.folder)
    assert reader.search("far") == []
    view = reader.recording(piece)
    assert {claim.source for claim in view.claims} == {"file"}, "the file still speaks for itself"
    assert view.mbids == ()
    again = gather(archive, records / "deletions")
    assert again.deleted == 0
    assert publish(archive).published == 4
    assert far not in {row["id"] for row in table(archive, 1, "recordings", "id")}
    assert_whole(archive.folder)


# Ids -------------------------------------------------------------------------------------------------------------


def test_an_id_that_was_merged_answers_for_ever(archive: Archive, tmp_path: Path) -> None:
    """Two files of unlike names are two recordings, until somebody says that they are one."""
    for number, name in enumerate(("Morning", "Matin"), start=1):
        isrc = "QM2Z12600001" if number == 2 else ""
        write(
            tmp_path / "in" / f"{number}.flac",
            seed=number,
            tags={"title": name, "artist": "A", "ISRC": isrc, "license": BY},
        )
    add(archive, tmp_path / "in")
    rematch(archive)
    reader = open_reader(archive.folder)
    morning, matin = one(reader, "morning"), one(reader, "matin")
    assert morning != matin
    publish(archive)

    # One record that agrees with each of them by another way: the title and length of one, the code of the other.
    said = save(tmp_path / "said", a=recording("Morning", "A", 8000), b=recording("Matin", "A", 8000))
    for name in ("a", "b"):
        path = said / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"id": mbid("one")}))
    gather(archive, said / "a.json")
    gather(archive, said / "b.json", filed_as="another")
    report = rematch(archive)
    assert report.merged == 1
    reader = open_reader(archive.folder)
    first, second = reader.recording(morning), reader.recording(matin)
    assert first.id == second.id in (morning, matin)
    assert len(first.sounds) == 2
    assert rematch(archive).merged == 0
    publish(archive)
    assert read_manifest(archive, 2).number == 2
    kept = {row["id"] for row in table(archive, 2, "recordings", "id")}
    assert first.id in kept
    assert ({morning, matin} - {first.id}).isdisjoint(kept)
    assert_whole(archive.folder)
