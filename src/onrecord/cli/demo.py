# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord demo`: from a folder of files to a published, mirrored, checked archive with a page, on real music."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from onrecord.cli.demo_generated import Count, Made
from onrecord.cli.output import Output, length, options, size
from onrecord.errors import MirrorFailed, NotFound, UsageError

_MARKER = ".onrecord-demo"
#: The recipient of the demo's DDEX message: no such party exists.
_PARTY = "PADPIDA0000000000Y"


@click.command("demo")
@click.option("--into", type=click.Path(path_type=Path), default="demo-archive", show_default=True,
              help="Where to work; what an earlier demo left there is replaced.")  # fmt: skip
@click.option(
    "--collection", type=click.Path(path_type=Path, exists=True), help="Another folder of music to run on."
)
@click.option("--no-serve", is_flag=True, help="Stop when the mirror is checked, without serving the page.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the page; 0 takes a free one."
)
@click.option("--generate", type=Count(), metavar="TRACKS",
              help="Make up a catalog of this many tracks instead, such as 1e4 or 10e6, and match it.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, another catalog."
)
@options
def command(
    into: Path,
    collection: Path | None,
    no_serve: bool,
    port: int,
    generate: int | None,
    seed: int,
    folder: Path,
    out: Output,
) -> None:
    """Run the whole way: add, harvest, match, decide, publish, mirror, check, serve. Uses nothing from outside.

    With --generate the archive holds no music: claims are made up, by sources called `generated…`, for whoever wants to
    try a catalog of any size. The same number and seed give the same rows. What is the same thing in truth is written
    beside the archive, into `truth`, and the matcher is judged by it.

    \b
    Example:  onrecord demo --no-serve --json
    Example:  onrecord demo --no-serve --generate 1e4 --into made
    """
    if generate:
        if collection:
            raise UsageError("--generate makes claims without music, --collection names music", "choose one")
        made = Made(generate, seed, into.absolute(), out)
        _clear(made.into)
        summary = made.run()
        if no_serve:
            out.result("demo.generated", summary, lambda: made.text(summary))
        else:
            _serve(made.archive, "demo.generated", summary, lambda: made.text(summary), port, out)
        return
    demo = _Demo(into.absolute(), collection, out)
    demo.run()
    summary = demo.summary()
    if no_serve:
        out.result("demo", summary, lambda: _text(summary))
        return
    _serve(demo.archive, "demo", summary, lambda: _text(summary), port, out)


class _Demo:
    """One run: what was done when, and where."""

    def __init__(self, into: Path, collection: Path | None, out: Output) -> None:
        self._out = out
        self._seconds: dict[str, float] = {}
        self._into = into
        demo = _folder()
        self._own = collection is None
        self._collection = collection or demo / "collection"
        self._records = demo / "records"
        self.archive = into / "archive"
        self.mirror = into / "mirror"

    def run(self) -> None:
        _clear(self._into)
        os.environ["ONRECORD_KEYS"] = str(self._into / "keys")
        self._step("make an archive", self._init)
        self._step("add the music", self._add)
        if self._own:
            self._step("harvest the records", self._harvest)
        self._step("match", self._match)
        self._step("decide the rights", self._decide)
        self._step("publish edition 1", self._publish)
        self._step("mirror it in another process", self._mirror)
        self._step("check every byte of both", self._check)

    def summary(self) -> dict[str, Any]:
        """Everything but the timings is read from the two archives."""
        from onrecord.archive.reading import open_reader

        reader = open_reader(self.archive)
        editions = reader.editions()
        glance = msgspec.to_builtins(reader.glance())
        return {
            "archive": glance,
            "mirror": msgspec.to_builtins(open_reader(self.mirror).glance()),
            "rights": msgspec.to_builtins(list(reader.rights(1000))),
            "refused": msgspec.to_builtins(reader.refusals(1000)),
            "edition": msgspec.to_builtins(editions[0]) if editions else None,
            "again": glance["deposits"] - glance["blobs"],
            "seconds": {name: round(seconds, 2) for name, seconds in self._seconds.items()},
            "folder": str(self._into),
        }

    def _step(self, name: str, step: Callable[[], str]) -> None:
        begun = time.monotonic()
        said = step()
        self._seconds[name] = time.monotonic() - begun
        self._out.say(f"{len(self._seconds)}. {name:<30} {self._seconds[name]:6.1f} s   {said}")

    def _init(self) -> str:
        from onrecord.archive import Archive
        from onrecord.archive.settings import write_settings

        with Archive.create(self.archive, "The onrecord demo") as archive:
            settings: dict[str, dict[str, Any]] = {
                "archive": {"name": archive.settings.archive.name},
                "store": {"roots": ["blobs"]},
                "ddex": {"party_id": _PARTY},
            }
            write_settings(self.archive / "onrecord.toml", settings)
            return f"in {self.archive}"

    def _add(self) -> str:
        from onrecord.archive import Archive
        from onrecord.archive.add import add

        folders = [self._collection]
        if self._own:
            from onrecord.cli.demo_made import make_cases

            made = self._into / "made-cases"
            shared = self._collection / "supertuxkart-data/data/sfx/gnu_flute.ogg"
            piece = self._collection / "warzone2100-music/music/menu.opus"
            make_cases(made, piece, shared, "CC-BY-3.0", '2006 "kerri"')
            folders.append(made)
        with Archive.open(self.archive) as archive:
            report = add(archive, folders, held_as="deposit")
        kept = f"{report.new} files kept ({size(report.new_bytes)})"
        return f"{kept}, {report.again} held already, {len(report.refused)} refused"

    def _harvest(self) -> str:
        from onrecord.archive import Archive
        from onrecord.archive.harvest import harvest

        with Archive.open(self.archive) as archive:
            reports = [
                harvest(archive, source, self._records / name, filed_as=name, license="CC0-1.0")
                for source, name in (("musicbrainz-json", "ours-musicbrainz"), ("ddex-ern", "ours-ddex"))
            ]
            reports.append(harvest(archive, "musicbrainz-json", self._records / "recorded"))
        return "; ".join(f"{report.new} of {report.source}" for report in reports)

    def _match(self) -> str:
        from onrecord.archive import Archive
        from onrecord.archive.matching import rematch

        with Archive.open(self.archive) as archive:
            report = rematch(archive)
        return f"{report.recordings} recordings, {report.releases} releases, {report.artists} artists"

    def _decide(self) -> str:
        from onrecord.archive.reading import open_reader

        answers = list(open_reader(self.archive).rights(1000))
        for answer in answers:
            verdict = "share" if answer.allow else "no"
            why = answer.license if answer.allow else answer.sentence
            self._out.say(f"     {verdict:<5}  {answer.title[:40]:<40}  {answer.codes[0]}: {why}")
        return f"{sum(answer.allow for answer in answers)} may be shared, {sum(not a.allow for a in answers)} may not"

    def _publish(self) -> str:
        from onrecord.archive import Archive
        from onrecord.archive.publishing import publish

        with Archive.open(self.archive) as archive:
            report = publish(archive)
        made = f"{report.published} files, {size(report.bytes)}, {report.volumes} torrents"
        return f"{made}; stored sound opened: {report.sound_opened}"

    def _mirror(self) -> str:
        from onrecord.archive import Archive, seeding
        from onrecord.mirror.session import Session

        with Archive.open(self.archive) as archive, Session() as session:
            seeding.seed(archive, session)
            self._onrecord("init", str(self.mirror), "--name", "A mirror of the demo")
            feed = str(self.archive / "editions" / "feed" / "feed.json")
            self._onrecord("mirror", "follow", feed)
            report = self._onrecord("mirror", "sync", "--peer", f"127.0.0.1:{session.port}")["editions"][0]
        return f"{report['files']} files ({size(report['bytes'])}) came over BitTorrent and were verified"

    def _check(self) -> str:
        report = self._onrecord("check")
        from onrecord.archive import Archive
        from onrecord.archive.checking import check

        with Archive.open(self.archive) as archive:
            own = check(archive)
        bad = len(own.bad) + len(report["bad"])
        return f"{own.blobs} files here, {report['blobs']} at the mirror: {bad} damaged"

    def _onrecord(self, *arguments: str) -> dict[str, Any]:
        """Run a command of the mirror in a process of its own."""
        where = [] if arguments[0] == "init" else ["-C", str(self.mirror)]
        command = [sys.executable, "-m", "onrecord", *arguments, *where, "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            raise MirrorFailed(
                f"onrecord {' '.join(arguments)}: {done.stderr.decode(errors='replace').strip()}"
            )
        answer: dict[str, Any] = msgspec.json.decode(done.stdout)
        return answer


def _serve(
    archive: Path,
    schema: str,
    summary: dict[str, Any],
    lines: Callable[[], Iterator[str]],
    port: int,
    out: Output,
) -> None:
    from onrecord.archive.reading import open_reader
    from onrecord.web.serve import serve
    from onrecord.web.site import site_of

    def ready(address: str) -> None:
        def text() -> Iterator[str]:
            yield from lines()
            yield f"The page is at {address}  (stop with Ctrl-C)"

        out.result(schema, {**summary, "address": address}, text)

    serve(open_reader(archive), "127.0.0.1", port, ready, site=site_of(archive))


def _text(summary: dict[str, Any]) -> Iterator[str]:
    archive, mirror, edition = summary["archive"], summary["mirror"], summary["edition"]
    yield ""
    counts = ", ".join(f"{archive[kind]} {kind}" for kind in ("recordings", "releases", "artists"))
    yield f"{archive['name']}: {counts}"
    yield (
        f"  {archive['deposits']} files were brought in; {archive['blobs']} are kept ({size(archive['size'])}, "
        f"{length(archive['seconds'])} of sound), {summary['again']} held already under another name"
    )
    if edition:
        yield (
            f"  edition {edition['number']} of {edition['day']} holds {edition['files']} files "
            f"({size(edition['size'])}) in {len(edition['volumes'])} torrents"
        )
        for volume in edition["volumes"]:
            held = f"{volume['files']:>3} files {size(volume['size']):>9}"
            yield f"    {volume['license_class']:<22} {held}  {volume['info_hash_v2'][:16]}…"
    yield f"  refused: {len(summary['refused'])}"
    for item in summary["refused"]:
        yield f"    {item['title'][:44]:<44}  {item['codes'][0]}: {item['sentence']}"
    yield (
        f"  the mirror holds {mirror['blobs']} files ({size(mirror['size'])}), {mirror['recordings']} recordings; "
        f"damaged: {archive['bad']} here, {mirror['bad']} there"
    )
    yield f"  {sum(summary['seconds'].values()):.1f} s in all; everything is in {summary['folder']}"
    yield ""


def _clear(into: Path) -> None:
    """Make room for a new run. A folder that no demo made is never touched."""
    if into.exists() and any(into.iterdir()):
        if not (into / _MARKER).is_file():
            raise UsageError(
                f"{into}: expected an empty folder, or one that an earlier demo made",
                "name another with --into",
            )
        shutil.rmtree(into)
    into.mkdir(parents=True, exist_ok=True)
    (into / _MARKER).write_text("made by `onrecord demo`, which may replace this folder\n", encoding="utf-8")


def _folder() -> Path:
    """The demo's music and records: in an installed package, or in the checkout that it runs from."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "demo", package.parent.parent / "demo"):
        if (folder / "collection").is_dir():
            return folder
    raise NotFound("the demo's music is not here", "name a folder of your own with --collection")
