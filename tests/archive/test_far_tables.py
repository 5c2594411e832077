# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and log in a bucket: put after each command, whatever the network does, and an archive opened from there."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onrecord.archive import Archive, far_tables
from onrecord.archive.checking import check
from onrecord.archive.editions import read_feed, refresh_feed
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.matching import rematch
from onrecord.archive.overview import overview
from onrecord.archive.publishing import publish
from onrecord.archive.withdrawing import withdraw
from onrecord.cli import check as check_command
from onrecord.errors import IntegrityError, StoreFailed, UsageError
from onrecord.model.rights import Target
from onrecord.publish.trust_files import newest_root
from onrecord.store.s3 import S3Settings
from tests import s3
from tests.archive.published_files import published_files
from tests.conftest import DAY


def named(archive: Archive, endpoint: str, bucket: str) -> Archive:
    """The same archive with a place for its tables."""
    path = archive.folder / "onrecord.toml"
    text = path.read_text().partition("[s3]")[0].partition("tables = ")[0]
    path.write_text(f'{text}tables = "s3://{bucket}/t"\n[s3]\nendpoint = "{endpoint}"\npatience = 1\n')
    return Archive.open(archive.folder, lambda: DAY)


def segments(archive: Archive) -> dict[str, bytes]:
    return {
        f"t/catalog/{segment.path}": (archive.folder / "catalog" / segment.path).read_bytes()
        for segment, _ in archive.ledger.segments()
    }


def commit(archive: Archive, what: str) -> None:
    with archive.writing():
        archive.commit("checked", {"states": {}, "root": what})


def test_an_archive_is_opened_from_the_bucket_alone(
    published: Archive, s3_server: str, s3_bucket: str, tmp_path: Path
) -> None:
    with named(published, s3_server, s3_bucket) as archive:
        assert any("behind" in wrong.what for wrong in overview(archive).wrong)
        assert far_tables.put(archive).put == len(segments(archive))
        assert far_tables.behind(archive) == 0
        found = s3.stored(s3_server, s3_bucket)
        assert segments(archive).items() <= found.items()
        assert far_tables.put(archive).put == 0
        s3.put(s3_server, s3_bucket, next(key for key in found if key.startswith("t/files/")), b"x")
        [bad] = far_tables.verify(archive).bad
        assert bad.startswith("editions/") and far_tables.verify(archive).bad == []
        dump = archive.ledger.dump()
    (published.folder / "blobs").rename(tmp_path / "disk")
    new = tmp_path / "new"
    far_tables.open_from(f"s3://{s3_bucket}/t", new, S3Settings(endpoint=s3_server))
    with Archive.open(new, lambda: DAY) as archive:
        assert archive.ledger.dump() == dump, "made again from the log and the tables"
        assert archive.lost_roots == [new / "blobs"]
        (tmp_path / "disk").rename(new / "blobs")
    with Archive.open(new, lambda: DAY) as archive:
        assert check(archive).bad == [], "its editions, too"
        rematch(archive)
        refresh_feed(archive)
        assert newest_root(feed_folder(new)) is not None, "without which no edition follows"
        commit(archive, "there")  # this machine's word counts from now on
        far_tables.put(archive)
    with named(published, s3_server, s3_bucket) as archive:
        commit(archive, "here")
        with pytest.raises(StoreFailed, match="another copy of this one wrote there"):
            far_tables.put(archive)


def test_the_head_names_no_edition_that_its_log_does_not_know(
    published: Archive, s3_server: str, s3_bucket: str, tmp_path: Path
) -> None:
    """Another process publishes while this one puts, which fixed its last entry when it began."""
    with named(published, s3_server, s3_bucket) as archive:
        far_tables.put(archive)
        with Archive.open(published.folder, lambda: DAY) as other:
            withdraw(other, Target("blob", published_files(other, 1)[0]), by="A", text="mine")
            assert publish(other).number == 2
        far_tables.put(archive)
    new = tmp_path / "new"
    far_tables.open_from(f"s3://{s3_bucket}/t", new, S3Settings(endpoint=s3_server))
    with Archive.open(new, lambda: DAY) as archive:
        told = read_feed("feed", (feed_folder(new) / "feed.json").read_bytes())
        assert [each["number"] for each in archive.ledger.editions()] == [told.number] == [1]
        assert not (new / "editions" / "2").exists()
    with Archive.open(published.folder, lambda: DAY) as archive:
        far_tables.put(archive)
    far_tables.open_from(f"s3://{s3_bucket}/t", tmp_path / "newer", S3Settings(endpoint=s3_server))
    assert (tmp_path / "newer" / "editions" / "2").exists()


def test_an_opening_that_is_cut_short_is_begun_anew(
    published: Archive, s3_server: str, s3_bucket: str, tmp_path: Path
) -> None:
    down, new, kept = ["now"], tmp_path / "new", tmp_path / "kept"

    def harm(_: int, method: str, path: str) -> str:
        return "500" if down and method == "GET" and "/t/feed/" in path else ""

    def opened(folder: Path) -> None:
        far_tables.open_from(f"s3://{s3_bucket}/t", folder, S3Settings(endpoint=endpoint, patience=1))

    with s3.harming(s3_server, harm) as endpoint:
        with named(published, endpoint, s3_bucket) as archive:
            far_tables.put(archive)
            dump = archive.ledger.dump()
        with pytest.raises(StoreFailed):
            opened(new)
        assert (new / "log").is_dir() and not (new / "onrecord.toml").exists()
        down.clear()
        opened(new)
        with Archive.open(new, lambda: DAY) as archive:
            assert archive.ledger.dump() == dump
        with pytest.raises(UsageError, match="an archive is here already"):
            opened(new)
        shutil.copytree(new / "log", kept / "log")
        with pytest.raises(UsageError, match="empty or new"):
            opened(kept)  # an archive that lost its settings, of which more may be here than there


def test_what_is_lacking_here_comes_from_there_and_is_verified(
    filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    with named(filled, s3_server, s3_bucket) as archive:
        far_tables.put(archive)
        whole = segments(archive)
        shutil.rmtree(archive.folder / "catalog" / "files")
        name = next(key for key in whole if "/files/" in key)
    s3.put(s3_server, s3_bucket, name, whole[name][::-1])
    with pytest.raises(IntegrityError, match="expected SHA-256"):
        Archive.open(filled.folder)
    s3.put(s3_server, s3_bucket, name, whole[name])
    with Archive.open(filled.folder) as archive:
        assert segments(archive) == whole
        s3.put(s3_server, s3_bucket, name, whole[name][::-1])
        assert far_tables.verify(archive).bad == [name.removeprefix("t/")]
        assert far_tables.verify(archive).bad == []
        assert s3.stored(s3_server, s3_bucket)[name] == whole[name]


def test_two_processes_bring_the_same_segment(filled: Archive, s3_server: str, s3_bucket: str) -> None:
    begun = list[str]()

    def harm(_: int, method: str, path: str) -> str:
        if method == "GET" and "/t/catalog/" in path and not begun:
            begun.append(path)
            with Archive.open(
                filled.folder
            ):  # whatever is lacking is brought by this one too, and is there first
                pass
        return ""

    with s3.harming(s3_server, harm) as endpoint:
        with named(filled, endpoint, s3_bucket) as archive:
            far_tables.put(archive)
            whole = segments(archive)
        files = archive.folder / "catalog" / "files"
        shutil.rmtree(files)
        files.mkdir()
        left = next(key for key in whole if "/files/" in key).removeprefix("t/")
        killed = archive.folder / f"{left}.{2**22 + 1}-00000000.part"
        killed.write_bytes(b"x")
        with Archive.open(filled.folder) as archive:
            assert segments(archive) == whole and begun
        assert not list(files.glob("*.part"))


def test_log_and_lists_are_verified_too(published: Archive, s3_server: str, s3_bucket: str) -> None:
    with named(published, s3_server, s3_bucket) as archive:
        far_tables.put(archive)
        whole = s3.stored(s3_server, s3_bucket)
        harmed = sorted(key for key in whole if key.startswith(("t/log/", "t/lists/")))
        assert len(harmed) == 4, "one file of the log; the lists of one edition, of volumes and of the feed"
        for key in harmed:
            s3.put(s3_server, s3_bucket, key, whole[key][:-2])
        assert sorted(far_tables.verify(archive).bad) == [key.removeprefix("t/") for key in harmed]
        assert far_tables.verify(archive).bad == []
        assert whole.items() <= s3.stored(s3_server, s3_bucket).items()
        assert far_tables.behind(archive) == 0


@pytest.mark.parametrize("kind", ["catalog", "log", "lists", "files", "feed"])
def test_what_was_set_aside_and_not_put_anew_is_put_by_the_next_run(
    kind: str, published: Archive, s3_server: str, s3_bucket: str
) -> None:
    down = list[str]()

    def harm(_: int, method: str, path: str) -> str:
        return "500" if down and method == "PUT" and f"/t/{kind}/" in path else ""

    with s3.harming(s3_server, harm) as endpoint, named(published, endpoint, s3_bucket) as archive:
        far_tables.put(archive)
        whole = s3.stored(s3_server, s3_bucket)
        key = next(key for key in whole if key.startswith(f"t/{kind}/"))
        s3.put(s3_server, s3_bucket, key, whole[key][:-2])
        down.append("now")
        with pytest.raises(StoreFailed):
            far_tables.verify(archive)
        assert key not in s3.stored(s3_server, s3_bucket)
        down.clear()
        assert far_tables.behind(archive), "so that the next command puts it"
        far_tables.put(archive)
        assert whole.items() <= s3.stored(s3_server, s3_bucket).items()


def test_a_put_is_gone_on_with_and_asks_for_no_list(filled: Archive, s3_server: str, s3_bucket: str) -> None:
    asked, once, down = list[str](), iter(["500", "cut", "lose"]), ["now"]

    def harm(_: int, method: str, path: str) -> str:
        asked.append(path)
        if method != "PUT" or "/t/catalog/" not in path:
            return ""
        return next(once, "") or ("500" if down and "/tags/" in path else "")

    with s3.harming(s3_server, harm) as endpoint, named(filled, endpoint, s3_bucket) as archive:
        with pytest.raises(StoreFailed, match="/tags/"):
            far_tables.put(archive)
        assert "t/onrecord-tables.json" not in s3.stored(s3_server, s3_bucket), "the head comes last"
        down.clear()
        far_tables.put(archive)
        assert segments(archive).items() <= s3.stored(s3_server, s3_bucket).items()
        assert not any("list-type" in path for path in asked)


def checked(archive: Archive) -> Result:
    before = {"folder": str(archive.folder), "as_json": False, "quiet": False}
    return CliRunner().invoke(check_command.command, [], obj=before)


def test_each_command_puts_what_it_committed_and_says_where_it_cannot(
    filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    named(filled, s3_server, s3_bucket).close()
    assert checked(filled).exit_code == 0
    with Archive.open(filled.folder) as archive:
        assert far_tables.behind(archive) == 0
        assert segments(archive).items() <= s3.stored(s3_server, s3_bucket).items()
    named(filled, "http://127.0.0.1:9", s3_bucket).close()
    done = checked(filled)
    assert done.exit_code == 0 and "the copy of tables and log is behind" in done.stderr


@pytest.mark.parametrize(
    "spelled", ['store.tables = "{}"', 'store = {{ tables = "{}" }}', '["store"]\n"tables" = "{}"']
)
def test_the_place_may_be_spelled_as_toml_allows(
    spelled: str, filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    text = spelled.format(f"s3://{s3_bucket}/t")
    (filled.folder / "onrecord.toml").write_text(f'{text}\n[s3]\nendpoint = "{s3_server}"\npatience = 1\n')
    assert checked(filled).exit_code == 0
    assert "t/onrecord-tables.json" in s3.stored(s3_server, s3_bucket)


def test_a_disk_that_fails_the_copy_leaves_the_result_as_it_was(
    filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    with named(filled, s3_server, s3_bucket) as archive:
        (archive.folder / "placed").mkdir(exist_ok=True)
        (archive.folder / "placed" / "tables.json.part").mkdir()
    done = checked(filled)
    assert done.exit_code == 0 and "the copy of tables and log is behind" in done.stderr
