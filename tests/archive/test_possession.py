# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror shows what it has, by page and by file; a damaged file is made whole, by page or swarm, liars or not."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from onrecord.archive import Archive, mirroring, newest_editions, possession, repairing, seeding
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.keyholding import key_folder
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.errors import ArchiveLocked, NotFound, SignatureInvalid, SourceRefused, UsageError
from onrecord.mirror.possession import read_challenge
from onrecord.mirror.session import Session
from onrecord.model.digests import BLOCK, PIECE
from onrecord.net import fetch
from tests.archive.feeds import feed_of
from tests.archive.pages import between, page
from tests.archive.withdrawn import tagged
from tests.conftest import DAY
from tests.tones import write


def _origin_and_mirror(folder: Path) -> None:
    music = folder / "music"
    write(music / "long.wav", 5, 20.0, {"title": "Long"})
    (music / "long.wav.license").write_text("SPDX-License-" + "Identifier: CC-BY-4.0\n")
    write(music / "short.flac", 6, 1.0, tagged("Short"))
    with (
        Archive.create(folder / "origin", "Origin", lambda: DAY) as origin,
        Archive.create(folder / "mirror", "Mirror", lambda: DAY) as mirror,
        Session() as session,
    ):
        add(origin, [music], held_as="owner")
        rematch(origin)
        publish(origin)
        mirroring.follow(mirror, feed_of(origin))
        seeding.seed(origin, session)
        mirroring.sync(mirror, [("127.0.0.1", session.port)])


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """An edition with a file of several pieces and a small one."""
    with Archive.open(made_once(_origin_and_mirror) / "origin", clock) as archive:
        yield archive


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    """Holds all of it."""
    with Archive.open(tmp_path / "mirror", origin.clock) as archive:
        mirroring.follow(archive, feed_of(origin))  # where the copy has it
        yield archive


def long_one(archive: Archive) -> tuple[str, Path, int]:
    row = max(archive.ledger.blobs(), key=lambda row: row.size)
    assert row.size > 3 * PIECE
    return row.sha256, archive.store.path(row.sha256, row.root), row.size


def damage(archive: Archive, places: list[int]) -> str:
    digest, path, _ = long_one(archive)
    path.chmod(0o644)
    with path.open("r+b") as file:
        for place in places:
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ 4]))
    check(archive)
    assert archive.ledger.blob(digest).state == "flipped"  # type: ignore[union-attr]
    return digest


def test_a_mirror_shows_by_its_page_that_it_has_everything(origin: Archive, mirror: Archive) -> None:
    assert [item.copies for item in possession.health(origin)] == [0]
    with page(mirror) as address:
        outcome = possession.ask(origin, address, [], 60)
    assert outcome.asked == outcome.proved == 60
    assert outcome.holder == possession.holder_key(mirror).public.splitlines()[1]
    [volume] = possession.health(origin)
    assert (volume.copies, volume.partly, volume.last) == (1, 0, origin.today.isoformat())


def test_an_answer_that_is_carried_counts_once(origin: Archive, mirror: Archive) -> None:
    asked = possession.challenge(origin, [], 20)
    content = possession.respond(mirror, asked, "SE")
    outcome = possession.take(origin, content)
    assert (outcome.proved, outcome.country) == (20, "SE")
    with pytest.raises(SourceRefused, match="answered it already"):
        possession.take(origin, content)
    assert len(origin.ledger.possessions()) == 1


def test_the_log_keeps_who_showed_what(origin: Archive, mirror: Archive) -> None:
    possession.take(origin, possession.respond(mirror, possession.challenge(origin, [], 5)))
    before = origin.ledger.dump()
    assert len(before["possessions"]) == 1
    origin.rebuild_ledger()
    assert origin.ledger.dump() == before


def test_a_challenge_of_another_archive_is_not_ours(origin: Archive, mirror: Archive) -> None:
    asked = possession.challenge(mirror, [], 5)
    with pytest.raises(SourceRefused, match="none of that name open"):
        possession.take(origin, possession.respond(mirror, asked))


def test_a_damaged_file_is_not_shown(origin: Archive, mirror: Archive) -> None:
    damage(mirror, [5])
    asked = possession.challenge(origin, [], 40)
    outcome = possession.take(origin, possession.respond(mirror, asked))
    assert outcome.proved < outcome.asked == 40
    assert [(item.copies, item.partly) for item in possession.health(origin)] in ([(0, 1)], [(0, 0)])


def test_hmacs_are_checked_against_our_own_bytes(origin: Archive, mirror: Archive) -> None:
    asked = possession.challenge(origin, [], 30, keyed=True)
    content = possession.respond(mirror, asked)
    assert len(content) < 30 * 400
    assert possession.take(origin, content).proved == 30


def test_a_volume_that_nobody_here_knows(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no edition here has it"):
        possession.challenge(origin, ["onrecord-x-000000000000"], 5)
    asked = possession.challenge(origin, [], 5)
    with (
        Archive.create(tmp_path / "other", "Other", origin.clock) as other,
        pytest.raises(SourceRefused, match="cannot be numbered"),
    ):
        possession.respond(other, asked)


@pytest.mark.parametrize("words", ["", "!!", "e30=", "AAAA" * 1000])
def test_nonsense_at_the_exchange_is_answered(origin: Archive, words: str) -> None:
    with page(origin) as address, pytest.raises(Exception, match="400"):
        fetch(f"{address}/exchange/possession?challenge={words}", 1000)


def test_flipped_bits_cost_their_blocks_alone(origin: Archive, mirror: Archive) -> None:
    digest = damage(mirror, [3, BLOCK * 2, BLOCK * 2 + 9, PIECE + 5])
    with page(origin) as address:
        [report] = repairing.repair(mirror, [address])
    assert (report.sha256, report.fault, report.blocks) == (digest, "", 3)
    assert report.received == 3 * BLOCK + 2 * 64 * 32
    assert mirror.ledger.blob(digest).state == "ok"  # type: ignore[union-attr]
    assert check(mirror).bad == []
    assert repairing.repair(mirror, ["http://127.0.0.1:9"]) == []


def test_others_write_while_a_repair_fetches(origin: Archive, mirror: Archive) -> None:
    damage(mirror, [3])
    wrote: list[int] = []

    def meanwhile(path: str, body: bytes) -> bytes:
        if not wrote:
            with Archive.open(mirror.folder, mirror.clock) as other, other.writing():
                wrote.append(other.commit("planned", {"plan": None}).seq)
            with (
                Archive.open(mirror.folder, mirror.clock) as other,
                pytest.raises(ArchiveLocked, match="is repairing"),
            ):
                repairing.repair(other, ["http://127.0.0.1:9"])
        return body

    with page(origin) as address, between(address, meanwhile) as holder:
        [report] = repairing.repair(mirror, [holder])
    assert (len(wrote), report.fault) == (1, "")
    assert check(mirror).bad == []
    assert not (mirror.store.roots[0].path / "repairing").exists()


def test_a_file_that_is_gone_comes_back_whole(origin: Archive, mirror: Archive) -> None:
    digest, path, size = long_one(mirror)
    path.unlink()
    check(mirror)
    with page(origin) as address:
        [report] = repairing.repair(mirror, [address])
    assert (report.fault, report.blocks) == ("", -(-size // BLOCK))
    assert check(mirror).bad == []
    assert mirror.ledger.blob(digest).state == "ok"  # type: ignore[union-attr]


@pytest.mark.parametrize("lies_in", ["leaves", "blocks"])
def test_a_liar_is_named_and_the_next_is_asked(origin: Archive, mirror: Archive, lies_in: str) -> None:
    damage(mirror, [3, PIECE + 5])

    def lie(path: str, body: bytes) -> bytes:
        return bytes([body[0] ^ 1]) + body[1:] if ("/leaves/" in path) == (lies_in == "leaves") else body

    with page(origin) as address, between(address, lie) as liar:
        [report] = repairing.repair(mirror, [liar, address])
        assert (report.fault, report.liars) == ("", (liar,))
        damage(mirror, [3])
        [report] = repairing.repair(mirror, [liar])
        assert report.liars == (liar,) and "nobody who was asked gave it" in report.fault
        assert mirror.ledger.blob(report.sha256).state == "flipped"  # type: ignore[union-attr]


def test_over_bittorrent_bad_pieces_alone_travel(origin: Archive, mirror: Archive) -> None:
    digest = damage(mirror, [3, PIECE + 5])
    with Session() as session:
        seeding.seed(origin, session)
        [report] = repairing.repair(mirror, [], [("127.0.0.1", session.port)])
    assert (report.sha256, report.fault) == (digest, "")
    assert 2 * PIECE <= report.received < 3 * PIECE
    assert check(mirror).bad == []


def test_nobody_named_and_nothing_known(origin: Archive) -> None:
    with pytest.raises(UsageError):
        repairing.repair(origin, [])


def test_what_may_not_be_shared_is_not_exchanged(origin: Archive, tmp_path: Path) -> None:
    write(tmp_path / "own" / "own.flac", 8, 2.0, {"title": "Own", "artist": "Maker"})
    add(origin, [tmp_path / "own"], held_as="owner")
    rematch(origin)
    digest = next(row.sha256 for row in origin.ledger.blobs() if not origin.ledger.volume(row.sha256))
    with page(origin) as address:
        for path in (digest, f"{digest}/leaves/0"):
            with pytest.raises(Exception, match="403"):
                fetch(f"{address}/exchange/{path}", 1 << 20)


def test_every_volume_that_a_holder_has_is_counted(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    """One of one small file beside a large one: with one block drawn it is asked for all the same."""
    write(tmp_path / "more" / "tiny.flac", 9, 0.5, tagged("Tiny"))
    add(origin, [tmp_path / "more"], held_as="owner")
    publish(origin)
    with Session() as session:
        seeding.seed(origin, session)
        mirroring.sync(mirror, [("127.0.0.1", session.port)])
    for _ in range(5):
        outcome = possession.take(origin, possession.respond(mirror, possession.challenge(origin, [], 1)))
        assert len(outcome.volumes) == 2 and outcome.asked == outcome.proved == 2
        assert outcome.finds == pytest.approx(0.01), "what was drawn of all, no more"
    assert [item.copies for item in possession.health(origin)] == [1, 1]


def test_of_more_volumes_than_can_be_asked_about_those_come_first_that_were_not_for_longest(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    write(tmp_path / "more" / "tiny.flac", 9, 0.5, tagged("Tiny"))
    add(origin, [tmp_path / "more"], held_as="owner")
    publish(origin)
    with Session() as session:
        seeding.seed(origin, session)
        mirroring.sync(mirror, [("127.0.0.1", session.port)])
    first = possession.challenge(origin, [], 3, most=1)
    possession.take(origin, possession.respond(mirror, first))
    second = possession.challenge(origin, [], 3, most=1)
    assert {*first.volumes, *second.volumes} == set(newest_editions.volume_torrents(origin))
    with pytest.raises(UsageError, match="2 volumes: expected at most 1"):
        possession.challenge(origin, [*first.volumes, *second.volumes], 3, most=1)


def test_a_forged_answer_is_refused(origin: Archive, mirror: Archive) -> None:
    asked = possession.challenge(origin, [], 3)
    content = possession.respond(mirror, read_challenge(msgspec.json.encode(asked)))
    at = content.index(b'"answer":"') + 400
    forged = content[:at] + (b"A" if content[at : at + 1] != b"A" else b"B") + content[at + 1 :]
    with pytest.raises((SignatureInvalid, SourceRefused)):
        possession.take(origin, forged)
    assert origin.ledger.possessions() == []


def test_the_commands_carry_challenge_and_answer_as_files(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    def onrecord(archive: Archive, *arguments: str) -> bytes:
        command = [sys.executable, "-m", "onrecord", "mirror", *arguments, "-C", str(archive.folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    asked, answered = tmp_path / "challenge.json", tmp_path / "answer.json"
    onrecord(origin, "challenge", "--blocks", "300", "--to", str(asked))
    answered.write_bytes(onrecord(mirror, "prove", str(asked)))
    told = onrecord(origin, "verify", str(answered)).decode()
    assert "not a disk of its own" in told and "with probability 0." in told
    assert "1 elsewhere" in onrecord(origin, "holders").decode()


def test_a_swapped_or_strange_file_is_called_by_its_name(origin: Archive, tmp_path: Path) -> None:
    def refused(*arguments: object) -> str:
        command = [sys.executable, "-m", "onrecord", *map(str, arguments), "-C", str(origin.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (1, 2) and "Traceback" not in done.stderr
        return done.stderr

    challenge, answered = tmp_path / "challenge.json", tmp_path / "answer.json"
    asked = possession.challenge(origin, [], 3)
    challenge.write_bytes(msgspec.json.encode(asked))
    answered.write_bytes(possession.respond(origin, asked))
    said = refused("mirror", "prove", answered)
    assert f"{answered}: expected a challenge" in said and "got an answer to a challenge" in said
    said = refused("mirror", "verify", challenge)
    assert f"{challenge}: expected an answer" in said and "got a challenge" in said
    edition = origin.folder / "editions" / "1"
    torrent = next((edition / "volumes").glob("*.torrent"))
    for path, name in (
        (torrent, "a torrent"),
        (edition / "manifest.json", "the manifest of an edition"),
        (edition / "minisign.pub", "a public key"),
        (edition / "SHA256SUMS.minisig", "a signature by minisign"),
        (edition / "dataset" / "files.parquet", "a Parquet table"),
        (origin.folder / "editions" / "feed" / "feed.json", "the feed of an archive"),
        (origin.folder / "editions" / "feed" / "timestamp.json", "a part of a feed's TUF metadata"),
    ):
        for command in ("prove", "verify"):
            assert f"{path}: expected" in (said := refused("mirror", command, path)) and f"got {name}" in said
    challenge.write_bytes(challenge.read_bytes()[:-9])
    assert f"{challenge}: expected a challenge" in (said := refused("mirror", "prove", challenge))
    assert "got JSON that was cut or damaged" in said
    answered.write_bytes(answered.read_bytes().replace(b'"answer":"ey', b'"answer":"AA'))
    assert f"{answered}: not an answer" in refused("mirror", "verify", answered)
    key = tmp_path / "ada.key"
    key.write_bytes(before := next(iter(key_folder(origin).glob("*.root.key"))).read_bytes())
    assert "there is a secret key already" in refused("mirror", "challenge", "--to", key)
    assert key.read_bytes() == before
    assert "is no folder" in refused("mirror", "challenge", "--to", tmp_path / "nowhere" / "c.json")
