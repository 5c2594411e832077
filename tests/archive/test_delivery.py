# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A delivered file is joined to the message that names it, whichever comes first, and only if it is that file."""

import hashlib
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import HarvestReport, harvest
from onrecord.model.rights import Says, Use
from onrecord.rights import decide
from onrecord.store import Arrival
from tests.sources.test_ddex_ern import RECIPIENT, ern4, hashed, terms
from tests.tones import write

SETTINGS = {"party_id": RECIPIENT, "covers": "all"}
ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "in" / "resources" / "song.opus", seed=1)
    return tmp_path / "in"


def sound(folder: Path) -> Path:
    return folder / "resources" / "song.opus"


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def deliver(folder: Path, algorithm: str = "MD5", data: bytes = b"", **message: str) -> None:
    """Write a message that names the folder's sound, or one with other bytes."""
    data = data or sound(folder).read_bytes()
    value = hashlib.new(ALGORITHMS[algorithm], data).hexdigest()
    text = ern4(file=hashed(b"", algorithm, value, name="resources/song.opus"), **message)
    (folder / "message.xml").write_text(text)


def read(archive: Archive, folder: Path) -> HarvestReport:
    return harvest(archive, "ddex-ern", folder, settings=SETTINGS)


def may_stream(archive: Archive, blob: str) -> bool:
    evidence = [fact for fact, _ in archive.ledger.evidence(blob).values()]
    return decide(evidence, Use.STREAM, "SE", archive.today).allow


def claimed(archive: Archive) -> list[str]:
    with archive.duck() as duck:
        return [
            str(blob)
            for (blob,) in duck.run("SELECT blob FROM tracks WHERE source = 'ddex-ern' ORDER BY seq")
        ]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("first", ["add", "move", "harvest"])
def test_the_deal_is_evidence_of_the_bytes_in_either_order(
    archive: Archive, folder: Path, algorithm: str, first: str
) -> None:
    deliver(folder, algorithm)
    blob = sha256_of(sound(folder))
    arrival = Arrival.MOVE if first == "move" else Arrival.COPY
    if first == "harvest":
        assert (read(archive, folder).new, claimed(archive)) == (1, [blob])
    assert add(archive, [folder], held_as="licensed", arrival=arrival).new == 1
    if first != "harvest":
        assert not may_stream(archive, blob)
        assert (read(archive, folder).new, claimed(archive)) == (1, [blob])
    assert may_stream(archive, blob)
    assert {fact.says for fact, _ in archive.ledger.evidence(blob).values()} == {Says.HELD, Says.DEAL}
    before = archive.ledger.dump()
    archive.rebuild_ledger()
    assert archive.ledger.dump() == before


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_file_with_another_digest_is_rejected_and_has_no_deal(
    archive: Archive, folder: Path, algorithm: str
) -> None:
    deliver(folder, algorithm, data=b"what was meant")
    report = read(archive, folder)
    [(where, why)] = report.rejected
    assert where.endswith("/A1")
    assert f"song.opus has the {ALGORITHMS[algorithm]} " in why and "the record says" in why
    assert (report.new, report.tracks, claimed(archive)) == (1, 0, [])
    add(archive, [folder], held_as="licensed")
    assert not may_stream(archive, sha256_of(sound(folder)))


def test_the_right_file_in_the_place_of_a_wrong_one_is_joined(archive: Archive, folder: Path) -> None:
    deliver(folder)
    right = sound(folder).read_bytes()
    sound(folder).write_bytes(right[:-1])
    assert len(read(archive, folder).rejected) == 1
    sound(folder).write_bytes(right)
    report = read(archive, folder)
    assert (report.rejected, report.changed) == ([], 1)
    assert claimed(archive) == [sha256_of(sound(folder))]


def test_a_file_that_comes_later_is_joined_by_the_next_harvest(archive: Archive, folder: Path) -> None:
    deliver(folder)
    blob = sha256_of(sound(folder))
    sound(folder).rename(folder.parent / "kept.ogg")
    report = read(archive, folder)
    assert (report.new, report.rejected, claimed(archive)) == (1, [], [""])
    (folder.parent / "kept.ogg").rename(sound(folder))
    add(archive, [folder], held_as="licensed")
    assert (read(archive, folder).changed, may_stream(archive, blob)) == (1, True)
    (folder / "note.txt").write_text("another state of the folder")
    report = read(archive, folder)
    assert (report.changed, report.same) == (0, 1), "what is joined is no news again"


def test_a_later_message_without_the_files_speaks_of_the_same_bytes(archive: Archive, folder: Path) -> None:
    deliver(folder, created="2026-01-01T00:00:00Z")
    blob = sha256_of(sound(folder))
    add(archive, [folder], held_as="licensed")
    read(archive, folder)
    later = folder.parent / "later"
    later.mkdir()
    (later / "resources").mkdir()
    taken_down = terms(more="<TakeDown>true</TakeDown>")
    data = sound(folder).read_bytes()
    for number, deals in enumerate((terms(uses="OnDemandStream PermanentDownload"), taken_down)):
        file = hashed(b"", "MD5", hashlib.md5(data).hexdigest(), name="song.opus")
        text = ern4(file=file, deals=deals, created=f"2026-0{number + 2}-01T00:00:00Z")
        (later / "message.xml").write_text(text)
        assert (read(archive, later).changed, claimed(archive)[-1]) == (1, blob)
        assert may_stream(archive, blob) == (deals != taken_down)


def test_files_of_one_name_in_a_batch_stay_apart(archive: Archive, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    for number, code in enumerate(("5099902943527", "0602527121956")):
        one = batch / code
        write(sound(one), seed=number)
        deliver(one, ids=f"<ICPN>{code}</ICPN>")
    report = read(archive, batch)
    assert (report.new, report.rejected) == (2, [])
    blobs = [sha256_of(sound(batch / code)) for code in ("0602527121956", "5099902943527")]
    assert sorted(claimed(archive)) == sorted(blobs) and blobs[0] != blobs[1]
    sound(batch / "5099902943527").unlink()
    assert read(archive, batch).rejected == [], "the other release's file is not this one's in another state"


def test_of_two_files_none_is_said_to_be_the_recording(archive: Archive, folder: Path) -> None:
    data = sound(folder).read_bytes()
    (folder / "song.wav").write_bytes(b"other")
    files = hashed(b"", "MD5", hashlib.md5(data).hexdigest(), name="song.opus")
    files += hashed(b"", "MD5", hashlib.md5(b"other").hexdigest(), name="song.wav")
    (folder / "message.xml").write_text(ern4(file=files))
    assert (read(archive, folder).rejected, claimed(archive)) == ([], [""])


def test_a_name_never_leads_out_of_the_folder(archive: Archive, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.ogg"
    outside.write_bytes(b"secret")
    (folder / "link.ogg").symlink_to(outside)
    for name in ("../outside.ogg", str(outside), "link.ogg"):
        file = hashed(b"", "MD5", hashlib.md5(b"secret").hexdigest(), name=name)
        (folder / "message.xml").write_text(ern4(file=file, title=name))
        read(archive, folder)
    assert claimed(archive) == ["", "", ""]
