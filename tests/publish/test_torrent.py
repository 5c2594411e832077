# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From digest records alone come the very torrents that libtorrent makes by reading the files, and nothing unsafe."""

import hashlib
import random
import shutil
import string
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import libtorrent as lt
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onrecord.errors import DigestMismatch, EditionRefused, OnrecordError, SourceRefused
from onrecord.model.digests import BLOCK, PIECE, Digests
from onrecord.publish import bencode
from onrecord.publish.contents import read
from onrecord.publish.names import check_element
from onrecord.publish.torrent import MAX_FILES, TorrentFile, hybrid, metainfo_bytes, v2_only
from onrecord.store.digest import digest, digest_file

_TORRENTS = Path(__file__).parents[3] / "shared" / "data" / "torrents"

_SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 12345]
_TREES = {
    "every size": {f"{number:02}": size for number, size in enumerate(_SIZES)},
    "last unaligned": {"a": PIECE, "b": 5},
    "last aligned": {"a": 5, "b": PIECE},
    "last aligned, longer": {"a": PIECE + 1, "b": 2 * PIECE},
    "last empty after unaligned": {"a": 5, "b": 0},
    "last empty after aligned": {"a": PIECE, "b": 0},
    "first empty": {"a": 0, "b": 5, "c": 0, "d": 0, "e": 7, "f": 0},
    "folders": {"a/b/c": 5, "a/d": PIECE + 1, "b/a": 0, "c": 7, "z/y/x/w": BLOCK},
    "one file in a folder": {"data/a": 2 * BLOCK},
    "capitals": {"B": 5, "a": 6, "Z/z": 7},
    "beyond ASCII": {"Blåbär/日本.ogg": 5, "émile": 6, "z\U0001f3b5": 7},
    "same content twice": {"a": -PIECE - 9, "b": -PIECE - 9},
}


def _content(name: str, size: int) -> bytes:
    """A negative size asks for content that does not depend on the name."""
    return random.Random(name if size >= 0 else "").randbytes(abs(size))


def _write(root: Path, tree: dict[str, int]) -> list[TorrentFile]:
    files = []
    for name, size in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_content(name, size))
        files.append(TorrentFile(tuple(name.split("/")), digest_file(path)))
    return files


def _by_libtorrent(root: Path, files: list[TorrentFile], flags: int) -> Any:
    entries = [lt.create_file_entry("/".join((root.name, *f.path)), f.digests.size) for f in files]
    made = lt.create_torrent(entries, PIECE, flags)
    lt.set_piece_hashes(made, str(root.parent))
    return made.generate()


def _digests(data: bytes) -> Digests:
    at = 0

    def read_into(view: memoryview) -> int:
        nonlocal at
        part = data[at : at + len(view)]
        view[: len(part)] = part
        at += len(part)
        return len(part)

    return digest(read_into)


def _file(*path: str, data: bytes = b"x") -> TorrentFile:
    return TorrentFile(path, _digests(data))


@pytest.mark.parametrize("name", _TREES)
def test_info_hashes_and_layers_are_those_of_libtorrent(tmp_path, name):
    root = tmp_path / "edition"
    files = _write(root, _TREES[name])
    theirs = _by_libtorrent(root, files, lt.create_torrent.canonical_files_no_tail_padding)
    ours = hybrid("edition", files[::-1])
    assert bencode.decode(ours.metainfo)[b"info"] == theirs[b"info"]
    assert bencode.decode(ours.metainfo)[b"piece layers"] == theirs[b"piece layers"]
    encoded = lt.bencode(theirs[b"info"])
    assert ours.info_hash_v1 == hashlib.sha1(encoded).digest()
    assert ours.info_hash_v2 == hashlib.sha256(encoded).digest()
    assert ours.size == sum(abs(size) for size in _TREES[name].values())


@pytest.mark.parametrize("name", _TREES)
def test_v2_only_is_that_of_libtorrent(tmp_path, name):
    root = tmp_path / "edition"
    files = _write(root, _TREES[name])
    theirs = _by_libtorrent(root, files, lt.create_torrent.v2_only)
    ours = v2_only("edition", files)
    assert bencode.decode(ours.metainfo)[b"info"] == theirs[b"info"]
    assert (ours.info_hash_v1, ours.info_hash_v2) == (
        b"",
        hashlib.sha256(lt.bencode(theirs[b"info"])).digest(),
    )
    assert "btih" not in ours.magnet


@pytest.mark.parametrize("make", [hybrid, v2_only])
@pytest.mark.parametrize("name", _TREES)
def test_libtorrent_and_our_own_reader_find_what_was_put_in(tmp_path, name, make):
    files = _write(tmp_path / "edition", _TREES[name])
    torrent = make("edition", files, web_seeds=["https://example.org/w/"], trackers=["udp://example.org:1/a"])
    params = lt.load_torrent_buffer(torrent.metainfo)
    assert params.ti.info_hashes().v2.to_bytes() == torrent.info_hash_v2
    assert (params.url_seeds, params.trackers) == (["https://example.org/w/"], ["udp://example.org:1/a"])
    contents = read(torrent.metainfo)
    assert {f.path: (f.size, f.root) for f in contents.files} == {
        f.path: (f.digests.size, f.digests.v2_root) for f in files
    }
    assert (contents.info_hash_v1, contents.info_hash_v2) == (torrent.info_hash_v1, torrent.info_hash_v2)
    assert (contents.name, contents.size) == ("edition", torrent.size)


def test_a_folder_beside_a_file_of_the_same_beginning_loads(tmp_path):
    # The v1 listing must follow the walk through the tree, where "a" comes before "a.txt" and "a-z"; sorted as whole
    # paths it would not, and libtorrent refuses such a hybrid, also the one it makes itself.
    files = _write(tmp_path / "edition", {"a/x": 5, "a.txt": 7, "a-z": PIECE, "b": 9})
    layout = lt.load_torrent_buffer(hybrid("edition", files).metainfo).ti.layout()
    names = [layout.file_path(number) for number in range(layout.num_files())]
    assert [name for name in names if "pad" not in name] == [
        f"edition/{n}" for n in ("a/x", "a-z", "a.txt", "b")
    ]


def test_the_same_input_gives_the_same_bytes_in_any_order():
    files = [_file("a", "b"), _file("c", data=b""), _file("a", "d", data=b"yy")]
    assert hybrid("n", files, comment="é") == hybrid("n", files[::-1], comment="é")
    outer = bencode.decode(hybrid("n", files, comment="é").metainfo)
    assert set(outer) == {b"info", b"piece layers", b"comment"}


def test_the_magnet_link_names_both_hashes():
    torrent = hybrid("edition 1&é", [_file("a"), _file("b")])
    params = lt.parse_magnet_uri(torrent.magnet)
    assert params.info_hashes.v1.to_bytes() == torrent.info_hash_v1
    assert params.info_hashes.v2.to_bytes() == torrent.info_hash_v2
    assert params.name == "edition 1&é"


_UNSAFE = [
    "", ".", "..", "a/b", "a\\b", "/etc", "C:", "a\0b", "a\nb", "\x1b[31m", "\x7f", "a\u202egpj", "a\u200bb", "\ud800",
    "CON", "con", "Nul.ogg", "aux.tar.gz", "COM1", "lpt9.txt", "COM¹", "prn .txt", "CONIN$", "name.", "name ", " name",
    "a<b", "a>b", 'a"b', "a|b", "a?b", "a*b", "x" * 241, "é" * 121,
]  # fmt: skip


@pytest.mark.parametrize("name", _UNSAFE)
def test_an_unsafe_name_is_refused_wherever_it_stands(name):
    for path in ((name,), (name, "x"), ("x", name)):
        with pytest.raises(EditionRefused):
            hybrid("edition", [TorrentFile(path, _digests(b"x")), _file("other")])
    with pytest.raises(EditionRefused):
        hybrid(name, [_file("a"), _file("b")])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a", "a"), ("a", "A"), ("straße", "STRASSE"), ("d/a", "D/b"), ("x/d/a", "x/D/b"), ("a", "a/b"), ("A", "a/b"),
        ("a/b", "a"), (unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")),
        ("É", unicodedata.normalize("NFD", "é")), ("d/é", "d/e\u0301"),
    ],
)  # fmt: skip
def test_names_that_are_one_on_some_systems_are_refused(first, second):
    files = [_file(*first.split("/")), _file(*second.split("/")), _file("other")]
    with pytest.raises(EditionRefused, match=r"clashes with"):
        hybrid("edition", files)


@pytest.mark.parametrize("path", [(), (".pad", "5"), (".PAD", "5"), ("d",) * 34, ("x" * 240,) * 5])
def test_a_path_that_is_no_place_for_a_file_is_refused(path):
    with pytest.raises(EditionRefused):
        hybrid("edition", [TorrentFile(path, _digests(b"x")), _file("other")])


_signs = st.text(
    st.sampled_from(string.printable + "éß日\u0301\u202e\u200d\ufeff\ufffe\U0001f3b5\u2028¹")
    | st.characters()
)


@given(_signs)
@example("\u00ad")
def test_libtorrent_leaves_alone_every_name_that_we_let_through(name):
    try:
        check_element(name)
    except EditionRefused:
        return
    torrent = hybrid("edition", [_file(name, "x"), _file("another folder", name)])
    layout = lt.load_torrent_buffer(torrent.metainfo).ti.layout()
    names = {layout.file_path(number) for number in range(layout.num_files())}
    assert {f"edition/{name}/x", f"edition/another folder/{name}"} <= names


def test_a_single_file_at_the_top_is_refused():
    with pytest.raises(EditionRefused, match="single file 'a'"):
        hybrid("edition", [_file("a")])
    assert hybrid("edition", [_file("d", "a")]).size == 1


def test_nothing_and_only_empty_files_are_refused():
    with pytest.raises(EditionRefused, match="got 0"):
        hybrid("edition", [])
    with pytest.raises(EditionRefused, match="2 empty files"):
        hybrid("edition", [_file("a", data=b""), _file("b", data=b"")])


def test_the_largest_torrent_that_is_let_out_loads_and_a_larger_one_is_refused():
    one = _digests(b"x")
    files = [TorrentFile(("data", f"{number:06}.ogg"), one) for number in range(MAX_FILES + 1)]
    torrent = hybrid("edition", files[:-1])
    assert len(torrent.metainfo) <= 8_000_000
    assert lt.load_torrent_buffer(torrent.metainfo).ti.num_files() == 2 * MAX_FILES - 1
    with pytest.raises(EditionRefused, match="got 18001"):
        hybrid("edition", files)


def test_metainfo_over_the_limit_is_refused():
    one = _digests(b"x")
    long = [TorrentFile((f"{number:06}" * 35,), one) for number in range(MAX_FILES)]
    with pytest.raises(EditionRefused, match="8000000 bytes of metainfo, got"):
        hybrid("edition", long)


@pytest.mark.parametrize("size", _SIZES)
@pytest.mark.parametrize("path", [("a",), ("data", "x" * 68), ("d" * 200, "é" * 100, "f")])
def test_the_planned_metainfo_is_never_below_the_real(path, size):
    def total(*files):
        return len(hybrid("edition", files).metainfo)

    base = [_file("0", data=b"1"), _file("zzz", data=b"2")]
    added = total(*base, TorrentFile(path, _digests(_content("a", size)))) - total(*base)
    assert added <= metainfo_bytes(path, size)


@pytest.mark.parametrize(
    "change",
    [
        {"v2_root": bytes(32)}, {"v2_root": b""}, {"v2_layer": b""}, {"v2_layer": bytes(64)}, {"v1_pieces": bytes(20)},
        {"v1_tail": b""}, {"size": PIECE + 1}, {"size": PIECE}, {"size": 0}, {"size": -1}, {"size": 2 * PIECE + 1},
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_is_refused_by_name(change):
    record = _digests(_content("a", PIECE + 5))
    if change == {"size": PIECE + 1}:
        change = {"size": PIECE + 1, "v1_tail": bytes(19)}
    broken = msgspec.structs.replace(record, **change)
    with pytest.raises(DigestMismatch, match="music/a"):
        hybrid("edition", [TorrentFile(("music", "a"), broken), _file("b")])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "ftp://example.org/",
        "https://",
        "https://a b/",
        "https://example.org/\n",
        "file:///etc/passwd",
    ],
)
def test_addresses_are_checked(url):
    for addresses in ({"web_seeds": [url]}, {"trackers": [url]}):
        with pytest.raises(EditionRefused, match="expected a URL"):
            hybrid("edition", [_file("a"), _file("b")], **addresses)


def _altered(change):
    torrent = bencode.decode(hybrid("edition", [_file("a"), _file("d", "b")]).metainfo)
    change(torrent[b"info"])
    return bencode.encode(torrent)


@pytest.mark.parametrize(
    "change",
    [
        lambda info: info.update({b"name": b".."}),
        lambda info: info.update({b"name": b"\xff"}),
        lambda info: info.pop(b"name"),
        lambda info: info.update({b"piece length": 2 * PIECE}),
        lambda info: info.update({b"meta version": 1}),
        lambda info: info.pop(b"file tree"),
        lambda info: info.update({b"file tree": {}}),
        lambda info: info.update({b"file tree": []}),
        lambda info: info[b"file tree"].update({b"..": info[b"file tree"][b"a"]}),
        lambda info: info[b"file tree"].update({b"A": info[b"file tree"][b"a"]}),
        lambda info: info[b"file tree"].update({b"CON": info[b"file tree"][b"a"]}),
        lambda info: info[b"file tree"].update({b"x": {}}),
        lambda info: info[b"files"][0].update({b"path": [b"..", b"evil"]}),
        lambda info: info[b"files"][0].update({b"length": 2}),
        lambda info: info[b"files"][0].update({b"attr": b"x"}),
        lambda info: info[b"files"][1].update({b"length": PIECE}),
        lambda info: info[b"files"][1].update({b"attr": b"l"}),
        lambda info: info[b"files"].append(5),
        lambda info: info[b"files"].pop(),
        lambda info: info[b"files"].pop(1),
        lambda info: info.pop(b"files"),
        lambda info: info.pop(b"pieces"),
        lambda info: info.update({b"pieces": bytes(20)}),
        lambda info: info.update({b"files": 5}),
        lambda info: info[b"file tree"].update({b"x": 5}),
        lambda info: info[b"file tree"][b"a"].update({b"y": {}}),
        lambda info: info[b"file tree"][b"a"][b""].update({b"length": -1}),
        lambda info: info[b"file tree"][b"a"][b""].update({b"length": b"1"}),
        lambda info: info[b"file tree"][b"a"][b""].update({b"pieces root": bytes(31)}),
        lambda info: info[b"file tree"][b"a"][b""].update({b"attr": b"l", b"symlink path": [b"d"]}),
    ],
)
def test_a_torrent_from_outside_with_something_unsafe_or_foreign_is_refused(change):
    assert read(_altered(lambda info: None)).name == "edition"
    with pytest.raises(SourceRefused):
        read(_altered(change))


@pytest.mark.parametrize("data", [b"", b"de", b"i1e", b"d4:infolee", b"d4:infoi1ee", b"d4:infodee"])
def test_what_is_no_torrent_is_refused(data):
    with pytest.raises(SourceRefused):
        read(data)


@pytest.mark.skipif(not _TORRENTS.is_dir(), reason="the shared data is not beside this clone")
def test_real_and_malformed_torrents_are_read_or_refused():
    for path in sorted(_TORRENTS.rglob("*.torrent")):
        try:
            contents = read(path.read_bytes())
        except OnrecordError as refused:
            assert refused.message and refused.hint
        else:
            assert contents.files


@pytest.mark.skipif(not shutil.which("aria2c"), reason="aria2 is not installed")
@pytest.mark.parametrize("name", ["every size", "folders"])
def test_a_v1_client_that_knows_no_padding_finds_every_piece_right(tmp_path, name):
    # Transmission is no use here: before 4.0 it reads no hybrid at all, whoever made it (an empty key stops it).
    root = tmp_path / "edition"
    torrent = hybrid("edition", _write(root, _TREES[name]))
    file = tmp_path / "edition.torrent"
    file.write_bytes(torrent.metainfo)
    command = ["aria2c", "--no-conf", "--hash-check-only=true", "--check-integrity=true", f"--dir={tmp_path}"]
    command += ["--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false"]

    def check():
        return subprocess.run([*command, file], capture_output=True, text=True, check=False, timeout=60)

    for listed in bencode.decode(torrent.metainfo)[b"info"][b"files"]:
        if b"attr" in listed:
            pad = root.joinpath(*(part.decode() for part in listed[b"path"]))
            pad.parent.mkdir(exist_ok=True)
            pad.write_bytes(bytes(listed[b"length"]))
    answer = check()
    assert answer.returncode == 0, answer.stdout + answer.stderr
    last = max(path for path in root.rglob("*") if path.is_file() and path.stat().st_size)
    last.write_bytes(b"!" * last.stat().st_size)
    assert check().returncode != 0
