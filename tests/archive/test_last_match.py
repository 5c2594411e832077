# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leaves the last match behind: all that a match would see otherwise."""

from pathlib import Path

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.last_match import has_seen_all, is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.catalog.tables import FetchedRow
from tests.archive.matched_tables import kept_rows
from tests.pipeline.musicbrainz import recording, save


def test_another_precedence_leaves_the_last_match_behind(archive: Archive, tmp_path: Path) -> None:
    song = recording("Song", "Some Band", 100_000)
    other = {**song, "first-release-date": "1974"}
    harvest(archive, "musicbrainz-json", save(tmp_path / "1", song={**song, "first-release-date": "1973"}))
    harvest(archive, "musicbrainz-json", save(tmp_path / "2", song=other), filed_as="else", license="CC0-1.0")
    rematch(archive)
    assert is_matched(archive)
    toml = archive.folder / "onrecord.toml"
    toml.write_text(
        toml.read_text("utf-8") + '\n[match]\nprecedence = ["else", "musicbrainz-json"]\n', "utf-8"
    )
    with Archive.open(archive.folder, archive.clock) as again:
        assert not is_matched(again) and has_seen_all(again)
        publish(again)
        assert is_matched(again)
        dates = [row["date"] for row in kept_rows(again, "canonical_recordings")]
    assert dates == ["1974"], "an edition goes by the settings of when it is made"


def test_sound_that_was_fetched_for_a_claim_leaves_the_last_match_behind(
    archive: Archive, tmp_path: Path
) -> None:
    harvest(archive, "musicbrainz-json", save(tmp_path / "1", song=recording("Song", "Some Band", 100_000)))
    rematch(archive)
    with archive.duck() as duck:
        [(source, track, record)] = duck.run("SELECT source, id, record FROM tracks")
    row = FetchedRow(
        source=source, record=record, track=track, address="http://x/", sha256="ab" * 32, size=1, digest=""
    )
    with archive.writing():
        archive.commit("added", {}, {"fetched": [row]})
    assert not is_matched(archive)
    assert rematch(archive).why_anew == "there are new rows of: fetched" and is_matched(archive)
