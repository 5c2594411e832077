# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edition in a bucket: what a page would give at the same addresses, put once, and gone when it was withdrawn."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.checking import check
from onrecord.archive.editions import read_manifest
from onrecord.archive.mirroring import follow, sync
from onrecord.archive.placing import place
from onrecord.archive.publishing import publish
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import (
    EditionRefused,
    SignatureInvalid,
    SourceFailed,
    StoreFailed,
    UsageError,
)
from onrecord.publish.contents import read
from tests import s3
from tests.archive.withdrawn import blob, sha256, two_sounds
from tests.conftest import DAY


def with_server(archive: Archive, endpoint: str) -> Archive:
    settings = archive.folder / "onrecord.toml"
    text = settings.read_text().partition("[s3]")[0]
    settings.write_text(f'{text}[s3]\nendpoint = "{endpoint}"\npatience = 1\n')
    return Archive.open(archive.folder, lambda: DAY)


def volumes(archive: Archive) -> dict[str, Path]:
    """Keys of the sound of the newest edition."""
    number = archive.ledger.editions()[-1]["number"]
    return {
        f"public/volumes/{entry.name}/{'/'.join(file.path)}": Path(file.path[-1])
        for entry in read_manifest(archive, number).volumes
        for file in read((archive.folder / "editions" / str(number) / entry.path).read_bytes()).files
        if file.path[0] == "data"
    }


def test_an_edition_is_put_once_and_what_was_withdrawn_goes(
    made_once: Callable[..., Path], s3_server: str, s3_bucket: str
) -> None:
    folder = made_once(two_sounds)
    to = f"s3://{s3_bucket}/public"
    with Archive.open(folder / "archive", lambda: DAY) as plain:
        once, asked = iter(["lose", "cut", "change"]), list[str]()

        def harm(number: int, method: str, path: str) -> str:
            asked.append(path)
            return (
                "500"
                if number > 16
                else next(once, "")
                if method == "PUT" and "/public/editions" in path
                else ""
            )

        with (
            s3.harming(s3_server, harm) as endpoint,
            with_server(plain, endpoint) as archive,
            pytest.raises(StoreFailed),
        ):
            place(archive, to)
        assert next(once, "") == "" and not any("list-type" in path for path in asked), "lists may be late"
        part = s3.stored(s3_server, s3_bucket)
        assert part and "public/feed/timestamp.json" not in part, "the feed comes when all is there"
        with with_server(plain, s3_server) as archive:
            report = place(archive, to)
            assert report.had >= len(part) - 1 and report.left_out == 0
            found = s3.stored(s3_server, s3_bucket)
            editions = archive.folder / "editions"
            for below in ("feed/timestamp.json", "feed/feed.json", "1/manifest.json", "1/SHA256SUMS"):
                key = below if below.startswith("feed") else f"editions/{below}"
                assert found[f"public/{key}"] == (editions / below).read_bytes()
            sound = volumes(archive)
            assert len(sound) == 2
            for key, name in sound.items():
                row = archive.ledger.blob(name.stem)
                assert row is not None
                assert found[key] == archive.store.path(row.sha256, row.root).read_bytes()
            again = place(archive, to)
            assert (again.put, again.removed) == (0, 0)
            gone, damaged = sound
            s3.remove(s3_server, s3_bucket, gone)
            s3.put(s3_server, s3_bucket, damaged, found[damaged][::-1])
            s3.put(s3_server, s3_bucket, "public/feed/timestamp.json", b"{}")
            assert place(archive, to).put == 0, "what came is not asked for again"
            mended = place(archive, to, verify=True)
            assert mended.put >= 3 and mended.had > 0 and s3.stored(s3_server, s3_bucket) == found

            withdraw(archive, blob(folder / "music" / "tune.flac"), by="A", text="no")
            assert place(archive, to).removed > 0
            assert not any(
                sha256(folder / "music" / "tune.flac") in key for key in s3.stored(s3_server, s3_bucket)
            )


@pytest.mark.slow
def test_nothing_stays_of_an_older_edition(
    made_once: Callable[..., Path], s3_server: str, s3_bucket: str
) -> None:
    folder = made_once(two_sounds)
    to = f"s3://{s3_bucket}/public"
    with Archive.open(folder / "archive", lambda: DAY) as plain, with_server(plain, s3_server) as archive:
        place(archive, to)
        withdraw(archive, blob(folder / "music" / "tune.flac"), by="A", text="no")
        publish(archive)
        place(archive, to)
        found = s3.stored(s3_server, s3_bucket)
        assert set(volumes(archive)) == {key for key in found if "/data/" in key}
        assert not any(key.startswith("public/editions/1/") for key in found)


def test_what_is_somebody_elses_is_not_overwritten(
    made_once: Callable[..., Path], s3_server: str, s3_bucket: str
) -> None:
    folder = made_once(two_sounds)
    with Archive.open(folder / "archive", lambda: DAY) as plain, with_server(plain, s3_server) as archive:
        s3.put(s3_server, s3_bucket, "public/editions/1/manifest.json", b"another's")
        with pytest.raises(EditionRefused, match="something else lies there"):
            place(archive, f"s3://{s3_bucket}/public")
        assert s3.stored(s3_server, s3_bucket)["public/editions/1/manifest.json"] == b"another's"
        name = next(archive.folder.glob("placed/*.jsonl")).read_text().splitlines()[-1]
        assert name == '["editions/1/manifest.json","-"]', "it is not taken for ours later"


def test_another_archive_fetches_a_placed_edition_from_there_alone(
    made_once: Callable[..., Path], s3_server: str, s3_bucket: str, tmp_path: Path
) -> None:
    """By plain HTTP, as the public reads a bucket: who may not list it is told 403 of what is not there."""
    folder = made_once(two_sounds)
    with Archive.open(folder / "archive", lambda: DAY) as plain, with_server(plain, s3_server) as archive:
        place(archive, f"s3://{s3_bucket}/public")
        sound = {name.stem for name in volumes(archive).values()}
        damaged = min(volumes(archive))
    whole = s3.stored(s3_server, s3_bucket)[damaged]
    s3.put(s3_server, s3_bucket, damaged, whole[::-1])
    (folder / "archive").rename(folder / "gone")
    s3.let_everybody_read(s3_server, s3_bucket)
    there = {f"/{s3_bucket}/{key}" for key in s3.stored(s3_server, s3_bucket)}
    faults, asked = iter(["cut"]), list[str]()

    def harm(_: int, method: str, path: str) -> str:
        asked.append(f"{method} {path}")
        if path not in there:
            return "403"
        return next(faults, "") if "/data/" in path else ""

    with (
        s3.harming(s3_server, harm) as public,
        Archive.create(tmp_path / "mirror", "M", lambda: DAY) as mirror,
    ):
        follow(mirror, f"{public}/{s3_bucket}/public/feed/")
        [report] = sync(mirror, [], pages=[], look_into=False)
        assert report.files == 1, "one that is damaged where it lies does not keep the others out"
        assert (report.absent, report.damaged) == (0, [damaged.rpartition("/")[2]])
        s3.put(s3_server, s3_bucket, damaged, whole)
        asked.clear()
        [report] = sync(mirror, [], pages=[], look_into=False)
        assert (report.absent, report.number) == (0, 1)
        assert sound <= {row.sha256 for row in mirror.ledger.blobs() if row.is_held}
        assert check(mirror).bad == []
        assert sum("/exchange/" in line for line in asked) <= 2, "a bucket has none, which is learned once"
        [again] = sync(mirror, [], pages=[], look_into=False)
        assert (again.files, again.had, again.downloaded) == (0, 2, 0)


def test_an_archive_in_a_bucket_that_wants_keys_is_followed_and_nothing_there_is_believed(
    made_once: Callable[..., Path], s3_server: str, s3_bucket: str, tmp_path: Path
) -> None:
    """Who may not list it is told 403 of what is not there; somebody changes what lies there; lines are cut."""
    folder, to = made_once(two_sounds), f"s3://{s3_bucket}/of/ours"
    with Archive.open(folder / "archive", lambda: DAY) as plain, with_server(plain, s3_server) as archive:
        place(archive, to)
        sound = {name.stem for name in volumes(archive).values()}
    (folder / "archive").rename(folder / "gone")
    there = s3.stored(s3_server, s3_bucket)
    faults, asked, closed = iter(["cut", "half", "500"]), list[str](), ["closed"]

    def harm(_: int, method: str, path: str) -> str:
        asked.append(f"{method} {path}")
        if closed or path.removeprefix(f"/{s3_bucket}/") not in there:
            return "403"
        return next(faults, "") if "/data/" in path else ""

    with (
        s3.harming(s3_server, harm) as endpoint,
        Archive.create(tmp_path / "mirror", "M", lambda: DAY) as made,
        with_server(made, endpoint) as mirror,
    ):
        with pytest.raises(SourceFailed, match="got 403 AccessDenied: these keys may not do that") as refused:
            follow(mirror, to)
        assert refused.value.hint and "credentials" in refused.value.hint
        closed.clear()
        with pytest.raises(SignatureInvalid):
            follow(mirror, to, key="0" * 64)
        assert follow(mirror, to).feed == f"{to}/feed/feed.json"

        key = next(key for key in there if "/data/" in key)
        s3.put(s3_server, s3_bucket, key, there[key][:-1] + bytes([there[key][-1] ^ 1]))
        [report] = sync(mirror, [], pages=[], look_into=False)
        assert report.damaged == [key.rpartition("/")[2]]
        s3.put(s3_server, s3_bucket, key, there[key])
        [report] = sync(mirror, [], pages=[], look_into=False)
        assert (report.absent, report.number) == (0, 1)
        assert sound <= {row.sha256 for row in mirror.ledger.blobs() if row.is_held}

        stamp = there["of/ours/feed/timestamp.json"]
        s3.put(
            s3_server, s3_bucket, "of/ours/feed/timestamp.json", stamp.replace(b'"version":', b'"version":9')
        )
        with pytest.raises(SignatureInvalid):
            sync(mirror, [], pages=[], look_into=False)
    assert next(faults, "") == "" and {line.split(" ")[0] for line in asked} <= {"GET", "HEAD"}
    assert not any("list-type" in line or "prefix=" in line for line in asked)


def test_an_edition_is_not_put_where_the_archive_s_own_blobs_lie(
    published: Archive, s3_server: str, s3_bucket: str
) -> None:
    """Whoever may read the edition could read what may not be shared."""
    settings = published.folder / "onrecord.toml"
    own = settings.read_text().replace('["blobs"]', f'["blobs", "S3://{s3_bucket}/kept"]')
    settings.write_text(f'{own}\n[s3]\nendpoint = "{s3_server}"\n')
    with Archive.open(published.folder, published.clock) as archive:
        for url in (f"s3://{s3_bucket}/kept/feed", f"s3://{s3_bucket}"):
            with pytest.raises(UsageError, match="own blobs lie"):
                place(archive, url)
