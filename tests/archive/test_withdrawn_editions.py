# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Editions after a withdrawal, and their reading back: nothing denied is in any artifact, and absence can be proven."""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from onrecord.archive import Archive, deciding
from onrecord.archive.add import add
from onrecord.archive.batch import Batch
from onrecord.archive.copying import make_copies
from onrecord.archive.editions import read_manifest
from onrecord.archive.harvest import harvest
from onrecord.archive.proving import prove_absent
from onrecord.archive.publishing import publish
from onrecord.archive.withdrawing import restore, withdraw
from onrecord.engine.parquet import column_names, read_rows
from onrecord.errors import NotFound
from onrecord.model.rights import Deal, Evidence, Says, Target, Use
from onrecord.publish.contents import read
from tests.archive.withdrawn import blob, recording_of, sha256, tagged, tune
from tests.conftest import DAY
from tests.pipeline.musicbrainz import recording, save
from tests.pipeline.pieces import answer, onrecord
from tests.tones import write


def _held(folder: Path) -> None:
    tune(folder / "music" / "tune.flac")
    tune(folder / "music" / "tune.opus")
    tune(folder / "music" / "other.flac", "Other", seed=6)
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [folder / "music"])
        publish(archive)


@pytest.fixture
def held(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.open(made_once(_held) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def paths(held: Archive) -> dict[str, Path]:
    folder = held.folder.parent / "music"
    return {"flac": folder / "tune.flac", "opus": folder / "tune.opus", "other": folder / "other.flac"}


def everything(folder: Path) -> Iterator[str]:
    """Every value of every artifact of an edition, as text; bytes as hexadecimal digits."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            for row in read_rows(path, column_names(path)):
                yield from (item.hex() if isinstance(item, bytes) else str(item) for item in row.values())
        elif path.suffix == ".sqlite":
            with sqlite3.connect(path) as db:
                yield from db.iterdump()
        elif path.suffix == ".torrent":
            for file in read(path.read_bytes()).files:
                yield "/".join(file.path)
                yield file.root.hex()
        elif path.suffix == ".zst":
            yield from pa.input_stream(path, compression="zstd").read().decode().splitlines()
        else:
            yield path.read_text(encoding="utf-8")


# What comes and goes ---------------------------------------------------------------------------------------------


def test_a_volume_may_go_and_come_back_again_and_again(held: Archive, paths: dict[str, Path]) -> None:
    """What was withdrawn and restored is the same volume as before, under the same name."""
    names = []
    for _ in range(3):
        taken = withdraw(held, blob(paths["other"]), by="Ada", text="mine")
        publish(held)
        restore(held, taken.id, by="Ada", note="agreed")
        number = publish(held).number
        names.append({volume.name for volume in read_manifest(held, number).volumes})
    assert names[0] == names[1] == names[2]
    assert publish(held).number == 0


# What leaves -----------------------------------------------------------------------------------------------------


def test_nothing_that_is_denied_appears_in_any_artifact(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    denied = {
        "nothing": write(
            folder / "nothing.flac", 1, 8.0, {"title": "Denied nothing", "artist": "Denied one"}
        ),
        "contradiction": write(
            folder / "two.flac", 2, 8.0, tagged("Denied contradiction", artist="Denied two")
        ),
        "deal": write(folder / "deal.flac", 3, 8.0, {"title": "Denied deal", "artist": "Denied three"}),
        "withdrawn": write(folder / "gone.flac", 4, 8.0, tagged("Denied withdrawn", artist="Denied four")),
    }
    allowed = write(folder / "free.flac", 5, 8.0, tagged("Welcome"))
    (folder / "two.flac.license").write_text("SPDX-License-" + "Identifier: CC-BY-SA-3.0\n")
    add(archive, [folder], held_as="owner")
    deal = Evidence(
        says=Says.DEAL,
        origin="ddex-ern",
        text="a deal",
        deal=Deal((Use.STREAM, Use.DOWNLOAD), ("Worldwide",)),
    )
    batch = Batch(archive.ledger)
    batch.link(sha256(denied["deal"]), [deal])
    with archive.writing():
        archive.commit("added", {"files": 0}, batch.rows, batch.evidence)
    withdraw(archive, blob(denied["withdrawn"]), by="A", text="Denied, said the singer")
    report = publish(archive)
    assert report.published == 1
    assert report.held_back.keys() == {"R-HELD-ONLY", "R-CONTRADICTION", "R-DEAL-NOT-SHARE", "R-WITHDRAWN"}
    with archive.duck() as duck:
        roots = dict(duck.run("SELECT sha256, v2_root FROM files"))
    held = list(everything(report.folder))
    assert any(sha256(allowed) in text for text in held) and any("Welcome" in text for text in held)
    forbidden = {sha256(path) for path in denied.values()}
    forbidden |= {roots[digest].hex() for digest in forbidden}
    for text in held:
        assert "Denied" not in text
        assert not [word for word in forbidden if word in text]


def test_the_next_edition_leaves_it_out_and_keeps_a_tombstone(held: Archive, paths: dict[str, Path]) -> None:
    identifier = recording_of(held, paths["flac"])
    withdraw(held, Target("recording", identifier), by="A. Singer", text="not mine to give")
    assert publish(held).number == 2
    folder = held.folder / "editions" / "2" / "dataset"
    files = {row["sha256"] for row in read_rows(folder / "files.parquet", ["sha256"])}
    assert files == {sha256(paths["other"])}
    [tombstone] = read_rows(folder / "withdrawn.parquet", column_names(folder / "withdrawn.parquet"))
    assert tombstone == {"recording": identifier, "day": "2026-11-22", "code": "R-WITHDRAWN"}
    first, second = read_manifest(held, 1), read_manifest(held, 2)
    assert {entry.name for entry in first.volumes}.isdisjoint(entry.name for entry in second.volumes)
    with sqlite3.connect(folder / "onrecord.sqlite") as db:
        assert db.execute("SELECT * FROM withdrawn").fetchall() == [tuple(tombstone.values())]
        assert db.execute("SELECT count(*) FROM search WHERE search MATCH 'tune'").fetchall() == [(0,)]
    assert publish(held).number == 0, "the tombstone is the same at the next run"


def test_an_id_that_leads_to_what_is_withdrawn_has_a_tombstone_too(archive: Archive, tmp_path: Path) -> None:
    answers = {name: recording(name, "Nobody", 170_000) for name in ("One", "Two", "Three")}
    harvest(archive, "musicbrainz-json", save(tmp_path / "records", **answers))
    publish(archive)
    folder = archive.folder / "editions"
    table = folder / "1" / "dataset" / "recordings.parquet"
    ids = {row["title"]: row["id"] for row in read_rows(table, ["id", "title"])}
    [stays] = deciding.join(archive, ids["One"], ids["Two"], by="Ada", why="one take").things
    [leads] = {ids["One"], ids["Two"]} - {stays}
    publish(archive)
    withdraw(archive, Target("recording", stays), by="A", text="no")
    assert publish(archive).number == 3
    told = list(read_rows(folder / "3" / "dataset" / "withdrawn.parquet", ["recording"]))
    assert {row["recording"] for row in told} == {stays, leads} and len(told) == 2
    assert list(read_rows(folder / "3" / "dataset" / "redirects.parquet", ["old"])) == []


def test_after_a_restoration_the_next_edition_has_it_again(held: Archive, paths: dict[str, Path]) -> None:
    made = withdraw(held, blob(paths["flac"]), by="A", text="no")
    publish(held)
    restore(held, made.id, by="B", note="settled")
    assert publish(held).number == 3
    first, third = (held.folder / "editions" / number / "dataset" for number in ("1", "3"))
    for table in ("recordings", "releases", "artists", "crosswalk", "track_claims", "ids", "withdrawn"):
        assert (first / f"{table}.parquet").read_bytes() == (third / f"{table}.parquet").read_bytes(), table
    digests = [
        {row["sha256"] for row in read_rows(it / "files.parquet", ["sha256"])} for it in (first, third)
    ]
    assert digests[0] == digests[1]


def test_what_other_sources_say_of_it_leaves_with_it(archive: Archive, tmp_path: Path) -> None:
    answers = {
        "one": recording("Silent tune", "Nobody", 180_000),
        "two": recording("Loud", "Nobody", 170_000),
    }
    harvest(archive, "musicbrainz-json", save(tmp_path / "records", **answers))
    write(tmp_path / "in" / "a.flac", 1, 8.0, tagged("Alpha"))
    add(archive, [tmp_path / "in"])
    publish(archive)
    table = archive.folder / "editions" / "1" / "dataset" / "recordings.parquet"
    ids = {row["title"]: row["id"] for row in read_rows(table, ["id", "title"])}
    withdraw(archive, Target("recording", ids["Silent tune"]), by="A", text="no")
    second = publish(archive)
    said = "\n".join(everything(second.folder))
    assert "Silent tune" not in said and "Loud" in said
    assert prove_absent(archive, ids["Silent tune"], 2).absent
    assert not prove_absent(archive, ids["Silent tune"], 1).absent


# Proof -----------------------------------------------------------------------------------------------------------


def test_absence_is_proven_from_every_artifact(held: Archive, paths: dict[str, Path]) -> None:
    make_copies(held, 64)
    identifier = recording_of(held, paths["opus"])
    withdraw(held, Target("recording", identifier), by="A", text="no")
    publish(held)
    before, after = prove_absent(held, identifier, 1), prove_absent(held, identifier, 2)
    assert not before.absent and after.absent
    artifacts = {place.artifact.split("/")[-1].split(".")[-1] for place in before.found}
    assert {"parquet", "sqlite", "torrent", "md", "json", "txt"} <= artifacts
    assert after.looked.keys() == before.looked.keys() == {"tables", "sqlite", "search", "torrents", "texts"}
    assert all(looked.files and looked.entries for looked in after.looked.values())
    assert after.tombstones == 2, "one in the tables, one in the SQLite file"
    assert after.sought == before.sought >= 7, "two sounds, two copies, two and more roots, the id"
    other = prove_absent(held, sha256(paths["other"]), 2)
    assert not other.absent and other.kind == "blob"


@pytest.mark.parametrize("artifact", ["CREDITS.md", "dataset/onrecord.sqlite", "bag"])
def test_a_hidden_trace_is_found(held: Archive, paths: dict[str, Path], artifact: str) -> None:
    withdraw(held, blob(paths["flac"]), by="A", text="no")
    publish(held)
    folder, digest = held.folder / "editions" / "2", sha256(paths["opus"])
    if artifact.endswith(".sqlite"):
        with sqlite3.connect(folder / artifact) as db:
            db.execute("INSERT INTO release_tracks VALUES ('x', ?, 1, 1)", (digest,))
    else:
        [volume] = read_manifest(held, 2).volumes
        bag = held.folder / "editions" / "volumes" / volume.name / "manifest-sha256.txt"
        path = bag if artifact == "bag" else folder / artifact
        path.write_text(path.read_text() + f"{digest}  data/{digest}.opus\n")
    proof = prove_absent(held, sha256(paths["flac"]), 2)
    assert not proof.absent and {place.what for place in proof.found} == {digest}


def test_words_that_the_search_alone_still_has_are_found(held: Archive, paths: dict[str, Path]) -> None:
    withdraw(held, blob(paths["flac"]), by="A", text="no")
    publish(held)
    with sqlite3.connect(held.folder / "editions" / "2" / "dataset" / "onrecord.sqlite") as db:
        db.execute("INSERT INTO search (rowid, title, artist) VALUES (4711, 'Tune', 'Some Makers')")
    proof = prove_absent(held, sha256(paths["flac"]), 2)
    assert [place.where for place in proof.found] == ["search, row 4711"]


def test_what_is_not_known_is_said(held: Archive) -> None:
    with pytest.raises(NotFound, match="expected the id of a recording"):
        prove_absent(held, "rnosuchthing00000", 1)
    with pytest.raises(NotFound, match="edition 9: not published here"):
        prove_absent(held, sha256(Path(__file__)), 9)


# The command line ------------------------------------------------------------------------------------------------


def test_the_commands_say_what_they_did(held: Archive, paths: dict[str, Path]) -> None:
    place = ("-C", held.folder)
    digest = sha256(paths["flac"])
    made = answer("rights", "withdraw", digest, "--by", "A. Singer", "--reason", "not mine to give", *place)
    assert (made["schema"], made["blobs"], made["listed"]) == ("onrecord.rights.withdraw/1", 2, True)
    assert answer("rights", "prove-absent", digest, 1, *place, code=4)["absent"] is False
    assert answer("publish", *place)["number"] == 2
    proof = answer("rights", "prove-absent", digest, 2, *place)
    assert proof["absent"] is True and proof["looked"]["tables"]["files"] == 26
    answer("rights", "restore", made["id"][:12], "--by", "B", "--note", "settled", *place)
    [item] = answer("rights", "withdrawals", *place)["withdrawals"]
    assert (item["by"], item["text"], bool(item["restored"])) == ("A. Singer", "not mine to give", True)


def test_what_another_withdrawal_still_hides_is_said(held: Archive, paths: dict[str, Path]) -> None:
    place, who = ("-C", held.folder), ("--by", "B", "--note", "settled")
    asks = ("--by", "A. Singer", "--reason", "not mine to give", *place)
    first = answer("rights", "withdraw", sha256(paths["flac"]), *asks)["id"]
    second = answer("rights", "withdraw", recording_of(held, paths["flac"]), *asks)["id"]
    assert first != second
    told = onrecord("rights", "restore", first, *who, *place)
    assert (
        told.returncode == 0
        and f"still hidden, all of it or some, by other withdrawals: {second[:16]}\n" in told.stdout
    )
    told = onrecord("rights", "restore", second, *who, *place)
    assert told.returncode == 0 and "still hidden" not in told.stdout
