# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A volume is a torrent that completes and a bag that validates, made without reading its payload."""

import hashlib
import random
import re
from itertools import pairwise
from pathlib import Path

import libtorrent as lt
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import EditionRefused
from onrecord.model.digests import PIECE, Digests
from onrecord.publish import bencode
from onrecord.publish.contents import read
from onrecord.publish.volume import Volume, VolumeFile, build, cut, name_for, shelf_for
from onrecord.store.digest import digest_file

_SIZES = [0, 1, 16_385, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7]


def _blobs(folder: Path) -> dict[str, Path]:
    folder.mkdir()
    blobs = {}
    for number, size in enumerate(_SIZES):
        data = random.Random(number).randbytes(size)
        blobs[hashlib.sha256(data).hexdigest()] = path = folder / str(number)
        path.write_bytes(data)
    return blobs


def _files(blobs: dict[str, Path]) -> list[VolumeFile]:
    return [
        VolumeFile(name, "flac" if place % 2 else "ogg", digest_file(path))
        for place, (name, path) in enumerate(blobs.items())
    ]


def _planned(number: int, size: int) -> VolumeFile:
    """A file of which only the size matters."""
    name = hashlib.sha256(b"%d" % number).hexdigest()
    return VolumeFile(name, "ogg", Digests(name, size, b"", b"", b"", b"", b""))


def _cut(files: list[VolumeFile], **limits: int) -> list[list[VolumeFile]]:
    return list(cut(sorted(files, key=lambda file: file.sha256), **limits))


def _materialise(volume: Volume, blobs: dict[str, Path], into: Path) -> Path:
    root = into / volume.torrent.name
    for file in read(volume.torrent.metainfo).files:
        path = root.joinpath(*file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.path[0] == "data":
            path.symlink_to(blobs[file.path[1].split(".")[0]])
        else:
            path.write_bytes(volume.tag_files[file.path[0]])
    return root


def _bag_faults(root: Path) -> list[str]:
    """What RFC 8493 sections 2.1, 2.2.2 and 3 find wrong, by an own reading of them."""
    faults = []
    if (root / "bagit.txt").read_bytes() != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
        faults.append("bagit.txt")
    manifest = {}
    for line in (root / "manifest-sha256.txt").read_text("utf-8").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64})[ \t]+(data/\S+)", line)
        if match is None or match[2] in manifest:
            faults.append(f"manifest: {line}")
        else:
            manifest[match[2]] = match[1]
    payload = {str(path.relative_to(root)): path for path in (root / "data").rglob("*") if path.is_file()}
    faults += [f"not on both sides: {name}" for name in manifest.keys() ^ payload.keys()]
    for name in manifest.keys() & payload.keys():
        if hashlib.sha256(payload[name].read_bytes()).hexdigest() != manifest[name]:
            faults.append(f"digest: {name}")
    info = dict(line.split(": ", 1) for line in (root / "bag-info.txt").read_text("utf-8").splitlines())
    if info["Payload-Oxum"] != f"{sum(path.stat().st_size for path in payload.values())}.{len(payload)}":
        faults.append("Payload-Oxum")
    return faults


def test_a_volume_is_a_valid_bag_and_a_whole_torrent(tmp_path):
    blobs = _blobs(tmp_path / "blobs")
    files = _files(blobs)
    volume = build(name_for("jazz", files), files, web_seeds=["https://example.org/"])
    root = _materialise(volume, blobs, tmp_path)
    assert _bag_faults(root) == []
    assert {path.name for path in (root / "data").iterdir()} == {
        f"{file.sha256}.{file.ext}" for file in files
    }
    # libtorrent made anew from what is on the disk comes to the same info-hash: the pieces are right.
    names = sorted(path for path in root.rglob("*") if path.is_file())
    entries = [lt.create_file_entry(str(path.relative_to(tmp_path)), path.stat().st_size) for path in names]
    made = lt.create_torrent(entries, PIECE, lt.create_torrent.canonical_files_no_tail_padding)
    lt.set_piece_hashes(made, str(tmp_path))
    assert made.generate()[b"info"] == bencode.decode(volume.torrent.metainfo)[b"info"]


def test_the_bag_check_of_this_test_notices_faults(tmp_path):
    blobs = _blobs(tmp_path / "blobs")
    files = _files(blobs)
    root = _materialise(build("v", files), blobs, tmp_path)
    (root / "data" / "more.ogg").write_bytes(b"x")
    blobs[files[-1].sha256].write_bytes(b"other")
    (root / "bagit.txt").write_text("BagIt")
    assert {fault.split(":")[0] for fault in _bag_faults(root)} == {
        "not on both sides",
        "digest",
        "bagit.txt",
        "Payload-Oxum",
    }


def test_the_same_files_give_the_same_bytes_in_any_order_and_on_any_day(tmp_path):
    files = _files(_blobs(tmp_path / "blobs"))
    assert build("v", files) == build("v", files[::-1])
    assert name_for("a-b2", files) == name_for("a-b2", files[::-1])
    dated = build("v", files, bagging_date="2026-11-22")
    assert b"Bagging-Date: 2026-11-22\n" in dated.tag_files["bag-info.txt"]
    assert b"Date" not in build("v", files).tag_files["bag-info.txt"]


def test_papers_travel_along_and_are_in_the_name(tmp_path):
    files = _files(_blobs(tmp_path / "blobs"))
    papers = {"CREDITS.md": b"# Credits\n", "SIGNALS.json": b"{}\n"}
    volume = build("v", files, papers=papers)
    assert papers.items() <= volume.tag_files.items()
    named = {file.path: file.size for file in read(volume.torrent.metainfo).files}
    assert named[("CREDITS.md",)] == len(papers["CREDITS.md"])
    assert build("v", files, papers={}) == build("v", files), "a volume from before there were papers stays"
    assert name_for("jazz", files, {}) == name_for("jazz", files)
    changed = papers | {"CREDITS.md": b"# Other credits\n"}
    assert len({name_for("jazz", files, each) for each in ({}, papers, changed)}) == 3
    assert len(_cut(files, limit_files=10, papers=2)) > len(_cut(files, limit_files=10))


def test_the_name_follows_from_shelf_and_content(tmp_path):
    files = _files(_blobs(tmp_path / "blobs"))
    assert re.fullmatch(r"onrecord-jazz-[0-9a-f]{12}", name_for("jazz", files))
    assert len({name_for("jazz", files), name_for("jazz", files[1:]), name_for("folk", files)}) == 3
    for shelf in ("", "Jazz", "a b", "../x", "a--b", "-a", "é", "x" * 41):
        with pytest.raises(EditionRefused, match="shelf"):
            name_for(shelf, files)


@pytest.mark.parametrize(
    ("parts", "shelf"),
    [
        (("CC-BY-4.0",), "cc-by-4-0"),
        ((), "all"),
        (("",), "other"),
        (("日本",), "other"),
        (("x" * 50,), "x" * 40),
        (("internet-archive", "CC0-1.0"), "internet-archive-cc0-1-0"),
        (("", "CC0-1.0"), "other-cc0-1-0"),
    ],
)
def test_a_shelf_is_called_by_what_its_files_have_in_common(parts, shelf):
    assert shelf_for(*parts) == shelf


@given(st.lists(st.text(max_size=60), min_size=1, max_size=3))
def test_every_shelf_has_a_name_that_a_volume_can_bear(parts):
    assert name_for(shelf_for(*parts), [_planned(1, 1)]).startswith("onrecord-")


def test_a_long_collection_does_not_cut_the_license_off():
    long = "a-collection-with-a-name-that-goes-on-and-on"
    assert shelf_for(long, "CC-BY-4.0") != shelf_for(long, "CC-BY-SA-4.0")


def test_v2_only_is_half_the_metainfo_for_the_same_name_and_files(tmp_path):
    files = _files(_blobs(tmp_path / "blobs"))
    hybrid, v2 = build("v", files), build("v", files, form="v2")
    assert v2.tag_files == hybrid.tag_files
    assert read(v2.torrent.metainfo).files == read(hybrid.torrent.metainfo).files
    assert v2.torrent.info_hash_v1 == b"" and len(v2.torrent.metainfo) < 0.7 * len(hybrid.torrent.metainfo)


@pytest.mark.parametrize("form", ["hybrid", "v2"])
def test_addresses_change_no_info_hash(tmp_path, form):
    files = _files(_blobs(tmp_path / "blobs"))
    addresses = {"web_seeds": ["https://example.org/volumes"], "trackers": ["udp://example.org:1/a"]}
    bare, dressed = build("v", files, form=form), build("v", files, form=form, **addresses)
    assert bare.torrent.metainfo != dressed.torrent.metainfo
    assert msgspec.structs.replace(dressed.torrent, metainfo=bare.torrent.metainfo) == bare.torrent
    # BEP 19: a client appends name and path to an address that ends with a slash.
    assert bencode.decode(dressed.torrent.metainfo)[b"url-list"] == [b"https://example.org/volumes/"]


@given(st.lists(st.integers(0, 40 * PIECE), max_size=60), st.randoms())
@settings(max_examples=60)
def test_every_file_is_in_one_group_and_no_group_is_over_a_limit(sizes, shuffle):
    files = [_planned(number, size) for number, size in enumerate(sizes)]
    shuffle.shuffle(files)
    groups = _cut(files, limit_files=13, limit_bytes=50 * PIECE)
    assert [file for group in groups for file in group] == sorted(files, key=lambda file: file.sha256)
    for group in groups:
        assert 1 <= len(group) <= 10
        assert sum(file.digests.size for file in group) <= 50 * PIECE
    for one, two in pairwise(groups):
        assert len(one) == 10 or sum(file.digests.size for file in (*one, two[0])) > 50 * PIECE


def test_a_file_over_the_size_of_a_volume_is_one_of_its_own():
    files = [_planned(number, size) for number, size in enumerate([5, 100, 5])]
    groups = _cut(files, limit_bytes=10)
    assert sorted(len(group) for group in groups) in ([1, 1, 1], [1, 2])
    assert [group for group in groups if group[0].digests.size == 100] != []


def test_groups_come_as_they_are_full_and_the_rest_is_not_asked_for_yet():
    files = sorted((_planned(number, 1) for number in range(100)), key=lambda file: file.sha256)
    taken = 0

    def stream():
        nonlocal taken
        for file in files:
            taken += 1
            yield file

    groups = cut(stream(), limit_files=13)
    assert len(next(groups)) == 10 and taken == 11
    assert len(next(groups)) == 10 and taken == 21


def test_files_out_of_order_are_refused_rather_than_cut_otherwise():
    one, two = sorted((_planned(number, 1) for number in range(2)), key=lambda file: file.sha256)
    assert list(cut([one, two])) == [[one, two]]
    with pytest.raises(EditionRefused, match=f"blob {one.sha256} comes after {two.sha256}"):
        list(cut([two, one]))
    with pytest.raises(EditionRefused, match="listed twice"):
        list(cut([one, one]))


def test_metainfo_is_what_cuts_volumes_of_many_files_and_the_fullest_can_be_built(tmp_path):
    size = 3 * PIECE + 5
    path = tmp_path / "x"
    path.write_bytes(random.Random(0).randbytes(size))
    digests = digest_file(path)
    # Same pieces, other names: only what is in the metainfo matters here. Distinct roots would need distinct layers,
    # which the plan counts; 4,000 files with a limit of 2 MB stand for 18,000 with one of 8.
    files = []
    for number in range(4_000):
        name = hashlib.sha256(b"%d" % number).hexdigest()
        files.append(VolumeFile(name, "flac", msgspec.structs.replace(digests, sha256=name)))
    groups = _cut(files, limit_metainfo=1_000_000)
    assert len(groups) >= 2
    fullest = max(groups, key=len)
    volume = build(name_for("x" * 40, fullest), fullest)
    layers = len(fullest) * (4 * 32 + 48)
    assert 500_000 < len(volume.torrent.metainfo) + layers <= 1_000_000


def test_a_file_that_fits_no_torrent_is_refused_by_name():
    file = _planned(1, 400_000 * PIECE)
    with pytest.raises(EditionRefused, match=file.sha256):
        _cut([file])


def test_a_blob_listed_twice_or_with_other_digests_or_a_strange_extension_is_refused(tmp_path):
    files = _files(_blobs(tmp_path / "blobs"))
    with pytest.raises(EditionRefused, match="twice"):
        build("v", [*files, msgspec.structs.replace(files[0], ext="mp3")])
    with pytest.raises(EditionRefused, match="digests of that blob"):
        build("v", [msgspec.structs.replace(files[0], digests=files[1].digests)])
    for ext in ("", "OGG", "../x", "o g", "ogg\n", "x" * 9):
        with pytest.raises(EditionRefused, match="digests of that blob"):
            _cut([msgspec.structs.replace(files[0], ext=ext)])


def test_a_bagging_date_is_a_date(tmp_path):
    files = _files(_blobs(tmp_path / "blobs"))
    with pytest.raises(EditionRefused, match="YYYY-MM-DD"):
        build("v", files, bagging_date="today\nX: y")
