# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures are minisign's, repeatable, and any altered bit is noticed (fault 50)."""

import base64
import os
import shutil
import stat
import subprocess

import pytest

from onrecord.errors import SignatureInvalid, UsageError
from onrecord.publish.signing import Key, sign, verify

_DATA = b"one edition\n"
needs_minisign = pytest.mark.skipif(not shutil.which("minisign"), reason="minisign is not installed")


@pytest.fixture
def key():
    return Key.generate(bytes(range(32)))


def _minisign(*arguments):
    return subprocess.run(["minisign", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_a_signature_verifies_and_gives_its_comment(key):
    assert verify(_DATA, sign(_DATA, key, "onrecord edition 7"), key.public) == "onrecord edition 7"
    assert verify(b"", sign(b"", key, ""), key.public.splitlines()[1]) == ""


def test_the_same_input_gives_the_same_bytes(key):
    assert sign(_DATA, key, "c") == sign(_DATA, Key.generate(bytes(range(32))), "c")
    assert Key.generate() != Key.generate()


def test_other_data_or_key_is_noticed(key):
    signature = sign(_DATA, key, "c")
    with pytest.raises(SignatureInvalid, match="are not what key"):
        verify(_DATA + b" ", signature, key.public)
    with pytest.raises(SignatureInvalid, match="expected key"):
        verify(_DATA, signature, Key.generate().public)
    # The key id proves nothing: another key that claims the same id is found out all the same.
    forged = Key(os.urandom(32), key.id)
    with pytest.raises(SignatureInvalid, match="are not what key"):
        verify(_DATA, sign(_DATA, forged, "c"), key.public)


def test_any_altered_bit_of_a_signature_is_noticed(key):
    lines = sign(_DATA, key, "edition 7").decode().splitlines()
    for number in (1, 3):
        raw = base64.b64decode(lines[number])
        for bit in range(0, len(raw) * 8, 5):
            bad = bytearray(raw)
            bad[bit // 8] ^= 1 << bit % 8
            changed = [*lines[:number], base64.b64encode(bad).decode(), *lines[number + 1 :]]
            with pytest.raises(SignatureInvalid):
                verify(_DATA, "\n".join(changed).encode(), key.public)
    changed = [*lines[:2], lines[2].replace("7", "8"), lines[3]]
    with pytest.raises(SignatureInvalid, match="trusted comment 'edition 8'"):
        verify(_DATA, "\n".join(changed).encode(), key.public)


@pytest.mark.parametrize(
    "signature", [b"", b"\xff", b"a\nb\nc\nd\n", b"untrusted comment: x\n\ntrusted comment: \n\n"]
)
def test_what_is_no_signature_is_refused(key, signature):
    with pytest.raises(SignatureInvalid, match="four lines"):
        verify(_DATA, signature, key.public)


def test_text_after_a_signature_is_refused(key):
    with pytest.raises(SignatureInvalid, match="four lines"):
        verify(_DATA, sign(_DATA, key, "c") + b"more\n", key.public)


def test_the_older_form_is_refused_by_name(key):
    lines = sign(_DATA, key, "c").splitlines()
    lines[1] = base64.b64encode(b"Ed" + base64.b64decode(lines[1])[2:])
    with pytest.raises(SignatureInvalid, match="prehashed"):
        verify(_DATA, b"\n".join(lines), key.public)


@pytest.mark.parametrize("comment", ["two\nlines", "bell\a", "x" * 1001, "\u2028", "\u202e"])
def test_a_comment_is_one_printable_line(key, comment):
    with pytest.raises(UsageError):
        sign(_DATA, key, comment)


@pytest.mark.parametrize("public", ["", "x", "untrusted comment: a\nb", base64.b64encode(bytes(42)).decode()])
def test_what_is_no_public_key_is_refused(key, public):
    with pytest.raises(SignatureInvalid, match="public key"):
        verify(_DATA, sign(_DATA, key, "c"), public)


def test_a_secret_key_is_saved_for_its_owner_alone_and_never_overwritten(key, tmp_path):
    path = tmp_path / "secret.key"
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Key.load(path) == key
    with pytest.raises(UsageError, match="not overwritten"):
        Key.generate().save(path)
    assert Key.load(path) == key
    path.chmod(0o640)
    with pytest.raises(UsageError, match="expected mode 0600"):
        Key.load(path)


def test_an_altered_secret_key_is_refused(key, tmp_path):
    path = tmp_path / "secret.key"
    key.save(path)
    comment, line = path.read_text().splitlines()
    raw = bytearray(base64.b64decode(line))
    raw[70] ^= 1
    path.write_text(f"{comment}\n{base64.b64encode(raw).decode()}\n")
    with pytest.raises(UsageError, match="do not belong together"):
        Key.load(path)
    path.write_text("nothing\n")
    with pytest.raises(UsageError, match="minisign secret key"):
        Key.load(path)


def test_a_key_does_not_show_its_secret(key):
    assert key.seed.hex() not in repr(key) and repr(key.seed) not in repr(key)


@needs_minisign
def test_minisign_verifies_ours_and_notices_an_altered_file(key, tmp_path):
    public, file = tmp_path / "key.pub", tmp_path / "file"
    public.write_text(key.public)
    file.write_bytes(_DATA)
    (tmp_path / "file.minisig").write_bytes(sign(_DATA, key, "édition 7"))
    answer = _minisign("-V", "-p", public, "-m", file)
    assert answer.returncode == 0, answer.stderr
    assert "édition 7" in answer.stdout
    assert _minisign("-V", "-P", key.public.splitlines()[1], "-m", file).returncode == 0
    file.write_bytes(_DATA + b"x")
    assert _minisign("-V", "-p", public, "-m", file).returncode != 0


@needs_minisign
def test_we_verify_minisign_s_and_the_secret_keys_are_exchangeable(key, tmp_path):
    file, ours, theirs = tmp_path / "file", tmp_path / "ours.key", tmp_path / "theirs.key"
    file.write_bytes(_DATA)
    key.save(ours)
    assert _minisign("-S", "-H", "-s", ours, "-m", file, "-t", "theirs").returncode == 0
    assert verify(_DATA, (tmp_path / "file.minisig").read_bytes(), key.public) == "theirs"
    assert _minisign("-G", "-W", "-s", theirs, "-p", tmp_path / "theirs.pub").returncode == 0
    public = (tmp_path / "theirs.pub").read_text()
    loaded = Key.load(theirs)
    assert loaded.public.splitlines()[1] == public.splitlines()[1]
    assert verify(_DATA, sign(_DATA, loaded, "both"), public) == "both"
