# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which torrents an archive gives out, and in what state they are: gathered for the list beside the feed."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from onrecord.archive import swarm
from onrecord.archive.core import Archive
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet
from onrecord.errors import IntegrityError
from onrecord.publish.edition import VolumeEntry
from onrecord.publish.torrent import Torrent
from onrecord.publish.torrent_list import FORMAT, ListedTorrent, TorrentList

#: What the engine may use here, beside that of a job which goes on.
_MEMORY = "1GB"


class _Volumes(Struct):
    """What of a manifest is needed here; the digests of all its sound, which may be many millions, are passed over."""

    number: int
    day: dt.date
    volumes: tuple[VolumeEntry, ...]


def list_torrents(archive: Archive, own: ListedTorrent, before: TorrentList | None) -> TorrentList:
    """The torrents of the newest edition, then those of older ones that have gone out of use.

    `own` is that of the edition's own files; `before` is the last list, which remembers what older editions had:
    without it their manifests are read. A volume with a file that was withdrawn is not listed. Who holds what is told
    as it was counted last.
    """
    numbers = [edition["number"] for edition in archive.ledger.editions()]
    newest = _manifest(archive, numbers[-1])
    known = {each.name: each for each in before.torrents} if before else {}
    if before is None:
        for number in numbers[:-1]:
            known |= {each.name: each for each in _volumes(archive, _manifest(archive, number), known)}
    current = {each.name: each for each in _volumes(archive, newest, known)}
    gone = [each for name, each in sorted(known.items()) if name not in current and each.kind == "volume"]
    hidden, broken = _withdrawn(archive), _broken(archive)
    listed = [
        structs.replace(each, obsolete=each.name not in current, partly_broken=each.name in broken)
        for each in (*current.values(), *gone)
        if each.name not in hidden
    ]
    told = _with_holders(archive, [own, *listed])
    return TorrentList(
        FORMAT, archive.id, archive.settings.archive.name, newest.number, newest.day, tuple(told)
    )


def list_edition(archive: Archive, number: int, day: dt.date, torrent: Torrent) -> ListedTorrent:
    """The torrent that an edition's own files travel in."""
    return ListedTorrent(
        name=torrent.name,
        kind="edition",
        edition=number,
        day=day,
        shelf="",
        license_class="",
        files=sum(1 for path in _folder(archive, number).rglob("*") if path.is_file()),
        size=torrent.size,
        torrent=f"{number}.torrent",
        torrent_size=len(torrent.metainfo),
        info_hash_v1=torrent.info_hash_v1.hex(),
        info_hash_v2=torrent.info_hash_v2.hex(),
        magnet=torrent.magnet,
    )


def page_of(archive: Archive) -> str:
    """The address of the archive's page where its settings give it away, "" where they do not."""
    return next(
        (
            seed.removesuffix("volumes/")
            for seed in archive.settings.publish.web_seeds
            if seed.endswith("/volumes/")
        ),
        "",
    )


def _volumes(archive: Archive, edition: _Volumes, known: dict[str, ListedTorrent]) -> Iterator[ListedTorrent]:
    """The volumes of an edition; of one that was in an earlier one its day and licenses are remembered."""
    licenses: dict[str, str] = {}
    if any(entry.name not in known for entry in edition.volumes):
        licenses = _licenses(archive, edition.number)
    for entry in edition.volumes:
        old = known.get(entry.name)
        yield ListedTorrent(
            name=entry.name,
            kind="volume",
            edition=edition.number,
            day=old.day if old else edition.day,
            shelf=entry.shelf,
            license_class=old.license_class if old else licenses.get(entry.name, ""),
            files=entry.files,
            size=entry.size,
            torrent=f"../editions/{edition.number}/{entry.path}",
            torrent_size=(_folder(archive, edition.number) / entry.path).stat().st_size,
            info_hash_v1=entry.info_hash_v1,
            info_hash_v2=entry.info_hash_v2,
            magnet=entry.magnet,
        )


def _with_holders(archive: Archive, listed: Sequence[ListedTorrent]) -> list[ListedTorrent]:
    counted = swarm.latest(archive, [each.name for each in listed])
    holders = swarm.holders(archive)
    return [
        structs.replace(
            each,
            seeders=count.seeders if (count := counted.get(each.name)) else None,
            leechers=count.leechers if count else None,
            completed=count.completed if count else None,
            last_seen=count.last_seen if count else None,
            counted=count.counted if count else None,
            counted_by=count.source if count else None,
            holders=holders.get(each.name),
        )
        for each in listed
    ]


def _licenses(archive: Archive, number: int) -> dict[str, str]:
    files = parquet(_folder(archive, number) / "dataset" / "files.parquet")
    with _duck(archive) as duck:
        rows = duck.run(
            "SELECT volume, string_agg(license, ', ' ORDER BY license) FROM"
            f" (SELECT DISTINCT volume, license FROM {files}) GROUP BY volume"
        )
    return dict(rows)


def _broken(archive: Archive) -> set[str]:
    return _holding(archive, {row.sha256 for row in archive.ledger.bad_blobs("sound")})


def _withdrawn(archive: Archive) -> set[str]:
    return _holding(archive, {row.blob for row in archive.ledger.withdrawn()})


def _holding(archive: Archive, blobs: set[str]) -> set[str]:
    """Every volume, old ones too, that holds one of these files."""
    if not blobs:
        return set()
    with _duck(archive) as duck:
        archive.tables.attach(duck, [segment for segment, _ in archive.ledger.segments()])
        duck.table("looked_for", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in sorted(blobs)])
        rows = duck.run("SELECT DISTINCT volume FROM volumes SEMI JOIN looked_for USING (sha256)")
    return {volume for (volume,) in rows}


@contextmanager
def _duck(archive: Archive) -> Iterator[Duck]:
    """An engine of its own: the caller may have one in the middle of a job, whose spilled files a second one at the
    same place would take away."""
    duck = Duck(archive.folder / "search" / "spill-feed", _MEMORY, threads=archive.settings.workers)
    try:
        yield duck
    finally:
        duck.close()


def _manifest(archive: Archive, number: int) -> _Volumes:
    path = _folder(archive, number) / "manifest.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Volumes)
    except (FileNotFoundError, msgspec.MsgspecError) as error:
        raise IntegrityError(
            f"{path}: the manifest of an edition cannot be read ({error})",
            "restore the edition's folder from a mirror; `onrecord check` says what else is damaged",
        ) from None


def _folder(archive: Archive, number: int) -> Path:
    return archive.folder / "editions" / str(number)
