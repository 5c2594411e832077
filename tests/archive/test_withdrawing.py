# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A withdrawal hides at once, reaches whatever sounds the same, comes back at no door, and can be taken back."""

import datetime as dt
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive, deciding, seeding
from onrecord.archive.add import add
from onrecord.archive.batch import Batch
from onrecord.archive.copying import make_copies
from onrecord.archive.editions import read_manifest
from onrecord.archive.harvest import harvest, harvest_live
from onrecord.archive.harvest_sound import fetch_sound
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.archive.targets import find_target, reach
from onrecord.archive.terms import accept_terms
from onrecord.archive.withdrawing import restore, withdraw, withdrawals
from onrecord.errors import IsWithdrawn, MirrorFailed, NotFound, UsageError
from onrecord.mirror.session import Session
from onrecord.model.records import Claims, TrackClaim
from onrecord.model.rights import Evidence, Says, Target, Use
from onrecord.web.app import create_app
from tests.archive.test_harvest_live import SETTINGS, Service, track
from tests.archive.test_sound import png, with_cover
from tests.archive.withdrawn import blob, recording_of, sha256, tagged, titles, tune
from tests.conftest import DAY
from tests.pipeline.musicbrainz import recording, release, save
from tests.tones import write


def _held(folder: Path) -> None:
    music = folder / "music"
    with_cover(tune(music / "tune.flac"), png(4, 4))
    tune(music / "tune.opus")
    with_cover(tune(music / "other.flac", "Other", seed=6), png(5, 5))
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [music], held_as="owner")
        rematch(archive)


@pytest.fixture
def held(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.open(made_once(_held) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def paths(held: Archive) -> dict[str, Path]:
    folder = held.folder.parent / "music"
    return {"flac": folder / "tune.flac", "opus": folder / "tune.opus", "other": folder / "other.flac"}


@pytest.fixture
def client(held: Archive) -> Iterator[TestClient]:
    app = create_app(Reader(held.folder))
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def answers(archive: Archive) -> dict[str, object]:
    """What readers get: search, pages, decisions."""
    reader = Reader(archive.folder)
    found = reader.search("tune") + reader.search("other")
    # That it was withdrawn once is told beside; it is no longer an answer.
    views = [
        msgspec.structs.replace(reader.recording(hit.id), former=())
        for hit in found
        if hit.kind == "recording"
    ]
    return {
        "hits": found,
        "recordings": views,
        "releases": [reader.release(hit.id) for hit in found if hit.kind == "release"],
        "recent": reader.recent(10),
        "decisions": [
            reader.may(sound.sha256, use) for view in views for sound in view.sounds for use in Use
        ],
        "refusals": reader.refusals(10),
    }


# Reach -----------------------------------------------------------------------------------------------------------


def test_it_reaches_every_form_of_the_sound_its_copies_and_its_covers(
    held: Archive, paths: dict[str, Path]
) -> None:
    make_copies(held, 64)
    with held.duck() as duck:
        copies = dict(duck.run("SELECT sha256, copy FROM copies"))
    made = withdraw(held, blob(paths["opus"]), by="A. Singer", text="not mine to give")
    reached = {row.blob for row in held.ledger.withdrawn()}
    cover = hashlib.sha256(png(4, 4)).hexdigest()
    both = {sha256(paths["flac"]), sha256(paths["opus"])}
    assert reached == {*both, cover, *(copies[digest] for digest in both)}
    assert made.blobs == len(reached)
    reader = Reader(held.folder)
    assert {reader.may(digest, Use.STREAM).codes for digest in reached} == {("R-WITHDRAWN",)}
    assert reader.may(sha256(paths["other"]), Use.STREAM).allow


def test_a_picture_that_lies_elsewhere_too_is_not_taken_along(archive: Archive, tmp_path: Path) -> None:
    for seed in (1, 2):
        with_cover(tune(tmp_path / "in" / f"{seed}.flac", f"Piece {seed}", seed), png(3, 3))
    add(archive, [tmp_path / "in"])
    withdraw(archive, blob(tmp_path / "in" / "1.flac"), by="A", text="no")
    assert {row.blob for row in archive.ledger.withdrawn()} == {sha256(tmp_path / "in" / "1.flac")}


def test_in_one_pass_each_binds_what_is_its_own(archive: Archive, tmp_path: Path) -> None:
    """Two withdrawals and a ruling together; a picture that lies in nothing but withdrawn files goes with both."""
    pieces = [tune(tmp_path / "in" / f"{seed}.flac", f"Piece {seed}", seed) for seed in (1, 2, 3)]
    for piece in pieces[:2]:
        with_cover(piece, png(3, 3))
    again = with_cover(tune(tmp_path / "in" / "again.flac", "Piece 1 again", 1), png(3, 3))
    add(archive, [tmp_path / "in"])
    rematch(archive)
    facts = [
        Evidence(Says.WITHDRAWN, "withdrawal", "no", by="A", note="one"),
        Evidence(Says.WITHDRAWN, "withdrawal", "no", by="B", note="two"),
        Evidence(Says.REFUSED, "ruling", "no to the third", by="C", note="three"),
    ]
    batch = Batch(archive.ledger)
    with archive.duck() as duck:
        fresh = reach(
            archive, duck, batch, [(blob(piece), fact) for piece, fact in zip(pieces, facts, strict=True)]
        )
    bound = {
        fact.note: {row.blob for row in batch.rows["links"] if row.evidence == fact.id} for fact in facts
    }
    cover = hashlib.sha256(png(3, 3)).hexdigest()
    first, second, third = (sha256(piece) for piece in pieces)
    assert bound == {"one": {first, sha256(again), cover}, "two": {second, cover}, "three": {third}}
    assert fresh == sorted({first, second, third, sha256(again), cover})
    assert {(row.sha256, row.evidence) for row in batch.rows["withdrawn"]} == {
        (digest, fact.id) for fact in facts[:2] for digest in bound[fact.note]
    }


def test_what_no_match_has_seen_yet_is_reached(held: Archive, paths: dict[str, Path], tmp_path: Path) -> None:
    later = tune(tmp_path / "later" / "later.mp3")
    add(held, [later])
    withdraw(held, Target("recording", recording_of(held, paths["flac"])), by="A", text="no")
    assert not Reader(held.folder).may(sha256(later), Use.KEEP).allow


@pytest.mark.parametrize("kind", ["recording", "release", "artist"])
def test_whatever_is_named_is_hidden_also_without_sound(archive: Archive, tmp_path: Path, kind: str) -> None:
    answers = {
        "recording": recording("Silent tune", "Nobody", 180_000),
        "release": release("Silence", "Nobody", [("Silent tune", 180_000)]),
    }
    harvest(archive, "musicbrainz-json", save(tmp_path / "records", **answers))
    rematch(archive)
    reader = Reader(archive.folder)
    words = {"recording": "silent tune", "release": "silence", "artist": "nobody"}
    hits = reader.search(words[kind], (kind,))
    made = withdraw(archive, find_target(archive, hits[0].id), by="A", text="no")
    assert made.blobs == 0
    assert reader.search(words[kind], (kind,)) == []
    assert reader.search("silent tune", ("recording",)) == [], "what is on it, or by them, goes with it"
    with pytest.raises(IsWithdrawn):
        getattr(reader, kind)(hits[0].id)


def test_a_withdrawn_release_takes_its_recordings_along(held: Archive, paths: dict[str, Path]) -> None:
    [hit] = Reader(held.folder).search("record", ("release",))
    withdraw(held, Target("release", hit.id), by="A", text="no")
    assert titles(held, "tune") == titles(held, "other") == []
    assert titles(held, "record", "release") == []


def test_a_merge_of_two_recordings_one_of_which_is_withdrawn_reaches_both(
    archive: Archive, tmp_path: Path
) -> None:
    """They share an identifier that a record gives only later."""
    mbid = "00000000-0000-4000-8000-000000000077"
    one = write(tmp_path / "in" / "1.flac", 1, 8.0, tagged("Alpha", MUSICBRAINZ_TRACKID=mbid))
    two = write(tmp_path / "in" / "2.flac", 2, 8.0, tagged("Beta"))
    add(archive, [tmp_path / "in"])
    rematch(archive)
    first, second = recording_of(archive, one), recording_of(archive, two)
    assert first != second
    withdraw(archive, Target("recording", first), by="A", text="no")
    assert Reader(archive.folder).may(sha256(two), Use.STREAM).allow
    claim_mbid(archive, mbid, sha256(two))
    rematch(archive)
    assert recording_of(archive, two) == recording_of(archive, one)
    assert not Reader(archive.folder).may(sha256(two), Use.STREAM).allow


def test_what_is_withdrawn_stays_so_when_its_id_leads_elsewhere(archive: Archive, tmp_path: Path) -> None:
    one = write(tmp_path / "in" / "1.flac", 1, 8.0, tagged("Alpha"))
    add(archive, [tmp_path / "in"])
    rematch(archive)
    two = write(tmp_path / "later" / "2.flac", 2, 8.0, tagged("Beta"))
    add(archive, [tmp_path / "later"])
    rematch(archive)
    stays, goes = recording_of(archive, one), recording_of(archive, two)
    withdraw(archive, Target("recording", goes), by="A", text="no")
    assert Reader(archive.folder).may(sha256(one), Use.STREAM).allow
    joined = deciding.join(archive, stays, goes, by="Ada", why="the same take")
    assert joined.things == (stays,)
    for id in (stays, goes):
        with pytest.raises(IsWithdrawn):
            Reader(archive.folder).recording(id)
    assert not Reader(archive.folder).may(sha256(one), Use.STREAM).allow
    three = write(tmp_path / "last" / "3.flac", 3, 8.0, tagged("Alpha"))
    add(archive, [tmp_path / "last"])
    rematch(archive)
    assert recording_of(archive, three) == stays
    assert not Reader(archive.folder).may(sha256(three), Use.STREAM).allow, "nor what comes later"


def claim_mbid(archive: Archive, mbid: str, digest: str) -> None:
    """The bytes of one recording come to bear the identifier of another."""
    batch = Batch(archive.ledger)
    claim = TrackClaim(
        source="file", id=digest, title="Beta", artist="Some Makers", artist_id="Some Makers", release="Record",
        release_id="Record\x1fSome Makers", mbid=mbid, blob=digest,
    )  # fmt: skip
    batch.claim("file", f"file:{digest}", Claims([], [], [claim]))
    with archive.writing():
        archive.commit("added", {"files": 0}, batch.rows)


# At once ---------------------------------------------------------------------------------------------------------


def test_it_hides_at_once_from_search_pages_and_the_api(
    held: Archive, paths: dict[str, Path], client: TestClient
) -> None:
    identifier, digest = recording_of(held, paths["flac"]), sha256(paths["flac"])
    make_copies(held, 64)
    rematch(held)
    assert client.get(f"/recording/{identifier}").status_code == 200
    assert client.get(f"/sound/{digest}?copy=1").status_code == 200
    withdraw(held, Target("recording", identifier), by="A. Singer", text="not mine to give")
    assert titles(held, "tune") == [] and titles(held, "other") == ["Other"]
    assert client.get("/api/search?q=tune&kind=recording").json()["hits"] == []
    for address in (f"/recording/{identifier}", f"/api/recording/{identifier}"):
        answer = client.get(address)
        assert answer.status_code == 451
        assert "2026-11-22" in answer.text and "R-WITHDRAWN" in answer.text, "when, and by which rule"
        for untold in ("Tune", "Singer", "mine to give", digest):
            assert untold not in answer.text
    for path in (paths["flac"], paths["opus"]):
        for query in ("", "?copy=1", "?download=1"):
            assert client.get(f"/sound/{sha256(path)}{query}").status_code == 451
    for address in ("/", "/refused", "/search?q=tune"):
        page = client.get(address)
        assert page.status_code == 200 and ">Tune<" not in page.text and "tune.flac" not in page.text
    assert "Other" in client.get("/").text


def test_the_owner_still_sees_why(held: Archive, paths: dict[str, Path]) -> None:
    made = withdraw(held, blob(paths["flac"]), by="A. Singer", text="not mine to give")
    view = Reader(held.folder).why(sha256(paths["flac"]))
    assert view.title == "Tune"
    assert made.id in {item.id for item in view.evidence if item.says == Says.WITHDRAWN}


def test_a_torrent_of_an_edition_is_served_only_while_none_of_its_files_is_withdrawn(
    held: Archive, paths: dict[str, Path], client: TestClient
) -> None:
    publish(held)
    [volume] = read_manifest(held, 1).volumes
    address = f"/editions/1/{volume.path}"
    assert client.get(address).status_code == 200 and volume.name in client.get("/editions").text
    made = withdraw(held, blob(paths["flac"]), by="A", text="no")
    assert client.get(address).status_code == 451
    assert volume.info_hash_v2 not in client.get("/editions").text
    assert client.get("/editions/1/manifest.json").status_code == 200, "the papers are signed whole"
    restore(held, made.id, by="B", note="settled")
    assert client.get(address).status_code == 200


def test_a_running_seed_stops_giving_it_out_and_begins_again(held: Archive, paths: dict[str, Path]) -> None:
    publish(held)
    [volume] = read_manifest(held, 1).volumes
    torrent = (held.folder / "editions" / "1" / volume.path).read_bytes()
    wanted = sha256(paths["flac"])

    def fetched(port: int, into: Path) -> bool:
        with Session() as other:
            try:
                other.fetch(
                    torrent, into, [("127.0.0.1", port)], wanted=lambda path: wanted in path[-1], patience=1.5
                )
            except MirrorFailed:
                return False
            return True

    with Session() as session:
        seeds = seeding.Seeds(held, session)
        names = seeds.ask_again()
        assert volume.name in names
        made = withdraw(held, blob(paths["flac"]), by="A", text="no")
        assert set(seeds.ask_again()) == set(names), "the rest of the volume is seeded on"
        assert not fetched(session.port, held.folder / "into-1")
        restore(held, made.id, by="B", note="settled")
        seeds.ask_again()
        assert fetched(session.port, held.folder / "into-2")


# Taken back ------------------------------------------------------------------------------------------------------


def test_withdraw_then_restore_gives_the_same_answers_as_before(
    held: Archive, paths: dict[str, Path]
) -> None:
    before = answers(held)
    made = withdraw(held, Target("recording", recording_of(held, paths["flac"])), by="A", text="no")
    assert answers(held) != before
    restore(held, made.id[:10], by="B", note="settled")
    assert answers(held) == before
    [item] = withdrawals(held)
    assert (item.id, item.by, bool(item.restored)) == (made.id, "A", True)
    fact = held.ledger.fact(made.id)
    assert fact is not None and fact.says is Says.WITHDRAWN, "the log keeps both"


def test_the_same_words_withdraw_again_after_a_restoration(held: Archive, paths: dict[str, Path]) -> None:
    first = withdraw(held, blob(paths["flac"]), by="A", text="no")
    restore(held, first.id, by="B", note="settled")
    second = withdraw(held, blob(paths["flac"]), by="A", text="no", undo_of=first.id)
    assert second.id != first.id and second.blobs == first.blobs
    assert not Reader(held.folder).may(sha256(paths["flac"]), Use.STREAM).allow
    assert withdraw(held, blob(paths["flac"]), by="A", text="no", undo_of=first.id).id == second.id


def test_two_withdrawals_are_taken_back_one_by_one(held: Archive, paths: dict[str, Path]) -> None:
    one = withdraw(held, blob(paths["flac"]), by="A", text="no")
    two = withdraw(held, blob(paths["opus"]), by="C", text="no, neither")
    restore(held, one.id, by="B", note="settled")
    assert not Reader(held.folder).may(sha256(paths["flac"]), Use.STREAM).allow
    restore(held, two.id, by="B", note="settled")
    assert Reader(held.folder).may(sha256(paths["flac"]), Use.STREAM).allow


def test_what_cannot_be_restored_or_withdrawn_is_said(held: Archive, paths: dict[str, Path]) -> None:
    with pytest.raises(NotFound, match="no withdrawal has this id"):
        restore(held, "ffff", by="B", note="x")
    with pytest.raises(UsageError, match="who asks"):
        withdraw(held, blob(paths["flac"]), by=" ", text="no")
    made = withdraw(held, blob(paths["flac"]), by="A", text="no")
    with pytest.raises(UsageError, match="who takes"):
        restore(held, made.id, by="B", note="")
    restore(held, made.id, by="B", note="settled")
    with pytest.raises(NotFound, match="was taken back on 2026-11-22"):
        restore(held, made.id, by="B", note="settled")
    with pytest.raises(NotFound, match="expected the id"):
        find_target(held, "nothing of this name")


def test_a_ledger_that_is_made_again_keeps_withdrawals(held: Archive, paths: dict[str, Path]) -> None:
    publish(held)
    made = withdraw(held, blob(paths["flac"]), by="A", text="no")
    restored = withdraw(held, blob(paths["other"]), by="A", text="no")
    restore(held, restored.id, by="B", note="settled")
    before, listed = held.ledger.dump(), withdrawals(held)
    held.rebuild_ledger()
    assert held.ledger.dump() == before and withdrawals(held) == listed
    assert [item.evidence for item in held.ledger.withdrawn()] == [made.id] * made.blobs
    shutil.rmtree(held.folder / "search")
    rematch(held)
    assert titles(held, "tune") == []


# It does not come back -------------------------------------------------------------------------------------------


def test_a_reencoded_piece_is_refused_by_add(held: Archive, paths: dict[str, Path], tmp_path: Path) -> None:
    made = withdraw(held, blob(paths["flac"]), by="A", text="no")
    again = tmp_path / "again"
    tune(again / "in other form.mp3", "Called otherwise")
    shutil.copy(paths["flac"], again / "same bytes.flac")
    tune(again / "same audio.flac", "Tagged otherwise")
    tune(again / "innocent.mp3", "Innocent", seed=9)
    report = add(held, [again], held_as="owner")
    assert {item.name: item.code for item in report.refused} == dict.fromkeys(
        ("in other form.mp3", "same audio.flac", "same bytes.flac"), "R-WITHDRAWN"
    )
    assert all(made.id in item.detail for item in report.refused)
    assert report.new == 1
    assert {code for name, code, _ in held.ledger.refusals(10) if "innocent" not in name} == {"R-WITHDRAWN"}
    assert not list(held.folder.rglob("blobs/parts/*"))


def test_it_is_refused_also_where_the_index_was_deleted(
    held: Archive, paths: dict[str, Path], tmp_path: Path
) -> None:
    withdraw(held, blob(paths["flac"]), by="A", text="no")
    shutil.rmtree(held.folder / "search" / "fingerprints")
    report = add(held, [tune(tmp_path / "again" / "again.mp3")], held_as="owner")
    assert [item.code for item in report.refused] == ["R-WITHDRAWN"]


def test_it_is_refused_where_it_lay_all_the_time(held: Archive, paths: dict[str, Path]) -> None:
    add(held, [paths["flac"].parent], held_as="owner")
    withdraw(held, blob(paths["flac"]), by="A", text="no")
    report = add(held, [paths["flac"].parent], held_as="owner")
    assert (report.known, len(report.refused)) == (1, 2)


def test_it_is_let_in_again_once_it_was_restored(
    held: Archive, paths: dict[str, Path], tmp_path: Path
) -> None:
    made = withdraw(held, blob(paths["flac"]), by="A", text="no")
    again = tune(tmp_path / "again" / "again.mp3")
    assert add(held, [again]).new == 0
    restore(held, made.id, by="B", note="settled")
    assert add(held, [again]).new == 1


def test_a_reencoded_piece_is_refused_by_harvest(
    held: Archive, paths: dict[str, Path], tmp_path: Path
) -> None:
    made = withdraw(held, blob(paths["flac"]), by="A", text="no")
    sounds = {
        "1": write(tmp_path / "asked" / "1.mp3", 5, 20.0).read_bytes(),
        "2": write(tmp_path / "asked" / "2.mp3", 9, 20.0).read_bytes(),
    }
    service = Service([track(1), track(2)], sounds)
    (held.folder / "onrecord.toml").write_text(
        (held.folder / "onrecord.toml").read_text() + '[harvest]\ncontact = "somebody@example.org"\n'
    )
    with Archive.open(held.folder, held.clock) as archive:
        accept_terms(archive, "jamendo", b"The terms, as they were read.")
        harvest_live(archive, "jamendo", "", settings=SETTINGS, ask=service.ask)
        report = fetch_sound(archive, "jamendo", settings=SETTINGS, ask=service.ask)
    assert report.fetched == 1
    [refused] = report.refused
    assert refused.code == "R-WITHDRAWN" and made.id in refused.detail
