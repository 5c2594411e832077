# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs: put then get; whole or not at all; nothing is written twice, followed, or lost (format clause 2)."""

import hashlib
import os
from pathlib import Path

import pytest

from onrecord.errors import ConfigError, DigestMismatch, NotFound, OnrecordError, StoreFull
from onrecord.store import Arrival, Store, open_roots
from onrecord.store.blobs import _reflink
from onrecord.store.roots import make_root


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store([make_root(tmp_path / "disk")])


def source(folder: Path, content: bytes = b"sound" * 1000) -> Path:
    path = folder / "in.ogg"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("arrival", list(Arrival))
def test_what_is_put_is_what_is_read(store: Store, tmp_path: Path, arrival: Arrival) -> None:
    path = source(tmp_path)
    staged = store.stage(path, arrival)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert staged.digests.sha256 == digest
    assert store.find(digest) is None, "nothing stands at the final name before the commit"
    store.commit([staged])
    root = store.find(digest)
    assert root is not None
    assert store.path(digest, root).read_bytes() == path.read_bytes()
    assert store.verify(digest, root, staged.size) == "ok"
    assert list(store.roots[0].parts.iterdir()) == []


def test_a_link_needs_no_second_space(store: Store, tmp_path: Path) -> None:
    path = source(tmp_path)
    staged = store.stage(path, Arrival.LINK)
    store.commit([staged])
    blob = store.path(staged.digests.sha256, staged.root)
    # Where the file system cannot share blocks, the two names are one file.
    shares_blocks = _reflink(os.open(path, os.O_RDONLY), tmp_path / "clone")
    assert shares_blocks or blob.samefile(path)
    assert blob.read_bytes() == path.read_bytes()


def test_a_held_blob_is_not_written_again(store: Store, tmp_path: Path) -> None:
    path = source(tmp_path)
    first = store.stage(path)
    store.commit([first])
    again = store.stage(path, held={first.digests.sha256: first.root}.get)
    assert again.part is None
    assert again.root == first.root


def test_committing_twice_is_harmless(store: Store, tmp_path: Path) -> None:
    path = source(tmp_path)
    one, two = store.stage(path), store.stage(path)
    store.commit([one])
    store.commit([two])
    assert store.verify(one.digests.sha256, one.root, one.size) == "ok"
    assert list(store.roots[0].parts.iterdir()) == []


def test_parts_of_a_killed_run_are_swept(store: Store, tmp_path: Path) -> None:
    staged = store.stage(source(tmp_path))
    assert staged.part is not None
    assert store.sweep() == 1
    assert not staged.part.exists()


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (lambda path: path.write_bytes(b"SOUND" * 1000), "flipped"),
        (lambda path: os.truncate(path, 7), "truncated"),
        (lambda path: os.truncate(path, 0), "truncated"),
        (lambda path: path.write_bytes(b"sound" * 1001), "flipped"),
        (lambda path: path.unlink(), "missing"),
        (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), "unreadable"),
        (lambda path: (path.unlink(), path.mkdir()), "unreadable"),
    ],
)
def test_damage_is_named(store: Store, tmp_path: Path, damage: object, state: str) -> None:
    staged = store.stage(source(tmp_path))
    store.commit([staged])
    blob = store.path(staged.digests.sha256, staged.root)
    blob.chmod(0o644)
    damage(blob)  # type: ignore[operator]
    assert store.verify(staged.digests.sha256, staged.root, staged.size) == state


def test_a_link_in_place_of_a_blob_is_never_followed(store: Store, tmp_path: Path) -> None:
    staged = store.stage(source(tmp_path))
    store.commit([staged])
    blob = store.path(staged.digests.sha256, staged.root)
    blob.unlink()
    blob.symlink_to("/etc/passwd")
    with pytest.raises(DigestMismatch):
        store.open(staged.digests.sha256, staged.root)


def test_what_is_set_aside_is_kept(store: Store, tmp_path: Path) -> None:
    staged = store.stage(source(tmp_path))
    store.commit([staged])
    aside = store.set_aside(staged.digests.sha256, staged.root)
    assert aside is not None
    assert Path(aside).read_bytes() == b"sound" * 1000
    with pytest.raises(NotFound):
        store.path(staged.digests.sha256, staged.root)


def test_links_and_folders_are_no_files(store: Store, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(source(tmp_path))
    with pytest.raises(OSError):
        store.stage(link)
    with pytest.raises(OnrecordError, match="not a plain file"):
        store.stage(tmp_path)


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    store = Store([make_root(tmp_path / "disk")], reserve=1 << 60)
    with pytest.raises(StoreFull, match="bytes free"):
        store.stage(source(tmp_path), maybe_held=False)
    assert list(store.roots[0].parts.iterdir()) == []


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    store = Store([make_root(tmp_path / "disk")])
    path = source(tmp_path)

    def held(sha256: str) -> None:
        os.utime(path, (1, 1))

    with pytest.raises(OnrecordError, match="changed while"):
        store.stage(path, held=held)
    assert list(store.roots[0].parts.iterdir()) == []


def test_a_root_keeps_its_id_when_it_is_mounted_elsewhere(tmp_path: Path) -> None:
    identifier = make_root(tmp_path / "a").id
    (tmp_path / "a").rename(tmp_path / "b")
    roots, lost = open_roots([tmp_path / "b", tmp_path / "gone"])
    assert [root.id for root in roots] == [identifier]
    assert lost == [tmp_path / "gone"]
    assert make_root(tmp_path / "b").id == identifier


def test_two_folders_with_one_id_are_refused(tmp_path: Path) -> None:
    make_root(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "onrecord-root.json").write_bytes((tmp_path / "a" / "onrecord-root.json").read_bytes())
    with pytest.raises(ConfigError, match="same root id"):
        open_roots([tmp_path / "a", tmp_path / "b"])
