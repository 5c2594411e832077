# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One export, from the query to the rename that puts it in place."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.exporting.objects import Objects
from onrecord.archive.exporting.places import beside, check_target
from onrecord.archive.exporting.report import ExportReport, Form
from onrecord.archive.exporting.tree import Tree
from onrecord.archive.exporting.wanted import find, groups
from onrecord.archive.exporting.writer import Writer
from onrecord.archive.reading import Reader
from onrecord.durable import sync
from onrecord.model.rights import Use
from onrecord.store import Disk


def export(
    archive: Archive,
    query: str | None,
    target: Path,
    form: Form,
    use: Use = Use.KEEP,
    progress: Callable[[int, int], None] = lambda files, size: None,
) -> ExportReport:
    """Give out what the query finds, as far as the gate allows this use today.

    The query is an id, a digest, a deposited name or words to search for; None is everything. A digest and a name stand
    for their one file, in OCFL for its recording, which is the object. All is written beside `target` and put there by
    one rename; an OCFL root that is there already is added to, an object at a time.
    Raises NotFound; UsageError where `target` cannot be written to; StoreFull; ArchiveLocked.
    """
    target = target.absolute().resolve()
    check_target(archive, target, form)
    reader = Reader(archive.folder)
    report = ExportReport(form, str(target), use)
    wanted = find(archive, reader, query, report)
    with beside(target) as part:
        made = part / "made"
        writer = _writer(archive, report, target, part, made)
        with ExitStack() as open_files:
            writer.open(open_files)
            for group in groups(archive, reader, wanted, report):
                writer.write(group)
                progress(report.files + report.held, report.bytes)
            writer.close()
        if made.exists() and report.files:
            Disk("export", made).sync()
            target.parent.mkdir(parents=True, exist_ok=True)
            made.rename(target)
            sync(target.parent)
    return report


def _writer(archive: Archive, report: ExportReport, target: Path, part: Path, made: Path) -> Writer:
    if report.form is not Form.OCFL:
        return Tree(archive, report, made)
    added_to = target if target.is_dir() and any(target.iterdir()) else None
    return Objects(archive, report, part, added_to or made, is_new=added_to is None)
