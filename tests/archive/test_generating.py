# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made claims in an archive: the same however often it was killed, alone there, matched, judged by the truth."""

import itertools
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive import generating as steps
from onrecord.archive.generating import generate, judge
from onrecord.archive.matching import rematch
from onrecord.archive.reading import open_reader
from onrecord.engine.parquet import read_rows
from onrecord.errors import NotFound, UsageError
from onrecord.sources.generated.claims import Generated
from onrecord.sources.generated.layout import SOURCES, TRACKS
from tests.archive.matched_tables import kept_rows

CATALOG = Generated(3 * TRACKS - 100, seed=7)


class Killed(Exception):
    pass


def told(archive: Archive) -> dict[str, list[tuple[Any, ...]]]:
    """All claims without the log entry that brought each."""
    with archive.duck() as duck:
        return {
            table: duck.run(f"SELECT * EXCLUDE (seq) FROM {table} ORDER BY source, id")
            for table in CATALOG.counts()
        }


def rows_of(folder: Path) -> list[dict[str, Any]]:
    columns = {"tracks": ["source", "id", "thing", "perturbed", "version", "version_of"]}
    return [
        row
        for path in sorted(folder.glob("*.parquet"))
        for row in read_rows(path, columns.get(folder.name, ["source", "id", "thing"]))
    ]


@pytest.fixture
def generated(archive: Archive, tmp_path: Path) -> Archive:
    generate(archive, CATALOG, tmp_path / "truth")
    return archive


def test_every_row_is_in_the_archive_once(generated: Archive) -> None:
    claims = told(generated)
    assert len(claims["tracks"]) == CATALOG.tracks
    assert len(claims["releases"]) == CATALOG.counts()["releases"]
    for source in SOURCES:
        made = CATALOG.rows("tracks", source, 0, CATALOG.tracks).drop(["seq"]).to_pylist()
        expected = sorted((tuple(row.values()) for row in made), key=lambda row: str(row[2]))
        assert [row for row in claims["tracks"] if row[0] == source] == expected
    assert generated.ledger.sources() == dict.fromkeys(SOURCES, ("CC0-1.0", True))


def test_what_a_kill_cut_short_goes_on_and_comes_out_the_same(
    generated: Archive, tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_COMMIT", 1)

    def kill(tracks: int) -> None:
        raise Killed

    with Archive.create(tmp_path / "killed", "Killed", clock) as archive:
        for _ in range(20):
            try:
                generate(archive, CATALOG, tmp_path / "truth-killed", kill)
            except Killed:
                continue
            break
        assert told(archive) == told(generated)
        assert sum(generate(archive, CATALOG).values()) == 0
    for table in ("tracks", "releases", "artists"):
        killed, whole = (rows_of(tmp_path / name / table) for name in ("truth-killed", "truth"))
        assert sorted(map(str, killed)) == sorted(map(str, whole))


def test_the_archive_says_whose_word_it_is(generated: Archive) -> None:
    rematch(generated)
    reader = open_reader(generated.folder)
    assert reader.glance().recordings > 8000
    with generated.duck() as duck:
        sources = {
            source for table in CATALOG.counts() for (source,) in duck.run(f"SELECT source FROM {table}")
        }
    assert sources == set(SOURCES)
    assert all(source.startswith("generated") for source in sources)


def test_the_matcher_is_judged_by_pairs(generated: Archive, tmp_path: Path) -> None:
    report = rematch(generated)
    judged = judge(generated, tmp_path / "truth")
    for table, thing in (("tracks", "recording"), ("releases", "release"), ("artists", "artist")):
        joined = {
            (row["source"], row["source_id"]): row[thing] for row in kept_rows(generated, f"{thing}_members")
        }
        groups: dict[Any, list[Any]] = defaultdict(list)
        found: dict[Any, int] = defaultdict(int)
        truth = rows_of(tmp_path / "truth" / table)
        for row in truth:
            groups[row["thing"]].append(joined[row["source"], row["id"]])
            found[joined[row["source"], row["id"]]] += 1
        pairs = [pair for group in groups.values() for pair in itertools.combinations(group, 2)]
        agreement = judged.kinds[thing]
        assert agreement.true == len(pairs)
        assert agreement.both == sum(a == b for a, b in pairs)
        assert agreement.joined == sum(n * (n - 1) // 2 for n in found.values())
    assert report.recordings == len({row["recording"] for row in kept_rows(generated, "recording_members")})


def test_hard_negatives_and_what_was_done_to_claims_are_told_apart(
    generated: Archive, tmp_path: Path
) -> None:
    rematch(generated)
    judged = judge(generated, tmp_path / "truth")
    versions = [row for row in rows_of(tmp_path / "truth" / "tracks") if row["version"]]
    told_of = {row["thing"] for row in rows_of(tmp_path / "truth" / "tracks")}
    assert sum(pairs for pairs, _ in judged.versions.values()) == sum(
        row["version_of"] in told_of for row in versions
    )
    assert set(judged.perturbed) == {"none", "typo", "featuring", "transliterated", "wrong-isrc", "isrc-anew"}
    # What nothing was done to is found more often than what was spelled otherwise.
    assert judged.perturbed["none"].recall > judged.perturbed["typo"].recall


def test_another_catalog_does_not_go_into_the_same_archive(generated: Archive) -> None:
    with pytest.raises(UsageError, match=r"made otherwise, expected generated:tracks=12188&seed=8"):
        generate(generated, Generated(CATALOG.tracks, seed=8))


def test_made_claims_are_not_mixed_with_what_somebody_said(filled: Archive) -> None:
    with pytest.raises(UsageError, match="go into an archive of their own"):
        generate(filled, CATALOG)


def test_without_a_match_or_the_truth_there_is_nothing_to_judge(generated: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="recording_members"):
        judge(generated, tmp_path / "truth")
    rematch(generated)
    with pytest.raises(NotFound, match="elsewhere"):
        judge(generated, tmp_path / "elsewhere")
