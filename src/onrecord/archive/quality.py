# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quality report of a source: how much it says, what is wrong or missing in it, and how it has changed.

Shown, never decided: nothing is taken out or put right because of it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from onrecord.archive.core import Archive
from onrecord.catalog.match import prepare
from onrecord.engine.duck import Duck, sql_file
from onrecord.errors import UsageError
from onrecord.ledger import Entry
from onrecord.model.records import ArtistClaim, ReleaseClaim, Terms, TrackClaim
from onrecord.sources.loading import load_sources
from onrecord.sources.seam import Source

#: What is looked for, in the order of the report: a code and its sentence.
FINDINGS: Final[Mapping[str, str]] = {
    "isrc-odd": "What stands where an ISRC belongs is none (ISO 3901).",
    "mbid-odd": "What stands where a MusicBrainz identifier belongs is none.",
    "barcode-odd": "What stands where a barcode belongs has the wrong length or check digit (GS1).",
    "isni-odd": "What stands where an ISNI belongs has the wrong length or check character (ISO 27729).",
    "iswc-odd": "What stands where an ISWC belongs has the wrong length or check digit (ISO 15707).",
    "ipi-odd": "What stands where an IPI name number belongs has the wrong length or check digits (CISAC).",
    "dpid-odd": "What stands where a DDEX party identifier belongs has the wrong form or check character.",
    "label-code-odd": "What stands where a label code belongs is none: LC and up to five digits.",
    "date-odd": "What stands where a date belongs is none: no such day, or not written as 2026-11-22.",
    "duration-odd": "What stands where a duration belongs is none.",
    "value-odd": "What stands in another field is not what the field holds.",
    "isrc-titles": "One ISRC stands on tracks with different titles.",
    "mbid-twice": "One MusicBrainz identifier stands on several artists or releases, or twice on one release.",
    "same-track": "Tracks agree in title, artist and length, and no code says that they are one recording.",
    "date-early": "A date lies before 1860, when no sound was recorded yet.",
    "date-late": "A date lies in the future.",
    "duration-none": "A duration is zero or negative.",
    "duration-short": "A track is shorter than a second.",
    "duration-long": "A track is longer than a day.",
    "track-untitled": "A track has no title.",
    "release-untitled": "A release has no title.",
    "artist-unnamed": "An artist has no name.",
}
#: Fields of claims that hold a code of the field.
IDENTIFIERS: Final = frozenset({"isrc", "mbid", "barcode", "isni"})
MOST_EXAMPLES: Final = 20
_CHARACTERS: Final = 500
_JOBS: Final = (
    "odd_values",
    "isrc_titles",
    "mbid_twice",
    "same_track",
    "dates",
    "durations",
    "unnamed",
)
_KINDS: Final[Mapping[str, type[Struct]]] = {
    "track": TrackClaim,
    "release": ReleaseClaim,
    "artist": ArtistClaim,
}
#: Kinds and fields in the order in which they are shown.
_PLACES: Final = {
    (kind, field.name): (place, number)
    for place, (kind, claim) in enumerate(_KINDS.items())
    for number, field in enumerate(structs.fields(claim))
}
#: A harvest commits every minute or sooner; whatever comes an hour later is another one.
_ONE_HARVEST: Final = dt.timedelta(hours=1)


class Totals(Struct, frozen=True):
    """How much a source says: records that stand, tombstones, and the claims of the records that stand."""

    records: int = 0
    tombstones: int = 0
    tracks: int = 0
    releases: int = 0
    artists: int = 0


class Filled(Struct, frozen=True):
    """Of the `claims` of a kind (`track`, `release`, `artist`), `filled` say something in this field."""

    kind: str
    field: str
    filled: int
    claims: int


class Example(Struct, frozen=True):
    """Ids of the claims, and what stands there, cut after 500 characters; text from outside."""

    claims: tuple[str, ...]
    said: str


class Finding(Struct, frozen=True):
    """Something wrong or doubtful, found `count` times; up to twenty examples, in the order of what they say."""

    code: str
    sentence: str
    count: int
    examples: tuple[Example, ...]


class Harvested(Struct, frozen=True):
    """One harvest: `place` is a file's or folder's name, or a question to a service; `records` stood after it.

    A record that came back after its tombstone counts as changed. `entry` is its first log entry. `whole` has the kinds
    of which all that there is was read; of the deleted records, `absent` were not in it any more.
    """

    place: str
    begun: str
    ended: str
    entry: int
    new: int = 0
    changed: int = 0
    deleted: int = 0
    rejected: int = 0
    records: int = 0
    whole: tuple[str, ...] = ()
    absent: int = 0


class Lacked(Struct, frozen=True):
    """What the newest full dump lacked of what was held: `count` records, the first twenty of them by name.

    `day` is the dump's own word for when it was made, "" where it does not say; `read` is when it was read.
    """

    place: str
    day: str
    read: str
    kinds: tuple[str, ...]
    count: int
    records: tuple[str, ...]


class Agreed(Struct, frozen=True):
    """The terms as the connector states them (None where none of this name is installed), the license under which the
    records were filed, and when the operator accepted which text ("" where that was not done)."""

    terms: Terms | None
    license: str
    redistribute: bool
    accepted: str
    text: str


class QualityReport(Struct, frozen=True):
    """One source on one day. `before` is how much it said before its last harvest, None where that was its first.

    `identifiers` and `fields` say how much is filled in; `harvests` are in order, the last one last. `lacked` is None
    where no full dump was read.
    """

    source: str
    day: dt.date
    totals: Totals
    before: Totals | None
    agreed: Agreed
    identifiers: tuple[Filled, ...]
    fields: tuple[Filled, ...]
    findings: tuple[Finding, ...]
    harvests: tuple[Harvested, ...]
    lacked: Lacked | None


def report_quality(archive: Archive, source: str = "") -> tuple[QualityReport, ...]:
    """The report of one source, or of every source that has said something here.

    Reads the claims and the whole log, and needs no match. UsageError names the sources that there are.
    """
    with archive.duck() as duck:
        there = _sources(archive, duck)
        if source and source not in there:
            raise UsageError(
                f"no source called {source!r} has said anything here",
                f"there are: {', '.join(there)}" if there else "nothing was added or harvested yet",
            )
        asked = [source] if source else there
        duck.table("asked", {"source": "VARCHAR"}, [(name,) for name in asked])
        duck.table("today", {"day": "DATE"}, [(archive.today,)])
        prepare(duck)
        duck.run(_sql("scope"))
        totals = _totals(duck, "counts")
        runs = _runs(archive, asked)
        harvests = _harvests(duck, runs)
        lacked = _lacked(duck, runs)
        before = _before(duck, harvests)
        filled = _filled(duck)
        findings = _findings(duck)
    connectors = load_sources().loaded
    return tuple(
        QualityReport(
            source=name,
            day=archive.today,
            totals=totals[name],
            before=before.get(name),
            agreed=_agreed(archive, name, connectors.get(name)),
            identifiers=tuple(it for it in filled.get(name, ()) if it.field in IDENTIFIERS),
            fields=tuple(it for it in filled.get(name, ()) if it.field not in IDENTIFIERS),
            findings=tuple(findings.get(name, ())),
            harvests=tuple(harvests[name]),
            lacked=lacked.get(name),
        )
        for name in asked
    )


def _sql(name: str) -> str:
    return sql_file("onrecord.catalog", f"quality_{name}")


def _sources(archive: Archive, duck: Duck) -> list[str]:
    said = " UNION ".join(
        f"SELECT source FROM {table}" for table in ("records", "tracks", "releases", "artists")
    )
    return sorted({str(name) for (name,) in duck.run(said)} | archive.ledger.sources().keys())


def _totals(duck: Duck, job: str) -> dict[str, Totals]:
    return {name: Totals(*counts) for name, *counts in duck.run(_sql(job))}


def _filled(duck: Duck) -> dict[str, list[Filled]]:
    found: dict[str, list[Filled]] = {}
    for name, kind, claims, field, filled in duck.run(_sql("fields")):
        found.setdefault(name, []).append(Filled(kind, field, filled, claims))
    return {name: sorted(listed, key=lambda it: _PLACES[it.kind, it.field]) for name, listed in found.items()}


def _findings(duck: Duck) -> dict[str, list[Finding]]:
    every = "\nUNION ALL\n".join(f"(\n{_sql(job)}\n)" for job in _JOBS)
    duck.run(
        "CREATE OR REPLACE TABLE found AS SELECT source, code, claims,"
        f" left(coalesce(said, ''), {_CHARACTERS}) AS said FROM ({every})"
    )
    counts: dict[tuple[str, str], int] = {}
    examples: dict[tuple[str, str], list[Example]] = {}
    for name, code, claims, said, count in duck.run(
        "SELECT *, count(*) OVER (PARTITION BY source, code) FROM found"
        f" QUALIFY row_number() OVER (PARTITION BY source, code ORDER BY said, claims) <= {MOST_EXAMPLES}"
        " ORDER BY source, code, said, claims"
    ):
        counts[name, code] = count
        examples.setdefault((name, code), []).append(Example(tuple(claims), said))
    order = list(FINDINGS)
    findings: dict[str, list[Finding]] = {}
    for name, code in sorted(counts, key=lambda key: order.index(key[1])):
        finding = Finding(code, FINDINGS[code], counts[name, code], tuple(examples[name, code]))
        findings.setdefault(name, []).append(finding)
    return findings


# How it has changed


def _runs(archive: Archive, asked: Sequence[str]) -> dict[str, list[list[Entry]]]:
    """The harvests of each source, each with its entries of the log."""
    runs: dict[str, list[list[Entry]]] = {name: [] for name in asked}
    for entry in archive.log.entries():
        if entry.event == "harvested" and entry.data["source"] in runs:
            known = runs[entry.data["source"]]
            if known and _goes_on(known[-1][-1], entry):
                known[-1].append(entry)
            else:
                known.append([entry])
    return runs


def _harvests(duck: Duck, runs: Mapping[str, Sequence[Sequence[Entry]]]) -> dict[str, list[Harvested]]:
    """What the entries of each harvest changed."""
    drift = {(name, seq): counts for name, seq, *counts in duck.run(_sql("drift"))}
    rejected: dict[int, int] = dict(
        duck.run("SELECT seq, count(*) FROM refusals WHERE code = 'record-rejected' GROUP BY seq")
    )
    found: dict[str, list[Harvested]] = {}
    for name, listed in runs.items():
        records = 0
        found[name] = []
        for run in listed:
            changes = [drift.get((name, entry.seq), (0, 0, 0, 0)) for entry in run]
            new, changed, deleted, more = (sum(column) for column in zip(*changes, strict=True))
            absent = sum(
                counts[2] for counts, entry in zip(changes, run, strict=True) if "whole" in entry.data
            )
            records += more
            found[name].append(
                Harvested(
                    place=_place(run[0].data["location"]),
                    begun=run[0].time,
                    ended=run[-1].time,
                    entry=run[0].seq,
                    new=new,
                    changed=changed,
                    deleted=deleted,
                    rejected=sum(rejected.get(entry.seq, 0) for entry in run),
                    records=records,
                    whole=_kinds(run),
                    absent=absent,
                )
            )
    return found


def _lacked(duck: Duck, runs: Mapping[str, Sequence[Sequence[Entry]]]) -> dict[str, Lacked]:
    newest = {
        name: full[-1] for name, listed in runs.items() if (full := [run for run in listed if _kinds(run)])
    }
    buried = [(name, entry.seq) for name, run in newest.items() for entry in run if "whole" in entry.data]
    duck.table("buried", {"source": "VARCHAR", "seq": "BIGINT"}, buried)
    counted = {name: (count, tuple(first)) for name, count, first in duck.run(_sql("lacked"))}
    found: dict[str, Lacked] = {}
    for name, run in newest.items():
        last = next(entry for entry in reversed(run) if "whole" in entry.data)
        count, records = counted.get(name, (0, ()))
        place, day = _place(last.data["location"]), last.data["whole"]["day"]
        found[name] = Lacked(place, day, last.time, _kinds(run), count, records)
    return found


def _kinds(run: Sequence[Entry]) -> tuple[str, ...]:
    """The kinds of which a harvest read all that there is."""
    return tuple(sorted({kind for entry in run for kind in entry.data.get("whole", {}).get("kinds", ())}))


def _goes_on(before: Entry, entry: Entry) -> bool:
    if before.data["location"] != entry.data["location"]:
        return False
    return dt.datetime.fromisoformat(entry.time) - dt.datetime.fromisoformat(before.time) < _ONE_HARVEST


def _place(location: str) -> str:
    """What was read, without the folders of this machine: a report may be shown to others."""
    if location.startswith("live:"):
        return location
    return location.rpartition("#")[0].rstrip("/").rpartition("/")[2]


def _before(duck: Duck, harvests: Mapping[str, Sequence[Harvested]]) -> dict[str, Totals]:
    """What each source said before its last harvest, where it had said something before."""
    last = [(name, listed[-1].entry - 1) for name, listed in harvests.items() if len(listed) > 1]
    duck.table("harvested_before", {"source": "VARCHAR", "seq": "BIGINT"}, last)
    return _totals(duck, "before")


def _agreed(archive: Archive, name: str, connector: type[Source] | None) -> Agreed:
    license, redistribute = archive.ledger.sources().get(name, ("", False))
    accepted, text = archive.ledger.accepted_terms(name) or ("", "")
    return Agreed(connector.terms if connector else None, license, redistribute, accepted, text)
