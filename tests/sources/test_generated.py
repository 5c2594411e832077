# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made catalogs: any range of rows alone, the same everywhere, well-formed, in the proportions that were measured."""

import gzip
import hashlib
import itertools
import re
import unicodedata
import uuid
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lxml import etree

from onrecord.catalog.tables import TABLES
from onrecord.engine.parquet import schema_of
from onrecord.errors import UsageError
from onrecord.model import identifiers
from onrecord.sources.generated import claims, codes
from onrecord.sources.generated.claims import Generated
from onrecord.sources.generated.layout import RELEASES, SOURCES, TRACKS
from onrecord.sources.generated.measured import measured

DATA = Path(__file__).parents[3] / "shared" / "data" / "discogs-dump-sample"
CATALOG = Generated(5 * TRACKS)
CLAIMS = ("artists", "releases", "tracks", "works", "labels")
#: SHA-256 of the rows below, as they come on any machine. Where it changes, every made catalog becomes another.
DIGEST = "ed79cddcd4e96476afdc635f492f17d777d7eec00f292e9aa29558ad6c743cde"


def rows(table: str, source: str, catalog: Generated = CATALOG) -> list[dict[str, Any]]:
    return list(catalog.rows(table, source, 0, catalog.counts()[table]).to_pylist())


def folded(title: str) -> str:
    """The shop writes Latin letters without accents, and each source sets versions off in its own way."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", title) if not unicodedata.combining(letter)
    )
    return re.sub(r"\W+", " ", plain.lower()).strip()


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, list[dict[str, Any]]]]:
    return {source: {table: rows(table, source) for table in CLAIMS} for source in SOURCES}


@pytest.fixture(scope="module")
def truth() -> dict[str, list[dict[str, Any]]]:
    return {source: CATALOG.truth("tracks", source, 0, CATALOG.tracks).to_pylist() for source in SOURCES}


@pytest.mark.parametrize("table", CLAIMS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_range_alone_is_what_it_is_within_all(table: str, source: str) -> None:
    count = CATALOG.counts()[table]
    cuts = [0, 1, count // 3, count // 3 + 7, count]
    pieces = [CATALOG.rows(table, source, a, b) for a, b in itertools.pairwise(cuts)]
    assert pa.concat_tables(pieces).equals(CATALOG.rows(table, source, 0, count))
    assert pieces[-1].schema == schema_of(TABLES[table])


@pytest.mark.parametrize("table", ("tracks", "releases", "artists"))
def test_the_truth_goes_row_by_row_with_the_claims(table: str) -> None:
    for source in SOURCES:
        about = CATALOG.truth(table, source, 1000, 1500)
        assert about["id"].equals(CATALOG.rows(table, source, 1000, 1500)["id"])


def test_a_larger_catalog_begins_with_the_smaller_one() -> None:
    for source in SOURCES:
        for table in ("tracks", "releases"):
            count = CATALOG.counts()[table]
            assert (
                Generated(64 * TRACKS)
                .rows(table, source, 0, count)
                .equals(CATALOG.rows(table, source, 0, count))
            )


def test_a_catalog_ends_where_it_is_said_to() -> None:
    catalog = Generated(10_001)
    assert sum(len(rows("tracks", source, catalog)) for source in SOURCES) == 10_001
    releases = {row["id"] for source in SOURCES for row in rows("releases", source, catalog)}
    assert {row["release_id"] for source in SOURCES for row in rows("tracks", source, catalog)} == releases
    assert len(releases) == catalog.counts()["releases"]


def test_the_same_seed_gives_the_same_rows_on_any_machine() -> None:
    said = hashlib.sha256()
    for source in SOURCES:
        for table in CLAIMS:
            start = CATALOG.rows_of_block(table)
            for row in CATALOG.rows(table, source, start, 2 * start).to_pylist():
                said.update(repr(tuple(row.values())).encode())
    assert said.hexdigest() == DIGEST


def test_another_seed_gives_another_catalog() -> None:
    other = Generated(CATALOG.tracks, seed=2)
    first, second = ({row["title"] for row in rows("tracks", "generated", made)} for made in (CATALOG, other))
    assert len(first & second) < len(first) / 3


@pytest.mark.parametrize("tracks", (0, -1, 2**32))
def test_a_size_that_cannot_be_is_refused(tracks: int) -> None:
    with pytest.raises(UsageError, match="expected 1 to"):
        Generated(tracks)


def test_any_part_of_a_catalog_of_256_million_is_made_alone() -> None:
    catalog = Generated(256_000_000)
    counts = catalog.counts()
    assert counts["releases"] == 58_000_000
    assert round(counts["artists"] * 1.5) == 15_000_000
    late = catalog.rows("tracks", "generated", 255_999_000, 256_000_000)
    assert 500 < late.num_rows <= 1000
    assert len(set(late["title"].to_pylist())) > 400


def test_what_a_row_names_is_there(told: dict[str, Any]) -> None:
    for source, tables in told.items():
        releases = {row["id"]: row for row in tables["releases"]}
        artists = {row["id"]: row["name"] for row in tables["artists"]}
        assert source.startswith("generated")
        assert {row["source"] for table in CLAIMS for row in tables[table]} == {source}
        assert len({row["id"] for row in tables["tracks"]}) == len(tables["tracks"])
        on = Counter(row["release_id"] for row in tables["tracks"])
        for row in tables["tracks"]:
            release = releases[row["release_id"]]
            assert row["release"] == release["title"]
            assert row["date"] == release["date"]
            assert row["artist"].startswith(artists[row["artist_id"]])
        assert all(on[number] == release["tracks"] for number, release in releases.items())


def test_every_artist_has_a_recording(told: dict[str, Any]) -> None:
    credited = {row["artist_id"] for row in told["generated"]["tracks"]}
    assert {row["id"] for row in told["generated"]["artists"]} <= credited


def test_identifiers_are_well_formed_and_told_from_real_ones(told: dict[str, Any]) -> None:
    checks = {
        "isrc": identifiers.isrc,
        "barcode": identifiers.barcode,
        "isni": identifiers.isni,
        "iswc": identifiers.iswc,
    }
    met: Counter[str] = Counter()
    for tables in told.values():
        for row in (row for table in CLAIMS for row in tables[table]):
            for field, check in checks.items():
                if value := row.get(field):
                    assert check(value) == value
                    met[field] += 1
            if row.get("mbid"):
                assert uuid.UUID(row["mbid"]).version == 5
    assert set(met) == set(checks)
    work, artist = told["generated-community"]["works"][7], told["generated-community"]["artists"][3]
    assert work["mbid"] == str(uuid.uuid5(codes.NAMESPACE, f"work:{work['id']}"))
    assert artist["mbid"] == str(uuid.uuid5(codes.NAMESPACE, f"artist:{artist['id']}"))


def test_names_are_written_in_all_scripts(told: dict[str, Any]) -> None:
    met = Counter(
        unicodedata.name(next(letter for letter in row["name"] if letter.isalpha())).split()[0]
        for row in told["generated"]["artists"]
    )
    assert {"LATIN", "CYRILLIC", "GREEK", "HIRAGANA", "CJK", "HANGUL", "ARABIC", "HEBREW"} <= set(met)
    assert 0.7 < met["LATIN"] / sum(met.values()) < 0.9


def test_a_claim_that_nothing_was_done_to_says_what_others_say(told: dict[str, Any], truth: Any) -> None:
    titles: dict[int, set[str]] = defaultdict(set)
    lengths: dict[int, list[int]] = defaultdict(list)
    sources: dict[int, set[str]] = defaultdict(set)
    for source in SOURCES:
        for row, about in zip(told[source]["tracks"], truth[source], strict=True):
            assert row["id"] == about["id"]
            sources[about["thing"]].add(source)
            if about["perturbed"] == 0:
                titles[about["thing"]].add(folded(row["title"]))
                lengths[about["thing"]] += [row["duration_ms"]] * (row["duration_ms"] is not None)
    assert all(len(said) == 1 for said in titles.values())
    assert all(max(said) - min(said) <= 3000 for said in lengths.values() if said)
    assert sum(len(said) > 1 for said in sources.values()) > 1000


def test_what_was_done_to_a_claim_shows(told: dict[str, Any], truth: Any) -> None:
    plain = {
        about["thing"]: row
        for row, about in zip(told["generated"]["tracks"], truth["generated"], strict=True)
        if about["perturbed"] & ~claims.FEATURED == 0
    }
    met: Counter[int] = Counter()
    for source in SOURCES:
        for row, about in zip(told[source]["tracks"], truth[source], strict=True):
            other = plain.get(about["thing"])
            done = about["perturbed"]
            if other is None:
                continue
            if done & claims.TYPED:
                assert row["title"] != other["title"]
            if done & claims.TRANSLITERATED:
                assert source == "generated-shop"
                assert row["artist"] != other["artist"]
                assert all(
                    "LATIN" in unicodedata.name(letter) for letter in row["artist"] if letter.isalpha()
                )
            if done & claims.FEATURED:
                assert "feat." in row["title"] + row["artist"]
            if done & (claims.WRONG_ISRC | claims.ISRC_ANEW) and other["isrc"]:
                assert row["isrc"] != other["isrc"] or about["thing"] == 0
            met.update(bit for bit in (1, 2, 4, 8, 16) if done & bit)
    assert set(met) == {1, 2, 4, 8, 16}


def test_versions_are_other_recordings_under_a_title_that_says_so(told: dict[str, Any], truth: Any) -> None:
    title = {
        about["thing"]: row["title"]
        for row, about in zip(told["generated"]["tracks"], truth["generated"], strict=True)
    }
    versions = [about for about in truth["generated"] if about["version"]]
    assert {about["version"] for about in versions} == {
        "Live",
        "Remix",
        "Remastered",
        "Acoustic",
        "Instrumental",
        "Radio Edit",
    }
    for about in versions:
        assert about["version_of"] == about["thing"] - 1
        assert title[about["thing"]].endswith(f" - {about['version']}")
        if base := title.get(about["version_of"]):
            assert not base.endswith(f" - {about['version']}")


def test_the_proportions_are_those_that_were_measured() -> None:
    catalog = Generated(50 * TRACKS)
    counts = catalog.counts()
    tracks = catalog.rows("tracks", "generated", 0, counts["tracks"]).to_pylist()
    releases = [row for source in SOURCES for row in rows("releases", source, catalog)]
    assert counts["tracks"] / counts["releases"] == TRACKS / RELEASES
    single = sum(row["tracks"] < 4 for row in releases) / len(releases)
    assert abs(single - measured()["chosen"]["single_share"]) < 0.04
    lengths = sorted(row["duration_ms"] for row in tracks)
    for share in (4, 8, 12):
        expected = measured()["discogs"]["duration_ms"][share]
        assert abs(lengths[len(lengths) * share // 16] / expected - 1) < 0.03
    versions = sum(bool(re.search(r" - (Live|Remix|Remastered)", row["title"])) for row in tracks)
    assert 0.02 < versions / len(tracks) < 0.10
    # The most credited artists have far more than their share, as in any catalog.
    credited = Counter(row["artist_id"] for row in tracks).most_common()
    assert sum(count for _, count in credited[: len(credited) // 100]) > 0.1 * len(tracks)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/discogs-dump-sample")
def test_the_figures_are_those_of_the_set_that_they_name() -> None:
    with gzip.open(DATA / "discogs_20200806_releases.xml.gz") as stream:
        found = etree.parse(stream).getroot().findall("release")
    figures = measured()["discogs"]
    titles = [track.findtext("title") or "" for release in found for track in release.iter("track")]
    listed = [release.findall("tracklist/track") for release in found]
    sizes = Counter(map(len, listed))
    assert [sizes[number] for number in (1, 2, 3)] == figures["single_tracks"]
    assert [sizes[number] for number in range(4, 25)] == figures["album_tracks"]
    words = Counter(
        min(len((track.findtext("title") or "").split()), 12) for tracks in listed for track in tracks
    )
    assert [words[number] for number in range(1, 13)] == figures["words"]
    coded = sum(
        any(item.get("type") == "Barcode" for item in release.iter("identifier")) for release in found
    )
    assert coded / len(found) == figures["barcode_present"]
    assert len(titles) >= 9178
