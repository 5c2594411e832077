# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a mirror: which volumes of the editions that it follows it has room for. `sync` obeys it.

The wish (space, licenses, shelves, archives) is committed with what was chosen by it. When an edition brings other
volumes, `sync` chooses again by the same wish.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from onrecord.archive import swarm
from onrecord.archive.allowed import Allowed
from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in
from onrecord.archive.exporting.dataset import wish
from onrecord.archive.newest_editions import newest_mirrored
from onrecord.archive.possession import holder_key
from onrecord.engine.quoting import parquet
from onrecord.errors import NotFound, UsageError
from onrecord.ledger import Plan
from onrecord.mirror import planning
from onrecord.mirror.planning import Choice, Offered, Proof
from onrecord.model.views import SwarmView
from onrecord.publish.torrent_list import ListedTorrent


class Share(Struct, frozen=True):
    """How much of a volume is here: bytes and files, of how many; `allowed` files may be shared by our own gate."""

    archive: str
    volume: str
    shelf: str
    licenses: tuple[str, ...]
    size: int
    files: int
    held: int
    held_files: int
    allowed: int


class Planned(Struct, frozen=True):
    """The plan, and what it says of each volume. `beyond` counts bytes that are here and not in it; `swarm` tells
    of the volumes of which seeders were counted here. They are shown, and nothing is chosen by them."""

    space: int
    chosen: int
    beyond: int
    volumes: tuple[Choice, ...]
    swarm: Mapping[str, SwarmView] = {}


def make(
    archive: Archive,
    space: int,
    licenses: Sequence[str] = (),
    shelves: Sequence[str] = (),
    archives: Sequence[str] = (),
    *,
    commit: bool = True,
) -> Planned:
    """Choose, and commit what was chosen as this archive's plan. Raises UsageError for a license that is unknown,
    NotFound for an archive that is not followed."""
    wish(licenses)
    followed = {each.archive for each in archive.ledger.followed()}
    if unknown := [each for each in archives if each not in followed]:
        raise NotFound(
            f"archive {unknown[0][:80]!r}: it is not followed here", "`onrecord mirror status` lists them"
        )
    if space < 0:
        raise UsageError(f"space of {space} bytes: expected none or more", "such as --space 2TB")
    asked = Plan(space, tuple(licenses), tuple(shelves), tuple(archives))
    if not commit:
        return _chosen(archive, asked, shares(archive))[1]
    with archive.writing():
        plan, planned = _chosen(archive, asked, shares(archive))
        archive.commit("planned", {"plan": msgspec.to_builtins(plan)})
    return planned


def propose(
    archive: Archive,
    listed: Iterable[ListedTorrent],
    space: int,
    licenses: Sequence[str] = (),
    shelves: Sequence[str] = (),
    key: str = "",
) -> Planned:
    """What a mirror that holds nothing yet would choose of the volumes that this archive lists, by what is known here.

    Among volumes that are held alike each mirror has an order of its own, which follows from its holder key: `key`.
    Commits nothing. Raises UsageError as `make` does.
    """
    meets, asked = wish(licenses), Plan(space, tuple(licenses), tuple(shelves), ())
    if space < 0:
        raise UsageError(f"space of {space} bytes: expected none or more", "such as --space 2TB")
    offered = [
        Offered(each.name, archive.id, each.size, 0, _not_asked(asked, meets, each.shelf, each.licenses))
        for each in listed
        if each.kind == "volume" and not each.obsolete
    ]
    choices = planning.plan(offered, planning.copies(_proofs(archive), key), space, key)
    counted = swarm.latest(archive, [choice.volume for choice in choices])
    return Planned(space, planning.total(choices), 0, tuple(choices), counted)


def elsewhere(archive: Archive) -> Mapping[str, int]:
    """Hundredths of copies by volume, as others have shown them to this archive."""
    return planning.copies(_proofs(archive))


def clear(archive: Archive) -> None:
    """Have no plan: all that is allowed is held."""
    with archive.writing():
        if archive.ledger.plan() is not None:
            archive.commit("planned", {"plan": None})


def renew(archive: Archive, editions: Mapping[str, Path], allowed: Iterable[str]) -> frozenset[str] | None:
    """The volumes that are to be held, None for all; chosen anew where `editions`, by their archives, offer others than
    those that were chosen from. Only the holder of the write lock may call."""
    plan = archive.ledger.plan()
    if plan is None:
        return None
    others = {name: folder for name, folder in newest_mirrored(archive).items() if name not in editions}
    found = shares(archive, {**others, **editions}, chain(allowed, _allowed(archive, others.values())))
    if planning.basis(_offered(archive, plan, found)) != plan.basis:
        plan, _ = _chosen(archive, plan, found)
        archive.commit("planned", {"plan": msgspec.to_builtins(plan)})
    return frozenset(plan.volumes)


def need(archive: Archive) -> Callable[[str], tuple[int, bytes, str]]:
    """The order of volumes by need, as this archive sees it today."""
    key = _key(archive)
    return planning.need(planning.copies(_proofs(archive), key), key)


def shares(
    archive: Archive, editions: Mapping[str, Path] | None = None, allowed: Iterable[str] | None = None
) -> list[Share]:
    """How much is here of each volume of some editions, by their archives; without, of the newest that are mirrored.

    `allowed` are the digests of what may be shared, asked of the own gate if they are not given.
    """
    editions = newest_mirrored(archive) if editions is None else editions
    if allowed is None:
        allowed = _allowed(archive, editions.values())
    bad = [(row.sha256,) for row in archive.ledger.bad_blobs(turned_away=True)]
    found = []
    with archive.duck() as duck:
        duck.table("bad", {"sha256": "VARCHAR"}, bad)
        duck.table("allowed", {"sha256": "VARCHAR"}, ((sha256,) for sha256 in allowed))
        for name, folder in sorted(editions.items()):
            held = _HELD.replace("{files}", parquet(folder / "dataset/files.parquet"))
            rows = {row[0]: row[1:] for row in duck.run(held)}
            found += [_share(name, entry, rows) for entry in manifest_in(folder).volumes]
    return found


_HELD = """
SELECT f.volume, list_sort(list(DISTINCT f.license)),
  coalesce(sum(f.size) FILTER (h.sha256 IS NOT NULL), 0)::BIGINT, count(h.sha256), count(a.sha256)
FROM {files} f
LEFT JOIN (SELECT DISTINCT sha256 FROM files WHERE sha256 NOT IN (SELECT sha256 FROM bad)) h ON h.sha256 = f.sha256
LEFT JOIN (SELECT DISTINCT sha256 FROM allowed) a ON a.sha256 = f.sha256
GROUP BY f.volume
"""


def _share(archive: str, entry: Any, rows: Mapping[str, Sequence[Any]]) -> Share:
    licenses, held, held_files, allowed = rows.get(entry.name, ((), 0, 0, 0))
    return Share(
        archive=archive,
        volume=entry.name,
        shelf=entry.shelf,
        licenses=tuple(licenses),
        size=entry.size,
        files=entry.files,
        held=int(held),
        held_files=int(held_files),
        allowed=int(allowed),
    )


def _chosen(archive: Archive, asked: Plan, found: Sequence[Share]) -> tuple[Plan, Planned]:
    offered = _offered(archive, asked, found)
    key = _key(archive)
    choices = planning.plan(offered, planning.copies(_proofs(archive), key), asked.space, key)
    names = tuple(choice.volume for choice in choices if choice.chosen)
    beyond = sum(choice.held for choice in choices if not choice.chosen)
    plan = structs.replace(asked, volumes=names, basis=planning.basis(offered))
    counted = swarm.latest(archive, [choice.volume for choice in choices])
    return plan, Planned(asked.space, planning.total(choices), beyond, tuple(choices), counted)


def _offered(archive: Archive, asked: Plan, found: Sequence[Share]) -> list[Offered]:
    """Each volume once: two archives may publish the same."""
    meets = wish(asked.licenses)
    followed = {each.archive for each in archive.ledger.followed() if each.feed}
    offered: dict[str, Offered] = {}
    for share in found:
        why = ""
        if share.archive not in followed:
            why = "its archive is followed no longer"
        elif asked.archives and share.archive not in asked.archives:
            why = f"it is of archive {share.archive}"
        elif other := _not_asked(asked, meets, share.shelf, share.licenses):
            why = other
        elif not share.allowed:
            why = "this archive's own gate allows none of it"
        known = offered.get(share.volume)
        if known is None or (known.unwanted and not why):
            offered[share.volume] = Offered(share.volume, share.archive, share.size, share.held, why)
    return list(offered.values())


def _not_asked(asked: Plan, meets: Callable[[str], bool], shelf: str, licenses: Sequence[str]) -> str:
    """Why a wish leaves a volume out; "" where it does not."""
    if asked.shelves and shelf not in asked.shelves:
        return f"it is on shelf {shelf}"
    return "" if all(map(meets, licenses)) else f"it is under {', '.join(licenses)}"


def _allowed(archive: Archive, editions: Iterable[Path]) -> Iterator[str]:
    """Digests of what may be shared, those of each edition in their order."""
    return (digest for edition in editions for digest, _ in Allowed(archive, edition).each())


def _proofs(archive: Archive) -> list[Proof]:
    return [
        Proof(
            holder=item.holder,
            volume=item.volume,
            age=max((archive.today - dt.date.fromisoformat(item.day)).days, 0),
            asked=item.asked,
            proved=item.proved,
        )
        for item in archive.ledger.possessions()
    ]


def _key(archive: Archive) -> str:
    return holder_key(archive).public.splitlines()[1]
