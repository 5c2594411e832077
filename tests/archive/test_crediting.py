# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to credit and what is wished of machines: of files, playlists, editions, volumes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.crediting import Credits, credits_of, credits_of_edition, credits_of_playlist
from onrecord.archive.editions import read_manifest, tags_of
from onrecord.archive.exporting import Form, export
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.engine.parquet import read_rows
from onrecord.errors import ConfigError, NotFound, UsageError
from onrecord.model.rights import Use
from onrecord.publish.contents import read
from onrecord.publish.edition import read_sums
from tests.pipeline.pieces import onrecord
from tests.tones import Album, write

BY = "https://creativecommons.org/licenses/by/4.0/"
GPL = "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tag_files(archive: Archive, volume: str) -> dict[str, bytes]:
    folder = tags_of(archive.folder / "editions", volume)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(archive: Archive, number: int, *columns: str) -> dict[str, dict[str, Any]]:
    path = archive.folder / "editions" / str(number) / "dataset" / "files.parquet"
    return {row["sha256"]: row for row in read_rows(path, ["sha256", *columns])}


def lines(found: Credits) -> list[str]:
    return [item.credit.title for item in found.files]


# Credits ---------------------------------------------------------------------------------------------------------


def test_an_edition_says_whom_to_credit_for_people_and_for_machines(published: Archive, album: Album) -> None:
    folder = published.folder / "editions" / "1"
    body = json.loads((folder / "CREDITS.json").read_text("utf-8"))
    assert (body["format"], body["archive"], body["number"]) == (1, published.id, 1)
    assert [item["sha256"] for item in body["files"]] == sorted(map(sha256, album.free))
    text = (folder / "CREDITS.md").read_text("utf-8")
    assert "disclaims warranties" in text
    columns = rows(published, 1, "title", "author", "license_address", "changes", "missing", "attribution")
    for item in body["files"]:
        assert f"- {item['line']} `{item['sha256']}`" in text
        row = columns[item["sha256"]]
        assert (row["title"], row["author"]) == (item["credit"]["title"], "The Test Tones")
        assert (row["license_address"], row["changes"], row["missing"]) == (BY, "unchanged", "")
        assert row["attribution"] == item["line"]
    assert {"CREDITS.json", "CREDITS.md"} <= read_sums(folder / "SHA256SUMS").keys()
    found = credits_of_edition(published, 1)
    assert (len(found.files), found.lacking) == (len(album.free), [])


def test_what_the_license_asks_for_and_is_not_known_is_named(archive: Archive, tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.flac", 1, 2.0, {"title": "Nobody's", "license": BY})
    write(tmp_path / "in" / "b.flac", 2, 2.0, {"title": "B", "artist": "Ann", "license": BY})
    add(archive, [tmp_path / "in"])
    publish(archive)
    [lacking] = credits_of_edition(archive, 1).lacking
    assert (lacking.credit.title, lacking.credit.missing) == ("Nobody's", ("author",))
    assert "(not known: author)" in (archive.folder / "editions" / "1" / "CREDITS.md").read_text("utf-8")
    archive.ledger.close()
    assert onrecord("-C", str(archive.folder), "rights", "credits", "--edition", "1").returncode == 0
    checked = onrecord("-C", str(archive.folder), "rights", "credits", "--edition", "1", "--check", "--json")
    assert checked.returncode == 3
    answer = json.loads(checked.stdout)
    assert (answer["checked"], answer["lacking"]) == (2, 1)
    assert [item["credit"]["missing"] for item in answer["files"]] == [["author"]]


def test_a_volume_bears_its_credits_and_the_texts_of_its_licenses(archive: Archive, tmp_path: Path) -> None:
    tags = {
        "artist": "Ann",
        "copyright": "© 2012 Ann Example",
        "license": GPL,
        "purl": "https://ann.example/g",
    }
    write(tmp_path / "in" / "g.flac", 1, 2.0, {"title": "G", **tags})
    write(tmp_path / "in" / "b.flac", 2, 2.0, {"title": "B", "artist": "Bob", "license": BY})
    add(archive, [tmp_path / "in"])
    publish(archive)
    by, gpl = sorted(read_manifest(archive, 1).volumes, key=lambda volume: volume.shelf)
    papers = tag_files(archive, gpl.name)
    assert papers.keys() == {
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "CREDITS.md",
        "LICENSE-GPL-2.0.txt",
    }
    credits = papers["CREDITS.md"].decode()
    assert "“G” by Ann" in credits and "2012 Ann Example" in credits and "https://ann.example/g" in credits
    assert archive.settings.archive.name not in credits, (
        "the same files are the same volume, whoever publishes it"
    )
    assert b"GNU GENERAL PUBLIC LICENSE" in papers["LICENSE-GPL-2.0.txt"]
    assert "LICENSE-GPL-2.0.txt" not in tag_files(archive, by.name)
    listed = read((archive.folder / "editions" / "1" / gpl.path).read_bytes()).files
    assert {file.path[0]: file.size for file in listed if file.path[0] != "data"} == {
        name: len(content) for name, content in papers.items()
    }
    text = archive.folder / "editions" / "1" / "licenses" / "LICENSE-GPL-2.0.txt"
    assert text.read_bytes() == papers["LICENSE-GPL-2.0.txt"]
    assert lines(credits_of_edition(archive, 1, gpl.name)) == ["G"]
    with pytest.raises(NotFound, match="has no volume"):
        credits_of_edition(archive, 1, "onrecord-x-000000000000")


@pytest.mark.slow
def test_a_volume_stays_as_it_is_when_its_credits_would_be_others_now(
    archive: Archive, tmp_path: Path
) -> None:
    write(tmp_path / "in" / "a.flac", 1, 2.0, {"title": "A", "artist": "Ann", "license": BY})
    add(archive, [tmp_path / "in"])
    publish(archive)
    [volume] = read_manifest(archive, 1).volumes
    before = tag_files(archive, volume.name)
    toml = archive.folder / "onrecord.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[rights]\ntrain_ai = "reserve"\n', "utf-8")
    with Archive.open(archive.folder, archive.clock) as again:
        assert publish(again).number == 2, "the dataset says it"
        assert read_manifest(again, 2).volumes == (volume,)
        assert tag_files(again, volume.name) == before


def test_a_volume_whose_papers_are_lost_is_made_again_as_it_was(archive: Archive, tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.flac", 1, 2.0, {"title": "A", "artist": "Ann", "license": BY})
    add(archive, [tmp_path / "in"])
    publish(archive)
    [volume] = read_manifest(archive, 1).volumes
    before = tag_files(archive, volume.name)
    (tags_of(archive.folder / "editions", volume.name) / "CREDITS.md").unlink()
    assert publish(archive).number == 0
    assert tag_files(archive, volume.name) == before


def test_one_file_and_all_of_a_recording(filled: Archive, album: Album) -> None:
    digest = sha256(album.free[0])
    [one] = credits_of(filled.folder, "free/1.opus").files
    assert (one.sha256, one.credit.author, one.credit.license) == (digest, "The Test Tones", "CC-BY-4.0")
    assert credits_of(filled.folder, digest).files == [one]
    assert credits_of(filled.folder, Reader(filled.folder).why(digest).id).files == [one]
    [closed] = credits_of(filled.folder, "closed/nothing.opus").files
    assert closed.credit.missing == ("license",)
    for thing in ("nothing like it", "0" * 64):
        with pytest.raises(NotFound):
            credits_of(filled.folder, thing)


def test_a_playlist_by_names_digests_ids_and_titles(filled: Archive, album: Album, tmp_path: Path) -> None:
    recording = Reader(filled.folder).why("free/4.opus").id
    listed = [
        "#EXTM3U",
        "#EXTINF:8,The Test Tones - Piece 2",
        "D:\\music\\free\\2.flac",
        f"http://127.0.0.1:8080/sound/{sha256(album.free[0])}",
        f"https://a.example/recording/{recording}",
        "#EXTINF:8,the test tones - PIECE 3",
        "elsewhere/renamed.mp3",
        "#EXTINF:8,Somebody - Piece 1",
        "nowhere.ogg",
    ]
    path = tmp_path / "list.m3u8"
    path.write_text("\n".join(listed), "utf-8")
    found = credits_of_playlist(filled.folder, path)
    assert lines(found) == ["Piece 2", "Piece 1", "Piece 4", "Piece 3"]
    assert found.unknown == ["entry 5: Piece 1"]
    filled.ledger.close()
    done = onrecord("-C", str(filled.folder), "rights", "credits", str(path))
    assert done.returncode == 3
    assert "“Piece 3” by The Test Tones" in done.stdout and "not here: entry 5: Piece 1" in done.stdout


def test_a_bare_file_name_is_not_taken_for_another_s(archive: Archive, tmp_path: Path) -> None:
    write(tmp_path / "in" / "01.flac", 1, 2.0, {"title": "Mine", "artist": "Ann", "license": BY})
    add(archive, [tmp_path / "in"])
    rematch(archive)
    path = tmp_path / "list.m3u"
    path.write_text("#EXTINF:2,Bob - Other\n/music/Bob/01.flac\n", "utf-8")
    assert credits_of_playlist(archive.folder, path).unknown == ["entry 1: Other"]
    path.write_text("#EXTINF:2,Ann - Mine\n/music/Ann/01.flac\n", "utf-8")
    assert lines(credits_of_playlist(archive.folder, path)) == ["Mine"]


def test_a_playlist_that_is_none_is_refused_with_the_reason(filled: Archive, tmp_path: Path) -> None:
    path = tmp_path / "list.xspf"
    with pytest.raises(UsageError, match="expected a playlist that is there"):
        credits_of_playlist(filled.folder, path)
    path.write_text("<html/>", "utf-8")
    with pytest.raises(UsageError, match="expected a playlist"):
        credits_of_playlist(filled.folder, path)


def test_an_edition_from_before_there_were_credits_for_machines_says_so(filled: Archive) -> None:
    publish(filled)
    (filled.folder / "editions" / "1" / "CREDITS.json").unlink()
    with pytest.raises(NotFound, match="was made before editions had it"):
        credits_of_edition(filled, 1)
    with pytest.raises(NotFound, match="not published here"):
        credits_of_edition(filled, 2)


# Signals ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def wished(archive: Archive, tmp_path: Path) -> Archive:
    """`tagged` reserves by its tags, `listed` by a tdmrep.json, of `free` nobody says anything."""
    for seed, name in enumerate(("tagged", "listed", "free"), start=1):
        tags = {"title": name, "artist": "Ann", "license": BY}
        tags |= {"TDM-RESERVATION": "1", "TDM-POLICY": "https://ann.example/p"} if name == "tagged" else {}
        write(tmp_path / "in" / name / "a.flac", seed, 2.0, tags)
    rules = [{"location": "/listed/", "tdm-reservation": 1}]
    (tmp_path / "in" / "tdmrep.json").write_text(json.dumps(rules), "utf-8")
    add(archive, [tmp_path / "in"])
    rematch(archive)
    return archive


def test_wishes_are_carried_into_the_dataset_the_credits_and_new_volumes(wished: Archive) -> None:
    publish(wished)
    found = {
        row["title"]: (row["train_ai"], row["tdm"], row["tdm_policy"])
        for row in rows(wished, 1, "title", "train_ai", "tdm", "tdm_policy").values()
    }
    assert found == {
        "tagged": ("reserve", "reserve", "https://ann.example/p"),
        "listed": ("reserve", "reserve", ""),
        "free": ("", "", ""),
    }
    credits = {item.credit.title: item for item in credits_of_edition(wished, 1).files}
    assert credits["tagged"].signals.tdm == "reserve"
    [volume] = read_manifest(wished, 1).volumes
    body = json.loads(tag_files(wished, volume.name)["SIGNALS.json"])
    assert body["files"] == {
        credits["tagged"].sha256: {
            "train-ai": "reserve",
            "tdm": "reserve",
            "policy": "https://ann.example/p",
        },
        credits["listed"].sha256: {"train-ai": "reserve", "tdm": "reserve"},
    }
    path = wished.folder / "editions" / "1" / "dataset" / "evidence.parquet"
    said = [json.loads(row["body"])["says"] for row in read_rows(path, ["body"])]
    assert said.count("preference") == 2, "a mirror gets the words themselves"


def test_an_export_for_mining_leaves_out_what_is_reserved(wished: Archive, tmp_path: Path) -> None:
    report = export(wished, None, tmp_path / "out", Form.PLAIN, Use.MINE)
    assert sorted((item.name, item.code) for item in report.left_out) == [
        ("listed/a.flac", "R-MINE-RESERVED"),
        ("tagged/a.flac", "R-MINE-RESERVED"),
    ]
    report = export(wished, None, tmp_path / "all", Form.PLAIN, Use.SHARE)
    files = json.loads((tmp_path / "all" / "decisions.json").read_text("utf-8"))["files"]
    assert {file["title"]: file.get("signals", {}).get("tdm") for file in files} == {
        "tagged": "reserve",
        "listed": "reserve",
        "free": None,
    }


def test_the_archive_s_own_word_goes_out_with_what_nobody_speaks_of(wished: Archive) -> None:
    toml = wished.folder / "onrecord.toml"
    word = '\n[rights]\ntdm = "allow"\ntrain_ai = "reserve"\n'
    toml.write_text(toml.read_text("utf-8") + word, "utf-8")
    with Archive.open(wished.folder, wished.clock) as again:
        publish(again)
        found = {row["title"]: row for row in rows(again, 1, "title", "train_ai", "tdm").values()}
    assert (found["free"]["train_ai"], found["free"]["tdm"]) == ("reserve", "allow")
    assert found["listed"]["tdm"] == "reserve"


def test_a_wish_that_is_none_is_a_clear_error(archive: Archive) -> None:
    toml = archive.folder / "onrecord.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[rights]\ntdm = "no"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"line \d+: Invalid enum value 'no' - at `\$.rights.tdm`"):
        Archive.open(archive.folder)
