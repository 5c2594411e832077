# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved answers in a tar: every connector gives the records of all of them, and names what it must not open."""

import gzip
import io
import json
import tarfile

import pytest

from onrecord.sources.fma import Fma
from onrecord.sources.internet_archive import InternetArchive
from onrecord.sources.jamendo import Jamendo
from onrecord.sources.listenbrainz import ListenBrainz
from onrecord.sources.mapped_table import MappedTable
from onrecord.sources.musicbrainz_json import MusicBrainzJson
from onrecord.sources.openverse import Openverse
from onrecord.sources.wikimedia_commons import WikimediaCommons
from tests.sources.answering import MADE, harvest


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012}"


def made(source, file):
    """The payloads of the records that a made answer holds."""
    return [record.payload for record in harvest(source(MADE / file, {}))[0] if not record.deleted]


def listed(before, payloads, behind):
    """An answer over several lines, as a person saves it."""
    return before + b",\n ".join(payloads) + behind


def recordings():
    return [json.dumps({"id": uuid(n), "title": "T", "length": 1000}).encode() for n in range(6)]


def listens():
    mapping = {"recording_name": "T", "artists": [{"artist_credit_name": "A", "join_phrase": ""}]}
    for n in range(6):
        found = {
            "artist_name": "A",
            "track_name": "T",
            "mbid_mapping": {**mapping, "recording_mbid": uuid(n)},
        }
        yield json.dumps({"listened_at": 1_600_000_000 + n, "track_metadata": found}).encode()


CONNECTORS = {
    "jamendo": (Jamendo, lambda: made(Jamendo, "jamendo-tracks-made.json"), b'{"results": [\n', b"]}"),
    "openverse": (Openverse, lambda: made(Openverse, "openverse-audio-made.json"), b'{"results": [\n', b"]}"),
    "wikimedia-commons": (
        WikimediaCommons,
        lambda: made(WikimediaCommons, "wikimedia-commons-made.json"),
        b'{"query": {"pages": [\n',
        b"]}}",
    ),
    "internet-archive": (
        InternetArchive,
        lambda: made(InternetArchive, "internet-archive-items-made.jsonl"),
        b"[\n",
        b"]",
    ),
    "musicbrainz-json": (MusicBrainzJson, recordings, b'{"recordings": [\n', b"]}"),
    "listenbrainz": (
        ListenBrainz,
        lambda: list(listens()),
        b'{"listen_type": "import", "payload": [\n',
        b"]}",
    ),
}


def packed(folder, files, link=""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        if link:
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    path = folder / "saved.tar.gz"
    path.write_bytes(gzip.compress(out.getvalue()))
    return path


@pytest.mark.parametrize("name", CONNECTORS)
def test_every_saved_answer_is_read_and_a_link_is_named(name, tmp_path):
    connector, payloads, before, behind = CONNECTORS[name]
    found = payloads()
    assert len(found) >= 3
    answers = {f"{at}.json": listed(before, found[at::3], behind) for at in range(3)}
    plain = tmp_path / "plain"
    plain.mkdir()
    for file, content in answers.items():
        (plain / file).write_bytes(content)
    expected, _, _ = harvest(connector(plain, {}))
    records, rejected, _ = harvest(connector(packed(tmp_path, answers, "link.json"), {}))
    assert len(records) == len(found) and records == expected
    assert list(rejected) == ["saved.tar.gz/link.json"]
    assert "symbolic link" in rejected["saved.tar.gz/link.json"]


def test_tables_of_the_free_music_archive_are_read_in_a_tar(tmp_path):
    files = ("fma-tracks-made.csv", "fma-raw-tracks-made.csv")
    tar = packed(tmp_path, {f"fma/{file}": (MADE / file).read_bytes() for file in files})
    expected = [record for file in files for record in harvest(Fma(MADE / file, {}))[0]]
    assert harvest(Fma(tar, {}))[:2] == (expected, {})


def test_the_catalog_of_openverse_is_read_packed(tmp_path):
    row = f"identifier,provider,license,license_version,title\n{uuid(1)},jamendo,by,4.0,Title\n".encode()
    (tmp_path / "audio.csv.gz").write_bytes(gzip.compress(row))
    ((record,), rejected, _) = harvest(Openverse(tmp_path, {}))
    assert (record.payload, rejected) == (row, {})


def test_the_description_of_an_item_is_read_in_a_tar(tmp_path):
    xml = b"<metadata><identifier>made-item</identifier><mediatype>audio</mediatype></metadata>"
    tar = packed(tmp_path, {"made-item_meta.xml": xml})
    ((record,), rejected, _) = harvest(InternetArchive(tar, {}))
    assert (record.id, record.kind, record.payload, rejected) == ("made-item", "description", xml, {})


def test_a_table_is_no_tar(tmp_path):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('id = "id"\n[track]\ntitle = "title"\n')
    tar = packed(tmp_path, {"a.csv": b"id,title\n1,T\n"})
    records, rejected, _ = harvest(MappedTable(tar, {"mapping": str(mapping)}))
    assert not records
    assert rejected == {"saved.tar.gz": "a tar of files, expected one table; unpack it"}
