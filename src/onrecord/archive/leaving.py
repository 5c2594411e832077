# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the catalog may leave, laid out in DuckDB for the tables of a dataset: claims of files that leave, and of
sources whose terms allow it; the canonical view over those alone; nothing that a withdrawal hides."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from onrecord.archive.batch import FILE
from onrecord.archive.core import Archive
from onrecord.archive.parts import hold_back_parts
from onrecord.archive.targets import withdrawn_things
from onrecord.archive.withheld import CODE as WITHDRAWN
from onrecord.catalog.deciding import GIVEN
from onrecord.catalog.match import KINDS, prepare, view
from onrecord.engine.duck import Duck, sql_file
from onrecord.model.rights import PASSED_ON, Says
from onrecord.publish.dataset import Published, load_published

#: The license of what a file says about itself: that of the file, which the row of the file names.
AS_THE_FILE: Final = "as the file"


def lay_open(
    archive: Archive, duck: Duck, files: str, wanted: Callable[[str], bool] = lambda license: True
) -> None:
    """The canonical view over what may leave with some files (a query with `sha256`), from sources and parts whose
    license is `wanted`."""
    prepare(duck)
    duck.run(f"CREATE OR REPLACE TABLE leaving AS SELECT sha256 AS blob FROM ({files}) ORDER BY blob")
    duck.run(sql_file("onrecord.catalog", "own_words"))
    hold_back_parts(archive, duck, wanted)
    sources = archive.ledger.sources().items()
    speakers = [(name, license) for name, (license, free) in sources if free and wanted(license)]
    duck.table(
        "speakers", {"source": "VARCHAR", "license": "VARCHAR"}, [*sorted(speakers), (FILE, AS_THE_FILE)]
    )
    _name_verbatim(archive, duck, speakers)
    for kind, thing in KINDS.items():
        members = archive.canonical_rows(f"{thing}_members")
        duck.run(
            f"CREATE OR REPLACE TABLE {thing}_members AS SELECT m.*, n.node"
            f" FROM (SELECT * FROM ({members}) SEMI JOIN speakers USING (source)) m"
            f" JOIN {kind}_nodes n ON n.source = m.source AND n.id = m.source_id"
        )
    duck.run("DELETE FROM recording_members WHERE source = 'file' AND blob NOT IN (SELECT blob FROM leaving)")
    # A record that names the bytes of a file which stays here says so here alone.
    duck.run("UPDATE recording_members SET blob = '' WHERE blob NOT IN (SELECT blob FROM leaving)")
    _leave_tombstones(archive, duck)
    for kind in ("artist", "release"):
        # What a file says of its artist or release leaves with the file.
        duck.run(
            f"DELETE FROM {kind}_members WHERE source = 'file' AND source_id NOT IN (SELECT t.{kind}_id"
            " FROM track_nodes t JOIN leaving l ON l.blob = t.blob WHERE t.source = 'file')"
        )
    view(duck, overridden=wanted(GIVEN))


def load_files(archive: Archive, duck: Duck, published: Iterable[Published]) -> None:
    """The files of a dataset, and what is known of the rights in each, as far as it is passed on."""
    load_published(duck, published)
    evidence = (
        (sha256, identifier, logged, msgspec.json.encode(fact, order="sorted").decode())
        for (sha256,) in duck.rows("SELECT sha256 FROM published ORDER BY sha256")
        for identifier, (fact, logged) in archive.ledger.evidence(sha256).items()
        if fact.says in PASSED_ON and (fact.license or fact.says is not Says.LICENSE)
    )
    names = ("sha256", "evidence", "logged", "body")
    duck.table("published_evidence", dict.fromkeys(names, "VARCHAR"), evidence)


def _name_verbatim(archive: Archive, duck: Duck, speakers: Sequence[tuple[str, str]]) -> None:
    """Sources whose records leave as they are: a part that may not leave cannot be cut out of them, so the whole record
    stays here. What files came with (sidecars) is in the evidence as far as it may leave."""
    licenses = {source: {license: None} for source, license in speakers if license}
    for source, _, license, free in duck.run(
        "SELECT source, field, license, leaves FROM parts ORDER BY source, field"
    ):
        if source in licenses and free:
            licenses[source][license] = None
        elif not free:
            licenses.pop(source, None)
    rows = [(source, " AND ".join(listed)) for source, listed in sorted(licenses.items())]
    duck.table("verbatim_sources", {"source": "VARCHAR", "license": "VARCHAR"}, rows)


def _leave_tombstones(archive: Archive, duck: Duck) -> None:
    """Take out what withdrawals hide, whoever else speaks of it; of a recording its id stays, and those that lead to
    it, with day and rule."""
    things = withdrawn_things(archive, duck)
    for kind in KINDS.values():
        duck.run(
            f"DELETE FROM {kind}_members"
            f" WHERE {kind} IN (SELECT id FROM withdrawn_things WHERE kind = '{kind}')"
        )
    duck.table(
        "tombstones",
        {"recording": "VARCHAR", "day": "VARCHAR", "code": "VARCHAR"},
        [(identifier, day, WITHDRAWN) for kind, identifier, day in things if kind == "recording"],
    )
    duck.run(sql_file("onrecord.catalog", "leads"))
    duck.run(
        "INSERT INTO tombstones SELECT l.old, t.day, t.code FROM leads l JOIN tombstones t ON t.recording = l.new"
        " WHERE l.kind = 'track' AND l.old NOT IN (SELECT recording FROM tombstones)"
    )
