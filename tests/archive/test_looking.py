# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are kept on a signed word and looked into afterwards: seeded meanwhile, never shown; who lied is named."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from onrecord.archive import Archive, mirroring, seeding
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.choosing import NOT_LOOKED_INTO
from onrecord.archive.exporting.disk import export_disk
from onrecord.archive.filework import Inline
from onrecord.archive.looking import look
from onrecord.archive.publishing import publish
from onrecord.archive.reading import open_reader
from onrecord.archive.vouching import unlike
from onrecord.archive.withdrawing import withdraw
from onrecord.audio import probe
from onrecord.catalog.tables import SoundRow
from onrecord.cli.mirror import command
from onrecord.errors import NotFound, OnrecordError
from onrecord.model.rights import Target
from onrecord.store import Arrival, see
from tests.archive.feeds import feed_of
from tests.archive.withdrawn import sha256, tune, two_sounds
from tests.conftest import DAY


@pytest.fixture
def origin(made_once: Callable[..., Path]) -> Iterator[Archive]:
    """Its edition has two sounds that are long enough for a fingerprint."""
    with Archive.open(made_once(two_sounds) / "archive", lambda: DAY) as archive:
        yield archive


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        mirroring.follow(made, feed_of(origin))
        yield made


def brought(origin: Archive, mirror: Archive, *, look_into: bool = True) -> mirroring.SyncReport:
    """What one sync from a disk brings, of the origin's newest edition."""
    number = origin.ledger.editions()[-1]["number"]
    disk = mirror.folder.parent / f"disk-{number}"
    if not disk.exists():
        export_disk(origin, disk)
    [report] = mirroring.sync(mirror, [], disk=disk, look_into=look_into)
    return report


def states(archive: Archive) -> set[str]:
    return {row.state for row in archive.ledger.blobs() if row.kind == "sound"}


def events(archive: Archive) -> list[str]:
    return [entry.event for entry in archive.log.entries()]


def test_what_a_signed_edition_vouches_for_is_held_at_once_and_looked_into_later(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    report = brought(origin, mirror, look_into=False)
    assert (report.files, report.refused, states(mirror)) == (2, 0, {"vouched"})
    digest = sha256(tmp_path / "music" / "tune.flac")
    assert seeding.payload(mirror, f"{digest}.flac") is not None, "a holder gives it on"
    with pytest.raises(NotFound, match="not looked into yet"):
        open_reader(mirror.folder).sound(digest)
    assert {code for item in open_reader(mirror.folder).refusals(9) for code in item.codes} == {
        NOT_LOOKED_INTO.code
    }
    with mirror.duck() as duck:
        assert duck.run("SELECT DISTINCT analyser FROM sounds") == [(f"archive:{origin.id}",)]

    assert check(mirror).bad == []
    before = mirror.ledger.dump()
    mirror.rebuild_ledger()
    assert mirror.ledger.dump() == before
    again = brought(origin, mirror, look_into=False)
    assert (again.files, again.had, states(mirror)) == (0, 2, {"vouched"})

    found = mirroring.look_and_match(mirror)
    assert (found.files, found.unlike, found.refused, found.left) == (2, [], [], 0)
    assert states(mirror) == {"ok"}
    with mirror.duck() as duck:
        assert f"archive:{origin.id}" not in dict(duck.run("SELECT analyser, 1 FROM current_sounds"))
    reader = open_reader(mirror.folder)
    assert reader.sound(digest)[0].read_bytes() == (tmp_path / "music" / "tune.flac").read_bytes()
    assert [hit.title for hit in reader.search("Tune")] == ["Tune"]
    mirror.rebuild_ledger()
    assert states(mirror) == {"ok"} and look(mirror).files == 0


def test_the_commands_say_what_is_left_and_do_it(origin: Archive, mirror: Archive) -> None:
    base = {"folder": str(mirror.folder), "as_json": True, "quiet": True}

    def run(*arguments: str) -> dict[str, Any]:
        answer = CliRunner().invoke(command, list(arguments), obj=dict(base))
        assert answer.exit_code == 0, answer.output
        return dict(msgspec.json.decode(answer.stdout))

    brought(origin, mirror, look_into=False)
    assert run("status")["not_looked_into"] == 2
    found = run("look")
    assert (found["files"], found["left"]) == (2, 0)
    assert run("status")["not_looked_into"] == 0


def test_whose_word_was_false_is_named_and_its_next_files_are_decoded_first(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    digest = sha256(tmp_path / "music" / "tune.flac")
    lie(origin, digest, bytes(range(256)) * 2)
    publish(origin)
    report = brought(origin, mirror)
    assert [each.partition(":")[0] for each in report.unlike] == [digest]
    assert "sounds otherwise" in report.unlike[0]
    assert report.files == 1, "the other is right"
    blob = mirror.ledger.blob(digest)
    assert blob is not None and blob.state == "unlike"
    [aside] = mirror.store.roots[0].quarantine.glob(f"{digest}.*")
    assert aside.read_bytes() == (tmp_path / "music" / "tune.flac").read_bytes(), "nothing is deleted"
    assert seeding.payload(mirror, f"{digest}.flac") is None
    assert mirror.ledger.meta(f"liar {origin.id}") and check(mirror).bad == []
    assert "vouched" in events(mirror)

    tune(tmp_path / "third" / "third.flac", "Third", seed=11)
    add(origin, [tmp_path / "third"])
    publish(origin)
    length = len(events(mirror))
    report = brought(origin, mirror, look_into=False)
    assert (report.files, report.had, report.refused) == (1, 1, 1)
    assert "vouched" not in events(mirror)[length:]
    third = mirror.ledger.blob(sha256(tmp_path / "third" / "third.flac"))
    assert third is not None and third.state == "ok"


def test_what_is_withdrawn_here_is_not_kept_in_another_form_on_any_word(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    """By the fingerprint that the edition says, before anybody decodes."""
    own = tune(tmp_path / "own" / "own.mp3")
    add(mirror, [tmp_path / "own"])
    withdraw(mirror, Target("blob", sha256(own)), by="the maker", text="asked")
    report = brought(origin, mirror, look_into=False)
    assert (report.files, report.refused) == (1, 1)
    assert mirror.ledger.blob(sha256(tmp_path / "music" / "tune.flac")) is None
    assert [code for _, code, _ in mirror.ledger.refusals(9)] == ["R-WITHDRAWN"]


def test_a_withdrawal_reaches_what_was_not_looked_into(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    brought(origin, mirror, look_into=False)
    digest = sha256(tmp_path / "music" / "tune.flac")
    withdraw(mirror, Target("blob", digest), by="the maker", text="asked")
    assert seeding.payload(mirror, f"{digest}.flac") is None
    found = mirroring.look_and_match(mirror)
    assert (found.files, found.refused, found.unlike) == (2, [], [])
    assert seeding.payload(mirror, f"{digest}.flac") is None
    assert open_reader(mirror.folder).search("Tune") == [], (
        "hidden like all that is withdrawn, and not set aside"
    )


def test_damage_and_repair_make_no_unread_file_read(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    brought(origin, mirror, look_into=False)
    digest = sha256(tmp_path / "music" / "tune.flac")
    blob = mirror.ledger.blob(digest)
    assert blob is not None
    path = mirror.store.path(digest, blob.root)
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert [bad.state for bad in check(mirror).bad] == ["flipped"]
    report = brought(origin, mirror, look_into=False)
    assert (report.files, report.had, states(mirror)) == (1, 1, {"vouched"})
    assert check(mirror).bad == []
    assert look(mirror).files == 2 and states(mirror) == {"ok"}


class Shared(Inline):
    """Another run comes while the first chunk is at work, and looks into all of it; then the answer is lost, once."""

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self._archive = archive
        self.others = 0

    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        given = super().answer()
        if self.others:
            return given
        with Archive.open(self._archive.folder, self._archive.clock) as other:
            self.others = look(other).files
        return {"id": given["id"], "error": "executor lost"}


def test_runs_share_the_work_and_a_lost_worker_doubles_nothing(origin: Archive, mirror: Archive) -> None:
    brought(origin, mirror, look_into=False)
    hands = Shared(mirror)
    found = look(mirror, hands=hands)
    assert (hands.others, found.files, found.left, states(mirror)) == (2, 0, 0, {"ok"})
    assert events(mirror).count("looked-into") == 1


def test_a_run_that_is_killed_has_committed_what_it_told_of(origin: Archive, mirror: Archive) -> None:
    brought(origin, mirror, look_into=False)

    def stop(files: int, size: int, sound: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(mirror, progress=stop, hands=Inline())
    assert states(mirror) == {"ok"} and look(mirror).files == 0


def test_damage_is_not_a_false_word(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    """Also where the first bytes are another file's."""
    brought(origin, mirror, look_into=False)
    blob = mirror.ledger.blob(sha256(tmp_path / "music" / "tune.flac"))
    assert blob is not None
    path = mirror.store.path(blob.sha256, blob.root)
    path.chmod(0o644)
    path.write_bytes(b"PK\3\4" + path.read_bytes()[4:])
    found = look(mirror, hands=Inline())
    assert (found.files, found.unlike, found.left) == (1, [], 1)
    assert [each.code for each in found.later] == ["unreadable"] and not mirror.ledger.meta(
        f"liar {origin.id}"
    )


def test_what_differs_is_said(tmp_path: Path) -> None:
    path = tune(tmp_path / "tune.flac")
    other = probe(tune(tmp_path / "other.flac", seed=6), seconds=60).sound
    sound = probe(path, seconds=60).sound
    assert sound is not None and other is not None
    with Archive.create(tmp_path / "archive", clock=lambda: DAY) as archive, archive.writing():
        digests = archive.store.stage(path).digests
    assert unlike(digests, sound.fingerprint, digests, sound) == ""
    assert "sounds otherwise" in unlike(digests, other.fingerprint, digests, sound)
    for name in ("blake3", "v1_pieces", "v2_layer", "size"):
        value = b"\1" * 32 if name != "size" else 5
        said = msgspec.structs.replace(digests, **{name: value})
        assert name in unlike(said, sound.fingerprint, digests, sound)


def test_a_file_that_changed_after_it_was_read_is_not_kept(tmp_path: Path) -> None:
    path = tune(tmp_path / "tune.flac")
    with Archive.create(tmp_path / "archive", clock=lambda: DAY) as archive, archive.writing():
        digests = archive.store.stage(path, Arrival.COPY).digests
        seen = see(path)
        path.write_bytes(b"x" + path.read_bytes()[1:])
        assert not seen.is_still(path)
        with pytest.raises(OnrecordError, match="changed after it was read"):
            archive.store.stage_seen(path, seen, digests)


def lie(archive: Archive, digest: str, fingerprint: bytes) -> None:
    """Have an archive say another fingerprint of a sound from now on."""
    with archive.duck() as duck:
        names = ", ".join(name for name in SoundRow.__struct_fields__)
        [values] = duck.run(f"SELECT {names} FROM current_sounds WHERE sha256 = ?", [digest])
    row = SoundRow(**dict(zip(SoundRow.__struct_fields__, values, strict=True)))
    with archive.writing():
        archive.commit(
            "analysed", {}, {"sounds": [msgspec.structs.replace(row, fingerprint=fingerprint * 4)]}
        )
