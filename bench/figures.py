# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the figures that `onrecord plan` counts with from the newest record of each benchmark; with `--check` it only
says whether they are what the records say. Run it whenever a record is added."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from onrecord.capacity.figures import Figure

ROOT: Final = Path(__file__).resolve().parent.parent
RECORDS: Final = ROOT / "bench" / "records"
WRITTEN: Final = ROOT / "src" / "onrecord" / "capacity" / "figures.json"


def _largest(sizes: dict[str, Any]) -> Any:
    return sizes[max(sizes, key=_count)]


def _count(name: str) -> int:
    return int(name.split()[0].replace(",", ""))


def _tracks(record: dict[str, Any]) -> int:
    return max(_count(name) for name in record["sizes"])


def _of_a_track(item: str, record: Any) -> float:
    return float(_largest(record["sizes"])["items"]["bytes_a_track"][item])


#: Name, the record that it is taken from, unit, what was counted, and the place in the record.
FIGURES: Final[Sequence[tuple[str, str, str, str, Callable[[Any], float]]]] = (
    (
        *("adding_bytes_a_cpu_s", "store", "bytes a CPU second"),
        "sound added: read, digested, decoded, measured, written",
        lambda it: it["add"]["mb_per_cpu_s"] * 1e6,
    ),
    (
        *("digesting_bytes_a_cpu_s", "store", "bytes a CPU second"),
        "sound read with every digest that it needs",
        lambda it: it["digests"]["ours"]["median"] * 1e6,
    ),
    (
        *("fingerprint_bytes_a_sound", "sound-index", "bytes"),
        "the fingerprint index, at its largest size",
        lambda it: sum(_largest(it["sizes"])["bytes_a_sound"].values()),
    ),
    (
        *("metainfo_bytes_a_file", "editions-bulk", "bytes"),
        "torrents of 86 million files",
        lambda it: it["metainfo_bytes_a_file"],
    ),
    (
        *("paper_bytes_a_file", "editions-bulk", "bytes"),
        "tag files beside them",
        lambda it: it["tag_files"] / it["files"],
    ),
    (
        *("files_a_volume", "editions-bulk", "files"),
        "of 86 million in volumes as large as they may be",
        lambda it: it["files"] / it["volumes"],
    ),
    (
        *("assembled_files_a_cpu_s", "editions-bulk", "files a CPU second"),
        "cut into volumes, named, made torrents",
        lambda it: it["files_a_cpu_s"],
    ),
    (
        *("assembly_memory", "editions-bulk", "bytes"),
        "the most memory while making 86 million files into volumes",
        lambda it: it["peak_memory"],
    ),
    (
        *("gated_files_a_s", "rights-bulk-10m", "files a second"),
        "may it be shared, and adapted, for each of 10 million",
        lambda it: it["bulk_pieces_s"]["median"],
    ),
    (
        *("indexed_documents_a_cpu_s", "search-speed", "documents a CPU second"),
        "titles folded and indexed, at the largest size",
        lambda it: it["steps"][-1]["build"]["documents_per_cpu_s"],
    ),
    (
        *("text_bytes_a_document", "search-speed", "bytes"),
        "the text index, at the largest size",
        lambda it: it["steps"][-1]["build"]["bytes_per_document"],
    ),
    (
        *("paid_plays_a_cpu_s", "royalties-models-1g", "plays a CPU second"),
        "a billion plays split and paid out by the whole command",
        lambda it: it["ways"]["command"]["plays_per_cpu_s"]["median"],
    ),
    (
        *("payout_memory", "royalties-models-1g", "bytes"),
        "the most memory of that command",
        lambda it: it["ways"]["command"]["peak_memory_bytes"],
    ),
    (
        *("bytes_a_play", "royalties-models-1g", "bytes"),
        "a play in its file",
        lambda it: it["file_bytes"] / it["plays"],
    ),
    *(
        (
            *(f"{name}_bytes_a_track", "catalog-size", "bytes"),
            f"{what} of a made catalog, at the largest size",
            partial(_of_a_track, item),
        )
        for name, item, what in (
            ("claims", "claims", "claims"),
            ("canonical", "canonical_tables", "canonical tables"),
            ("pages", "pages", "what pages show"),
            ("identifiers", "identifiers", "the index of identifiers"),
            ("ws2", "ws2", "what `/ws/2` reads besides"),
            ("spill", "spill", "the most that lay beside while matching"),
        )
    ),
    (
        *("matched_tracks_a_cpu_s", "catalog-size", "tracks a CPU second"),
        "matched, with pages and indexes, at the largest size",
        lambda it: _tracks(it) / _largest(it["sizes"])["match"]["cpu_s"],
    ),
    (
        *("matching_memory_a_track", "catalog-size", "bytes"),
        "the most memory while matching, at the largest size",
        lambda it: _largest(it["sizes"])["match"]["peak_memory_bytes"] / _tracks(it),
    ),
)


def main(arguments: Sequence[str]) -> int:
    if list(arguments) not in ([], ["--check"]):
        print("python bench/figures.py [--check]", file=sys.stderr)
        return 2
    made = written()
    if not arguments:
        WRITTEN.write_bytes(made)
    elif WRITTEN.read_bytes() != made:
        print(f"{WRITTEN.relative_to(ROOT)} is out of date; run `python bench/figures.py`", file=sys.stderr)
        return 1
    return 0


def written() -> bytes:
    """The file as the records say it."""
    figures = []
    for name, record, unit, what, take in FIGURES:
        # The newest one of a whole run; of a day the last by its name.
        path, said = max(
            (
                (path, said)
                for path in RECORDS.glob(f"{record}-*.json")
                if "partial" not in (said := _read(path))
            ),
            key=lambda found: (found[0].stem[-len("2026-11-28") :], found[0].name),
        )
        figures.append(
            Figure(
                *(name, float(f"{take(said):.6g}"), unit, what),
                *(path.name, said["machine"]["cpu"], said["load_before"], said["proven"]),
            )
        )
    return msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
