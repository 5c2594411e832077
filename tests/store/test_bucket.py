# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs in S3-compatible storage: the contract of a root, servers that lie, faults on the way, what is left behind."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onrecord.errors import ConfigError, DigestMismatch, IntegrityError, StoreFailed, StoreFull
from onrecord.store import Store, parcel
from onrecord.store.bucket import Bucket, key, make_bucket, open_bucket
from onrecord.store.roots import make_root
from onrecord.store.s3 import Place, S3Settings, credentials, read_place
from onrecord.testing import check_root
from tests import s3

SOUND = random.Random(5).randbytes(300_000)
NAME = hashlib.sha256(SOUND).hexdigest()
MOST = 10_000_000


def settings(endpoint: str, **more: object) -> S3Settings:
    return S3Settings(endpoint=endpoint, patience=1, **more)  # type: ignore[arg-type]


@pytest.fixture
def bucket(s3_server: str, s3_bucket: str, tmp_path: Path) -> Bucket:
    return make_bucket(Place(s3_bucket, "music/blobs"), settings(s3_server), tmp_path / "cache", MOST)


@pytest.fixture
def harmed(
    bucket: Bucket, s3_server: str, tmp_path: Path
) -> Iterator[Callable[[s3.Harm], tuple[Bucket, list[str]]]]:
    """The same bucket by a way on which harm is done; with the requests that came along it."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def make(harm: s3.Harm) -> tuple[Bucket, list[str]]:
            asked: list[str] = []

            def seen(number: int, method: str, path: str) -> str:
                asked.append(f"{method} {path.partition('?')[0].rpartition('/')[2][:8]}")
                return harm(number, method, path)

            endpoint = stack.enter_context(s3.harming(s3_server, seen))
            return open_bucket(bucket.where, settings(endpoint), tmp_path / "other", MOST), asked

        yield make


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in parts need not have 16 MiB here; a server wants 5 MiB of each but the last."""
    monkeypatch.setattr(parcel, "WHOLE", 1_000_000)


def sound(folder: Path, content: bytes = SOUND) -> tuple[Path, str]:
    path = folder / "sound"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def at(bucket: Bucket, sha256: str = NAME) -> str:
    return f"{bucket.where.prefix}/{key(sha256)}"


def test_a_disk_keeps_the_contract_of_a_root(tmp_path: Path) -> None:
    check_root(lambda: make_root(tmp_path / "disk"), tmp_path)


def test_a_bucket_keeps_the_contract_of_a_root(bucket: Bucket, tmp_path: Path) -> None:
    check_root(lambda: make_bucket(bucket.where, bucket.settings, tmp_path / "cache", MOST), tmp_path)
    assert not bucket.notes()


def test_a_server_that_lies_is_named_and_every_write_is_read_back(s3_server: str, tmp_path: Path) -> None:
    (tmp_path / "served" / "bucket").mkdir(parents=True)
    with s3.rclone(tmp_path / "served") as endpoint:
        where = Place("bucket", "blobs")
        bucket = make_bucket(where, settings(endpoint), tmp_path / "cache", MOST)
        assert ["overwrites" in said or "whole files" in said for said in bucket.notes()] == [True, True]
        check_root(lambda: make_bucket(where, settings(endpoint), tmp_path / "cache", MOST), tmp_path)
        strict = open_bucket(where, settings(endpoint, unconditional="refuse"), tmp_path / "cache", MOST)
        with pytest.raises(StoreFailed, match="overwrites what it was asked not to"):
            strict.bring(*sound(tmp_path))
        with pytest.raises(StoreFailed, match="overwrites what it was asked not to"):
            make_bucket(
                Place("bucket", "other"), settings(endpoint, unconditional="refuse"), tmp_path / "cache", MOST
            )
        assert not (tmp_path / "served" / "bucket" / "other").exists(), "nothing was written by overwriting"
        assert bucket.size(NAME) is None
        bucket.bring(*sound(tmp_path))
        # Something of the name is there, and is not whole: it is neither trusted nor overwritten unseen.
        lying = tmp_path / "served" / "bucket" / at(bucket)
        lying.write_bytes(b"x" * len(SOUND))
        bucket.bring(*sound(tmp_path))
        assert lying.read_bytes() == SOUND
        aside = bucket.aside(NAME)
        assert aside is not None and aside.read_bytes() == b"x" * len(SOUND)


def test_what_is_at_a_name_already_is_looked_at_before_it_counts(
    bucket: Bucket, s3_server: str, tmp_path: Path
) -> None:
    s3.put(s3_server, bucket.where.bucket, at(bucket), b"x" * len(SOUND))
    bucket.bring(*sound(tmp_path))
    assert s3.stored(s3_server, bucket.where.bucket)[at(bucket)] == SOUND
    assert bucket.aside(NAME) is not None


@pytest.mark.parametrize("harm", ["500", "cut", "lose"])
def test_a_write_is_repeated_a_bounded_number_of_times(
    harmed: Callable[[s3.Harm], tuple[Bucket, list[str]]], s3_server: str, tmp_path: Path, harm: str
) -> None:
    """The answer that is lost, too: the second write finds the first one's bytes and looks at them."""
    once = iter([harm])
    bucket, asked = harmed(lambda _, method, path: next(once, "") if NAME in path and method == "PUT" else "")
    bucket.bring(*sound(tmp_path))
    objects = s3.stored(s3_server, bucket.where.bucket)
    assert objects.pop(at(bucket)) == SOUND
    assert list(objects) == [f"{bucket.where.prefix}/onrecord-root.json"], "nothing is doubled"
    assert asked.count(f"PUT {NAME[:8]}") == 2


def test_a_server_that_fails_for_ever_is_named(
    harmed: Callable[[s3.Harm], tuple[Bucket, list[str]]], s3_server: str, tmp_path: Path
) -> None:
    bucket, asked = harmed(lambda _, method, path: "500" if NAME in path and method == "PUT" else "")
    source, _ = sound(tmp_path)
    with pytest.raises(StoreFailed, match=f"{bucket.where}/{key(NAME)}"):
        bucket.bring(source, NAME)
    assert 1 < asked.count(f"PUT {NAME[:8]}") <= 6
    assert source.read_bytes() == SOUND


def test_bytes_that_change_on_the_way_are_sent_again(
    harmed: Callable[[s3.Harm], tuple[Bucket, list[str]]], s3_server: str, tmp_path: Path
) -> None:
    once = iter(["change"])
    bucket, _ = harmed(lambda _, method, path: next(once, "") if NAME in path and method == "PUT" else "")
    bucket.bring(*sound(tmp_path))
    assert s3.stored(s3_server, bucket.where.bucket)[at(bucket)] == SOUND
    always, _ = harmed(lambda _, method, path: "change" if NAME[:8] in path and method == "PUT" else "")
    bucket.remove(NAME)
    with pytest.raises(StoreFailed, match="not what was sent, twice"):
        always.bring(*sound(tmp_path))
    assert always.size(NAME) is None


def test_an_answer_that_ends_early_is_gone_on_with(
    harmed: Callable[[s3.Harm], tuple[Bucket, list[str]]], bucket: Bucket, tmp_path: Path
) -> None:
    bucket.bring(*sound(tmp_path))
    twice = iter(["half", "", "cut", "500", "half"])
    other, _ = harmed(lambda _, method, path: next(twice, "") if NAME in path and method == "GET" else "")
    assert b"".join(other.read(NAME, len(SOUND), 1000, 200_000)) == SOUND[1000:200_000]
    assert other.file(NAME).read_bytes() == SOUND
    never, asked = harmed(lambda _, method, path: "half" if NAME in path and method == "GET" else "")
    with pytest.raises(StoreFailed, match=r"cut off|ended|error"):
        list(never.read(NAME, len(SOUND), 0, len(SOUND)))
    assert len(asked) < 15


def test_what_is_late_in_a_list_is_there_all_the_same(
    harmed: Callable[[s3.Harm], tuple[Bucket, list[str]]], tmp_path: Path
) -> None:
    listed = []

    def late(_: int, method: str, path: str) -> str:
        listed.extend([path] if "list-type" in path else [])
        return "empty" if listed else ""

    bucket, _ = harmed(late)
    store = Store([bucket])
    staged = store.stage(sound(tmp_path)[0])
    store.commit([staged])
    assert store.find(NAME) == bucket.id
    assert store.verify(NAME, bucket.id, len(SOUND)) == "ok"
    assert not listed, "nobody asked for a list"
    assert bucket.set_aside(NAME)
    assert bucket.aside(NAME) is None and listed, "the one that is asked for costs a repair some bytes"


@pytest.mark.usefixtures("small_parts")
def test_a_file_in_parts_is_verified_by_what_its_parts_make(
    harmed: Callable[[s3.Harm], tuple[Bucket, list[str]]], s3_server: str, tmp_path: Path
) -> None:
    faults = iter(["500", "cut", "lose", "", "500"])
    bucket, _ = harmed(lambda _, method, path: next(faults, "") if "upload" in path else "")
    content = random.Random(6).randbytes(2_000_000)
    source, name = sound(tmp_path, content)
    bucket.bring(source, name)
    assert s3.stored(s3_server, bucket.where.bucket)[at(bucket, name)] == content
    assert not list((bucket.path / "uploading").iterdir())
    assert s3.uploads(s3_server, bucket.where.bucket) == [], "nor the one whose answer was lost"
    other = tmp_path / "another"
    other.write_bytes(content[::-1])
    with pytest.raises(IntegrityError, match="expected SHA-256"):
        bucket.bring(other, NAME)
    assert bucket.size(NAME) is None, "it had travelled while it was read"


@pytest.mark.parametrize("content", [SOUND, SOUND * 40], ids=["in one request", "in parts"])
def test_a_file_that_is_not_what_it_says_is_not_left_there(
    bucket: Bucket, tmp_path: Path, content: bytes, small_parts: None
) -> None:
    source, name = sound(tmp_path, content)
    source.write_bytes(content[::-1])
    with pytest.raises(DigestMismatch):
        bucket.bring(source, name)
    assert bucket.size(name) is None


def test_an_upload_of_a_killed_run_is_swept_by_the_next_writer(
    bucket: Bucket, s3_server: str, tmp_path: Path
) -> None:
    source, name = sound(tmp_path, random.Random(7).randbytes(2_000_000))

    def harm(_: int, method: str, path: str) -> str:
        if method == "PUT" and "partNumber" in path:
            os.kill(process.pid, signal.SIGKILL)
            return "cut"
        return ""

    with s3.harming(s3_server, harm) as endpoint:
        script = (
            "import sys; from pathlib import Path; from onrecord.store import parcel;"
            "from onrecord.store.bucket import open_bucket; from onrecord.store.s3 import Place, S3Settings;"
            "parcel.WHOLE = 1_000_000; bucket, endpoint, cache, source, name = sys.argv[1:];"
            "open_bucket(Place(bucket, 'music/blobs'), S3Settings(endpoint=endpoint), Path(cache), 10**9)"
            ".bring(Path(source), name)"
        )
        line = [bucket.where.bucket, endpoint, str(tmp_path / "cache"), str(source), name]
        process = subprocess.Popen([sys.executable, "-c", script, *line])
        assert process.wait(60) == -signal.SIGKILL
    assert s3.uploads(s3_server, bucket.where.bucket) == [at(bucket, name)]
    assert bucket.size(name) is None
    assert bucket.sweep() == 1
    assert s3.uploads(s3_server, bucket.where.bucket) == []
    assert bucket.sweep() == 0


def test_the_cache_keeps_its_bound_and_what_is_held(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onrecord.store.cache._GRACE", -1.0)
    small = open_bucket(bucket.where, bucket.settings, tmp_path / "small", 700_000)
    names = []
    for seed in range(4):
        source, name = sound(tmp_path, random.Random(seed).randbytes(300_000))
        small.bring(source, name)
        names.append(name)
    with small.holding(names[0]) as held:
        for name in names[1:]:
            assert hashlib.sha256(small.file(name).read_bytes()).hexdigest() == name
        assert held.is_file(), "it is being read"
        assert small.cache.bytes() <= 700_000
    small.file(names[1])
    small.file(names[2])
    assert not held.is_file(), "it was not used for longest"
    tight = open_bucket(bucket.where, bucket.settings, tmp_path / "tight", 200_000)
    with pytest.raises(StoreFull, match="the folder may hold 200,000"):
        tight.file(names[0])


def test_a_damaged_object_is_never_given_out_as_a_file(bucket: Bucket, s3_server: str) -> None:
    s3.put(s3_server, bucket.where.bucket, at(bucket), b"x" * len(SOUND))
    with pytest.raises(IntegrityError, match="expected SHA-256"):
        bucket.file(NAME)
    assert bucket.verify(NAME, len(SOUND)) == "flipped"
    assert not bucket.cache.has(NAME)


def test_credentials_are_found_in_the_usual_places_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials"
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "music"}
    with pytest.raises(ConfigError, match=r"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.*\[music\] in"):
        credentials(environ)
    file.write_text("[music]\naws_access_key_id = one\naws_secret_access_key = two%\n")
    keys = credentials(environ)
    assert (keys.id, keys.secret, keys.token) == ("one", "two%", "")
    assert "two" not in repr(keys) + str(keys)
    assert credentials({**environ, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}).id == "a"


@pytest.mark.parametrize(
    "url", ["s3://", "s3://AB/c", "s3://ab", "s3://bucket/../other", "s3://bucket/a//b", "s3://bucket/a?b"]
)
def test_what_names_no_place_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="expected s3://BUCKET/PREFIX"):
        read_place(url)
    assert str(read_place("s3://bucket/a/b/")) == "s3://bucket/a/b"
    assert str(read_place("S3://bucket/A")) == "s3://bucket/A", (
        "a scheme may be in capitals, what follows may not"
    )
