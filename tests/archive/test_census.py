# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a full dump lacks is deleted, and nothing else is: not on a doubt, not twice, whatever is killed."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from onrecord.archive import Archive, census
from onrecord.archive import harvest as harvesting
from onrecord.archive.harvest import HarvestReport, harvest
from onrecord.archive.quality import Lacked, report_quality
from onrecord.sources.discogs import Discogs
from onrecord.sources.listenbrainz import ListenBrainz
from onrecord.sources.seam import Dumped
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save
from tests.sources.test_ddex_ern import RECIPIENT, ern4

MB = "musicbrainz-json"
NAMED = "discogs_{day}_artists.xml"


def pieces(*titles: str) -> dict[str, dict[str, object]]:
    return {title: recording(title, "Singer", 100_000) for title in titles}


def name(title: str) -> str:
    return f"recording:{mbid(f'recording {title}')}"


def dump(folder: Path, numbers: Iterable[int], day: str = "20240201", file: str = NAMED) -> Path:
    """Artists as Discogs publishes them."""
    folder.mkdir(exist_ok=True)
    artists = "".join(
        f"<artist><id>{number}</id><name>Artist {number}</name></artist>\n" for number in numbers
    )
    path = folder / file.format(day=day)
    path.write_text(f"<artists>\n{artists}</artists>\n")
    return path


def standing(archive: Archive) -> set[str]:
    with archive.duck() as duck:
        rows = duck.run(
            "SELECT record FROM records QUALIFY row_number() OVER (PARTITION BY record ORDER BY seq DESC) = 1"
            " AND NOT deleted"
        )
    return {record for (record,) in rows}


def artists(numbers: Iterable[int]) -> set[str]:
    return {f"artist:{number}" for number in numbers}


def told(report: HarvestReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.same, report.deleted


# What goes, and what stays ------------------------------------------------------------------------------------------


def test_what_a_full_dump_lacks_is_deleted_and_kinds_that_it_has_not_stay(
    archive: Archive, tmp_path: Path
) -> None:
    album = release("Album", "Singer", [("One", 200_000)])
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b", "c"), album=album))
    report = harvest(archive, MB, save(tmp_path / "2", **pieces("a", "b", "d")), full=True)
    assert told(report) == (1, 0, 2, 1) and not report.absent_why
    assert standing(archive) == {name("a"), name("b"), name("d"), f"release:{mbid('Album')}"}
    with archive.duck() as duck:
        [(payload, media_type)] = duck.run("SELECT payload, media_type FROM records WHERE deleted")
    assert (payload, media_type) == (b"", "application/json")
    before = archive.ledger.dump()
    archive.rebuild_ledger()
    assert archive.ledger.dump() == before


def test_without_the_word_nothing_goes(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b", "c")))
    harvest(archive, MB, save(tmp_path / "2", **pieces("a")))
    assert standing(archive) == {name("a"), name("b"), name("c")}


def test_other_sources_keep_what_they_said(archive: Archive, tmp_path: Path) -> None:
    folder = save(tmp_path / "1", **pieces("a", "b"))
    harvest(archive, MB, folder, filed_as="somebody", license="CC0-1.0")
    harvest(archive, MB, folder)
    assert harvest(archive, MB, save(tmp_path / "2", **pieces("a")), full=True).deleted == 1
    assert archive.ledger.record("somebody", name("b")) and archive.ledger.record(MB, name("b")) == ""


def test_what_was_deleted_comes_back_with_the_dump_that_has_it(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b")))
    harvest(archive, MB, save(tmp_path / "2", **pieces("a")), full=True)
    report = harvest(archive, MB, save(tmp_path / "3", **pieces("a", "b")), full=True)
    assert told(report) == (0, 1, 1, 0)
    assert standing(archive) == {name("a"), name("b")}


def test_a_dump_that_was_read_before_without_the_word_is_read_again_for_it(
    archive: Archive, tmp_path: Path
) -> None:
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b", "c")))
    folder = save(tmp_path / "2", **pieces("a", "b"))
    harvest(archive, MB, folder)
    assert told(harvest(archive, MB, folder, full=True)) == (0, 0, 2, 1)
    assert told(harvest(archive, MB, folder, full=True)) == (0, 0, 0, 0)


def test_a_tombstone_bears_the_version_of_what_it_ends(archive: Archive, tmp_path: Path) -> None:
    settings = {"party_id": RECIPIENT}

    def delivery(folder: str, **messages: str) -> Path:
        (tmp_path / folder).mkdir()
        for file, text in messages.items():
            (tmp_path / folder / f"{file}.xml").write_text(text)
        return tmp_path / folder

    other = ern4(ids="<ICPN>036000291452</ICPN>", created="2026-03-01T00:00:00Z")
    first = delivery("1", one=ern4(created="2026-02-01T00:00:00Z"), two=other)
    harvest(archive, "ddex-ern", first, settings=settings)
    assert harvest(archive, "ddex-ern", delivery("2", two=other), full=True, settings=settings).deleted == 1
    older = delivery("3", one=ern4(created="2026-01-01T00:00:00Z"))
    assert "superseded" in harvest(archive, "ddex-ern", older, settings=settings).rejected[0][1]
    assert len(standing(archive)) == 1


# Doubts -------------------------------------------------------------------------------------------------------------


def test_where_something_was_rejected_nothing_is_missing(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b", "c")))
    folder = save(tmp_path / "2", **pieces("a", "b"))
    (folder / "c.json").write_text('{"id": ')
    for _ in range(2):  # the second run goes on behind the rejection, and knows of it
        report = harvest(archive, MB, folder, full=True)
        assert report.deleted == 0 and "1 records were rejected" in report.absent_why
    assert len(standing(archive)) == 3
    (folder / "c.json").unlink()
    assert harvest(archive, MB, folder, full=True).deleted == 1


def test_more_than_half_goes_only_where_that_is_said(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b", "c", "d")))
    folder = save(tmp_path / "2", **pieces("a", "e"))
    report = harvest(archive, MB, folder, full=True)
    assert (report.new, report.deleted, report.absent_kept) == (1, 0, 3)
    assert "3 of 5 records" in report.absent_why and "--even-most" in report.absent_why
    assert len(standing(archive)) == 5
    again = harvest(archive, MB, folder, full=True, even_most=True)
    assert told(again) == (0, 0, 0, 3) and not again.absent_why  # nothing was read again for it
    assert standing(archive) == {name("a"), name("e")}


def test_half_of_it_may_go(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b")))
    assert harvest(archive, MB, save(tmp_path / "2", **pieces("a")), full=True).deleted == 1


def test_an_empty_dump_deletes_nothing(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, "discogs", dump(tmp_path / "1", range(1, 4)))
    report = harvest(archive, "discogs", dump(tmp_path / "2", []), full=True, even_most=True)
    assert report.deleted == 0 and len(standing(archive)) == 3


def test_files_that_change_while_they_are_read_are_no_whole(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, MB, save(tmp_path / "1", **pieces("a", "b")))
    folder = save(tmp_path / "2", **pieces("a"))
    report = harvest(archive, MB, folder, full=True, progress=lambda _: (folder / "z").touch())
    assert report.deleted == 0 and "changed while" in report.absent_why


# A dump's own word --------------------------------------------------------------------------------------------------


def test_a_monthly_dump_says_itself_that_it_is_full(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, "discogs", dump(tmp_path / "1", range(1, 7), "20240101"))
    report = harvest(archive, "discogs", dump(tmp_path / "2", range(2, 8), "20240201"))
    assert told(report) == (1, 0, 5, 1)
    assert standing(archive) == artists(range(2, 8))
    late = harvest(archive, "discogs", dump(tmp_path / "3", range(1, 6), "20240101"))
    assert late.deleted == 0 and late.absent_kept == 2
    assert "of 20240101" in late.absent_why and "20240201" in late.absent_why


def test_a_dump_that_is_cut_off_deletes_nothing(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, "discogs", dump(tmp_path / "1", range(1, 7), "20240101"))
    path = dump(tmp_path / "2", range(1, 6), "20240201")
    path.write_text(path.read_text().removesuffix("</artists>\n"))
    report = harvest(archive, "discogs", path)
    assert report.rejected and report.deleted == 0 and standing(archive) == artists(range(1, 7))


@pytest.mark.parametrize(
    ("connector", "file", "kinds"),
    [
        (Discogs, "discogs_20240201_releases.xml.gz", ("release",)),
        (Discogs, "releases.xml.gz", None),
        (Discogs, "discogs_20240201_releases_part.xml", None),
        (ListenBrainz, "musicbrainz-canonical-dump-20240315-080003.tar.zst", ("recording",)),
        (
            ListenBrainz,
            "listenbrainz-listens-dump-1912-20240301-000003-full.tar.zst",
            ("listened-recording",),
        ),
        (ListenBrainz, "listenbrainz-listens-dump-1913-20240302-000003-incremental.tar.zst", None),
        (ListenBrainz, "listenbrainz-listens-dump-1912-20240301-000003.tar.zst", None),
    ],
)
def test_only_the_published_name_of_a_full_dump_says_so(
    tmp_path: Path, connector: type[Discogs] | type[ListenBrainz], file: str, kinds: tuple[str, ...] | None
) -> None:
    (tmp_path / file).touch()
    source = connector(tmp_path / file, {})
    assert isinstance(source, Dumped)
    said = source.whole()
    assert (said.kinds if said else None) == kinds


def test_dumps_of_two_days_in_one_folder_are_no_whole(tmp_path: Path) -> None:
    dump(tmp_path, [1], "20240101")
    assert Discogs(tmp_path, {}).whole() is not None
    dump(tmp_path, [1], "20240201", "discogs_{day}_labels.xml")
    assert Discogs(tmp_path, {}).whole() is None


# Kills --------------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    pass


def killed_after(pages: int) -> Callable[[int], None]:
    left = [pages]

    def progress(_: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise Killed

    return progress


@pytest.mark.parametrize("lost", [False, True], ids=["goes on", "names lost"])
def test_a_reading_that_was_killed_goes_on(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    monkeypatch.setattr(harvesting, "_COMMIT_RECORDS", 1)  # a commit each page, of 500 records
    monkeypatch.setattr(census, "_MOST", 70)
    harvest(archive, "discogs", dump(tmp_path / "1", range(1, 1501), "20240101"))
    path = dump(tmp_path / "2", range(101, 1601))
    path.write_text(path.read_text().replace("Artist", "Renamed"))
    with pytest.raises(Killed):
        harvest(archive, "discogs", path, progress=killed_after(2))
    assert standing(archive) == artists(range(1, 1501))
    if lost:
        shutil.rmtree(archive.folder / "search" / "met")
    report = harvest(archive, "discogs", path)
    assert told(report) == (100, 400, 1000 if lost else 0, 100)
    assert standing(archive) == artists(range(101, 1601))


def test_a_run_that_was_killed_among_the_tombstones_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "_MOST", 40)
    tombstones = [0]

    def clock() -> dt.datetime:
        """Asked once for each entry of the log, after its rows were written."""
        tombstones[0] -= 1
        if not tombstones[0]:
            raise Killed
        return DAY

    with Archive.create(tmp_path / "archive", clock=clock) as archive:
        harvest(archive, "discogs", dump(tmp_path / "1", range(1, 301), "20240101"))
        path = dump(tmp_path / "2", range(101, 301))
        tombstones[0] = 4  # the dump itself is one entry, then come 40 tombstones an entry
        with pytest.raises(Killed):
            harvest(archive, "discogs", path)
    with Archive.open(tmp_path / "archive", clock) as archive:
        assert len(standing(archive)) == 220
        report = harvest(archive, "discogs", path)
        assert told(report) == (0, 0, 0, 20)
        assert standing(archive) == artists(range(101, 301))
        assert told(harvest(archive, "discogs", path)) == (0, 0, 0, 0)
        [lacked] = [it.lacked for it in report_quality(archive, "discogs")]
        assert lacked and lacked.count == 100


# The report ---------------------------------------------------------------------------------------------------------


def test_the_quality_report_says_what_the_newest_full_dump_lacked(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, "discogs", dump(tmp_path / "1", range(1, 61), "20240101"))
    [first] = report_quality(archive, "discogs")
    full = Lacked("discogs_20240101_artists.xml", "20240101", "2026-11-22T12:00:00Z", ("artist",), 0, ())
    assert first.lacked == full
    harvest(archive, "discogs", dump(tmp_path / "2", range(31, 71), "20240201"))
    [report] = report_quality(archive, "discogs")
    assert report.lacked is not None
    assert (report.lacked.day, report.lacked.count) == ("20240201", 30)
    assert report.lacked.records == tuple(sorted(artists(range(1, 31)))[:20])
    last = report.harvests[-1]
    assert (last.new, last.deleted, last.absent, last.whole, last.records) == (10, 30, 30, ("artist",), 40)
    harvest(archive, MB, save(tmp_path / "3", **pieces("a")))
    assert [it.lacked for it in report_quality(archive, MB)] == [None]
