# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dataset of the newest edition taken out by license: claims and fields under the licenses that were asked for.

The canonical view is made anew from those claims, so no value in it comes from elsewhere. The gate is asked today: what
was withdrawn since the edition is not given out.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive.choosing import CHOSEN, choose
from onrecord.archive.core import Archive
from onrecord.archive.editions import read_manifest
from onrecord.archive.exporting.places import beside, check_target
from onrecord.archive.exporting.report import Form
from onrecord.archive.leaving import lay_open, load_files
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet
from onrecord.errors import IntegrityError, NotFound, UsageError
from onrecord.publish.credits import CREDITS_JSON, as_published, read_credits, write_credits
from onrecord.publish.dataset import SQLITE, Published, write_sqlite, write_tables
from onrecord.publish.describing import About, describe
from onrecord.publish.edition import Manifest, listing
from onrecord.rights.expressions import ways

#: What the tables of an edition are made from, as it is at the time.
_TOLD: Final = frozenset(
    {
        *("tracks", "releases", "artists", "works", "labels", "records"),
        *("decisions", "ids", "redirects", "splits"),
    }
)


class DatasetReport(Struct, frozen=True):
    """What was written to `folder`: rows by table. `left_out` are files of the edition under another license, or that
    may no longer be shared."""

    folder: str
    edition: int
    licenses: tuple[str, ...]
    rows: Mapping[str, int]
    files: int
    left_out: int


def export_dataset(archive: Archive, folder: Path, licenses: Sequence[str] = ()) -> DatasetReport:
    """Write tables, SQLite file, verbatim records, credits and descriptions to `folder`, which must be new or empty.

    Without `licenses` whatever the edition may hold today. Raises NotFound where there is no edition, UsageError for a
    license that is not known, or a folder that is not empty. A run that is killed leaves `folder` as it was.
    """
    numbers = [edition["number"] for edition in archive.ledger.editions()]
    if not numbers:
        raise NotFound("there is no edition to take the dataset of", "make one with `onrecord publish`")
    edition = archive.folder / "editions" / str(numbers[-1])
    if not (edition / "dataset" / "places.parquet").exists():
        raise NotFound(
            f"edition {numbers[-1]} has no table `places`: it is from before there was one",
            "make the next with `onrecord publish`",
        )
    if newer := _newer(archive):
        raise UsageError(
            f"the newest edition is {numbers[-1]}, and since then came: {', '.join(newer)}",
            "`onrecord publish` makes an edition with them; or `onrecord sql --out` writes tables as they are now",
        )
    wanted = wish(licenses)
    folder = folder.absolute()
    check_target(archive, folder, Form.PLAIN)
    with beside(folder) as part:
        building = part / "made"
        building.mkdir()
        report = _write(archive, read_manifest(archive, numbers[-1]), edition, building, wanted)
        building.replace(folder)
    return DatasetReport(str(folder), numbers[-1], tuple(licenses), *report)


def _newer(archive: Archive) -> list[str]:
    """The tables with rows that came after the newest edition and would be told as if they were of it."""
    made = archive.ledger.edition_seq()
    return sorted({segment.name for segment, seq in archive.ledger.segments() if seq > made} & _TOLD)


def wish(licenses: Sequence[str]) -> Callable[[str], bool]:
    """Is an expression met by these licenses? One way that it leaves open must need no other. UsageError where one of
    them is not known."""
    unknown = [license for license in licenses if not ways(license)]
    if unknown:
        raise UsageError(
            f"license {unknown[0][:80]!r}: expected an SPDX identifier",
            "such as CC0-1.0 or CC-BY-SA-4.0; https://spdx.org/licenses/ lists them",
        )
    asked = frozenset(name for license in licenses for way in ways(license) for name in way)
    return lambda expression: not licenses or any(way <= asked for way in ways(expression))


def _write(
    archive: Archive, manifest: Manifest, edition: Path, folder: Path, wanted: Callable[[str], bool]
) -> tuple[Mapping[str, int], int, int]:
    with archive.duck() as duck:
        left_out = _take(archive, duck, edition, wanted)
        lay_open(archive, duck, "FROM taken", wanted)
        load_files(archive, duck, _published(duck, edition))
        places = parquet(edition / "dataset" / "places.parquet")
        duck.run(
            "CREATE OR REPLACE TABLE places AS SELECT l.* REPLACE (p.recording AS recording)"
            f" FROM {places} l JOIN published p ON p.sha256 = l.sha256"
        )
        rows = write_tables(duck, folder / "dataset")
        write_sqlite(duck, folder / "dataset" / SQLITE)
        write_credits(folder, archive.id, manifest.name, manifest.number, _published(duck, edition))
    files = listing(folder)
    about = About(archive.id, manifest.name, manifest.number, manifest.day)
    digests = {name: sha256 for name, (sha256, _) in files.items()}
    for name, content in describe(about, folder, files, rows).items():
        (folder / name).write_bytes(content)
        digests[name] = hashlib.sha256(content).hexdigest()
    sums = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    return rows, rows["files"], left_out


def _take(archive: Archive, duck: Duck, edition: Path, wanted: Callable[[str], bool]) -> int:
    """The table `taken`: files of the edition (sha256, extension, license) that may be shared today under licenses that
    are wanted. Gives how many are left out."""
    choose(archive, duck, archive.today)
    licenses = [(name,) for (name,) in duck.run(f"SELECT DISTINCT license FROM ({CHOSEN})") if wanted(name)]
    duck.table("wanted", {"license": "VARCHAR"}, licenses)
    files = parquet(edition / "dataset" / "files.parquet")
    duck.run(
        f"CREATE OR REPLACE TABLE taken AS SELECT f.sha256, f.extension, c.license FROM {files} f"
        f" JOIN ({CHOSEN}) c USING (sha256) SEMI JOIN wanted w ON w.license = c.license"
    )
    [(left_out,)] = duck.run(f"SELECT (SELECT count(*) FROM {files}) - (SELECT count(*) FROM taken)")
    return int(left_out)


def _published(duck: Duck, edition: Path) -> Iterator[Published]:
    """The files that are taken, in the order of their digests, with the credits of the edition."""
    credits = read_credits(edition / CREDITS_JSON)
    for sha256, extension, license, recording in duck.rows(
        "SELECT t.sha256, t.extension, t.license, min(m.recording) FROM taken t"
        " JOIN recording_members m ON m.blob = t.sha256 AND m.source = 'file' GROUP BY ALL ORDER BY 1"
    ):
        known = next((item for item in credits if item.sha256 == sha256), None)
        if known is None:
            raise IntegrityError(
                f"{edition / CREDITS_JSON}: lists no file {sha256}, which the edition has",
                "`onrecord check` says what is damaged",
            )
        yield as_published(known, recording, known.volume, extension, license)
