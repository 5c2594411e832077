# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate against labels: may a piece be shared, worldwide and without end?

Two readers (language models, each alone, before the program ran on the sets and without seeing its code) labelled every
piece `yes`, `no` or `person`; tests/data/rights_labels says how. A piece counts as one that a careful person would
refuse where both say so. Where they differ the answer is counted apart. The evidence is what the archive's own readers
make of the documents, tags and records.
"""

import csv
import datetime as dt
import re
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, Final

from onrecord.errors import RecordRejected
from onrecord.model.rights import Decision, Evidence, Use
from onrecord.model.sound import Tags
from onrecord.rights import decide
from onrecord.sources.loading import load_sources
from onrecord.sources.sidecars import Sidecars, tag_evidence

ROOT: Final = Path(__file__).resolve().parent.parent
LABELS: Final = ROOT / "tests" / "data" / "rights_labels"
DATA: Final = ROOT.parent / "shared" / "data"
DAY: Final = dt.date(2026, 11, 28)
#: Where Debian installs the tree that a copyright file speaks of; the others get it at the top.
BASES: Final = {
    "hedgewars-data": "usr/share/games/hedgewars",
    "hyperrogue-music": "usr/share/hyperrogue",
    "lugaru-data": "usr/share/games/lugaru",
    "supertuxkart-data": "usr/share/games/supertuxkart",
    "warzone2100-music": "usr/share/games/warzone2100/music",
}
SETS: Final = ("debian-music", "openverse-audio", "jamendolyrics", "ddex")
Said = dict[str, list[Evidence]]


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    """`rounds` and `size` have no meaning here: every piece is asked once."""
    with tempfile.TemporaryDirectory(prefix="rights-labels-", dir=folder) as scratch:
        found = {name: _measured(name, Path(scratch)) for name in SETS if (DATA / name).is_dir()}
    return {
        "sets": found,
        "allowed_that_a_careful_person_would_refuse": sum(one["wrongly_allowed"] for one in found.values()),
        "of_what_may_be_shared_allowed": {
            name: round(one["rightly_allowed"] / one["both_yes"], 3)
            for name, one in found.items()
            if one["both_yes"]
        },
        "wanted": "no piece allowed that a careful person would refuse; 0.9 of what may be shared allowed",
    }


def decided(name: str, scratch: Path) -> dict[str, Decision]:
    """The gate's answer on every labelled piece of a set, by the piece's name in the labels."""
    said: Said = {"debian-music": debian, "ddex": ddex}.get(name, _records)(scratch, name)
    return {piece: decide(facts, Use.SHARE, "Worldwide", DAY) for piece, facts in said.items()}


def labels(reader: str, name: str) -> dict[str, str]:
    with (LABELS / f"reader-{reader}" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["piece"]: row["label"] for row in csv.DictReader(file)}


def _measured(name: str, scratch: Path) -> dict[str, Any]:
    first, second = labels("a", name), labels("b", name)
    answers = decided(name, scratch)
    nobody = Decision(Use.SHARE, False, ("no-record",), ())
    table: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    for piece, label in first.items():
        both = label if label == second[piece] else "differ"
        answer = answers.get(piece, nobody)
        said = "allow" if answer.allow else "person" if answer.review else "deny"
        table[f"{both}/{said}"] += 1
        kinds[answer.codes[0]][both] += 1
        if answer.allow and both in ("no", "person"):
            wrong.append(piece)
    return {
        "pieces": len(first),
        "without_a_record": sum(piece not in answers for piece in first),
        "both_yes": sum(label == second[piece] == "yes" for piece, label in first.items()),
        "rightly_allowed": table["yes/allow"],
        "wrongly_allowed": len(wrong),
        "wrong": wrong,
        "label/answer": dict(sorted(table.items())),
        "by_rule": {code: dict(sorted(counts.items())) for code, counts in sorted(kinds.items())},
    }


def debian(scratch: Path, name: str) -> Said:
    """As they lie in the packages, with the copyright files beside them; tags as the set's table has them."""
    rows = list(_table(DATA / name / "tracks.tsv", "\t"))
    for row in rows:
        path = scratch / row["package"] / row["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    packages = sorted({row["package"] for row in rows})
    for package in packages:
        place = scratch / package / BASES.get(package, "") / "copyright"
        shutil.copyfile(DATA / name / "copyright" / f"{package}.copyright", place)
    beside = DATA / name / "sidecar"
    albums = scratch / "warzone2100-music" / BASES["warzone2100-music"] / "albums"
    _copy((beside / "warzone2100-music").glob("*/*"), lambda path: albums / path.parent.name / path.name)
    karts = scratch / "supertuxkart-data" / BASES["supertuxkart-data"] / "data"
    _copy(
        (beside / "supertuxkart-data").rglob("*.music"),
        lambda path: karts / path.relative_to(beside / "supertuxkart-data"),
    )
    sidecars = {package: Sidecars.scan(scratch / package) for package in packages}
    return {
        row["path"]: [
            *sidecars[row["package"]].evidence(PurePosixPath(row["path"])),
            *tag_evidence(_tags(row)),
        ]
        for row in rows
    }


def ddex(scratch: Path, name: str) -> Said:
    """Each message as if it were for us. The best that is said of any of its recordings stands for all of them."""
    messages: dict[str, list[list[Evidence]]] = {}
    for path in sorted((DATA / name).rglob("*.xml")):
        recipient = re.search(
            r"<MessageRecipient>\s*<PartyId[^>]*>\s*([^<\s]+)", path.read_text("utf-8", "replace")
        )
        settings = {"party_id": recipient[1]} if recipient else {}
        messages[path.relative_to(DATA / name).as_posix()] = list(
            _harvested("ddex-ern", path, settings).values()
        )
    best = {
        message: min(said, key=lambda facts: not decide(facts, Use.SHARE, "Worldwide", DAY).allow, default=[])
        for message, said in messages.items()
    }
    pieces = labels("a", name)
    return {piece: best[message] for piece in pieces if best.get(message := piece.rpartition("#")[0])}


def _records(scratch: Path, name: str) -> Said:
    if name == "openverse-audio":
        return {
            track.rpartition(":")[2]: facts
            for track, facts in _harvested("openverse", DATA / name, {}).items()
        }
    mapping = scratch / "jamendolyrics.toml"
    mapping.write_text(
        'id = "Filepath"\n[track]\ntitle = "Title"\nartist = "Artist"\n'
        '[license]\ntext = "LicenseType"\nholder = "Artist"\n'
    )
    return _harvested("table", DATA / name / "JamendoLyrics.csv", {"mapping": str(mapping)})


def _harvested(source: str, location: Path, settings: dict[str, str]) -> Said:
    """What a connector says of each track; nothing of what it rejects."""
    connector = load_sources().loaded[source](location, settings)
    said: Said = defaultdict(list)
    for page in connector.pages():
        for record in page.records:
            with suppress(RecordRejected):
                claims = connector.claims(record)
                for claim in claims.tracks:
                    said[claim.id] += []
                for track, fact in claims.evidence:
                    said[track].append(fact)
    return said


def _tags(row: dict[str, str]) -> Tags:
    words = row["tag_licence"]
    notice = "(C)" in words or "©" in words
    return Tags(
        artist=row["tag_artist"],
        copyright=words if notice else "",
        licenses=(words,) if words and not notice else (),
    )


def _table(path: Path, delimiter: str) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def _copy(paths: Iterable[Path], place: Callable[[Path], Path]) -> None:
    for path in paths:
        target = place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
