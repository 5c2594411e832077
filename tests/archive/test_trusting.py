# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mirror believes of a feed: every lie is refused by its name, and a feed that has expired ends no service."""

import datetime as dt
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root

from onrecord.archive import Archive, keyholding, mirroring, seeding
from onrecord.archive.add import add
from onrecord.archive.editions import feed_good_until, refresh_feed, renew_feed
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.publishing import publish
from onrecord.archive.trusting import Pin, Trust, begin
from onrecord.errors import (
    DigestMismatch,
    FeedExpired,
    MirrorFailed,
    NotFound,
    OnrecordError,
    SignatureInvalid,
    SourceFailed,
    SourceRefused,
    UsageError,
)
from onrecord.ledger.entries import note
from onrecord.mirror.session import Session
from onrecord.publish.signing import Key
from onrecord.publish.trust import ROOT_LASTS, Holder, roles_of, root_of, sign_metadata
from onrecord.publish.trust_files import TIMESTAMP_LASTS, OnlineKeys, newest_root
from tests.archive.feeds import contents_of, feed_of, sign_again, sync_from
from tests.archive.withdrawn import tune
from tests.conftest import DAY

NOBODY = [("127.0.0.1", 1)]


def _published(folder: Path) -> None:
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        publish(archive)


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """Nothing is in its edition: here it is about the feed alone."""
    with Archive.open(made_once(_published) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        mirroring.follow(made, feed_of(origin))
        yield made


def sync(mirror: Archive, origin: Archive) -> mirroring.SyncReport:
    return sync_from(origin, mirror, patience=20)


def later(archive: Archive, days: float) -> None:
    moment = archive.clock() + dt.timedelta(days=days)
    archive.clock = lambda: moment


def copy_of(origin: Archive, place: Path) -> Path:
    return shutil.copytree(feed_folder(origin.folder), place)


def put_back(origin: Archive, old: Path, *names: str) -> None:
    """Put files of an older feed in the place of the newer ones; all of them where none is named."""
    folder = feed_folder(origin.folder)
    for path in old.iterdir():
        if not names or any(path.match(name) for name in names):
            (folder / path.name).unlink(missing_ok=True)
            shutil.copy(path, folder / path.name)


def state(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# Lies ------------------------------------------------------------------------------------------------------------


def test_rollback_is_refused_by_name(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    old = copy_of(origin, tmp_path / "old")
    later(origin, 2)
    later(mirror, 2)
    renew_feed(origin)
    assert sync(mirror, origin).number == 1
    put_back(origin, old)
    with pytest.raises(SignatureInvalid, match="an older state than the one seen before"):
        mirroring.sync(mirror, NOBODY)


def test_what_was_seen_when_it_was_first_followed_counts(origin: Archive, tmp_path: Path) -> None:
    """Between `follow` and the first `sync` nothing goes back either."""
    old = copy_of(origin, tmp_path / "old")
    later(origin, 2)
    renew_feed(origin)
    with Archive.create(tmp_path / "late", "Late", origin.clock) as late:
        mirroring.follow(late, feed_of(origin))
        put_back(origin, old)
        with pytest.raises(SignatureInvalid, match="an older state"):
            mirroring.sync(late, NOBODY)


def test_a_feed_that_goes_back_is_refused_at_another_address_too(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    """`follow` of what is followed already applies what `sync` does: a new address is no new beginning."""
    old = copy_of(origin, tmp_path / "old")
    later(origin, 2)
    later(mirror, 2)
    renew_feed(origin)
    sync(mirror, origin)
    before = mirror.ledger.followed()
    with pytest.raises(SignatureInvalid, match="an older state than the one seen before"):
        mirroring.follow(mirror, str(old))
    assert mirror.ledger.followed() == before
    moved = copy_of(origin, tmp_path / "moved")
    assert mirroring.follow(mirror, str(moved)).feed == f"{moved}/feed.json"


def test_an_older_edition_is_refused_at_another_address_too(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    """Signed anew, so that only the edition's number goes back."""
    old = contents_of(origin)["feed.json"]
    add(origin, [tune(tmp_path / "music" / "tune.flac").parent])
    publish(origin)
    assert sync(mirror, origin).number == 2
    sign_again(origin, {"feed.json": old})
    with pytest.raises(SignatureInvalid, match="from edition 2, got"):
        mirroring.follow(mirror, str(copy_of(origin, tmp_path / "moved")))


def test_an_archive_that_was_followed_by_a_key_is_not_unknown_later(origin: Archive, tmp_path: Path) -> None:
    digest = keyholding.shown(origin).root_sha256
    with Archive.create(tmp_path / "m", "M", origin.clock) as mirror:
        assert mirroring.follow(mirror, feed_of(origin), digest).pinned == "by its digest"
        assert mirroring.follow(mirror, feed_of(origin)).pinned == "before"
        assert mirroring.follow(mirror, feed_of(origin), digest).pinned == "by its digest"


def test_one_archive_that_fails_does_not_end_the_sync_of_others(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "onrecord", "mirror", "sync", "--peer", "127.0.0.1:1", "-C"]
    with (
        Archive.create(tmp_path / "other", "Other", origin.clock) as other,
        Archive.create(tmp_path / "both", "Both") as both,
    ):
        publish(other)
        for archive in (origin, other):
            archive.clock = both.clock
            renew_feed(archive)
            mirroring.follow(both, feed_of(archive))
        [first, second] = sorted((origin, other), key=lambda each: each.id)
        (feed_folder(first.folder) / "timestamp.json").write_bytes(b"{}")
        with Session() as session:
            seeding.seed(second, session)
            [bad, good] = mirroring.sync(both, [("127.0.0.1", session.port)], patience=20)
        assert (bad.archive, bad.exit_code) == (
            first.id,
            4,
        ) and "not a feed that can be verified" in bad.failed
        assert (good.archive, good.number, good.failed) == (second.id, 1, "")
        assert [each["archive"] for each in both.ledger.mirrored()] == [second.id]
        done = subprocess.run([*command, str(both.folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 3, done.stderr
        assert f"archive {first.id}: failed" in done.stdout
        (feed_folder(second.folder) / "timestamp.json").write_bytes(b"{}")
        done = subprocess.run([*command, str(both.folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 4, done.stderr


def test_a_frozen_feed_is_refused_when_its_time_is_over(origin: Archive, mirror: Archive) -> None:
    assert sync(mirror, origin).number == 1
    later(mirror, 29)
    assert not sync(mirror, origin).expired
    later(mirror, 2)
    [report] = mirroring.sync(mirror, NOBODY)
    assert (report.expired, report.number, report.files) == ("2026-12-22", 1, 0)
    later(origin, 31)
    renew_feed(origin)
    assert not sync(mirror, origin).expired, "one word of its owner, and it is trusted again"


@pytest.mark.parametrize("names", [("*.snapshot.json",), ("*.targets.json",), ("timestamp.json",)])
def test_a_state_put_together_from_two_is_refused(
    origin: Archive, mirror: Archive, tmp_path: Path, names: tuple[str, ...]
) -> None:
    old = copy_of(origin, tmp_path / "old")
    later(origin, 2)
    sign_again(origin, {"withdrawals.json": contents_of(origin)["withdrawals.json"] + b" "})
    sync_state = Trust(tmp_path / "seen", feed_of(origin), begin(feed_of(origin))[0], origin.clock())
    sync_state.refresh()
    folder = feed_folder(origin.folder)
    # The newer name with the older bytes: what a mirror of the feed does that copies in the wrong moment, or lies.
    for name in names:
        [newer] = [path for path in folder.glob(name) if not (old / path.name).exists() or name[0] == "t"]
        [older] = old.glob(name)
        newer.unlink()
        shutil.copy(older, newer)
    fresh = Trust(tmp_path / "fresh", feed_of(origin), begin(feed_of(origin))[0], origin.clock())
    if names == ("timestamp.json",):
        with pytest.raises(SignatureInvalid, match="an older state"):
            sync_state.refresh()
    else:
        with pytest.raises(DigestMismatch, match="do not belong together"):
            fresh.refresh()


@pytest.mark.parametrize("role", ["edition", "timestamp"])
def test_a_feed_by_other_keys_is_refused(origin: Archive, mirror: Archive, role: str) -> None:
    keys = keyholding.online_keys(origin)
    stranger = Key.generate()
    forged = OnlineKeys(stranger, keys.timestamp) if role == "edition" else OnlineKeys(keys.edition, stranger)
    sign_again(origin, {"feed.rss": b"<rss/>"}, forged)
    before = mirror.ledger.dump()
    with pytest.raises(SignatureInvalid, match="too few signatures"):
        mirroring.sync(mirror, NOBODY)
    assert mirror.ledger.dump() == before


def next_root(origin: Archive, signers: list[Key], **changes: object) -> Metadata[Root]:
    from msgspec import structs

    now = newest_root(feed_folder(origin.folder))
    assert now is not None
    roles = structs.replace(roles_of(now.signed), version=now.signed.version + 1, **changes)
    root = root_of(roles)
    sign_metadata(root, signers)
    (feed_folder(origin.folder) / f"{roles.version}.root.json").write_bytes(root.to_bytes())
    return root


def test_a_root_that_its_holders_did_not_sign_is_refused(origin: Archive, mirror: Archive) -> None:
    """Whoever has the server, and every key on it, still cannot take the archive over."""
    stranger = Key.generate()
    line = stranger.public.splitlines()[1]
    next_root(origin, [stranger], holders=(Holder("owner", line),))
    with pytest.raises(SignatureInvalid, match="too few signatures"):
        mirroring.sync(mirror, NOBODY)


def test_one_signature_where_two_are_due_is_refused(
    origin: Archive, mirror: Archive, tmp_path: Path, keys: Path
) -> None:
    ada = Key.generate()
    keyholding.add_holder(origin, "Ada", ada.public, threshold=2)
    waiting = keyholding.sign_draft(keyholding.export(origin), ada)
    assert keyholding.bring(origin, waiting)
    refresh_feed(origin)
    sync(mirror, origin)
    assert keyholding.shown(origin).roles.threshold == 2
    next_root(origin, [ada])
    with pytest.raises(SignatureInvalid, match="1/2"):
        mirroring.sync(mirror, NOBODY)


def test_the_same_signature_twice_is_one(origin: Archive, mirror: Archive) -> None:
    owner = Key.load(next(keyholding.key_folder(origin).glob("*.root.key")))
    ada = Key.generate()
    keyholding.add_holder(origin, "Ada", ada.public, threshold=2)
    keyholding.bring(origin, keyholding.sign_draft(keyholding.export(origin), ada))
    refresh_feed(origin)
    root = next_root(origin, [owner])
    [signature] = root.signatures.values()
    body = json.loads((feed_folder(origin.folder) / "3.root.json").read_bytes())
    body["signatures"].append({"keyid": "00" * 32, "sig": signature.signature})
    (feed_folder(origin.folder) / "3.root.json").write_bytes(json.dumps(body).encode())
    with pytest.raises(SignatureInvalid, match="1/2"):
        mirroring.sync(mirror, NOBODY)


def test_another_archive_at_the_same_address_is_refused(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    with Archive.create(tmp_path / "other", "Other", origin.clock) as other:
        publish(other)
        shutil.rmtree(feed_folder(origin.folder))
        shutil.copytree(feed_folder(other.folder), feed_folder(origin.folder))
    with pytest.raises(SignatureInvalid, match="too few signatures"):
        mirroring.sync(mirror, NOBODY)


def test_a_second_archive_by_the_same_id_is_refused(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    """A new root by new keys for an archive that is followed already: whoever lost all keys cannot begin anew."""
    for path in keyholding.key_folder(origin).iterdir():
        path.unlink()
    shutil.rmtree(feed_folder(origin.folder))
    with Archive.create(tmp_path / "fresh", "Fresh", origin.clock) as fresh:
        note(fresh.ledger._db, "archive", origin.id)
        publish(fresh)
        with pytest.raises(SignatureInvalid, match="too few signatures"):
            mirroring.follow(mirror, feed_of(fresh))
        sha256 = keyholding.shown(fresh).root_sha256
        with pytest.raises(SignatureInvalid, match="too few signatures"):
            mirroring.follow(mirror, feed_of(fresh), sha256)


def test_a_lost_memory_is_filled_from_the_pinned_root_alone(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    sync(mirror, origin)
    trust = mirror.folder / "mirrored" / origin.id / "trust"
    shutil.rmtree(trust)
    assert sync(mirror, origin).had == 0
    shutil.rmtree(trust)
    root = feed_folder(origin.folder) / "1.root.json"
    root.write_bytes(root.read_bytes() + b" ")
    with pytest.raises(SignatureInvalid, match="expected root 1 with SHA-256"):
        mirroring.sync(mirror, NOBODY)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"signed":{},"signatures":[]}', b"\xff" * 100, b"{" * 10_000]
)
@pytest.mark.parametrize("name", ["timestamp.json", "1.root.json"])
def test_what_is_no_metadata_at_all_is_refused(
    origin: Archive, tmp_path: Path, name: str, content: bytes
) -> None:
    (feed_folder(origin.folder) / name).write_bytes(content)
    with Archive.create(tmp_path / "m", "M", origin.clock) as mirror:
        before = state(mirror.folder)
        with pytest.raises((SignatureInvalid, SourceRefused)):
            mirroring.follow(mirror, feed_of(origin))
        assert state(mirror.folder) == before


def test_a_file_that_is_longer_than_it_may_be_is_not_read(origin: Archive, mirror: Archive) -> None:
    folder = feed_folder(origin.folder)
    (folder / "timestamp.json").write_bytes(b" " * 20_000)
    with pytest.raises(MirrorFailed, match="expected at most 16,384 bytes, got 20,000"):
        mirroring.sync(mirror, NOBODY)


class _Endless(BaseHTTPRequestHandler):
    sent = 0

    def do_GET(self) -> None:
        folder = self.server.folder  # type: ignore[attr-defined]
        path = folder / self.path.rpartition("/")[2]
        if path.name == "timestamp.json":
            self.send_response(200)
            self.end_headers()
            try:
                while _Endless.sent < 64 * 1024 * 1024:
                    _Endless.sent += self.wfile.write(b" " * 65_536)
            except OSError:
                pass
            return
        self.send_response(200 if path.is_file() else 404)
        self.end_headers()
        self.wfile.write(path.read_bytes() if path.is_file() else b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_endless_answer_is_cut(origin: Archive, tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endless)
    server.folder = feed_folder(origin.folder)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        feed = f"http://127.0.0.1:{server.server_port}/feed/feed.json"
        with Archive.create(tmp_path / "m", "M", origin.clock) as mirror:
            with pytest.raises(SourceFailed, match=r"16,384|16384"):
                mirroring.follow(mirror, feed)
            assert not mirror.ledger.followed()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert _Endless.sent < 64 * 1024 * 1024


def test_a_feed_that_says_it_is_of_another_archive_than_its_root_is_refused(
    origin: Archive, tmp_path: Path
) -> None:
    body = json.loads(Path(feed_of(origin)).read_bytes()) | {"archive": "0123456789abcdef"}
    sign_again(origin, {"feed.json": json.dumps(body).encode()})
    with Archive.create(tmp_path / "m", "M", origin.clock) as mirror:
        with pytest.raises(SourceRefused, match="the root is that of archive"):
            mirroring.follow(mirror, feed_of(origin))
        assert not mirror.ledger.followed()


# Pins ------------------------------------------------------------------------------------------------------------


def test_first_sight_is_said_and_a_digest_or_a_key_is_held_to(origin: Archive, tmp_path: Path) -> None:
    holder = keyholding.shown(origin).roles.holders[0].key
    digest = keyholding.shown(origin).root_sha256
    assert keyholding.rotate(origin)
    refresh_feed(origin)
    second = keyholding.shown(origin).root_sha256
    for number, (key, pinned, version) in enumerate(
        [
            ("", "at first sight", 1),
            (digest, "by its digest", 1),
            (second, "by its digest", 2),
            (holder, "by a holder's key", 1),
        ]
    ):
        with Archive.create(tmp_path / str(number), "M", origin.clock) as mirror:
            following = mirroring.follow(mirror, feed_of(origin), key)
            assert (following.pinned, following.root, following.holders) == (pinned, 2, ("owner",))
            assert Pin.of(following.pin).version == version
            assert mirroring.follow(mirror, feed_of(origin)).pin == following.pin, "and it stays so"
    for wrong in ("00" * 32, Key.generate().public.splitlines()[1]):
        with Archive.create(tmp_path / wrong[:8].replace("/", "_"), "M", origin.clock) as mirror:
            with pytest.raises(SignatureInvalid, match="none of its 2 roots"):
                mirroring.follow(mirror, feed_of(origin), wrong)
            assert not mirror.ledger.followed()


def test_the_key_of_a_holder_who_did_not_sign_is_no_pin(origin: Archive, tmp_path: Path) -> None:
    """A root names whom it likes: what counts is a signature."""
    ada = Key.generate()
    assert keyholding.add_holder(origin, "Ada", ada.public)
    refresh_feed(origin)
    with (
        Archive.create(tmp_path / "m", "M", origin.clock) as mirror,
        pytest.raises(SignatureInvalid, match="none of its 2 roots"),
    ):
        mirroring.follow(mirror, feed_of(origin), ada.public.splitlines()[1])


def test_the_folder_of_a_feed_is_an_address_too(origin: Archive, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "m", "M", origin.clock) as mirror:
        following = mirroring.follow(mirror, str(feed_folder(origin.folder)))
        assert following.feed == feed_of(origin)


# Expiry ----------------------------------------------------------------------------------------------------------


def test_an_expired_feed_is_not_followed(origin: Archive, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "m", "M", origin.clock) as mirror:
        later(mirror, 31)
        with pytest.raises(FeedExpired, match="expired on 2026-12-22: nothing new is trusted") as caught:
            mirroring.follow(mirror, feed_of(origin))
        assert caught.value.exit_code == 3
        assert not mirror.ledger.followed()


def test_a_root_that_has_expired_ends_trust_and_an_extended_one_gives_it_back(
    origin: Archive, mirror: Archive
) -> None:
    sync(mirror, origin)
    later(origin, ROOT_LASTS.days + 1)
    later(mirror, ROOT_LASTS.days + 1)
    renew_feed(origin)
    [report] = mirroring.sync(mirror, NOBODY)
    assert report.expired == "2029-11-21"
    assert keyholding.extend(origin)
    renew_feed(origin)
    assert not sync(mirror, origin).expired


def test_whose_owner_is_gone_has_expired_too(origin: Archive, mirror: Archive) -> None:
    """The server is off: for a month that is a failure, afterwards it is known what it means."""
    sync(mirror, origin)
    shutil.rmtree(feed_folder(origin.folder))
    with pytest.raises(NotFound):
        mirroring.sync(mirror, NOBODY)
    later(mirror, 31)
    [report] = mirroring.sync(mirror, NOBODY)
    assert (report.expired, report.number) == ("2026-12-22", 1)


def test_an_expired_feed_ends_no_seeding_and_the_command_says_so(filled: Archive, tmp_path: Path) -> None:
    """By the real clock, in another process: what was verified is served on, to whoever asks."""
    origin = Archive(filled.folder)
    publish(origin)
    past = dt.datetime.now(dt.UTC) - TIMESTAMP_LASTS - dt.timedelta(days=5)
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as mirror:
        mirroring.follow(mirror, feed_of(origin))
        assert sync(mirror, origin).files == 4
    # What its owner said last was said long ago.
    shutil.rmtree(tmp_path / "mirror" / "mirrored" / origin.id / "trust")
    (feed_folder(origin.folder) / "timestamp.json").unlink()
    sign_again(origin, {}, now=past)
    command = [sys.executable, "-m", "onrecord", "-C", str(tmp_path / "mirror"), "mirror", "sync"]
    done = subprocess.run([*command, "--peer", "127.0.0.1:1"], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    day = (past + TIMESTAMP_LASTS).date().isoformat()
    assert f"feed expired on {day}: nothing new is trusted; edition 1 goes on being served" in done.stdout
    with (
        Archive.open(tmp_path / "mirror") as mirror,
        Session() as session,
        Archive.create(tmp_path / "third", "Third", lambda: past) as third,
    ):
        names = seeding.seed(mirror, session)
        assert f"onrecord-{origin.id}-edition-1" in names
        mirroring.follow(third, feed_of(origin))
        [report] = mirroring.sync(third, [("127.0.0.1", session.port)], patience=20)
        assert report.files == 4


# The owner's side -------------------------------------------------------------------------------------------------


def test_the_time_is_said_anew_without_the_key_that_signs_editions(
    origin: Archive, mirror: Archive, keys: Path
) -> None:
    """A server needs the key of the feed's time alone."""
    (keys / f"{origin.id}.key").rename(keys.parent / "elsewhere.key")
    (keys / f"{origin.id}.root.key").rename(keys.parent / "holder.key")
    later(origin, 29)
    later(mirror, 40)
    before = contents_of(origin)
    assert renew_feed(origin).date() == dt.date(2027, 1, 20)
    assert contents_of(origin) == before
    assert not sync(mirror, origin).expired
    later(origin, 400)
    with pytest.raises(SourceRefused, match="too long ago"):
        renew_feed(origin)
    (keys.parent / "elsewhere.key").rename(keys / f"{origin.id}.key")
    later(mirror, 389)
    renew_feed(origin)
    assert not sync(mirror, origin).expired


def test_what_is_said_anew_on_the_same_day_stays_as_it_is(origin: Archive) -> None:
    before = state(feed_folder(origin.folder))
    renew_feed(origin)
    publish(origin)
    assert state(feed_folder(origin.folder)) == before


def test_a_feed_is_whole_wherever_its_writing_ends(
    origin: Archive, mirror: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onrecord.publish import trust_files

    class Killed(Exception):
        pass

    real, whole = trust_files.replace, copy_of(origin, tmp_path / "whole")
    later(origin, 2)
    fresh = {"withdrawals.json": contents_of(origin)["withdrawals.json"] + b" "}
    for steps in range(4):
        left = iter(range(steps))

        def cut(path: Path, content: bytes, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Killed
            real(path, content)

        shutil.rmtree(feed_folder(origin.folder))
        shutil.copytree(whole, feed_folder(origin.folder))
        monkeypatch.setattr(trust_files, "replace", cut)
        with pytest.raises(Killed):
            sign_again(origin, fresh)
        monkeypatch.setattr(trust_files, "replace", real)
        trust = Trust(tmp_path / f"seen{steps}", feed_of(origin), begin(feed_of(origin))[0], origin.clock())
        trust.refresh()
        assert json.loads(trust.read("feed.json", 10_000))["number"] == 1
        sign_again(origin, fresh)
        trust.refresh()
        assert trust.read("withdrawals.json", 10_000) == fresh["withdrawals.json"]


def test_a_feed_that_was_lost_goes_on_with_greater_numbers(origin: Archive, mirror: Archive) -> None:
    """Of a copy that has the roots alone."""
    sync(mirror, origin)
    folder = feed_folder(origin.folder)
    for path in folder.iterdir():
        if not path.name.endswith(".root.json"):
            path.unlink()
    later(origin, 1)
    later(mirror, 1)
    assert feed_good_until(origin) is None
    renew_feed(origin)
    assert sync(mirror, origin).number == 1


def test_without_its_roots_nothing_is_signed_by_others(origin: Archive) -> None:
    shutil.rmtree(feed_folder(origin.folder))
    with pytest.raises(OnrecordError, match="no root is here, but editions were published"):
        publish(origin)


@pytest.mark.parametrize("key", ["deadbeef", "z" * 64, "RWQnonsense"])
def test_what_is_no_key_is_told_from_a_feed_of_somebody_else(origin: Archive, key: str) -> None:
    with pytest.raises(UsageError, match="64 hexadecimal digits or a public key") as raised:
        begin(feed_of(origin), key)
    assert repr(key) in raised.value.message
    with pytest.raises(SignatureInvalid, match="none of its 1 roots"):
        begin(feed_of(origin), "ab" * 32)
