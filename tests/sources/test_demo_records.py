# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's pieces and records are what their READMEs say: whole, free, small, and about each other."""

import fnmatch
import hashlib
import json
import re
import uuid
from pathlib import Path

import av
import pytest

from onrecord.model.rights import Use
from onrecord.sources.ddex_ern import DdexErn
from onrecord.sources.musicbrainz_json import MusicBrainzJson

DEMO = Path(__file__).parents[2] / "demo"
COLLECTION = DEMO / "collection"
RECORDS = DEMO / "records"
PIECES = sorted(p for p in COLLECTION.rglob("*") if p.suffix in (".ogg", ".opus", ".mp3"))
NAMESPACE = uuid.UUID("825a1ef5-0947-5260-aa3c-6ceaa556d8fa")


def seconds(path):
    with av.open(str(path)) as container:
        return container.duration / 1_000_000


def claimed(folder, source, **settings):
    reader = source(folder, settings)
    pages = list(reader.pages())
    assert [page.rejected for page in pages if page.rejected] == []
    return [reader.claims(record) for page in pages for record in page.records]


def test_the_collection_is_small_and_holds_all_three_formats():
    assert 12 <= len(PIECES) <= 16
    assert sum(path.stat().st_size for path in COLLECTION.rglob("*") if path.is_file()) <= 16_000_000
    codecs = set()
    for path in PIECES:
        with av.open(str(path)) as container:
            codecs.add(container.streams.audio[0].codec_context.name)
    assert {codec.removesuffix("float") for codec in codecs} == {"vorbis", "opus", "mp3"}


def test_the_origin_table_names_every_piece_with_its_digest():
    rows = re.findall(
        r"^\| `([^`]+)` .*\| `([0-9a-f]{64})` \|$", (COLLECTION / "README.md").read_text(), re.M
    )
    found = [
        (path.relative_to(COLLECTION).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in PIECES
    ]
    assert rows == found


def last_license(path):
    """The license of the last `Files:` paragraph that matches, read without any code of onrecord."""
    package = COLLECTION / path.relative_to(COLLECTION).parts[0]
    name, license = path.relative_to(package).as_posix(), ""
    for paragraph in re.split(r"\n\s*\n", (package / "copyright").read_text()):
        files = re.search(r"^Files:(.*(?:\n[ \t].*)*)", paragraph, re.M)
        if files and any(fnmatch.fnmatchcase(name, pattern) for pattern in files[1].split()):
            license = re.search(r"^License:[ \t]*(.*)", paragraph, re.M)[1]
    return license


@pytest.mark.parametrize("path", PIECES, ids=lambda path: path.name)
def test_every_piece_is_under_a_free_license_with_a_version(path):
    found = last_license(path)
    assert found in {"CC0", "CC-BY-3.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "GPL-2+", "GPL-3+"}
    row = next(
        line
        for line in (COLLECTION / "README.md").read_text().splitlines()
        if f"`{path.name}`" in line or f"/{path.name}`" in line
    )
    assert f"| {found} (" in row


def test_our_musicbrainz_records_claim_the_pieces_real_durations_and_no_mbid():
    claims = claimed(RECORDS / "ours-musicbrainz", MusicBrainzJson, name="onrecord-demo")
    tracks = {track.id: track for said in claims for track in said.tracks}
    files = {}
    for path in (RECORDS / "ours-musicbrainz").glob("*.json"):
        record = json.loads(path.read_text())
        assert record["onrecord:origin"].startswith("written by the onrecord project")
        files |= record["onrecord:files"]
    assert files.keys() == tracks.keys()
    for id, name in files.items():
        assert abs(tracks[id].duration_ms / 1000 - seconds(COLLECTION / name)) < 1
        assert tracks[id].artist
        assert uuid.UUID(id).version == 5
    assert len(tracks) == 14
    assert {track.mbid for track in tracks.values()} == {""}
    assert {track.source for track in tracks.values()} == {"onrecord-demo"}


def test_our_identifiers_come_from_our_namespace():
    assert uuid.uuid5(uuid.NAMESPACE_URL, "https://onrecord.invalid/demo-records") == NAMESPACE
    release = json.loads((RECORDS / "ours-musicbrainz" / "hyperrogue.json").read_text())
    assert release["id"] == str(uuid.uuid5(NAMESPACE, "release/hyperrogue"))


def test_our_delivery_names_three_pieces_by_their_bytes():
    [said] = claimed(RECORDS / "ours-ddex", DdexErn, party_id="PADPIDA0000000000Y")
    by_digest = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in PIECES}
    assert len(said.tracks) == 3
    for track in said.tracks:
        assert abs(track.duration_ms / 1000 - seconds(by_digest[track.blob])) < 1
    assert {about for about, _ in said.evidence} == {track.id for track in said.tracks}
    assert {evidence.deal.uses for _, evidence in said.evidence} == {(Use.STREAM, Use.DOWNLOAD)}


def test_our_delivery_is_for_the_demo_archive_only():
    [page] = DdexErn(RECORDS / "ours-ddex", {"party_id": "PADPIDA0000000000Z"}).pages()
    assert page.records == ()
    assert "for another recipient" in page.rejected[0][1]


def test_the_recorded_answer_is_unchanged_and_holds_core_data_only():
    path = RECORDS / "recorded" / "release_multidisc.json"
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith("9974e8ec42e1bbd3e118ffd197653373")
    assert not {"tags", "genres", "annotation", "rating", "user-tags"} & json.loads(path.read_text()).keys()
    [said] = claimed(RECORDS / "recorded", MusicBrainzJson)
    assert said.releases[0].mbid == "6c4f766f-3351-4c10-a53d-b119452c27b2"
    assert len(said.tracks) == 7
