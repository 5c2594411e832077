# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edition will hold: every whole blob is asked about, one of each sound is chosen, the rest has a reason."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from onrecord.archive.core import Archive
from onrecord.archive.judging import publishable_blobs
from onrecord.catalog.match import SAME, label
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import parquet, quoted
from onrecord.model.rights import Rule

#: Reasons of the publisher's own, beside those of the rights gate.
SAME_SOUND = Rule(
    code="P-SAME-SOUND",
    sentence="Another file of the same sound is published: of each sound an edition holds the best file once.",
    clause="docs/decisions/0005-one-file-a-sound.md",
    allows=False,
)
DAMAGED = Rule(
    code="P-DAMAGED",
    sentence="The last check found that the stored bytes are not what their digest says.",
    clause="docs/format.md, clause 2.5",
    allows=False,
)
NOT_LOOKED_INTO = Rule(
    code="P-NOT-LOOKED-INTO",
    sentence="It is held on the word of another archive's edition, and was not read and decoded here yet.",
    clause="docs/decisions/0012-kept-on-a-signed-word-looked-into-afterwards.md",
    allows=False,
)

#: The query of what is chosen, after `choose`.
CHOSEN: Final = "SELECT sha256, license FROM choices WHERE chosen"


def choose(archive: Archive, duck: Duck, day: dt.date) -> None:
    """Leaves the table `choices`, one row a blob: sha256, chosen, code (the first reason, of the gate or of the
    publisher), license ("" where it is not chosen)."""
    columns = {"sha256": "VARCHAR", "chosen": "BOOLEAN", "code": "VARCHAR", "license": "VARCHAR"}
    duck.table("judged", columns, _judged(archive, day))
    # A blob that is not whole was not asked about; the publisher's own reasons are told before the gate's.
    duck.table("held_back", {"sha256": "VARCHAR", "code": "VARCHAR"}, _held_back(archive))
    duck.run(
        "CREATE OR REPLACE TABLE choices AS FROM judged WHERE sha256 NOT IN (SELECT sha256 FROM held_back)"
        " UNION ALL SELECT sha256, false, code, '' FROM held_back"
    )
    duck.run("DROP TABLE judged")
    duck.run("DROP TABLE held_back")
    _leave_doubled(archive, duck)


def _judged(archive: Archive, day: dt.date) -> Iterator[tuple[str, bool, str, str]]:
    for sha256, decision in publishable_blobs(archive, day):
        yield sha256, decision.allow, decision.codes[0] if decision.codes else "", decision.license


def _held_back(archive: Archive) -> Iterator[tuple[str, str]]:
    for row in archive.ledger.bad_blobs("sound"):
        yield row.sha256, DAMAGED.code
    for row in archive.ledger.blobs("vouched"):
        yield row.sha256, NOT_LOOKED_INTO.code


def _leave_doubled(archive: Archive, duck: Duck) -> None:
    """Of files of the same sound that are chosen, the best alone."""
    relations = ", ".join(map(quoted, SAME))
    versions = parquet(archive.canonical("versions"))
    duck.run(
        "CREATE OR REPLACE TABLE sound_edges AS SELECT v.a, v.b FROM"
        f" (SELECT a, b FROM {versions} WHERE relation IN ({relations})) v"
        " SEMI JOIN choices x ON x.sha256 = v.a AND x.chosen SEMI JOIN choices y ON y.sha256 = v.b AND y.chosen"
    )
    if not duck.run("SELECT 1 FROM sound_edges LIMIT 1"):
        return
    label(duck, "sound")
    duck.run(sql_file("onrecord.catalog", "same_sound_left").replace("{code}", quoted(SAME_SOUND.code)))
