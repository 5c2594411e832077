# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts: what is kept of them, what opens them, and what no longer does."""

import datetime as dt
import hashlib
import stat
import threading

import pytest

from onrecord.archive import Archive
from onrecord.archive.publishing import publish
from onrecord.errors import NotFound, StoreFailed, UsageError
from onrecord.web.access import passwords
from onrecord.web.access.people import NAME, Users
from onrecord.web.access.roles import FOR_PLAYERS, Person, Role, Scope
from tests.web.access.conftest import PASSWORD


def test_only_its_owner_reads_the_file_and_it_holds_no_password_and_no_token(
    held: Archive, users: Users
) -> None:
    users.add("quixworthy", Role.OWNER, PASSWORD)
    token, session = users.issue("quixworthy", [Scope.OWN]), users.begin(users.person("quixworthy"))
    path = held.folder / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = path.read_bytes()
    for secret in (PASSWORD, token, token.removeprefix("onr_"), session):
        assert secret.encode() not in kept
    assert len(token) == 47 and users.by_token(token) and users.by_session(session)
    assert b"quixworthy" in kept
    users.remove("quixworthy")
    assert b"quixworthy" not in path.read_bytes()


def test_a_password_opens_its_own_account_alone(users: Users) -> None:
    assert users.by_password("cur", PASSWORD) == Person("cur", Role.CURATOR)
    assert users.by_password("CUR", PASSWORD) == Person("cur", Role.CURATOR)
    for name, password in (
        ("cur", PASSWORD + "x"),
        ("cur", ""),
        ("nobody", PASSWORD),
        ("", ""),
        ("cur", "x" * 2000),
    ):
        assert users.by_password(name, password) is None
    # The same letters, as another keyboard makes them.
    users.set_password("cur", "pass\u00e9 compos\u00e9")
    assert users.by_password("cur", "passe\u0301 compose\u0301") and not users.by_password("cur", PASSWORD)


def test_what_is_kept_of_a_password_names_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    before = passwords.hashed(PASSWORD)
    monkeypatch.setattr(passwords, "_COST", (2**5, 8, 1))
    after = passwords.hashed(PASSWORD)
    assert before.startswith("scrypt$16$8$1$") and after.startswith("scrypt$32$8$1$")
    assert passwords.fits(PASSWORD, before) and passwords.fits(PASSWORD, after)
    assert passwords.hashed(PASSWORD) != after


@pytest.mark.parametrize("name", ["", "a b", "../x", "ünïcode", "-x", "a" * 65, "<b>"])
def test_what_is_no_name_is_refused(users: Users, name: str) -> None:
    with pytest.raises(UsageError, match="is no name"):
        users.add(name, Role.LISTENER, PASSWORD)


def test_mistakes_are_told(users: Users) -> None:
    with pytest.raises(UsageError, match="there already"):
        users.add("CUR", Role.OWNER, PASSWORD)
    with pytest.raises(UsageError, match="expected 10 or more"):
        users.add("short", Role.OWNER, "ninechars")
    with pytest.raises(UsageError, match="listener has no scope curate"):
        users.issue("lis", [Scope.LISTEN, Scope.CURATE])
    for act in (users.person, users.remove, users.make_app_password):
        with pytest.raises(NotFound, match="nobody is called"):
            act("ghost")
    with pytest.raises(NotFound, match="no token has the id"):
        users.revoke("ffff")
    assert [account.name for account in users.everybody()] == ["cur", "lis", "own"]


def test_a_token_ends_with_its_days_and_its_use_is_noted_by_the_day(held: Archive, users: Users) -> None:
    now = [dt.datetime(2026, 11, 28, 23, 0, tzinfo=dt.UTC)]
    with Users(held.folder, lambda: now[0]) as users:
        token = users.issue("lis", [Scope.LISTEN], "phone", days=2)
        [shown] = users.tokens("lis")
        assert (shown.label, shown.scopes, shown.ends, shown.used) == (
            "phone",
            (Scope.LISTEN,),
            "2026-11-30",
            "",
        )
        found = users.by_token(token)
        assert found is not None and found.scopes == {Scope.LISTEN} and found.way == "token"
        assert users.tokens("lis")[0].used == "2026-11-28"
        now[0] += dt.timedelta(days=2)
        assert users.by_token(token) and users.tokens("lis")[0].used == "2026-11-30"
        now[0] += dt.timedelta(days=1)
        assert users.by_token(token) is None
        assert users.by_token(token + "x") is None and users.by_token(token.removeprefix("onr_")) is None


def test_an_app_password_is_for_players_and_is_not_the_persons_own(users: Users) -> None:
    made = users.make_app_password("own", "phone")
    for found in (
        users.by_app_password("own", made),
        users.by_salted("own", "c19b2d", hashlib.md5(f"{made}c19b2d".encode()).hexdigest()),
    ):
        assert found is not None and found.person == Person("own", Role.OWNER)
        assert found.scopes == FOR_PLAYERS and not found.may(Role.CURATOR, Scope.CURATE)
    assert users.by_app_password("own", PASSWORD) is None and users.by_app_password("lis", made) is None
    assert users.by_salted("own", "other", hashlib.md5(f"{made}c19b2d".encode()).hexdigest()) is None
    assert users.by_salted("own", "", hashlib.md5(PASSWORD.encode()).hexdigest()) is None
    assert users.by_password("own", made) is None
    users.revoke(users.tokens("own")[0].id)
    assert users.by_app_password("own", made) is None


def test_a_session_ends_by_signing_out_with_its_days_and_with_another_password(
    held: Archive, users: Users
) -> None:
    now = [dt.datetime(2026, 11, 28, tzinfo=dt.UTC)]
    with Users(held.folder, lambda: now[0]) as users:
        one, two, three = (users.begin(users.person("cur")) for _ in range(3))
        assert users.by_session(one) and users.by_session(two) and users.by_session(one + "x") is None
        users.end(one)
        assert users.by_session(one) is None and users.by_session(two)
        users.set_password("cur", PASSWORD + "2")
        assert users.by_session(two) is None and users.by_session(three) is None
        four = users.begin(users.person("cur"))
        now[0] += dt.timedelta(days=13, hours=23)
        assert users.by_session(four)
        now[0] += dt.timedelta(hours=1)
        assert users.by_session(four) is None


def test_threads_and_processes_see_the_same(held: Archive, users: Users) -> None:
    token = users.issue("lis", [Scope.LISTEN])
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(users.by_token(token))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 8 and all(found)
    with Users(held.folder) as another:
        assert another.signing_key == users.signing_key
        another.revoke(another.tokens("lis")[0].id)
    assert users.by_token(token) is None


def test_a_damaged_file_is_named(held: Archive) -> None:
    (held.folder / NAME).write_bytes(b"no database at all, but long enough to be read as one" * 40)
    with pytest.raises(StoreFailed, match=NAME):
        Users(held.folder)


def test_nobody_with_an_account_is_named_in_log_dataset_or_edition(filled: Archive) -> None:
    with Users(filled.folder) as users:
        users.add("quixworthy", Role.OWNER, PASSWORD)
        token = users.issue("quixworthy", [Scope.OWN], "label-of-quixworthy")
        app = users.make_app_password("quixworthy")
        assert users.by_token(token) and users.begin(users.person("quixworthy"))
        key = users.signing_key
    publish(filled)
    read = 0
    for path in filled.folder.rglob("*"):
        if path.is_file() and path.name != NAME and "blobs" not in path.parts:
            read += 1
            content = path.read_bytes()
            for secret in (
                b"quixworthy",
                token.encode(),
                app.encode(),
                key,
                hashlib.sha256(token.encode()).digest(),
            ):
                assert secret not in content, path
    assert read > 20
