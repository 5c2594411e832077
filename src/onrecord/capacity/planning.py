# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an archive of some size needs: disks, memory, hours, network, shards, volumes; each line says how it came.

Costs are taken to grow with the size, as the benchmarks show for the sizes that they ran. Machines share work evenly.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from onrecord.archive.seed_sessions import FILES_A_SHARD
from onrecord.capacity.assumptions import Assumptions
from onrecord.capacity.figures import Figure, figures
from onrecord.publish.volume import MAX_BYTES

_HOUR: Final = 3600.0
#: Parts of a catalog on disk, by their figures.
_CATALOG: Final = {
    "claims": "claims_bytes_a_track",
    "canonical tables": "canonical_bytes_a_track",
    "pages": "pages_bytes_a_track",
    "identifiers": "identifiers_bytes_a_track",
    "text index": "text_bytes_a_document",
    "/ws/2": "ws2_bytes_a_track",
}


class Size(Struct, frozen=True, forbid_unknown_fields=True):
    """What is planned for: tracks of metadata, files and bytes of sound, mirrors of all of it, plays to be paid for."""

    tracks: float = 0
    files: float = 0
    bytes: float = 0
    mirrors: float = 0
    plays: float = 0


class Line(Struct, frozen=True):
    """`amount` in `unit` ("bytes", "hours", or what is counted); `how` is the sum that gave it, `figures` the
    measured figures in it."""

    part: str
    name: str
    amount: float
    unit: str
    how: str
    figures: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    size: Size
    lines: tuple[Line, ...]
    assumed: Assumptions
    measured: tuple[Figure, ...]


def plan(size: Size, assumed: Assumptions) -> Plan:
    known = figures()
    volumes = _volumes(size, known)
    disk, memory = list(_disk(size, assumed, known)), list(_memory(size, assumed, known, volumes.amount))
    machines = list(_machines(disk, memory, assumed))
    disks, count = (int(line.amount) for line in machines if line.name in ("disks", "machines"))
    lines = [*disk, *memory, *machines, *_hours(size, assumed, known, disks, count), *_network(size, assumed)]
    lines += [volumes, _shards(size)]
    lines = [line for line in lines if line.amount]
    used = dict.fromkeys(name for line in lines for name in line.figures)
    return Plan(size, tuple(lines), assumed, tuple(known[name] for name in used))


def _disk(size: Size, assumed: Assumptions, known: Mapping[str, Figure]) -> Iterator[Line]:
    sound = size.bytes * assumed.copies
    yield Line("disk", "sound", sound, "bytes", f"bytes of sound x {assumed.copies:g} copies")
    yield Line(
        "disk", "access copies", size.bytes * assumed.access, "bytes", f"bytes of sound x {assumed.access:g}"
    )
    for name, figure in (
        ("torrents", "metainfo_bytes_a_file"),
        ("papers of the volumes", "paper_bytes_a_file"),
        ("fingerprints", "fingerprint_bytes_a_sound"),
    ):
        yield _each("disk", name, size.files, "files", known[figure])
    for name, figure in _CATALOG.items():
        yield _each("disk", name, size.tracks, "tracks", known[figure])
    yield _each("disk", "room while matching", size.tracks, "tracks", known["spill_bytes_a_track"])
    yield _each("disk", "plays", size.plays, "plays", known["bytes_a_play"])


def _memory(size: Size, assumed: Assumptions, known: Mapping[str, Figure], volumes: float) -> Iterator[Line]:
    """Jobs keep to what `[work] memory` allows and put the rest on the disk, so that theirs does not grow for ever."""
    yield Line(
        *("memory", "seeding", size.files * assumed.seeding_file + volumes * assumed.seeding_volume, "bytes"),
        f"files x {assumed.seeding_file:g} + volumes x {assumed.seeding_volume:g}",
    )
    for name, figure, of in (
        ("making volumes", "assembly_memory", size.files),
        ("paying out", "payout_memory", size.plays),
    ):
        if of:
            how = "the most that was seen, at the size that was measured"
            yield Line("memory", name, known[figure].value, "bytes", how, (figure,))
    figure = "matching_memory_a_track"
    matching = min(size.tracks * known[figure].value, assumed.job_memory)
    how = f"tracks x {known[figure].value:,.0f} bytes, {_bytes(assumed.job_memory)} at most"
    yield Line("memory", "matching", matching, "bytes", how, (figure,))


def _machines(disk: list[Line], memory: list[Line], assumed: Assumptions) -> Iterator[Line]:
    total = math.fsum(line.amount for line in disk)
    disks = math.ceil(total / (assumed.disk * assumed.fill))
    seeding, *jobs = (line.amount for line in memory)
    held = seeding + max(jobs, default=0)
    yield Line("machines", "on disk in all", total, "bytes", "the lines of disk")
    yield Line(
        "machines", "disks", disks, "disks", f"all / ({_bytes(assumed.disk)} x {assumed.fill:g} filled)"
    )
    yield Line("machines", "in memory at once", held, "bytes", "seeding + the largest job")
    by_disks, by_memory = math.ceil(disks / assumed.disks), math.ceil(held / assumed.memory)
    yield Line(
        *("machines", "machines", max(by_disks, by_memory, 1), "machines"),
        f"disks / {assumed.disks:g}, or memory / {_bytes(assumed.memory)} where that is more",
    )


def _hours(
    size: Size, assumed: Assumptions, known: Mapping[str, Figure], disks: int, machines: int
) -> Iterator[Line]:
    """Work on files is shared by all machines; tables are one machine's work, or one core's."""
    cores = assumed.cores * assumed.scaling
    for name, figure in (
        ("adding all sound", "adding_bytes_a_cpu_s"),
        ("reading it all again", "digesting_bytes_a_cpu_s"),
    ):
        rate = known[figure].value * cores * machines
        limit, what = min((rate, "cores"), (disks * assumed.disk_rate, "disks"))
        yield _hour(
            name, size.bytes, limit, f"bytes / {_bytes(limit)} a second, which the {what} allow", figure
        )
    for name, of, count, figure in (
        ("asking the rights gate", "files", size.files, "gated_files_a_s"),
        ("making volumes", "files", size.files, "assembled_files_a_cpu_s"),
        ("making the text index", "tracks", size.tracks, "indexed_documents_a_cpu_s"),
        # DuckDB's part uses every core, what follows it one: together hardly more than one was seen at work.
        ("matching", "tracks", size.tracks, "matched_tracks_a_cpu_s"),
    ):
        rate = known[figure].value
        yield _hour(name, count, rate, f"{of} / {rate:,.0f} a second, on one core", figure)
    figure = "paid_plays_a_cpu_s"
    rate = known[figure].value * cores
    how = f"plays / {rate:,.0f} a second, on the cores of one machine"
    yield _hour("paying out", size.plays, rate, how, figure)


def _network(size: Size, assumed: Assumptions) -> Iterator[Line]:
    """The least time is that of a fluid in which each passes on what it has (Kumar and Ross, "Peer-assisted file
    distribution: the minimum distribution time", 2006)."""
    mirrors = math.ceil(size.mirrors)
    if not mirrors:
        return
    yield Line(
        "network", "moved in all", size.bytes * mirrors, "bytes", f"bytes of sound x {mirrors:,} mirrors"
    )
    together = mirrors * size.bytes / (assumed.line + mirrors * assumed.mirror_line)
    bounds = {
        "the archive's line": size.bytes / assumed.line,
        "a mirror's line": size.bytes / assumed.mirror_line,
        "all lines together": together,
    }
    slowest = max(bounds, key=lambda name: bounds[name])
    yield Line(
        "network", "until each mirror has all", bounds[slowest] / _HOUR, "hours", f"at the least: {slowest}"
    )
    alone = mirrors * size.bytes / assumed.line / _HOUR
    yield Line("network", "the same without a swarm", alone, "hours", "all of it over the archive's line")


def _volumes(size: Size, known: Mapping[str, Figure]) -> Line:
    files = known["files_a_volume"].value
    count = math.ceil(max(size.files / files, size.bytes / MAX_BYTES))
    how = f"files / {files:,.0f}, or bytes / {_bytes(MAX_BYTES)} where that is more"
    return Line("edition", "volumes", count, "volumes", how, ("files_a_volume",))


def _shards(size: Size) -> Line:
    how = f"files / {FILES_A_SHARD:,} a process that seeds"
    return Line("edition", "shards", math.ceil(size.files / FILES_A_SHARD), "processes", how)


def _each(part: str, name: str, count: float, of: str, figure: Figure) -> Line:
    return Line(part, name, count * figure.value, "bytes", f"{of} x {figure.value:,.4g}", (figure.name,))


def _hour(name: str, amount: float, rate: float, how: str, figure: str) -> Line:
    return Line("hours", name, amount / rate / _HOUR, "hours", how, (figure,))


def _bytes(count: float) -> str:
    """Short, for a sum."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:,.4g} {unit}"
        count /= 1000
    raise AssertionError("unreachable")
