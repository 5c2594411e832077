# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OCFL objects validate, keep content once, and get versions; what a kill leaves of one is completed."""

import datetime as dt
import hashlib
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from onrecord.errors import IntegrityError, UsageError
from onrecord.publish import ocfl

_ID = "urn:onrecord:0123456789abcdef:rabcdefghijklmnop"
_MADE = ocfl.Made(dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC), "A test", "Tests", "urn:onrecord:test")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    ocfl.make_root(tmp_path / "root")
    return tmp_path / "root"


def put(root: Path, files: Mapping[str, bytes], identifier: str = _ID) -> bool:
    """Commit a version that holds these files."""
    draft = ocfl.Draft(root, identifier, root.parent / "staging")
    for path, data in files.items():
        sha256 = hashlib.sha256(data).hexdigest()
        if draft.holds(sha256):
            draft.keep(path, sha256)
        else:
            draft.write_bytes(path, data)
    return draft.commit(_MADE)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def faults(folder: Path) -> list[str]:
    """What clauses 3.1 to 3.8 find wrong with an object, by an own reading of them."""
    found = []
    files = content(folder)
    inventory = json.loads(files["inventory.json"])
    head = inventory["head"]
    expected = {f"v{number + 1}" for number in range(int(head[1:]))}
    beside = {"0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512"}
    if {path.name for path in folder.iterdir()} != expected | beside or set(
        inventory["versions"]
    ) != expected:
        found.append("E001")
    for where in ("", *(f"{version}/" for version in expected)):
        body = files[f"{where}inventory.json"]
        if files[f"{where}inventory.json.sha512"].split() != [
            hashlib.sha512(body).hexdigest().encode(),
            b"inventory.json",
        ]:
            found.append(f"E060 {where}")
    if files["inventory.json"] != files[f"{head}/inventory.json"]:
        found.append("E064")
    manifest = {path: digest for digest, paths in inventory["manifest"].items() for path in paths}
    if set(manifest) != {path for path in files if "/content/" in path}:
        found.append("E023")
    found += [
        f"E092 {path}"
        for path, digest in manifest.items()
        if hashlib.sha512(files.get(path, b"")).hexdigest() != digest
    ]
    for digest, paths in inventory["fixity"]["sha256"].items():
        found += [f"E093 {path}" for path in paths if hashlib.sha256(files[path]).hexdigest() != digest]
    used = {digest for version in inventory["versions"].values() for digest in version["state"]}
    return found + (["E107"] if used != set(inventory["manifest"]) else [])


def validate(root: Path) -> None:
    """By ocfl-py, with digests; a warning counts."""
    pytest.importorskip("ocfl", reason="needs ocfl-py")
    program = (
        "import sys; from ocfl.storage_root import StorageRoot; root = StorageRoot(root=sys.argv[1]);"
        "valid = root.validate(log_warnings=True);"
        "print(valid, root.num_objects - root.good_objects, root.errors, str(root.log))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split(maxsplit=3)[:3] == ["True", "0", "[]"], done.stdout + done.stderr


def test_an_object_gets_versions_and_keeps_content_once(root: Path) -> None:
    assert put(root, {"a.flac": b"sound", "same.flac": b"sound", "decisions.json": b"{}"})
    folder = root / ocfl.path_of(_ID)
    first = content(folder)
    assert sorted(path for path in first if "content" in path) == [
        "v1/content/a.flac",
        "v1/content/decisions.json",
    ]
    assert put(root, {"renamed.flac": b"sound", "decisions.json": b"[]"})
    second = content(folder)
    assert sorted(second.keys() - first.keys()) == [
        "v2/content/decisions.json",
        "v2/inventory.json",
        "v2/inventory.json.sha512",
    ]
    assert {path: data for path, data in second.items() if path.startswith("v1/")} == {
        path: data for path, data in first.items() if path.startswith("v1/")
    }
    assert put(root, {"a.flac": b"sound", "same.flac": b"sound", "decisions.json": b"{}"}), (
        "back to the first state is a version too"
    )
    assert not (folder / "v3" / "content").exists(), "and holds nothing new"
    versions = json.loads((folder / "inventory.json").read_bytes())["versions"]
    assert [sorted(itertools.chain(*version["state"].values())) for version in versions.values()] == [
        ["a.flac", "decisions.json", "same.flac"],
        ["decisions.json", "renamed.flac"],
        ["a.flac", "decisions.json", "same.flac"],
    ]
    assert faults(folder) == []
    validate(root)


def test_nothing_new_makes_no_version(root: Path) -> None:
    put(root, {"a.flac": b"sound"})
    before = content(root)
    assert not put(root, {"a.flac": b"sound"})
    assert content(root) == before
    assert not (root.parent / "staging").exists()


def test_ten_versions_of_several_objects_validate(root: Path) -> None:
    for number in range(10):
        for name in ("urn:a:b", "urn:a:c", "urn:a:" + "long" * 40):
            assert put(root, {"a.flac": b"%d" % number, "b.flac": name.encode()}, name)
    assert faults(root / ocfl.path_of("urn:a:b")) == []
    validate(root)


def test_the_check_of_this_test_notices_faults(root: Path) -> None:
    put(root, {"a.flac": b"sound"})
    folder = root / ocfl.path_of(_ID)
    (folder / "v1" / "content" / "a.flac").write_bytes(b"noise")
    (folder / "v1" / "content" / "b.flac").write_bytes(b"noise")
    (folder / "inventory.json").write_bytes((folder / "inventory.json").read_bytes() + b" ")
    (folder / "more").write_bytes(b"")
    assert {fault.split()[0] for fault in faults(folder)} == {"E001", "E060", "E064", "E023", "E092", "E093"}


def test_what_fails_to_be_written_is_not_in_the_version(root: Path) -> None:
    def fail(target: Path) -> tuple[str, str]:
        target.write_bytes(b"half")
        raise ConnectionError("the disk went away")

    draft = ocfl.Draft(root, _ID, root.parent / "staging")
    draft.write_bytes("whole.flac", b"sound")
    with pytest.raises(ConnectionError):
        draft.write("half.flac", fail)
    assert draft.commit(_MADE)
    assert faults(root / ocfl.path_of(_ID)) == []
    assert not list(root.rglob("half.flac"))


@pytest.mark.parametrize("steps", range(4), ids=["version only", "half a paper", "inventory", "everything"])
def test_a_version_that_a_kill_cut_off_is_completed(root: Path, steps: int) -> None:
    put(root, {"a.flac": b"one"})
    folder = root / ocfl.path_of(_ID)
    before = {name: (folder / name).read_bytes() for name in ("inventory.json", "inventory.json.sha512")}
    put(root, {"a.flac": b"two"})
    whole = content(folder)
    # As the steps of a commit leave it: the version is there, then one paper after the other.
    undone = list(before)[max(0, steps - 1) :] if steps < 3 else []
    for name in undone:
        (folder / name).write_bytes(before[name])
    if steps == 1:
        (folder / "inventory.json.part").write_bytes(b"{")
    ocfl.finish(root, _ID)
    assert content(folder) == whole
    assert faults(folder) == []
    assert put(root, {"a.flac": b"three"})
    validate(root)


def test_nothing_is_finished_where_nothing_was_begun(root: Path) -> None:
    before = content(root)
    ocfl.finish(root, _ID)
    assert content(root) == before


def test_an_object_that_is_not_whole_or_not_ours_is_refused(root: Path) -> None:
    put(root, {"a.flac": b"sound"})
    folder = root / ocfl.path_of(_ID)
    good = (folder / "inventory.json").read_bytes()
    (folder / "inventory.json").write_bytes(good.replace(b"A test", b"A lie!"))
    with pytest.raises(IntegrityError, match="sha512"):
        put(root, {"a.flac": b"other"})
    for wrong, expected in (
        (good.replace(_ID.encode(), b"urn:else:where"), "urn:else:where"),
        (good.replace(b"1.1/spec", b"1.0/spec"), "1.0/spec"),
        (b"[]", "not an OCFL object"),
        (good.replace(b'"head"', b'"foot"'), "foot"),
    ):
        (folder / "inventory.json").write_bytes(wrong)
        digest = hashlib.sha512(wrong).hexdigest()
        (folder / "inventory.json.sha512").write_text(f"{digest} inventory.json\n")
        with pytest.raises(IntegrityError, match=expected):
            put(root, {"a.flac": b"other"})
    (folder / "inventory.json").unlink()
    with pytest.raises(IntegrityError):
        put(root, {"a.flac": b"other"})


def test_roots_of_others_are_refused(root: Path, tmp_path: Path) -> None:
    ocfl.check_root(root)
    layout = root / "ocfl_layout.json"
    body = layout.read_text()
    layout.write_text(body.replace("0003-hash-and-id-n-tuple", "0002-flat-direct"))
    with pytest.raises(UsageError, match="0002-flat-direct"):
        ocfl.check_root(root)
    layout.write_text(body)
    config = root / "extensions" / json.loads(body)["extension"] / "config.json"
    config.write_text(config.read_text().replace("sha256", "md5"))
    with pytest.raises(UsageError, match="SHA-256"):
        ocfl.check_root(root)
    layout.unlink()
    with pytest.raises(UsageError, match="no rule"):
        ocfl.check_root(root)
    (root / "0=ocfl_1.1").rename(root / "0=ocfl_1.0")
    with pytest.raises(UsageError, match=r"0=ocfl_1\.0"):
        ocfl.check_root(root)
    with pytest.raises(UsageError, match="neither"):
        ocfl.check_root(tmp_path)


@pytest.mark.parametrize(
    ("identifier", "path"),
    [  # the examples of extension 0003
        ("object-01", "3c0/ff4/240/object-01"),
        ("..hor/rib:le-$id", "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"),
    ],
)
def test_objects_lie_where_the_extension_says(identifier: str, path: str) -> None:
    assert ocfl.path_of(identifier) == Path(path)


def test_long_ids_are_cut_and_told_apart() -> None:
    one, two = ocfl.path_of("é" * 60 + "1"), ocfl.path_of("é" * 60 + "2")
    assert one != two and len(one.name) == 100 + 1 + 64
    assert one.name.endswith(hashlib.sha256(("é" * 60 + "1").encode()).hexdigest())


def test_our_papers_are_the_same_for_the_same_content(root: Path, tmp_path: Path) -> None:
    files = {"b.flac": b"2", "a.flac": b"1"}
    put(root, files)
    shutil.copytree(root, tmp_path / "kept")
    shutil.rmtree(root)
    ocfl.make_root(root)
    put(root, dict(reversed(files.items())))
    assert content(root) == content(tmp_path / "kept")
