# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What MusicBrainz said of an entity, from its kept record: the service's own fields, without what is not CC0."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from onrecord.archive.core import Archive
from onrecord.archive.naming import FREE
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet
from onrecord.errors import OnrecordError
from onrecord.search.entities import Entity
from onrecord.sources import musicbrainz_elements

Tree = dict[str, Any]
#: Supplementary data (CC BY-NC-SA 3.0), as `sources/musicbrainz_json.py` says, and what is one user's own.
SUPPLEMENTARY: Final = frozenset(
    {"tags", "genres", "rating", "annotation", "user-tags", "user-genres", "user-rating"}
)
_DEEPEST: Final = 24
_HANGING: Final = frozenset({"relations", "releases", "recordings", "release-groups", "works"})
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})


def kept(archive: Archive, duck: Duck, entity: Entity) -> Tree:
    """The entity as its newest record has it; nothing where no record is held, or a newer one came after the match."""
    if not entity.source or archive.ledger.sources().get(entity.source, ("",))[0] != FREE:
        return {}
    record = f"{entity.kind}:{entity.id}"
    path = archive.folder / "catalog" / "records" / f"{entity.seq:012}.parquet"
    if not path.exists():
        return {}
    rows = duck.run(
        f"SELECT media_type, payload FROM {parquet(path)} WHERE source = ? AND record = ? AND NOT deleted",
        [entity.source, record],
    )
    if not rows:
        return {}
    media_type, payload = rows[-1][0], bytes(rows[-1][1] or b"")
    if hashlib.sha256(payload).hexdigest() != archive.ledger.record(entity.source, record):
        return {}  # not the newest word, or not the bytes that were kept: claims answer alone
    try:
        if media_type == "application/xml":
            tree: Any = musicbrainz_elements.tree(payload)
        else:
            tree = msgspec.json.decode(payload)
    except (msgspec.DecodeError, OnrecordError):
        return {}
    if not isinstance(tree, dict) or tree.get("id") != entity.id or "onrecord:origin" in tree:
        return {}
    plain = _free(tree)
    assert isinstance(plain, dict)
    return plain


def inside(tree: Any, kind: str, id: str) -> Tree:
    """What a record of something else says of an entity that it names, without what hangs on that in turn.

    It may name it in several places, and say more in one than in another.
    """
    said: Tree = {}
    for key, value in _walk(tree):
        if key == kind and value.get("id") == id:
            said |= {
                name: item
                for name, item in value.items()
                if name not in _HANGING and (name not in said or said[name] in _NOTHING)
            }
    return said


def without(value: Any, hidden: set[str]) -> Any:
    """The same without everything in a list that is, or directly holds, an entity with one of these ids."""
    if isinstance(value, dict):
        return {key: without(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [without(item, hidden) for item in value if not _is_hidden(item, hidden)]
    return value


def _is_hidden(item: Any, hidden: set[str]) -> bool:
    if not isinstance(item, dict):
        return False
    direct = [item, *(value for value in item.values() if isinstance(value, dict))]
    return any(isinstance(each.get("id"), str) and each["id"] in hidden for each in direct)


def _free(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {
            key: _free(item, depth + 1)
            for key, item in value.items()
            if key not in SUPPLEMENTARY and not key.startswith("onrecord:")
        }
    if isinstance(value, list):
        return [_free(item, depth + 1) for item in value]
    return value


def _walk(value: Any) -> Iterator[tuple[str, Tree]]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict):
                yield key, item
            yield from _walk(item)
