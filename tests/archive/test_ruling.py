# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rulings: what they change, how they are taken back, the queue they answer, and how they travel."""

import datetime as dt
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from onrecord.archive import Archive, ruling
from onrecord.archive.add import add
from onrecord.archive.judging import judge
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.queueing import queue
from onrecord.archive.reading import open_reader
from onrecord.archive.ruling import Change, Ruled, rule, rule_question, rulings, undo
from onrecord.archive.ruling_exchange import export_rulings, import_rulings
from onrecord.archive.targets import find_target
from onrecord.catalog.tables import LinkRow, RecordRow
from onrecord.errors import NotFound, SignatureInvalid, SourceRefused, UsageError
from onrecord.model.rights import Evidence, Says, Target, Use
from onrecord.publish.signing import Key, sign
from tests.conftest import DAY
from tests.tones import Album, write

WHO: dict[str, Any] = {"by": "Ada", "note": "The artist wrote to us."}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def may(archive: Archive, blob: str, use: Use = Use.SHARE) -> tuple[bool, str]:
    decision = judge(archive, blob, use, "Worldwide")
    return decision.allow, decision.codes[0]


def yes(archive: Archive, thing: str, **more: object) -> Ruled:
    return rule(archive, find_target(archive, thing), True, **{**WHO, **more})


def _unclear(folder: Path) -> None:
    for seed in range(5):
        write(folder / "music" / f"{seed}.opus", seed, 1.0, {"title": f"T{seed}", "license": "CC BY-SA"})
    write(folder / "music" / "9.opus", 9, 1.0, {"title": "T9", "license": "ask Bob nicely"})
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [folder / "music"], held_as="owner")
        rematch(archive)


@pytest.fixture
def unclear(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """Five files under a license that does not say its version, and one under words that nobody understands."""
    with Archive.open(made_once(_unclear) / "archive", clock) as archive:
        yield archive


# Ruling and undoing ------------------------------------------------------------------------------------------------


def test_a_yes_opens_and_undoing_it_closes_again(filled: Archive, album: Album) -> None:
    blob = sha256(album.closed[0])
    recording = open_reader(filled.folder).why(blob).id
    before = may(filled, blob)
    ruled = yes(filled, recording, license="cc-by-4.0", uses=[Use.SHARE])
    assert before == (False, "R-HELD-ONLY")
    assert may(filled, blob) == (True, "R-RULED-YES")
    assert (ruled.ruling.files, ruled.ruling.license, ruled.ruling.origin) == (1, "CC-BY-4.0", "ruling")
    told = [(change.what, change.before, change.after) for change in ruled.changes]
    assert told == [("share", 0, 1), ("publish", 0, 0)], "an edition promises that it may be adapted, too"
    assert not may(filled, blob, Use.STREAM)[0], "only the use that was ruled on"
    undo(filled, ruled.ruling.id, **WHO)
    ruled = yes(filled, recording, license="CC-BY-4.0")
    assert ruled.changes[-1] == Change("publish", 0, 1)
    assert publish(filled).published == len(album.free) + 1

    undone = undo(filled, ruled.ruling.id[:12], by="Bob", note="It was another piece.")
    assert undone.undone
    assert may(filled, blob) == before
    assert publish(filled).published == len(album.free)
    listed = rulings(filled)
    assert all(item.undone for item in listed), "it stays in the log"
    view = open_reader(filled.folder).why(blob)
    former = view.former[-1]
    assert (former.id, former.ended, former.by, former.note) == (ruled.ruling.id, "taken back", *WHO.values())
    assert former.strength == "person"
    assert ruled.ruling.id not in {item.id for item in view.evidence}
    filled.rebuild_ledger()
    assert rulings(filled) == listed


def test_a_no_beats_a_license_and_what_goes_further(filled: Archive, album: Album) -> None:
    blob = sha256(album.free[0])
    ruled = rule(filled, Target("blob", blob), False, uses=[Use.STREAM], **WHO)
    assert may(filled, blob) == (False, "R-RULED-NO")
    assert may(filled, blob, Use.ADAPT)[0]
    changed = {change.what for change in ruled.changes if change.before != change.after}
    assert changed == {"stream", "download", "share", "publish"}


def test_a_yes_to_the_artwork_says_nothing_of_the_sound(filled: Archive, album: Album) -> None:
    blob = sha256(album.closed[0])
    ruled = yes(filled, blob, part="artwork", license="CC0-1.0", uses=[Use.SHARE])
    assert ruled.changes == (Change("share", 0, 1), Change("publish", 0, 0))
    assert may(filled, blob) == (False, "R-HELD-ONLY")


def test_the_same_words_on_two_things_are_undone_one_by_one(filled: Archive, album: Album) -> None:
    first, second = (sha256(path) for path in album.closed)
    one, other = (yes(filled, blob).ruling for blob in (first, second))
    assert one.id != other.id
    undo(filled, one.id, **WHO)
    assert (may(filled, first)[0], may(filled, second)[0]) == (False, True)
    again = yes(filled, first).ruling
    assert may(filled, first)[0], "ruled again in the same words on the same day"
    assert again.id not in (one.id, other.id)


def test_a_ruling_reaches_what_comes_later(archive: Archive, tmp_path: Path) -> None:
    add(archive, [write(tmp_path / "a" / "1.opus", 1, 8.0, {"title": "T", "artist": "A"})], held_as="owner")
    rematch(archive)
    [held] = archive.ledger.blobs()
    artist = open_reader(archive.folder).why(held.sha256).artist_id
    assert yes(archive, artist).ruling.files == 1
    later = write(tmp_path / "b" / "2.opus", 2, 8.0, {"title": "U", "artist": "A"})
    add(archive, [later], held_as="owner")
    assert not may(archive, sha256(later))[0]
    rematch(archive)
    assert may(archive, sha256(later)) == (True, "R-RULED-YES")
    assert [item.files for item in rulings(archive)] == [2]


def test_a_ruling_that_cannot_be_is_refused_before_anything_is_written(filled: Archive, album: Album) -> None:
    blob = Target("blob", sha256(album.closed[0]))
    seq = filled.ledger.seq
    for wrong, words in (
        ({"license": "CC-BY-9.9"}, "SPDX"),
        ({"by": " "}, "who rules"),
        ({"note": ""}, "who rules"),
        ({"part": "words"}, "expected all, recording"),
        ({"note": "x" * 10_001}, "at most 10,000"),
    ):
        with pytest.raises(UsageError, match=words):
            rule(filled, blob, True, **{**WHO, **wrong})
    with pytest.raises(UsageError, match="a no needs no license"):
        rule(filled, blob, False, license="CC-BY-4.0", **WHO)
    assert filled.ledger.seq == seq


def test_an_id_must_name_one_ruling_that_holds(filled: Archive, album: Album) -> None:
    made = [yes(filled, sha256(path)).ruling.id for path in (*album.free, *album.closed)]
    while len({identifier[0] for identifier in made}) == len(made):
        made.append(yes(filled, sha256(album.free[0])).ruling.id)
    shared = next(each[0] for each in made if sum(other.startswith(each[0]) for other in made) > 1)
    with pytest.raises(UsageError, match="rulings begin so"):
        undo(filled, shared, **WHO)
    with pytest.raises(NotFound, match="no ruling"):
        undo(filled, "", **WHO)
    undo(filled, made[0], **WHO)
    with pytest.raises(NotFound, match="undone on 2026-11-22"):
        undo(filled, made[0], **WHO)


# What a source no longer says --------------------------------------------------------------------------------------


def test_why_shows_what_a_source_no_longer_says(filled: Archive, album: Album) -> None:
    blob = sha256(album.free[0])
    fact = Evidence(Says.LICENSE, "some-source", "CC0", license="CC0-1.0")
    said = RecordRow(
        source="s", record="track:1", media_type="", payload=b"1", sha256="1" * 64, deleted=False, version=""
    )
    link = LinkRow(blob=blob, source="s", record="track:1", track="1", evidence=fact.id)
    with filled.writing():
        filled.commit("harvested-by-hand", {}, {"records": [said], "links": [link]}, [fact])
    view = open_reader(filled.folder).why(blob)
    assert view.former == ()
    strengths = {item.origin: item.strength for item in view.evidence}
    assert (strengths["some-source"], strengths["depositor"]) == ("document", "holder")
    with filled.writing():
        newer = structs.replace(said, payload=b"2", sha256="2" * 64)
        filled.commit("harvested-by-hand", {}, {"records": [newer]})
    view = open_reader(filled.folder).why(blob)
    [former] = view.former
    assert (former.id, former.ended, former.until) == (fact.id, "no longer said", "2026-11-22T12:00:00Z")
    assert fact.id not in {item.id for item in view.evidence}


# The queue ---------------------------------------------------------------------------------------------------------


def test_the_queue_asks_each_question_once(unclear: Archive) -> None:
    waiting = queue(unclear, 10)
    assert [question.files for question in waiting.questions] == [5, 1], "the most files first"
    assert (waiting.waiting, waiting.files) == (2, 6)
    first = waiting.questions[0]
    assert first.codes[0] == "R-NO-VERSION"
    assert first.would_change
    assert len(first.sentences) == len(first.codes)
    assert {item.text for item in first.evidence if item.says == "license"} == {"CC BY-SA"}
    assert {file.name for file in first.examples} <= {f"{seed}.opus" for seed in range(5)}
    assert len(first.examples) == 2
    assert all(file.recording and file.title for file in first.examples)
    assert queue(unclear, 1).questions == (first,)
    assert queue(unclear, 1).waiting == queue(unclear, 0).waiting == 2


def test_a_question_is_answered_for_all_files_that_share_it(
    unclear: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ruling, "_PORTION", 2)  # three commits
    [first, second] = queue(unclear, 10).questions
    ruled = rule_question(unclear, first.id[:10], True, license="CC-BY-SA-3.0", **WHO)
    assert (ruled.ruling.files, ruled.ruling.target) == (5, Target("question", first.id))
    assert [(c.before, c.after) for c in ruled.changes if c.what == "publish"] == [(0, 5)]
    allowed = [row.sha256 for row in unclear.ledger.blobs() if may(unclear, row.sha256)[0]]
    assert len(allowed) == 5
    assert [question.id for question in queue(unclear, 10).questions] == [second.id]
    assert unclear.ledger.standing() == [], "what comes later is a question of its own"
    later = write(tmp_path / "later" / "7.opus", 7, 1.0, {"title": "T7", "license": "CC BY-SA"})
    add(unclear, [later], held_as="owner")
    assert [question.id for question in queue(unclear, 10).questions] == sorted([first.id, second.id])
    undo(unclear, ruled.ruling.id, **WHO)
    assert [question.files for question in queue(unclear, 10).questions] == [6, 1]
    with pytest.raises(NotFound, match="no question"):
        rule_question(unclear, "0" * 64, True, **WHO)
    with pytest.raises(UsageError, match="6 or more"):
        rule_question(unclear, "", True, **WHO)


def test_a_question_has_the_same_id_in_every_archive(unclear: Archive, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "other", clock=lambda: DAY) as other:
        add(other, [write(tmp_path / "noise.opus", 50, 1.0)], held_as="owner")
        add(other, [tmp_path / "music"], held_as="owner")
        ids = {question.id for question in queue(other, 10).questions}
    assert ids == {question.id for question in queue(unclear, 10).questions}


def test_the_queue_shows_what_could_not_be_taken(filled: Archive, tmp_path: Path) -> None:
    bad = tmp_path / "bad" / "broken.flac"
    bad.parent.mkdir()
    bad.write_bytes(b"fLaC" + bytes(50))
    add(filled, [bad.parent])
    [one] = queue(filled, 5).bad_input
    assert one.name == "broken.flac"
    assert one.codes[0]
    assert one.sentence
    assert queue(filled, 5).questions == ()


# Rulings that travel -----------------------------------------------------------------------------------------------


def _other(folder: Path, album: Album) -> None:
    from mutagen.oggopus import OggOpus

    music = folder / "theirs"
    music.mkdir(parents=True)
    shutil.copy(album.closed[0], music / "same.opus")
    shutil.copy(album.closed[1], music / "retagged.opus")
    tags = OggOpus(music / "retagged.opus")  # type: ignore[no-untyped-call]
    tags["title"] = "Another title"
    tags.save()
    with Archive.create(folder / "other", "Other", lambda: DAY) as made:
        add(made, [music], held_as="owner")
        rematch(made)


@pytest.fixture
def other(made_once: Callable[..., Path], album: Album) -> Iterator[Archive]:
    """Another archive: it has one closed piece in the same bytes, and the other as the same audio in other bytes."""
    with Archive.open(made_once(_other, album) / "other", lambda: DAY) as archive:
        yield archive


@pytest.fixture
def exported(filled: Archive, album: Album, tmp_path: Path) -> tuple[Path, str]:
    """Yes to both closed pieces, and no to a free one, which the other archive does not have."""
    for path in album.closed:
        yes(filled, sha256(path), license="CC-BY-4.0")
    rule(filled, Target("blob", sha256(album.free[0])), False, **WHO)
    written = export_rulings(filled, tmp_path / "rulings.jsonl")
    assert (written.rulings, written.files, written.undone) == (3, 3, 0)
    return written.file, written.key


def test_rulings_bind_by_bytes_and_by_audio(
    other: Archive, exported: tuple[Path, str], filled: Archive, tmp_path: Path
) -> None:
    file, key = exported
    taken = import_rulings(other, file, by="Eve", key=key)
    assert (taken.archive, taken.new, taken.bound, taken.not_bound) == (filled.id, 2, 2, 1)
    assert len(taken.unbound) == 1
    assert {item.origin for item in rulings(other)} == {f"ruling:{filled.id}"}
    assert {item.by for item in rulings(other)} == {"Ada"}
    assert all(may(other, row.sha256)[0] for row in other.ledger.blobs("ok"))

    seq = other.ledger.seq
    again = import_rulings(other, file, by="Eve", key=key)
    assert (again.new, again.known, again.bound) == (0, 2, 0)
    assert other.ledger.seq == seq, "the same file again changes nothing"


def test_what_was_undone_here_is_not_taken_over_again(
    other: Archive, exported: tuple[Path, str], filled: Archive
) -> None:
    file, key = exported
    import_rulings(other, file, by="Eve", key=key)
    undo(other, rulings(other)[0].id, **WHO)
    before = other.ledger.seq
    taken = import_rulings(other, file, by="Eve", key=key)
    assert (taken.undone, other.ledger.seq) == (1, before)
    own = rulings(filled)[0]
    undo(filled, own.id, **WHO)
    seq = filled.ledger.seq
    taken = import_rulings(filled, file, by="Ada", key=key)
    assert (taken.undone, taken.known, taken.new, filled.ledger.seq) == (1, 2, 0, seq)


def test_what_its_archive_undid_is_undone_here(
    other: Archive, exported: tuple[Path, str], filled: Archive, tmp_path: Path
) -> None:
    file, key = exported
    before = [may(other, row.sha256) for row in other.ledger.blobs("ok")]
    import_rulings(other, file, by="Eve", key=key)
    assert [may(other, row.sha256) for row in other.ledger.blobs("ok")] != before
    for item in rulings(filled):
        undo(filled, item.id, **WHO)
    newer = export_rulings(filled, tmp_path / "newer.jsonl")
    assert (newer.undone, newer.files) == (3, 0)
    assert import_rulings(other, newer.file, by="Eve", key=newer.key).undone == 3
    assert all(item.undone for item in rulings(other))
    assert [may(other, row.sha256) for row in other.ledger.blobs("ok")] == before
    assert import_rulings(other, file, by="Eve", key=key).new == 0, "an older file does not bring it back"
    assert [may(other, row.sha256) for row in other.ledger.blobs("ok")] == before


def test_a_yes_from_elsewhere_never_outweighs_a_no_of_ours(
    other: Archive, exported: tuple[Path, str], album: Album
) -> None:
    file, key = exported
    blob = sha256(album.closed[0])
    rule(other, Target("blob", blob), False, **WHO)
    import_rulings(other, file, by="Eve", key=key)
    assert may(other, blob) == (False, "R-RULED-NO")


def test_only_what_the_key_signed_is_taken(
    other: Archive, exported: tuple[Path, str], tmp_path: Path
) -> None:
    file, key = exported
    seq = other.ledger.seq
    with pytest.raises(SignatureInvalid):
        import_rulings(other, file, by="Eve", key=Key.generate().public)
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"by":"Ada"', b'"by":"Adb"'))
    with pytest.raises(SignatureInvalid):
        import_rulings(other, file, by="Eve", key=key)
    file.write_bytes(whole)
    (tmp_path / "rulings.jsonl.minisig").unlink()
    with pytest.raises(UsageError, match="minisig"):
        import_rulings(other, file, by="Eve", key=key)
    assert other.ledger.seq == seq


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"schema":"onrecord.rulings/1"', b'"schema":"onrecord.rulings/9"', "line 1: not what"),
        (b'"rulings":3', b'"rulings":4', "expected 4 rulings"),
        (b'"says":"allowed"', b'"says":"license"', "line 2: expected a ruling"),
        (b'"by":"Ada"', b'"by":"Eva"', "line 2: expected a ruling with its own id"),
        (b'"files":[', b'"files":[{"sha256":"../x"},', "by its SHA-256"),
        (b'{"evidence"', b'{"evil":1,"evidence"', "line 2: not what"),
    ],
)
def test_a_signed_file_that_is_wrong_is_refused_whole(
    other: Archive, exported: tuple[Path, str], old: bytes, new: bytes, words: str
) -> None:
    file, _ = exported
    content = file.read_bytes()
    assert old in content
    content = content.replace(old, new, 1)
    file.write_bytes(content)
    key = Key.generate()
    file.with_name(file.name + ".minisig").write_bytes(sign(content, key, "x"))
    seq = other.ledger.seq
    with pytest.raises(SourceRefused, match=words):
        import_rulings(other, file, by="Eve", key=key.public)
    assert other.ledger.seq == seq


def test_an_export_overwrites_nothing_and_names_no_local_id_alone(
    filled: Archive, exported: tuple[Path, str], tmp_path: Path
) -> None:
    file, _ = exported
    before = file.read_bytes()
    with pytest.raises(UsageError, match="not overwritten"):
        export_rulings(filled, file)
    assert file.read_bytes() == before
    assert before.count(b'"audio_sha256":"') == 3


def test_rulings_come_home_to_an_archive_that_lost_them(
    filled: Archive, album: Album, tmp_path: Path, exported: tuple[Path, str]
) -> None:
    """An older copy of the same archive takes its own later rulings back in."""
    _, key = exported
    shutil.copytree(filled.folder, tmp_path / "copy")
    with Archive.open(tmp_path / "copy", lambda: DAY + dt.timedelta(days=1)) as copy:
        yes(copy, sha256(album.closed[0]), note="Later.")
        later = export_rulings(copy, tmp_path / "later.jsonl")
    taken = import_rulings(filled, later.file, by="Ada", key=later.key)
    assert (taken.new, taken.known) == (1, 3)
    assert key == later.key
