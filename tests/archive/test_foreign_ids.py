# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another archive calls its things takes nothing away from ours."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from onrecord.archive import Archive
from onrecord.archive.batch import Batch
from onrecord.archive.foreign import ids_in, source_of
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.catalog.match import KINDS, ids_in_use
from onrecord.catalog.tables import IdRow, RecordRow
from onrecord.model.identifiers import mint
from onrecord.model.records import Claims, TrackClaim
from onrecord.publish.edition import Feed
from onrecord.search.rows import Rows
from tests.archive.matched_tables import kept_rows
from tests.pipeline.musicbrainz import recording, save

ELSEWHERE = "ab" * 8


def test_ids_that_are_none_or_mean_two_things_are_left_out(tmp_path: Path) -> None:
    sane = {kind: mint(thing, "theirs", "1") for kind, thing in KINDS.items()}
    twice, known = mint("recording", "theirs", "2"), mint("recording", "ours", "1")
    odd = [
        "",
        "r",
        "rock",
        sane["artist"],
        sane["track"].upper(),
        sane["track"] + "a",
        "r" + "0" * 16,
        "../../x",
        twice,
    ]
    for kind, thing in KINDS.items():
        ids = [sane[kind], *(odd if kind == "track" else [twice] if kind == "release" else []), known]
        (tmp_path / "dataset").mkdir(exist_ok=True)
        pq.write_table(pa.table({"id": ids}), tmp_path / "dataset" / f"{thing}s.parquet")
    feed = Feed(**dict.fromkeys(Feed.__struct_fields__, "") | {"archive": ELSEWHERE})  # type: ignore[arg-type]
    found = ids_in(feed, tmp_path, lambda offered: {known}.intersection(offered))
    assert {row.kind: row.id for row in found} == sane and len(found) == len(sane)


def test_an_id_that_is_spelled_like_that_of_another_kind_takes_no_page(
    archive: Archive, tmp_path: Path
) -> None:
    harvest(archive, "musicbrainz-json", save(tmp_path / "in", one=recording("Take", "Singer", 203_000)))
    rematch(archive)
    [singer] = [str(row["id"]) for row in kept_rows(archive, "canonical_artists")]
    rows = Rows(archive.folder / "search" / "rows.sqlite")
    number, title = rows.number(singer), rows.title(singer)
    like, source = "r" + singer[1:], source_of(ELSEWHERE)
    batch = Batch(archive.ledger)
    track = TrackClaim(source=source, id=like, title="Another", artist="Stranger", duration_ms=1_000)
    batch.claim(source, "edition", Claims([], [], [track]))
    said = RecordRow(source, "edition", "application/json", b"", "", deleted=False, version="")
    with archive.writing():
        archive.commit(
            "named", {"archive": ELSEWHERE, "number": 1}, {"ids": [IdRow("track", like, source, like)]}
        )
        archive.commit(
            "mirrored",
            {"archive": ELSEWHERE, "number": 1, "sums": "x"},
            {**batch.rows, "records": [said]},
        )
    for anew in (False, True):
        rematch(archive, anew=anew)
        assert (rows.number(singer), rows.title(singer)) == (number, title)
        assert rows.number(like) not in (None, number)


def test_what_is_called_like_a_thing_of_ours_is_one_of_its_kind(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, "musicbrainz-json", save(tmp_path / "in", one=recording("Take", "Singer", 203_000)))
    rematch(archive)
    [take] = [str(row["id"]) for row in kept_rows(archive, "canonical_recordings")]
    things = {kind: archive.canonical_rows(f"canonical_{thing}s") for kind, thing in KINDS.items()}
    with archive.duck() as duck:
        assert ids_in_use(duck, [("track", take), ("release", mint("release", "x", "1"))], things) == set()
        assert ids_in_use(duck, [("release", take)], things) == {take}
        assert ids_in_use(duck, [("release", take)], {}) == set(), "nothing was matched yet"
