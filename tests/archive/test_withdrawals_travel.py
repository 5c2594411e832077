# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signed list of withdrawals, from the archive that publishes it to a mirror that obeys it."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive, mirroring, seeding
from onrecord.archive.add import add
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.archive.withdrawing import restore, withdraw, withdrawals
from onrecord.errors import DigestMismatch, NotFound, SignatureInvalid
from onrecord.model.rights import Target, Use
from onrecord.publish.withdrawals import BLOB, entry
from onrecord.web.app import create_app
from tests.archive.feeds import contents_of, feed_of, sign_again, sync_from
from tests.archive.withdrawn import blob, recording_of, sha256, titles, tune, two_sounds


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.open(made_once(two_sounds) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def paths(origin: Archive) -> dict[str, Path]:
    folder = origin.folder.parent / "music"
    return {"flac": folder / "tune.flac", "other": folder / "other.flac"}


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        mirroring.follow(made, feed_of(origin))
        yield made


def sync(mirror: Archive, origin: Archive) -> mirroring.SyncReport:
    return sync_from(origin, mirror, patience=5)


def listed(archive: Archive) -> dict[str, list[str]]:
    body: dict[str, list[str]] = json.loads(
        (archive.folder / "editions" / "feed" / "withdrawals.json").read_bytes()
    )
    return body


# The list --------------------------------------------------------------------------------------------------------


def test_a_withdrawal_is_on_the_signed_list_at_once(origin: Archive, paths: dict[str, Path]) -> None:
    folder = origin.folder / "editions" / "feed"
    before = json.loads((folder / "feed.json").read_bytes())
    assert listed(origin)["blobs"] == []
    made = withdraw(origin, blob(paths["flac"]), by="A. Singer", text="not mine to give")
    assert made.listed
    after = json.loads((folder / "feed.json").read_bytes())
    assert after["withdrawals_sequence"] > before["withdrawals_sequence"]
    assert {**after, **{name: before[name] for name in before if "withdrawals" in name}} == before
    assert listed(origin)["blobs"] == [entry(origin.id, BLOB, sha256(paths["flac"]))]
    assert len(listed(origin)["audio"]) == 1
    text = (folder / "withdrawals.json").read_text()
    for untold in (sha256(paths["flac"]), "Singer", "Tune", "mine"):
        assert untold not in text


def test_the_list_is_served_beside_the_feed(origin: Archive, paths: dict[str, Path]) -> None:
    withdraw(origin, blob(paths["flac"]), by="A", text="no")
    with TestClient(create_app(Reader(origin.folder))) as client:
        for path in (origin.folder / "editions" / "feed").iterdir():
            answer = client.get(f"/feed/{path.name}")
            assert answer.status_code == 200
            assert answer.content == path.read_bytes()
        assert client.get("/feed/next-root.json").status_code == 404
        assert client.get("/feed/..%2f1%2fmanifest.json").status_code == 404


def test_without_its_key_the_withdrawal_holds_and_the_list_waits(
    origin: Archive, paths: dict[str, Path], keys: Path
) -> None:
    [key] = keys.glob(f"{origin.id}.key")
    away = shutil.move(key, keys.parent / "away.key")
    made = withdraw(origin, blob(paths["flac"]), by="A", text="no")
    assert not made.listed and listed(origin)["blobs"] == []
    assert not Reader(origin.folder).may(sha256(paths["flac"]), Use.STREAM).allow
    shutil.move(away, key)
    rematch(origin)
    assert len(listed(origin)["blobs"]) == 1, "whoever matches where the key is tells the mirrors"


# At a mirror -----------------------------------------------------------------------------------------------------


def test_a_mirror_hides_what_is_listed_between_editions_and_shows_it_again(
    origin: Archive, mirror: Archive, paths: dict[str, Path]
) -> None:
    assert sync(mirror, origin).files == 2
    assert titles(mirror, "tune") == ["Tune"]
    made = withdraw(origin, blob(paths["flac"]), by="A", text="no")
    report = sync(mirror, origin)
    assert (report.number, report.hidden, report.shown) == (1, 1, 0)
    digest = sha256(paths["flac"])
    reader = Reader(mirror.folder)
    assert titles(mirror, "tune") == [] and titles(mirror, "other") == ["Other"]
    assert reader.may(digest, Use.KEEP).codes == ("R-WITHDRAWN",)
    held = mirror.ledger.blob(digest)
    assert held is not None and mirror.store.path(digest, held.root).exists(), "deleting is for its operator"
    assert seeding.payload(mirror, f"{digest}.flac") is None
    assert publish(mirror).published == 1
    [item] = withdrawals(mirror)
    assert item.origin == f"archive:{origin.id}" and not item.restored
    assert listed(mirror)["blobs"] == [], "what others withdrew is for them to list"
    assert sync(mirror, origin).hidden == 0
    restore(origin, made.id, by="B", note="settled")
    report = sync(mirror, origin)
    assert (report.hidden, report.shown) == (0, 1)
    assert titles(mirror, "tune") == ["Tune"] and reader.may(digest, Use.STREAM).allow
    withdraw(origin, blob(paths["flac"]), by="A", text="no")
    assert sync(mirror, origin).hidden == 1, "and a second time"


def test_it_hides_also_where_nobody_has_the_edition(
    origin: Archive, mirror: Archive, paths: dict[str, Path]
) -> None:
    sync(mirror, origin)
    withdraw(origin, blob(paths["flac"]), by="A", text="no")
    for path in (origin.folder / "editions" / "feed").glob("*1.torrent"):
        path.unlink()
    with pytest.raises(NotFound):
        mirroring.sync(mirror, [("127.0.0.1", 1)], patience=0.5)
    assert titles(mirror, "tune") == []


def test_other_bytes_with_the_same_audio_and_other_forms_are_hidden(
    origin: Archive, mirror: Archive, paths: dict[str, Path], tmp_path: Path
) -> None:
    own = {
        "tagged": tune(tmp_path / "own" / "tagged.flac", "Tagged otherwise"),
        "form": tune(tmp_path / "own" / "form.opus", "Another form"),
    }
    add(mirror, [tmp_path / "own"], held_as="owner")
    sync(mirror, origin)
    withdraw(origin, blob(paths["flac"]), by="A", text="no")
    assert sync(mirror, origin).hidden == 3
    again = tune(tmp_path / "again" / "again.mp3")
    assert [item.code for item in add(mirror, [again], held_as="owner").refused] == ["R-WITHDRAWN"]
    for path in own.values():
        assert not Reader(mirror.folder).may(sha256(path), Use.KEEP).allow


def test_what_is_listed_is_not_fetched(origin: Archive, mirror: Archive, paths: dict[str, Path]) -> None:
    withdraw(origin, blob(paths["flac"]), by="A", text="no")
    report = sync(mirror, origin)
    assert (report.number, report.files, report.refused, report.hidden) == (1, 1, 1, 0)
    assert mirror.ledger.blob(sha256(paths["flac"])) is None


def test_what_the_mirror_itself_withdrew_does_not_come_in_by_another_form(
    origin: Archive, mirror: Archive, paths: dict[str, Path], tmp_path: Path
) -> None:
    own = tune(tmp_path / "own" / "form.opus", "Another form")
    add(mirror, [own])
    made = withdraw(mirror, blob(own), by="A", text="no")
    report = sync(mirror, origin)
    assert (report.files, report.refused) == (1, 1)
    assert mirror.ledger.blob(sha256(paths["flac"])) is None
    [(name, code, detail)] = mirror.ledger.refusals(10)
    assert (name, code) == (f"archive:{origin.id}:{sha256(paths['flac'])}.flac", "R-WITHDRAWN")
    assert made.id in detail


def test_the_operator_may_overrule_an_entry(origin: Archive, mirror: Archive, paths: dict[str, Path]) -> None:
    sync(mirror, origin)
    withdraw(origin, blob(paths["flac"]), by="A", text="no")
    sync(mirror, origin)
    [item] = withdrawals(mirror)
    restore(mirror, item.id, by="operator", note="we have it from the singer")
    mirror.rebuild_ledger()
    report = sync(mirror, origin)
    assert (report.hidden, report.had) == (0, 2)
    assert titles(mirror, "tune") == ["Tune"]


# Lies ------------------------------------------------------------------------------------------------------------


def test_an_older_list_is_refused_and_nothing_is_shown_again(
    origin: Archive, mirror: Archive, paths: dict[str, Path], tmp_path: Path
) -> None:
    old = contents_of(origin)
    sync(mirror, origin)
    withdraw(origin, blob(paths["flac"]), by="A", text="no")
    sync(mirror, origin)
    sign_again(origin, old)
    with pytest.raises(SignatureInvalid, match=r"expected its list of withdrawals from number \d+ on"):
        mirroring.sync(mirror, [("127.0.0.1", 1)], patience=0.5)
    assert titles(mirror, "tune") == []


@pytest.mark.parametrize("lie", ["altered", "another than the feed's", "missing"])
def test_a_list_that_is_not_what_the_feed_names_is_refused(
    origin: Archive, mirror: Archive, lie: str
) -> None:
    [path] = (origin.folder / "editions" / "feed").glob("*.withdrawals.json")
    body = json.loads(path.read_bytes()) | {"blobs": ["00" * 32]}
    errors: dict[str, type[Exception]] = {
        "altered": DigestMismatch,
        "another than the feed's": DigestMismatch,
        "missing": NotFound,
    }
    if lie == "missing":
        path.unlink()
    elif lie == "altered":
        path.write_bytes(json.dumps(body).encode()[:-64].ljust(path.stat().st_size))
    else:
        sign_again(origin, {"withdrawals.json": json.dumps(body).encode()})
    before = mirror.ledger.dump()
    with pytest.raises(errors[lie]):
        mirroring.sync(mirror, [("127.0.0.1", 1)], patience=0.5)
    assert mirror.ledger.dump() == before


def test_a_mirror_keeps_what_is_hidden_when_its_ledger_is_made_again(
    origin: Archive, mirror: Archive, paths: dict[str, Path]
) -> None:
    sync(mirror, origin)
    withdraw(origin, Target("recording", recording_of(origin, paths["flac"])), by="A", text="no")
    sync(mirror, origin)
    before = mirror.ledger.dump()
    mirror.rebuild_ledger()
    assert mirror.ledger.dump() == before and titles(mirror, "tune") == []
