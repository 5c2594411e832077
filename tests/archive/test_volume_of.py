# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests are read once for all threads, and those of the newest editions are kept."""

import shutil

import msgspec

from onrecord.archive import Archive
from onrecord.archive.editions import read_manifest
from onrecord.archive.volume_of import Manifests
from onrecord.publish.edition import pretty


def test_the_newest_are_kept_without_their_long_lists(published: Archive) -> None:
    editions, manifests = published.folder / "editions", Manifests()
    whole = read_manifest(published, 1)
    older = msgspec.structs.replace(whole, added=("a" * 64,))
    (editions / "1" / "manifest.json").write_bytes(pretty(older))
    assert read_manifest(published, 1) == older
    for number in range(2, 21):
        shutil.copytree(editions / "1", editions / str(number))
    for number in (*range(20, 0, -1), *range(1, 21)):
        manifests.manifest(editions / str(number))
    assert manifests.manifest(editions / "1") == whole
    assert list(manifests.volumes(editions / "1").values()) == list(whole.volumes)
    assert sorted(int(path.name) for path in manifests._kept) == list(range(13, 21))
    shutil.rmtree(editions / "20")
    assert manifests.manifest(editions / "20") is manifests.manifest(editions / "20")
