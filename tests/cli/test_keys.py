# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord keys`: a second holder, a change that two must sign, and what is said plainly about one key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.pieces import answer, onrecord


def _published(folder: Path) -> None:
    answer("init", folder / "archive")
    answer("-C", folder / "archive", "publish")


@pytest.fixture
def published(made_once: Callable[..., Path]) -> Path:
    """An archive whose edition holds nothing; the keys are in the folder that every test has for them."""
    return made_once(_published) / "archive"


def test_one_key_is_said_to_be_one_key(published: Path) -> None:
    shown = onrecord("-C", published, "keys", "show")
    assert shown.returncode == 0
    assert "1 of 1 holders must sign (owner)" in shown.stdout
    assert "Were it lost" not in shown.stderr and "were it lost, this archive would end" in shown.stdout
    assert "onrecord keys add NAME PUBLIC-KEY" in shown.stdout
    assert answer("-C", published, "keys", "show")["roles"]["version"] == 1


def test_a_change_travels_to_a_holder_and_back(published: Path, tmp_path: Path) -> None:
    made = answer("keys", "make", tmp_path / "ada.key")
    assert (tmp_path / "ada.key.pub").read_text().splitlines()[1] == made["public_key"]
    waits = onrecord("-C", published, "keys", "add", "Ada", made["public_key"], "--threshold", "2")
    assert (waits.returncode, waits.stderr) == (0, "")
    assert "root 2 waits for signatures: 2 of 2 holders must sign (owner, Ada)" in waits.stdout.replace(
        "(Ada, owner)", "(owner, Ada)"
    )
    assert "it lacks 1 more of the next holders: Ada" in waits.stdout
    draft = tmp_path / "next-root.json"
    answer("-C", published, "keys", "export", draft)
    unsure = onrecord("keys", "sign", draft, "--with", tmp_path / "ada.key")
    assert unsure.returncode != 0 and "holder comes: Ada" in unsure.stderr, "nobody said yes"
    assert answer("-C", published, "keys", "bring", draft)["in_force"] is False
    signed = onrecord("keys", "sign", draft, "--with", tmp_path / "ada.key", "--yes")
    assert (signed.returncode, "1 of 1 had to sign, now 2 of 2" in signed.stderr) == (0, True)
    done = onrecord("-C", published, "keys", "bring", draft)
    assert "root 2 is in force" in done.stdout
    assert "none may be lost: the archive would end; 1 may be stolen" in done.stdout
    (tmp_path / "mirror").mkdir()
    answer("init", tmp_path / "mirror")
    feed = published / "editions" / "feed" / "feed.json"
    followed = onrecord("-C", tmp_path / "mirror", "mirror", "follow", feed)
    assert "Nobody vouched for it: root 1 is believed because it was seen first" in followed.stdout
    assert "2 of its holders must sign the next: Ada, owner" in followed.stdout


def test_the_feed_is_renewed_and_keys_are_replaced(published: Path) -> None:
    before = answer("-C", published, "keys", "show")
    renewed = onrecord("-C", published, "keys", "renew")
    assert renewed.returncode == 0 and renewed.stdout.startswith("the feed is good until 2")
    assert answer("-C", published, "keys", "rotate")["in_force"] is True
    assert answer("-C", published, "keys", "extend")["root"] == 3
    after = answer("-C", published, "keys", "show")
    assert after["roles"]["edition_key"] != before["roles"]["edition_key"]
    assert after["roles"]["holders"] == before["roles"]["holders"]


def test_an_archive_without_an_edition_says_where_keys_come_from(tmp_path: Path) -> None:
    answer("init", tmp_path / "archive")
    for arguments in (["show"], ["renew"], ["rotate"]):
        done = onrecord("-C", tmp_path / "archive", "keys", *arguments)
        assert done.returncode == 2 and "onrecord publish" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_holder_who_signs_is_told_what_is_wrong(published: Path, tmp_path: Path) -> None:
    for name in ("ada", "stranger"):
        answer("keys", "make", tmp_path / f"{name}.key")
    ada, stranger = tmp_path / "ada.key", tmp_path / "stranger.key"
    line = (tmp_path / "ada.key.pub").read_text().splitlines()[1]
    answer("-C", published, "keys", "add", "Ada", line, "--threshold", "2")
    draft = tmp_path / "next-root.json"
    answer("-C", published, "keys", "export", draft)

    def refused(*arguments: object) -> str:
        done = onrecord(*arguments)
        assert done.returncode in (1, 2) and "Traceback" not in done.stderr
        return done.stderr

    sign = ("keys", "sign", draft, "--with")
    said = refused(*sign, stranger)
    assert "it is not the key of a holder (Ada, owner)" in said
    assert "holder comes" not in said, "nobody is asked to say yes to what cannot be"
    assert "expected an unencrypted minisign secret key, got a public key" in refused(*sign, f"{ada}.pub")
    assert "got something else" in refused(*sign, draft)
    assert "is a directory" in refused(*sign, tmp_path)
    manifest = published / "editions" / "1" / "manifest.json"
    for command in (("sign", manifest, "--with", ada), ("bring", manifest)):
        said = refused("-C", published, "keys", *command)
        assert f"{manifest}: expected a change of keys" in said and "got the manifest of an edition" in said
    assert "it is not overwritten" in refused("-C", published, "keys", "export", ada)
    assert "is no folder" in refused("-C", published, "keys", "export", tmp_path / "nowhere" / "next.json")
    assert "is no folder" in refused("keys", "make", tmp_path / "nowhere" / "ada.key")

    done = onrecord(*sign, ada, "--yes")
    assert done.returncode == 0 and "lacks" not in done.stdout
    before = draft.read_bytes()
    again = onrecord(*sign, ada)
    assert again.returncode == 0 and "bears the signature of" in again.stdout, "and nobody is asked"
    assert draft.read_bytes() == before
    assert answer("-C", published, "keys", "bring", draft)["in_force"] is True
    assert "root 2 is in force already" in refused("-C", published, "keys", "bring", draft)
    answer("-C", published, "keys", "add", "Ben", (tmp_path / "stranger.key.pub").read_text().splitlines()[1])
    said = refused("-C", published, "keys", "bring", draft)
    assert f"{draft}: it is for root 2" in said and "another change waits here" in said


def test_who_signs_first_is_told_who_else_must(published: Path, tmp_path: Path) -> None:
    lines = {name: answer("keys", "make", tmp_path / f"{name}.key")["public_key"] for name in ("ada", "ben")}
    answer("-C", published, "keys", "add", "Ada", lines["ada"], "--threshold", "2")
    answer("-C", published, "keys", "add", "Ben", lines["ben"], "--threshold", "3")
    draft = tmp_path / "next-root.json"
    answer("-C", published, "keys", "export", draft)
    done = onrecord("keys", "sign", draft, "--with", tmp_path / "ada.key", "--yes")
    assert "before it holds it lacks 1 more of the next holders: Ben" in done.stdout
