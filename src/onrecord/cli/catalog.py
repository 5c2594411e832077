# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog`"""

import base64
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli import catalog_deciding, catalog_diff, catalog_export, catalog_rebuild, catalog_register
from onrecord.cli.output import Output, inert, options

if TYPE_CHECKING:
    from onrecord.archive.quality import Agreed, Filled, Finding, QualityReport

_TEMPLATES = Path(__file__).parent / "templates"
_EXAMPLES = 3
_SAID = 160


@click.group("catalog")
def command() -> None:
    """Say what sources say and how well, decide where they differ, compare editions, take the tables out."""


@command.command("report")
@click.argument("source", default="")
@click.option("--all", "every", is_flag=True, help="Report on every source that has said something here.")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report as a page, with twenty examples of each finding.",
)
@options
def report(source: str, every: bool, page: Path | None, folder: Path, out: Output) -> None:
    """Say what is wrong, doubtful or missing in what SOURCE says, and how it has changed. `file` is what files say.

    Nothing is changed, and nothing is decided by it.

    \b
    Example:  onrecord catalog report musicbrainz-json --html report.html
    """
    if bool(source) == every:
        raise click.UsageError("name one source, or give --all")
    from onrecord.archive import Archive
    from onrecord.archive.quality import report_quality
    from onrecord.durable import replace

    with Archive.open(folder) as archive:
        reports = report_quality(archive, source)
        name = archive.settings.archive.name
    if page is not None:
        replace(page, as_page(name, reports).encode())
        out.say(f"wrote {page}")
    out.result("catalog.report", {"reports": reports}, lambda: _text(reports))


@command.command("record")
@click.argument("source")
@click.argument("record", metavar="KIND:ID")
@options
def record(source: str, record: str, folder: Path, out: Output) -> None:
    """Print a kept record of SOURCE as it came, byte for byte: its newest answer.

    When it came, its digest and its media type go to standard error. With --json all is one object; `payload` is then
    text, or base64 where `encoding` says so. A record that its source deleted prints nothing, and is said to be. On a
    terminal, characters that could command it are replaced.

    \b
    Example:  onrecord catalog record musicbrainz-json release:b84ee12a-09ef-421b-82de-0441a926375b
    """
    from msgspec import structs

    from onrecord.archive import Archive
    from onrecord.archive.reading_records import read_record

    with Archive.open(folder) as archive:
        kept = read_record(archive, source, record)
    if out.json:
        encoding, payload = _as_text(kept.payload)
        out.result(
            "catalog.record",
            structs.asdict(kept) | {"encoding": encoding, "payload": payload},
            lambda: iter(()),
        )
        return
    if kept.deleted:
        out.say(f"{source} {record}: its source deleted it; the archive learned so {kept.kept}")
        return
    of = f" (of {kept.version})" if kept.version else ""
    out.say(
        f"{source} {record}: kept {kept.kept}{of}, {kept.media_type}, {kept.size:,} bytes, SHA-256 {kept.sha256},"
        f" {kept.license or 'license by record'}"
    )
    if sys.stdout.isatty():
        for line in kept.payload.decode("utf-8", "replace").splitlines():
            click.echo(inert(line))
    else:
        click.echo(kept.payload, nl=False)


def _as_text(payload: bytes) -> tuple[str, str]:
    try:
        return "utf-8", payload.decode()
    except UnicodeDecodeError:
        return "base64", base64.b64encode(payload).decode()


def as_page(archive_name: str, reports: "Sequence[QualityReport]") -> str:
    """One page that stands for itself: no script, nothing from elsewhere, text from outside inert."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from onrecord.web.text import clip, number, plain

    def inert(value: object) -> object:
        return clip(value) if type(value) is str else value

    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"number": number, "plain": plain, "share": _share, "named": _named}
    return templates.get_template("quality.html").render(archive_name=archive_name, reports=reports)


def _text(reports: "Sequence[QualityReport]") -> Iterator[str]:
    for place, it in enumerate(reports):
        if place:
            yield ""
        yield from _of_source(it)


def _of_source(it: "QualityReport") -> Iterator[str]:
    now = it.totals
    yield (
        f"{it.source} on {it.day}: {now.tracks:,} tracks, {now.releases:,} releases, {now.artists:,} artists"
        f" in {now.records:,} records; {now.tombstones:,} tombstones"
    )
    yield f"  terms: {_terms(it.agreed)}"
    yield from _drift(it)
    if it.identifiers:
        listed = (f"{_named(one)} {_share(one)} of {one.claims:,}" for one in it.identifiers)
        yield f"  identifiers: {', '.join(listed)}"
    lacking = [f"{_named(one)} {one.claims - one.filled:,}" for one in it.fields if one.filled < one.claims]
    if lacking:
        yield f"  not said: {', '.join(lacking)}"
    for finding in it.findings:
        yield from _found(finding)
    if not it.findings:
        yield "  nothing wrong or doubtful was found"


def _terms(agreed: "Agreed") -> str:
    stated = agreed.terms
    parts = [f"{stated.state}; {stated.summary.rstrip('.')}" if stated else "none are stated"]
    parts += [f"accepted {agreed.accepted[:10]} (text {agreed.text[:16]}…)"] if agreed.accepted else []
    parts += [f"records filed under {agreed.license}"] if agreed.license else []
    return "; ".join(parts)


def _drift(it: "QualityReport") -> Iterator[str]:
    if not it.harvests:
        return
    last = it.harvests[-1]
    yield (
        f"  last harvest {last.begun[:10]} ({last.place}): {last.new:,} new, {last.changed:,} changed,"
        f" {last.deleted:,} deleted, {last.rejected:,} rejected"
    )
    if it.before is not None:
        kinds = ("records", "tracks", "releases", "artists")
        pairs = (f"{getattr(it.before, kind):,} -> {getattr(it.totals, kind):,} {kind}" for kind in kinds)
        yield f"    before and now: {', '.join(pairs)}"
    if full := it.lacked:
        named = f": {', '.join(full.records[:_EXAMPLES])}" if full.records else ""
        day = full.day or full.read[:10]
        yield f"  newest full dump {day} ({full.place}): lacked {full.count:,} of what was held{named}"


def _found(finding: "Finding") -> Iterator[str]:
    yield f"  {finding.code} ({finding.count:,}): {finding.sentence}"
    for example in finding.examples[:_EXAMPLES]:
        more = f" and {len(example.claims) - 2:,} more" if len(example.claims) > 2 else ""
        yield f"    {example.said[:_SAID] or '-'}  [{', '.join(example.claims[:2])}{more}]"


def _share(one: "Filled") -> str:
    """How much is filled in, never rounded up to all or down to nothing."""
    if one.filled in (0, one.claims):
        return "100 %" if one.filled else "0 %"
    return f"{min(max(100 * one.filled / one.claims, 0.1), 99.9):.1f} %"


def _named(one: "Filled") -> str:
    words = {"isrc": "ISRC", "mbid": "MBID", "isni": "ISNI", "duration_ms": "duration"}
    return f"{one.kind} {words.get(one.field, one.field.replace('_', ' '))}"


command.add_command(catalog_deciding.override)
command.add_command(catalog_deciding.conflicts)
command.add_command(catalog_diff.diff)
command.add_command(catalog_export.export)
command.add_command(catalog_rebuild.rebuild)
command.add_command(catalog_register.register)
