# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive does with what the bytes say: pictures, versions of a sound, naming by sound, measuring again."""

import hashlib
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from mutagen.flac import FLAC, Picture

from onrecord.archive import Archive, reanalyzing
from onrecord.archive.add import add
from onrecord.archive.alike import list_alike
from onrecord.archive.batch import sound_row
from onrecord.archive.checking import check
from onrecord.archive.codes import compare_codes
from onrecord.archive.identifying import identify
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader
from onrecord.archive.reanalyzing import reanalyze
from onrecord.archive.same_sound import open_index
from onrecord.audio.decode import decode
from onrecord.engine.parquet import read_rows
from onrecord.errors import IntegrityError, NotFound
from onrecord.model.sound import Sound
from tests.tones import write


def png(width: int, height: int) -> bytes:
    """A whole grey picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(width) for _ in range(height))
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def with_cover(path: Path, data: bytes) -> Path:
    tags = FLAC(path)
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", data
    tags.add_picture(picture)
    tags.save()
    return path


def versions(archive: Archive) -> list[tuple[str, str, str]]:
    rows = read_rows(archive.canonical("versions"), ["a", "b", "relation"])
    return [(row["a"], row["b"], row["relation"]) for row in rows]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sound_of(path: Path) -> Sound:
    with path.open("rb") as file:
        answer = decode(file)
    assert isinstance(answer, Sound)
    return answer


# Pictures --------------------------------------------------------------------------------------------------------


def test_a_cover_is_a_blob_of_its_own_and_kept_once(archive: Archive, tmp_path: Path) -> None:
    cover = png(8, 6)
    for seed in (1, 2):
        with_cover(write(tmp_path / "music" / f"{seed}.flac", seed, 2.0), cover)
    report = add(archive, [tmp_path / "music"], held_as="owner")
    assert (report.new, report.pictures) == (2, 2)
    digest = hashlib.sha256(cover).hexdigest()
    blob = archive.ledger.blob(digest)
    assert blob is not None and blob.kind == "picture"
    assert archive.store.path(digest, blob.root).read_bytes() == cover
    assert archive.ledger.blob_totals("sound")[0] == 2
    assert archive.ledger.blob_totals("picture") == (1, len(cover))
    with archive.duck() as duck:
        found = duck.run("SELECT picture, kind, media_type, width, height FROM current_pictures")
    assert found == [(digest, 3, "image/png", 8, 6)] * 2


def test_a_picture_is_checked_like_any_blob_and_asked_for_no_right_to_be_published(
    archive: Archive, tmp_path: Path
) -> None:
    with_cover(write(tmp_path / "music" / "1.flac", 1, 2.0), png(3, 3))
    add(archive, [tmp_path / "music"], held_as="owner")
    rematch(archive)
    assert [item.sha256 for item in Reader(archive.folder).rights(10)] == [sha256(tmp_path / "music/1.flac")]
    [picture] = [row for row in archive.ledger.blobs() if row.kind == "picture"]
    path = archive.store.path(picture.sha256, picture.root)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert [(bad.what, bad.state) for bad in check(archive).bad] == [(picture.sha256, "flipped")]
    # Adding a file that bears it makes it whole again.
    with_cover(write(tmp_path / "more" / "2.flac", 2, 2.0), png(3, 3))
    add(archive, [tmp_path / "more"], held_as="owner")
    assert check(archive).bad == []


def test_the_pictures_of_a_file_that_is_not_kept_are_not_kept(archive: Archive, tmp_path: Path) -> None:
    with_cover(write(tmp_path / "music" / "1.flac", 1, 2.0), png(3, 3))
    report = add(archive, [tmp_path / "music"])
    assert [item.code for item in report.refused] == ["R-NOT-HELD"]
    assert list(archive.ledger.blobs()) == []
    assert [path for path in archive.folder.rglob("blobs/*/*") if path.is_file()] == []


# Versions --------------------------------------------------------------------------------------------------------


@pytest.fixture
def alike(archive: Archive, tmp_path: Path) -> Iterator[tuple[Archive, dict[str, Path]]]:
    """One tune in several versions, and another tune."""
    folder = tmp_path / "music"
    paths = {
        "flac": write(folder / "tune.flac", 5, 40.0, {"title": "Tune"}),
        "mp3": write(folder / "tune.mp3", 5, 40.0, {"title": "Tune"}),
        "master": write(folder / "master.opus", 5, 40.0, {"title": "Tune (2011 Remaster)"}),
        "short": write(folder / "short.mp3", 5, 30.0, {"title": "Tune"}),
        "other": write(folder / "other.flac", 6, 40.0, {"title": "Other"}),
    }
    paths["tagged"] = Path(shutil.copy(paths["flac"], folder / "tagged.flac"))
    tags = FLAC(paths["tagged"])
    tags["title"] = "Tune, tagged anew"
    tags.save()
    add(archive, [folder], held_as="owner")
    yield archive, paths


def test_what_sounds_alike_is_told_apart_by_evidence(alike: tuple[Archive, dict[str, Path]]) -> None:
    archive, paths = alike
    report = rematch(archive)
    name = {sha256(path): name for name, path in paths.items()}
    found = {frozenset((name[a], name[b])): relation for a, b, relation in versions(archive)}
    assert found == {
        frozenset(("flac", "tagged")): "identical",
        frozenset(("flac", "mp3")): "encoding",
        frozenset(("tagged", "mp3")): "encoding",
        frozenset(("flac", "master")): "remaster",
        frozenset(("tagged", "master")): "remaster",
        frozenset(("mp3", "master")): "remaster",
        **{frozenset(("short", other)): "edit" for other in ("flac", "tagged", "mp3", "master")},
    }
    assert report.versions == {"edit": 4, "encoding": 2, "identical": 1, "remaster": 3}
    listed = [(name[pair.a], name[pair.b], pair.a_name) for pair in list_alike(archive, "identical")]
    assert [{a, b} for a, b, _ in listed] == [{"flac", "tagged"}]
    assert listed[0][2] == paths[listed[0][0]].name
    assert len(list_alike(archive)) == 10
    reader = Reader(archive.folder)
    tune, short = reader.why(sha256(paths["flac"])), reader.why(sha256(paths["short"]))
    assert {sound.sha256 for sound in tune.sounds} == {
        sha256(paths[name]) for name in ("flac", "mp3", "master", "tagged")
    }, "an edit is a recording of its own"
    assert {version.relation for version in short.sounds[0].versions} == {"edit"}
    assert {version.recording for version in short.sounds[0].versions} == {tune.id}


@pytest.mark.slow
def test_pairs_do_not_depend_on_the_order_of_arrival(
    alike: tuple[Archive, dict[str, Path]], tmp_path: Path
) -> None:
    archive, paths = alike
    rematch(archive)
    with Archive.create(tmp_path / "second", "Second") as second:
        for path in sorted(paths.values(), reverse=True):
            add(second, [path], held_as="owner")
            rematch(second)
        assert versions(second) == versions(archive)


def test_the_index_and_the_pairs_can_be_deleted(alike: tuple[Archive, dict[str, Path]]) -> None:
    archive, _ = alike
    rematch(archive)
    before = versions(archive)
    shutil.rmtree(archive.folder / "search" / "fingerprints")
    rematch(archive)
    assert (versions(archive), len(open_index(archive))) == (before, 6)
    archive.canonical("versions").unlink()
    rematch(archive)
    assert (versions(archive), len(open_index(archive))) == (before, 6)


def test_a_damaged_index_is_named_with_the_way_out(alike: tuple[Archive, dict[str, Path]]) -> None:
    archive, paths = alike
    rematch(archive)
    for path in (archive.folder / "search" / "fingerprints").rglob("*"):
        if path.is_file() and path.stat().st_size > 64:
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:17])
    with pytest.raises(IntegrityError, match="fingerprints") as refused:
        identify(archive, paths["flac"])
    assert "match" in (refused.value.hint or "")


# Naming by sound -------------------------------------------------------------------------------------------------


def test_a_file_is_named_by_its_sound_alone(archive: Archive, tmp_path: Path) -> None:
    held = write(tmp_path / "music" / "tune.flac", 5, 30.0, {"title": "Tune", "artist": "Somebody"})
    add(archive, [tmp_path / "music"], held_as="owner")
    rematch(archive)
    again = identify(archive, write(tmp_path / "unknown.mp3", 5, 30.0))
    assert [(it.title, it.artist, it.sha256) for it in again.matches] == [("Tune", "Somebody", sha256(held))]
    assert again.matches[0].error < 0.05
    assert again.matches[0].recording
    assert identify(archive, write(tmp_path / "stranger.mp3", 7, 30.0)).matches == ()
    (tmp_path / "text.mp3").write_text("no sound at all")
    fault = identify(archive, tmp_path / "text.mp3").fault
    assert fault is not None and fault.code == "not-sound"


def test_codes_that_disagree_with_sounds(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="matched"):
        compare_codes(archive)
    folder = tmp_path / "music"
    write(folder / "a.flac", 1, 30.0, {"title": "A", "isrc": "USRC17607839"})
    write(folder / "a.opus", 1, 30.0, {"title": "A", "isrc": "GBAYE0601498"})
    write(folder / "b.flac", 2, 30.0, {"title": "B", "isrc": "USRC17607839"})
    write(folder / "c.flac", 3, 30.0, {"title": "C", "isrc": "FRZ039800212"})
    add(archive, [folder], held_as="owner")
    rematch(archive)
    report = compare_codes(archive)
    assert report.checked == 3
    assert [(code.isrc, sorted(it.title for it in code.recordings)) for code in report.codes] == [
        ("USRC17607839", ["A", "B"])
    ]
    assert [(it.recording.title, it.isrcs, it.sources) for it in report.sounds] == [
        ("A", ("GBAYE0601498", "USRC17607839"), (("file",), ("file",)))
    ]


# Measuring again -------------------------------------------------------------------------------------------------


def test_what_is_up_to_date_is_not_measured_again(archive: Archive, tmp_path: Path) -> None:
    write(tmp_path / "music" / "1.flac", 1, 2.0)
    add(archive, [tmp_path / "music"], held_as="owner")
    before = archive.log.last
    report = reanalyze(archive)
    assert (report.out_of_date, report.measured, archive.log.last) == (0, 0, before)


def test_only_what_is_out_of_date_is_measured_again(archive: Archive, tmp_path: Path) -> None:
    paths = [write(tmp_path / "music" / f"{seed}.flac", seed, 4.0) for seed in (1, 2)]
    with_cover(paths[0], png(5, 5))
    add(archive, [tmp_path / "music"], held_as="owner")
    old = msgspec.structs.replace(sound_of(paths[0]), version="0", loudness=-99.0)
    archive.commit("analysed", {}, {"sounds": [sound_row(sha256(paths[0]), old)]})
    rematch(archive)
    assert Reader(archive.folder).why(sha256(paths[0])).sounds[0].loudness == -99.0
    report = reanalyze(archive)
    assert (report.out_of_date, report.measured, report.pictures, report.failed) == (1, 1, 1, [])
    rematch(archive)
    measured = Reader(archive.folder).why(sha256(paths[0])).sounds[0].loudness
    assert measured == sound_of(paths[0]).loudness
    assert reanalyze(archive).out_of_date == 0
    with archive.duck() as duck:
        assert duck.run("SELECT count(*), count(DISTINCT sha256) FROM sounds") == [(4, 2)]
        assert duck.run("SELECT count(*) FROM current_pictures") == [(1,)]
    archive.rebuild_ledger()
    assert archive.ledger.blob_totals("picture")[0] == 1


def test_what_cannot_be_measured_again_keeps_its_measurement(archive: Archive, tmp_path: Path) -> None:
    path = write(tmp_path / "music" / "1.flac", 1, 4.0)
    add(archive, [tmp_path / "music"], held_as="owner")
    old = msgspec.structs.replace(sound_of(path), version="0")
    archive.commit("analysed", {}, {"sounds": [sound_row(sha256(path), old)]})
    blob = archive.ledger.blob(sha256(path))
    assert blob is not None
    archive.store.path(blob.sha256, blob.root).unlink()
    report = reanalyzing.reanalyze(archive)
    assert (report.measured, [(item.name, item.code) for item in report.failed]) == (
        0,
        [(blob.sha256, "missing")],
    )
    with archive.duck() as duck:
        assert duck.run("SELECT version FROM current_sounds") == [("0",)]
