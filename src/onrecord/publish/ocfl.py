# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OCFL 1.1 storage root and its objects: versions are added, content is written once and never changed.

Objects lie as community extension 0003 says, so that a folder's name still tells the object's id. Clauses are those
of the specification at ocfl.io/1.1/spec.
"""

import datetime as dt
import hashlib
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.durable import replace, sync, sync_tree
from onrecord.errors import IntegrityError, UsageError
from onrecord.publish.edition import pretty

_LAYOUT: Final = "0003-hash-and-id-n-tuple-storage-layout"
_TUPLES: Final = (3, 6, 9)
_CONFIG: Final = {
    "extensionName": _LAYOUT,
    "digestAlgorithm": "sha256",
    "tupleSize": 3,
    "numberOfTuples": 3,
}
_TYPE: Final = "https://ocfl.io/1.1/spec/#inventory"
_ROOT_MARK: Final = "0=ocfl_1.1"
_OBJECT_MARK: Final = "0=ocfl_object_1.1"
_SIDECAR: Final = "inventory.json.sha512"


class Made(Struct, frozen=True, forbid_unknown_fields=True):
    """Who made a version, when and why; `address` is a URI."""

    created: dt.datetime
    message: str
    name: str
    address: str


class _User(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    name: str
    address: str = ""


class _Version(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`state` maps a digest to the logical paths that have that content in this version."""

    created: str
    state: dict[str, list[str]]
    message: str = ""
    user: _User | None = None


class _Inventory(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """inventory.json (clause 3.5). `manifest` maps a SHA-512 to the one content path that has it; `fixity` bears the
    SHA-256, by which the archive names a blob."""

    id: str
    type: str
    digest_algorithm: str
    head: str
    manifest: dict[str, list[str]]
    versions: dict[str, _Version]
    fixity: dict[str, dict[str, list[str]]] = {}
    content_directory: str = "content"


def make_root(folder: Path) -> None:
    """Make an empty folder, or a new one, a storage root (clause 4)."""
    (folder / "extensions" / _LAYOUT).mkdir(parents=True)
    (folder / "extensions" / _LAYOUT / "config.json").write_bytes(pretty(_CONFIG))
    layout = {
        "extension": _LAYOUT,
        "description": "Three folders of three digits of the id's SHA-256, then the id.",
    }
    (folder / "ocfl_layout.json").write_bytes(pretty(layout))
    (folder / _ROOT_MARK).write_text("ocfl_1.1\n", encoding="ascii")


def check_root(folder: Path) -> None:
    """UsageError unless the folder is a storage root that `Draft` can add to: of OCFL 1.1, laid out as ours are."""
    if not (folder / _ROOT_MARK).is_file():
        others = sorted(path.name for path in folder.glob("0=ocfl_*"))
        raise UsageError(
            f"{folder}: expected an OCFL 1.1 storage root or an empty folder, got {' and '.join(others) or 'neither'}",
            "name a new folder",
        )
    try:
        layout = msgspec.json.decode((folder / "ocfl_layout.json").read_bytes(), type=dict[str, str])
        config = msgspec.json.decode((folder / "extensions" / _LAYOUT / "config.json").read_bytes())
    except (OSError, msgspec.MsgspecError):
        layout, config = {}, None
    if layout.get("extension") != _LAYOUT or config != _CONFIG:
        raise UsageError(
            f"{folder}: its objects are laid out by {layout.get('extension', 'no rule that it names')!r}, expected "
            f"{_LAYOUT!r} with {_CONFIG['tupleSize']} times {_CONFIG['numberOfTuples']} digits of SHA-256",
            "name a new folder",
        )


def path_of(identifier: str) -> Path:
    """Where an object lies below its root (extension 0003, steps 1 to 6)."""
    digest = hashlib.sha256(identifier.encode()).hexdigest()
    name = re.sub(
        r"[^A-Za-z0-9_-]",
        lambda sign: "".join(f"%{byte:02x}" for byte in sign[0].encode()),
        identifier,
    )
    if len(name) > 100:
        name = f"{name[:100]}-{digest}"
    return Path(*(digest[end - 3 : end] for end in _TUPLES), name)


def finish(root: Path, identifier: str) -> None:
    """Complete an object whose last version was being put in place when the process was killed; else do nothing.

    The folder of a version arrives whole, by one rename; all that may be missing then is the inventory beside it.
    """
    folder = root / path_of(identifier)
    for part in folder.glob("*.part"):
        part.unlink()
    versions = [path for path in folder.glob("v*") if re.fullmatch(r"v[1-9][0-9]*", path.name)]
    if not versions:
        return
    newest = max(versions, key=lambda path: int(path.name[1:]))
    for name in ("inventory.json", _SIDECAR):
        content = (newest / name).read_bytes()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content:
            replace(folder / name, content)


class Draft:
    """The next version of an object, put together in a folder of its own and then committed in one move.

    `staging` must be new, and on the file system of the root. Logical paths are plain names.
    Raises IntegrityError where the object that is there already is not whole or not ours.
    """

    def __init__(self, root: Path, identifier: str, staging: Path) -> None:
        self._id = identifier
        self._folder = root / path_of(identifier)
        self._staging = staging
        self._last = _read(self._folder, identifier) if self._folder.exists() else None
        last = self._last
        self.version = f"v{int(last.head[1:]) + 1}" if last else "v1"
        self._manifest = dict(last.manifest) if last else {}
        self._fixity = dict(last.fixity.get("sha256", {})) if last else {}
        self._state: dict[str, list[str]] = defaultdict(list)
        self._content = staging / self.version / "content"

    def holds(self, sha256: str) -> bool:
        """Some version of the object has this content."""
        return sha256 in self._fixity

    def keep(self, path: str, sha256: str) -> None:
        """`path` has content that the object holds."""
        content = self._fixity[sha256][0]
        sha512 = next(digest for digest, paths in self._manifest.items() if content in paths)
        self._state[sha512].append(path)

    def write(self, path: str, write: Callable[[Path], tuple[str, str]]) -> None:
        """`path` has the content that `write` puts into the file it is given; it returns SHA-256 and SHA-512.

        Content that the object holds already is not kept twice. Whatever `write` raises goes through, and the draft
        goes on without that file.
        """
        target = self._content / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            sha256, sha512 = write(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        if sha512 in self._manifest:
            target.unlink()
        else:
            place = f"{self.version}/content/{path}"
            self._manifest[sha512] = [place]
            self._fixity[sha256] = [place]
        self._state[sha512].append(path)

    def write_bytes(self, path: str, data: bytes) -> None:
        """`path` has this content."""

        def write(target: Path) -> tuple[str, str]:
            target.write_bytes(data)
            return hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest()

        self.write(path, write)

    def commit(self, made: Made, *, durable: bool = True) -> bool:
        """Add the version to the object; False where it would say what the last one says, and none is made.

        After a kill anywhere in here the object is as it was, or `finish` completes it. Whoever makes the whole root
        durable afterwards, and names it only then, does without `durable`, which takes most of the time.
        """
        state = {digest: sorted(paths) for digest, paths in self._state.items()}
        if self._last and state == self._last.versions[self._last.head].state:
            shutil.rmtree(self._staging, ignore_errors=True)
            return False
        body = self._inventory(made, state)
        if self._content.is_dir() and not any(self._content.iterdir()):
            self._content.rmdir()
        papers = {"inventory.json": body, _SIDECAR: _sidecar(body)}
        (self._staging / self.version).mkdir(parents=True, exist_ok=True)
        _write_all(self._staging / self.version, papers)
        if self._last is None:
            _write_all(self._staging, {_OBJECT_MARK: b"ocfl_object_1.1\n", **papers})
        if durable:
            sync_tree(self._staging)
        self._place(papers)
        if durable:
            sync(self._folder.parent)
        return True

    def _inventory(self, made: Made, state: dict[str, list[str]]) -> bytes:
        version = _Version(
            created=made.created.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            state=state,
            message=made.message,
            user=_User(made.name, made.address),
        )
        inventory = _Inventory(
            id=self._id,
            type=_TYPE,
            digest_algorithm="sha512",
            head=self.version,
            manifest=self._manifest,
            versions={**(self._last.versions if self._last else {}), self.version: version},
            fixity={"sha256": self._fixity},
        )
        return pretty(inventory)

    def _place(self, papers: Mapping[str, bytes]) -> None:
        if self._last is None:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            self._staging.rename(self._folder)
            return
        (self._staging / self.version).rename(self._folder / self.version)
        sync(self._folder)
        for name, content in papers.items():
            replace(self._folder / name, content)
        shutil.rmtree(self._staging)


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _sidecar(inventory: bytes) -> bytes:
    return f"{hashlib.sha512(inventory).hexdigest()} inventory.json\n".encode()


def _read(folder: Path, identifier: str) -> _Inventory:
    """The inventory of an object that is there, checked against its sidecar."""
    try:
        body = (folder / "inventory.json").read_bytes()
        if (folder / _SIDECAR).read_bytes().split() != _sidecar(body).split():
            raise IntegrityError(
                f"{folder}/inventory.json: not what {_SIDECAR} says",
                "restore the object from a copy, or export to a new folder",
            )
        inventory = msgspec.json.decode(body, type=_Inventory)
    except (OSError, msgspec.MsgspecError) as error:
        raise IntegrityError(
            f"{folder}: not an OCFL object that can be added to: {error}",
            "restore it from a copy, or export to a new folder",
        ) from None
    if (
        inventory.id != identifier
        or (inventory.type, inventory.digest_algorithm) != (_TYPE, "sha512")
        or inventory.content_directory != "content"
        or inventory.head not in inventory.versions
        or not re.fullmatch(r"v[1-9][0-9]*", inventory.head)
    ):
        raise IntegrityError(
            f"{folder}: expected an OCFL 1.1 object {identifier!r} with SHA-512 and `content`, got {inventory.id!r}, "
            f"{inventory.type!r}, {inventory.digest_algorithm!r}, head {inventory.head!r}",
            "export to a new folder",
        )
    return inventory
