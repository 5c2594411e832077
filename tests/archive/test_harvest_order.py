# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An older word of a source that arrives later changes nothing, whichever folder it comes in."""

from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.querying import asking
from onrecord.errors import ConfigError, UsageError
from tests.pipeline.musicbrainz import mbid, recording, release, save
from tests.sources.test_ddex_ern import RECIPIENT, ern4, purge

SETTINGS = {"party_id": RECIPIENT}


def deliver(archive: Archive, folder: Path, message: str) -> tuple[int, int, int, list[str]]:
    folder.mkdir()
    (folder / "message.xml").write_text(message)
    report = harvest(archive, "ddex-ern", folder, settings=SETTINGS)
    return report.new, report.changed, report.deleted, [why for _, why in report.rejected]


def test_a_takedown_is_not_undone_by_an_older_delivery(archive: Archive, tmp_path: Path) -> None:
    first, later = "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"
    assert deliver(archive, tmp_path / "1", ern4(created=first))[:3] == (1, 0, 0)
    assert deliver(archive, tmp_path / "2", purge(created=later))[2] == 1
    new, changed, _, rejected = deliver(
        archive, tmp_path / "3", ern4(created="2026-02-01T00:00:00Z", title="Again")
    )
    assert (new, changed) == (0, 0)
    assert rejected and "superseded" in rejected[0] and "2026-03-01" in rejected[0]
    assert [mark[2] for mark in archive.ledger.dump()["records"]] == [b""]
    before = archive.ledger.dump()
    archive.rebuild_ledger()
    assert archive.ledger.dump() == before


def test_what_is_read_otherwise_is_read_again(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "message.xml").write_text(ern4())
    assert harvest(archive, "ddex-ern", folder, settings={"party_id": "PADPIDA0000000000Z"}).rejected
    assert harvest(archive, "ddex-ern", folder, settings=SETTINGS).new == 1


def test_what_an_artist_s_own_record_says_outlives_the_credits_of_others(
    archive: Archive, tmp_path: Path
) -> None:
    """Whichever came last. Without the record of its own the credits speak again."""
    own = {
        "id": mbid("Some Band"),
        "name": "Some Band",
        "sort-name": "Band, Some",
        "isnis": ["0000000115935851"],
        "country": "FR",
        "type-id": None,
        "life-span": {},
        "gender": None,
    }
    album = release("Album", "Some Band", [("One", 1000)])

    def said() -> list[tuple[str, str]]:
        rematch(archive)
        with asking(archive) as held, held.ask("SELECT isni, country FROM artist_claims", 60) as (_, rows):
            return [tuple(row.values()) for row in rows.read_all().to_pylist()]

    harvest(archive, "musicbrainz-json", save(tmp_path / "1", artist=own))
    harvest(archive, "musicbrainz-json", save(tmp_path / "2", album=album))
    assert said() == [("0000000115935851", "FR")]
    harvest(archive, "musicbrainz-json", save(tmp_path / "3", artist={**own, "country": "BE"}))
    harvest(archive, "musicbrainz-json", save(tmp_path / "4", album={**album, "date": "1970"}))
    assert said() == [("0000000115935851", "BE")]


def test_a_source_that_nobody_knows_does_not_go_first_in_silence(archive: Archive) -> None:
    toml = archive.folder / "onrecord.toml"
    toml.write_text(
        toml.read_text("utf-8") + '\n[match]\nprecedence = ["discogs", "musicbrains-json"]\n', "utf-8"
    )
    with Archive.open(archive.folder) as again, pytest.raises(ConfigError, match="musicbrains-json"):
        rematch(again)


def test_a_number_that_no_table_holds_is_rejected_and_the_rest_is_kept(
    archive: Archive, tmp_path: Path
) -> None:
    fine, wrong = (release(name, "Some Band", [("One", 1000)]) for name in ("Fine", "Wrong"))
    wrong["media"][0]["tracks"][0]["position"] = 1 << 63
    report = harvest(archive, "musicbrainz-json", save(tmp_path / "in", fine=fine, wrong=wrong))
    assert report.new == 1 and [why for _, why in report.rejected] == [
        "position: expected a number below 2^53, got 9223372036854775808"
    ]


def test_a_name_that_is_no_utf_8_costs_nothing(archive: Archive, tmp_path: Path) -> None:
    folder = save(tmp_path / "in", one=recording("One", "Somebody", 1000))
    (folder / "one.json").rename(folder / b"odd\xff.json".decode("utf-8", "surrogateescape"))
    assert harvest(archive, "musicbrainz-json", folder).new == 1


@pytest.mark.parametrize(
    ("name", "license"), [("../x", ""), ("A b", ""), ("fine", "nonsense"), ("fine", "CC0-1.0 OR")]
)
def test_names_and_licenses_are_checked(archive: Archive, tmp_path: Path, name: str, license: str) -> None:
    folder = save(tmp_path / "in", one=recording("One", "Somebody", 1000))
    with pytest.raises(UsageError, match="expected"):
        harvest(archive, "musicbrainz-json", folder, filed_as=name, license=license)
