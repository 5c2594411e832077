# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Editions: what may leave and nothing else, from records alone, the same bytes each time."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.editions import read_manifest
from onrecord.archive.harvest import harvest
from onrecord.archive.keyholding import signing_key
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.engine.parquet import read_rows
from onrecord.errors import UsageError
from onrecord.publish.signing import verify
from tests.archive.published_files import published_files
from tests.tones import Album, write


def shape(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_an_edition_holds_what_may_be_shared(filled: Archive, album: Album) -> None:
    report = publish(filled)
    assert report.published == len(album.free)
    assert sum(report.held_back.values()) == len(album.closed)
    shared = {hashlib.sha256(path.read_bytes()).hexdigest() for path in album.free}
    closed = {hashlib.sha256(path.read_bytes()).hexdigest() for path in album.closed}
    folder = filled.folder / "editions" / "1"
    assert {row["sha256"] for row in read_rows(folder / "dataset" / "files.parquet", ["sha256"])} == shared
    everything = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    for digest in closed:
        assert digest.encode() not in everything
    assert b"No evidence" not in everything


def test_publishing_opens_no_sound_at_all(filled: Archive) -> None:
    """Not one byte: the blobs are not even there."""
    rematch(filled)
    blobs = filled.folder / "blobs"
    for path in [path for path in blobs.iterdir() if len(path.name) == 2]:
        shutil.move(path, filled.folder.parent / f"away-{path.name}")
    report = publish(filled)
    assert report.published == 4
    assert report.sound_opened == 0


def test_the_same_state_gives_the_same_bytes(
    filled: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.ledger.close()
    twin = shutil.copytree(filled.folder, tmp_path / "twin")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    shapes = []
    for folder in (filled.folder, twin):
        with Archive.open(folder, filled.clock) as archive:
            signing_key(archive)
            publish(archive)
        shapes.append(shape(folder / "editions"))
    assert shapes[0] == shapes[1]


def test_nothing_new_makes_no_edition(filled: Archive) -> None:
    publish(filled)
    before = shape(filled.folder / "editions")
    assert publish(filled).number == 0
    assert shape(filled.folder / "editions") == before


def test_new_sound_makes_a_new_volume_and_old_ones_stay(filled: Archive, tmp_path: Path) -> None:
    publish(filled)
    first = read_manifest(filled, 1)
    license = "https://creativecommons.org/licenses/by/4.0/"
    write(tmp_path / "more" / "new.opus", seed=40, tags={"title": "New", "license": license})
    add(filled, [tmp_path / "more"])
    report = publish(filled)
    second = read_manifest(filled, 2)
    assert (report.number, report.new_volumes) == (2, 1)
    assert {entry.name: entry for entry in first.volumes}.items() <= {
        e.name: e for e in second.volumes
    }.items()
    before, after = published_files(filled, 1), published_files(filled, 2)
    assert len(set(after) - set(before)) == 1 and set(before) <= set(after)


def test_a_volume_is_cut_anew_when_a_piece_may_no_longer_be_shared(filled: Archive) -> None:
    publish(filled)
    first = read_manifest(filled, 1)
    [entry] = first.volumes
    row = next(row for row in filled.ledger.blobs() if row.sha256 in published_files(filled, 1))
    filled.store.path(row.sha256, row.root).unlink()
    from onrecord.archive.checking import check

    check(filled)
    publish(filled)
    second = read_manifest(filled, 2)
    assert entry.name not in {item.name for item in second.volumes}
    before = {r["sha256"]: r["v2_root"] for r in files(filled, 1)}
    after = {r["sha256"]: r["v2_root"] for r in files(filled, 2)}
    assert after == {digest: root for digest, root in before.items() if digest != row.sha256}


def files(archive: Archive, number: int) -> list[dict[str, object]]:
    path = archive.folder / "editions" / str(number) / "dataset" / "files.parquet"
    return list(read_rows(path, ["sha256", "v2_root"]))


def test_of_one_sound_one_file_is_published(archive: Archive, tmp_path: Path) -> None:
    license = "https://creativecommons.org/licenses/by/4.0/"
    write(tmp_path / "in" / "a.flac", seed=5, seconds=20, tags={"title": "A", "license": license})
    write(tmp_path / "in" / "b.opus", seed=5, seconds=20, tags={"title": "A", "license": license})
    add(archive, [tmp_path / "in"])
    report = publish(archive)
    assert (report.published, report.held_back) == (1, {"P-SAME-SOUND": 1})
    [row] = read_rows(archive.folder / "editions" / "1" / "dataset" / "files.parquet", ["container"])
    assert row["container"] == "flac", "the lossless one"


def test_checksums_and_signature_hold_without_our_tools(filled: Archive) -> None:
    publish(filled)
    folder = filled.folder / "editions" / "1"
    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    assert checked.returncode == 0
    key = filled.ledger.editions()[-1]["public_key"]
    comment = verify((folder / "SHA256SUMS").read_bytes(), (folder / "SHA256SUMS.minisig").read_bytes(), key)
    assert filled.id in comment
    if shutil.which("minisign"):
        done = subprocess.run(
            ["minisign", "-V", "-P", key, "-m", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
        )
        assert done.returncode == 0


def test_credits_name_every_file(filled: Archive) -> None:
    publish(filled)
    text = (filled.folder / "editions" / "1" / "CREDITS.md").read_text()
    for row in files(filled, 1):
        assert str(row["sha256"]) in text
    assert "The Test Tones" in text


def test_the_manifest_says_what_made_it(filled: Archive) -> None:
    publish(filled)
    manifest = json.loads((filled.folder / "editions" / "1" / "manifest.json").read_bytes())
    assert manifest["day"] == "2026-11-22"
    assert set(manifest["engines"]) >= {"onrecord", "duckdb", "libtorrent"}


def test_editions_are_not_signed_by_a_key_that_nobody_knows(filled: Archive, keys: Path) -> None:
    publish(filled)
    for path in keys.iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="signing key"):
        publish(filled)


def test_claims_that_tie_do_not_make_editions(filled: Archive, tmp_path: Path) -> None:
    """Many records of one harvest name one artist, each a little differently."""
    folder = tmp_path / "records"
    folder.mkdir()
    for number in range(30):
        record = {
            "id": f"00000000-0000-4000-8000-{number:012}",
            "title": f"Piece {number}",
            "length": 8000,
            "artist-credit": [
                {
                    "name": "The Test Tones",
                    "joinphrase": "",
                    "artist": {
                        "id": "00000000-0000-4000-8000-00000000000a",
                        "name": "The Test Tones",
                        "sort-name": f"Tones, The {number}",
                    },
                }
            ],
        }
        (folder / f"{number}.json").write_text(json.dumps(record))
    harvest(filled, "musicbrainz-json", folder)
    assert publish(filled).number == 1
    for _ in range(3):
        rematch(filled)
        assert publish(filled).number == 0
