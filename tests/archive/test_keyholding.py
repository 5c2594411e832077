# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holders of keys: a second one, a lost one, a stolen server, and an archive that goes on without its owner."""

import datetime as dt
import json
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onrecord.archive import Archive, keyholding, mirroring, seeding
from onrecord.archive.add import add
from onrecord.archive.editions import refresh_feed
from onrecord.archive.publishing import publish
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import SignatureInvalid, SourceRefused, UsageError
from onrecord.mirror.session import Session
from onrecord.publish.signing import Key
from onrecord.publish.trust_files import OnlineKeys
from tests.archive.feeds import feed_of, sign_again
from tests.archive.withdrawn import blob, tune, two_sounds
from tests.conftest import DAY


def _published(folder: Path) -> None:
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        publish(archive)


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.open(made_once(_published) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        mirroring.follow(made, feed_of(origin))
        yield made


def sync(mirror: Archive, *sources: Archive) -> list[mirroring.SyncReport]:
    with Session() as session:
        for source in sources:
            seeding.seed(source, session)
        return mirroring.sync(mirror, [("127.0.0.1", session.port)], patience=20)


def later(days: float, *archives: Archive) -> None:
    for archive in archives:
        moment = archive.clock() + dt.timedelta(days=days)
        archive.clock = lambda moment=moment: moment  # type: ignore[misc]


def sign_by(archive: Archive, *keys: Key) -> bool:
    """Carry the change that waits to each holder in turn, and back."""
    content = keyholding.export(archive)
    for key in keys:
        content = keyholding.sign_draft(content, key)
    done = keyholding.bring(archive, content)
    if done:
        refresh_feed(archive)
    return done


def names(archive: Archive) -> list[str]:
    return [holder.name for holder in keyholding.shown(archive).roles.holders]


def test_the_first_edition_makes_keys_outside_the_archive(origin: Archive, keys: Path) -> None:
    made = keyholding.shown(origin)
    assert (made.roles.version, made.roles.threshold, names(origin)) == (1, 1, ["owner"])
    assert len({made.roles.edition_key, made.roles.timestamp_key, made.roles.holders[0].key}) == 3
    for path in keys.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not list(origin.folder.rglob(path.name))
    assert origin.ledger.editions()[-1]["public_key"] == made.roles.edition_key


def test_a_second_holder_is_one_call_and_mirrors_follow(origin: Archive, mirror: Archive) -> None:
    ada = Key.generate()
    assert keyholding.add_holder(origin, "Ada", ada.public)
    refresh_feed(origin)
    assert names(origin) == ["Ada", "owner"]
    assert sync(mirror, origin)[0].number == 1


def test_one_of_two_keys_is_lost_and_the_other_goes_on(origin: Archive, mirror: Archive, keys: Path) -> None:
    ada = Key.generate()
    assert keyholding.add_holder(origin, "Ada", ada.public)
    refresh_feed(origin)
    sync(mirror, origin)
    (keys / f"{origin.id}.root.key").unlink()
    ben = Key.generate()
    assert not keyholding.remove_holder(origin, "owner"), "nobody here may sign"
    assert not keyholding.add_holder(origin, "Ben", ben.public)
    assert keyholding.shown(origin).lacking == (
        "1 more of today's holders: Ada, owner",
        "1 more of the next holders: Ada, Ben",
    )
    assert sign_by(origin, ada)
    assert names(origin) == ["Ada", "Ben"]
    assert sync(mirror, origin)[0].number == 1


def test_two_of_three_must_sign_and_a_stolen_key_alone_changes_nothing(
    origin: Archive, mirror: Archive, keys: Path
) -> None:
    ada, ben = Key.generate(), Key.generate()
    keyholding.add_holder(origin, "Ada", ada.public)
    assert not keyholding.add_holder(origin, "Ben", ben.public), "two must sign from now on, so two sign this"
    assert sign_by(origin, ada)
    assert keyholding.shown(origin).roles.threshold == 2
    refresh_feed(origin)
    (keys / f"{origin.id}.root.key").rename(keys.parent / "owner.key")
    thief = Key.generate()
    assert not keyholding.add_holder(origin, "Thief", thief.public, threshold=1)
    assert not sign_by(origin, ada, thief)
    assert names(origin) == ["Ada", "Ben", "owner"]
    keyholding.cancel(origin)
    assert keyholding.shown(origin).waiting is None
    # Ada's key was stolen: the two others put another in its place.
    new = Key.generate()
    keyholding.remove_holder(origin, "Ada")
    assert not keyholding.add_holder(origin, "Ada again", new.public)
    assert not sign_by(origin, ben)
    assert sign_by(origin, Key.load(keys.parent / "owner.key"))
    assert names(origin) == ["Ada again", "Ben", "owner"]
    assert sync(mirror, origin)[0].number == 1


def test_a_stolen_server_key_is_put_out_of_use(origin: Archive, mirror: Archive) -> None:
    stolen = keyholding.online_keys(origin)
    sync(mirror, origin)
    # The thief runs ahead: what they say is believed until the holders meet.
    later(300, origin)
    thiefs = origin.clock
    later(-300, origin)
    sign_again(origin, {"feed.rss": b"<rss/>"}, stolen, thiefs())
    sync(mirror, origin)
    assert keyholding.rotate(origin)
    refresh_feed(origin)
    fresh = keyholding.online_keys(origin)
    assert fresh.timestamp != stolen.timestamp and fresh.edition != stolen.edition
    assert sync(mirror, origin)[0].number == 1
    sign_again(origin, {"feed.rss": b"<rss></rss>"}, OnlineKeys(stolen.edition, stolen.timestamp))
    with pytest.raises(SignatureInvalid, match="too few signatures"):
        mirroring.sync(mirror, [("127.0.0.1", 1)])


def test_the_next_edition_is_signed_by_the_new_key(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    old = origin.ledger.editions()[-1]["public_key"]
    keyholding.rotate(origin)
    refresh_feed(origin)
    assert sync(mirror, origin)[0].number == 1, "the edition that is there bears the old key's signature"
    add(origin, [tune(tmp_path / "music" / "tune.flac").parent])
    publish(origin)
    assert origin.ledger.editions()[-1]["public_key"] != old
    [report] = sync(mirror, origin)
    assert (report.number, report.files) == (2, 1)


def test_a_lost_server_key_is_replaced_by_the_holders(origin: Archive, mirror: Archive, keys: Path) -> None:
    for name in (f"{origin.id}.key", f"{origin.id}.timestamp.key"):
        (keys / name).unlink()
    with pytest.raises(UsageError, match="signing key of this archive is not here"):
        publish(origin)
    assert keyholding.rotate(origin)
    refresh_feed(origin)
    assert sync(mirror, origin)[0].number == 1


def test_a_change_is_signed_as_it_was_shown(origin: Archive, keys: Path) -> None:
    ada = Key.generate()
    keyholding.add_holder(origin, "Ada", ada.public, threshold=2)
    carried = keyholding.export(origin)
    now, following = keyholding.read_draft(carried)
    assert (now.version, following.signed.version) == (1, 2)
    keyholding.add_holder(origin, "Ben", Key.generate().public, threshold=2)
    with pytest.raises(UsageError, match="changed since"):
        keyholding.bring(origin, keyholding.sign_draft(carried, ada))
    body = json.loads(keyholding.sign_draft(keyholding.export(origin), ada))
    body["next"]["signed"]["roles"]["root"]["threshold"] = 1
    with pytest.raises(UsageError, match="changed since"):
        keyholding.bring(origin, json.dumps(body).encode())
    with pytest.raises(UsageError, match="not the key of a holder"):
        keyholding.sign_draft(carried, Key.generate())


def test_a_bad_signature_keeps_no_good_one_out(origin: Archive) -> None:
    ada = Key.generate()
    keyholding.add_holder(origin, "Ada", ada.public, threshold=2)
    good = keyholding.sign_draft(keyholding.export(origin), ada)
    body = json.loads(good)
    for signature in body["next"]["signatures"]:
        signature["sig"] = "00" * 64
    assert not keyholding.bring(origin, json.dumps(body).encode())
    assert keyholding.bring(origin, good)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"now":{},"next":{}}', b"\xff"])
def test_what_was_carried_and_is_no_change_of_keys_is_refused(origin: Archive, content: bytes) -> None:
    keyholding.add_holder(origin, "Ada", Key.generate().public, threshold=2)
    with pytest.raises(SourceRefused):
        keyholding.bring(origin, content)


@pytest.mark.parametrize(
    ("name", "key", "threshold", "said"),
    [
        ("owner", "new", 0, "name or key stands there twice"),
        ("Ada", "owner", 0, "name or key stands there twice"),
        ("Ada", "new", 3, "expected a threshold from 1"),
        ("", "new", 0, "printable name"),
        ("A\nda", "new", 0, "printable name"),
        ("Ada", "RWnonsense", 0, "expected a minisign public key"),
    ],
)
def test_holders_that_cannot_be(origin: Archive, name: str, key: str, threshold: int, said: str) -> None:
    lines = {"new": Key.generate().public, "owner": keyholding.shown(origin).roles.holders[0].key}
    with pytest.raises(UsageError, match=said):
        keyholding.add_holder(origin, name, lines.get(key, key), threshold)
    assert keyholding.shown(origin).waiting is None


def test_the_last_holder_stays(origin: Archive) -> None:
    with pytest.raises(UsageError, match="only holder"):
        keyholding.remove_holder(origin, "owner")
    with pytest.raises(UsageError, match="expected one of owner"):
        keyholding.remove_holder(origin, "Ada")


def test_an_archive_without_editions_has_no_keys(archive: Archive, keys: Path) -> None:
    with pytest.raises(UsageError, match="no keys yet"):
        keyholding.shown(archive)
    assert not list(keys.iterdir())


# Succession -------------------------------------------------------------------------------------------------------


@pytest.fixture
def gone(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """An archive with two sounds, one of them withdrawn later, whose owner will be gone."""
    with Archive.open(made_once(two_sounds) / "archive", clock) as archive:
        yield archive


def held_by(path: Path, name: str, gone: Archive) -> Archive:
    made = Archive.create(path, name, gone.clock)
    mirroring.follow(made, feed_of(gone))
    sync(made, gone)
    return made


def test_another_archive_goes_on_for_one_whose_owner_is_gone(gone: Archive, tmp_path: Path) -> None:
    heir, mirror = (held_by(tmp_path / name, name, gone) for name in ("heir", "mirror"))
    withdraw(gone, blob(tmp_path / "music" / "other.flac"), by="A", text="no")
    sync(heir, gone)
    sync(mirror, gone)
    shutil.rmtree(keyholding.feed_folder(gone.folder))
    later(40, heir, mirror)
    publish(heir)
    assert keyholding.succeed(heir, gone.id)
    refresh_feed(heir)
    assert [each.archive for each in keyholding.succeeded(heir)] == [gone.id]
    feed = json.loads(Path(feed_of(heir)).read_bytes())
    last = gone.ledger.editions()[-1]
    assert feed["succeeds"] == [{"archive": gone.id, "number": 1, "sums_sha256": last["sums"]}]
    listed = json.loads((keyholding.feed_folder(heir.folder) / "withdrawals.json").read_bytes())
    assert len(listed["blobs"]) == 1, "who goes on for an archive goes on with its withdrawals"

    # Nobody takes another's place without the operator's yes.
    assert mirroring.follow(mirror, feed_of(heir)).instead_of == ""
    [first, second] = sorted(sync(mirror, heir), key=lambda report: report.expired)
    assert (first.archive, first.had, first.expired) == (heir.id, 1, "")
    assert (second.archive, second.expired, second.number) == (gone.id, "2026-12-22", 1)

    following = mirroring.follow(mirror, feed_of(heir), succeeds=gone.id)
    assert (following.archive, following.instead_of) == (heir.id, gone.id)
    [report] = sync(mirror, heir)
    assert (report.archive, report.expired) == (heir.id, "")
    with Session() as session:
        seeds = seeding.seed(mirror, session)
    assert {f"onrecord-{gone.id}-edition-1", f"onrecord-{heir.id}-edition-1"} <= set(seeds)
    mirror.rebuild_ledger()
    assert [each.feed != "" for each in mirror.ledger.followed()].count(True) == 1
    for archive in (heir, mirror):
        archive.close()


@pytest.mark.slow
def test_who_lives_has_no_successor(gone: Archive, tmp_path: Path) -> None:
    heir, mirror = (held_by(tmp_path / name, name, gone) for name in ("heir", "mirror"))
    publish(heir)
    keyholding.succeed(heir, gone.id)
    refresh_feed(heir)
    with pytest.raises(UsageError, match="its own feed is good until 2026-12-22"):
        mirroring.follow(mirror, feed_of(heir), succeeds=gone.id)
    assert [each.archive for each in mirror.ledger.followed()] == [gone.id]
    for archive in (heir, mirror):
        archive.close()


@pytest.mark.slow
def test_a_successor_must_name_the_edition_that_is_held_here(gone: Archive, tmp_path: Path) -> None:
    heir = held_by(tmp_path / "heir", "heir", gone)
    tune(tmp_path / "music" / "third.flac", "Third", seed=7)
    add(gone, [tmp_path / "music"])
    publish(gone)
    mirror = held_by(tmp_path / "mirror", "mirror", gone)
    later(40, heir, mirror)
    publish(heir)
    with pytest.raises(UsageError, match="it names none"):
        mirroring.follow(mirror, feed_of(heir), succeeds=gone.id)
    keyholding.succeed(heir, gone.id)
    refresh_feed(heir)
    with pytest.raises(SignatureInvalid, match=r"goes on from edition 1 of .* here is edition 2"):
        mirroring.follow(mirror, feed_of(heir), succeeds=gone.id)
    with pytest.raises(UsageError, match="followed here"):
        mirroring.follow(mirror, feed_of(heir), succeeds="0123456789abcdef")
    for archive in (heir, mirror):
        archive.close()


def test_only_who_holds_an_edition_goes_on_for_an_archive(origin: Archive) -> None:
    with pytest.raises(UsageError, match="no edition of it is held here"):
        keyholding.succeed(origin, "0123456789abcdef")
