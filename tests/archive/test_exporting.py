# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is exported is what is held, byte for byte, with its answers; what is damaged or not allowed is named."""

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.exporting import ExportReport, Form, export
from onrecord.archive.exporting.places import refuse_inside
from onrecord.archive.judging import judge
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader
from onrecord.catalog.tables import LinkRow
from onrecord.errors import ArchiveLocked, NotFound, OnrecordError, UsageError
from onrecord.model.rights import Evidence, Says, Use
from onrecord.publish import ocfl
from onrecord.publish.edition import read_sums
from onrecord.publish.names import check_paths
from tests.pipeline.pieces import answer, onrecord, start
from tests.publish.test_ocfl import faults, validate
from tests.tones import Album, write

_PAPERS = {"SHA256SUMS", "decisions.json", "CREDITS.md"}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in folder.rglob("*") if path.is_file()}


def music(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in tree(folder).items() if name not in _PAPERS}


def decisions(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "decisions.json").read_bytes())
    return found


def blob_of(archive: Archive, digest: str) -> Path:
    blob = archive.ledger.blob(digest)
    assert blob is not None
    return archive.store.path(digest, blob.root)


def beside(target: Path) -> list[str]:
    """What an export left beside its target."""
    return [path.name for path in target.parent.iterdir() if "exporting" in path.name]


# Plain -----------------------------------------------------------------------------------------------------------


def test_everything_comes_out_as_it_went_in(filled: Archive, album: Album, tmp_path: Path) -> None:
    report = export(filled, None, tmp_path / "out", Form.PLAIN)
    assert (report.hits, report.recordings, report.files) == (6, 6, 6)
    assert (report.left_out, report.damaged) == ([], [])
    assert music(tmp_path / "out") == {
        **{
            f"The Test Tones/Tones/0{place} Piece {place}{path.suffix}": sha256(path)
            for place, path in enumerate(album.free, start=1)
        },
        "Unknown artist/No release/No evidence.opus": sha256(album.closed[0]),
        "Unknown artist/No release/NC.opus": sha256(album.closed[1]),
    }
    assert report.bytes == sum(path.stat().st_size for path in (*album.free, *album.closed))
    assert beside(tmp_path / "out") == []


def test_the_manifest_lists_every_file_with_its_digest(filled: Archive, tmp_path: Path) -> None:
    export(filled, None, tmp_path / "out", Form.PLAIN)
    listed = read_sums(tmp_path / "out" / "SHA256SUMS")
    assert listed == {name: digest for name, digest in tree(tmp_path / "out").items() if name != "SHA256SUMS"}
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path / "out", check=False
    )
    assert done.returncode == 0


def test_a_player_that_writes_into_a_file_cannot_reach_the_blob(filled: Archive, tmp_path: Path) -> None:
    export(filled, None, tmp_path / "out", Form.PLAIN)
    for name, digest in music(tmp_path / "out").items():
        path, blob = tmp_path / "out" / name, blob_of(filled, digest)
        assert not path.samefile(blob)
        assert blob.stat().st_nlink == 1
        with path.open("r+b") as file:
            file.write(b"tagged by a player")
    assert check(filled).bad == []


def test_decisions_go_along_with_their_rules_and_evidence(filled: Archive, tmp_path: Path) -> None:
    export(filled, None, tmp_path / "out", Form.PLAIN)
    told = decisions(tmp_path / "out")
    assert (told["archive"], told["day"]) == (filled.id, filled.today.isoformat())
    assert {(file["path"], file["sha256"]) for file in told["files"]} == set(music(tmp_path / "out").items())
    for file in told["files"]:
        for use in Use:
            decision, said = judge(filled, file["sha256"], use), file["decisions"][use]
            assert (said["allow"], said["codes"]) == (decision.allow, list(decision.codes))
            assert said["evidence"] == list(decision.evidence)
            assert told["evidence"].keys() >= set(decision.evidence)
            assert told["rules"].keys() >= set(decision.codes)
        for identifier, (fact, logged) in filled.ledger.evidence(file["sha256"]).items():
            said = told["evidence"][identifier]
            assert (said["evidence"]["text"], said["logged"]) == (fact.text, logged)
    credits = (tmp_path / "out" / "CREDITS.md").read_text("utf-8").splitlines()
    assert credits[0] == "# Credits of Test archive"
    assert {line.rsplit("`", 2)[1] for line in credits[2:]} == set(music(tmp_path / "out").values())
    assert sum("by The Test Tones, licensed under CC BY 4.0" in line for line in credits) == 4


def test_the_same_export_gives_the_same_bytes(filled: Archive, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export(filled, None, tmp_path / name, Form.PLAIN)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


# Queries ---------------------------------------------------------------------------------------------------------


def exported(archive: Archive, query: str, target: Path) -> tuple[ExportReport, list[str]]:
    report = export(archive, query, target, Form.PLAIN)
    names = sorted(path.rpartition("/")[2] for path in music(target))
    shutil.rmtree(target)
    return report, names


def test_a_query_is_an_id_a_digest_a_name_or_words(filled: Archive, album: Album, tmp_path: Path) -> None:
    out = tmp_path / "out"
    four = ["01 Piece 1.opus", "02 Piece 2.flac", "03 Piece 3.mp3", "04 Piece 4.opus"]
    view = Reader(filled.folder).why(sha256(album.free[1]))
    for query in (view.id, sha256(album.free[1]), sha256(album.free[1]).upper(), "free/2.flac"):
        report, names = exported(filled, query, out)
        assert (report.hits, names) == (1, ["02 Piece 2.flac"]), query
    for query in (view.artist_id, view.releases[0][0]):
        report, names = exported(filled, query, out)
        assert (report.hits, report.recordings, names) == (1, 4, four), query
    report, names = exported(filled, "piece", out)
    assert (report.hits, names) == (4, four)
    report, names = exported(filled, "test tones", out)
    assert report.hits > 1 and names == four, (
        "the artist and what is credited to them are found; each goes out once"
    )


def test_what_is_not_there_or_has_no_sound_is_said(filled: Archive, tmp_path: Path) -> None:
    for query in ("no such thing anywhere", "", "0" * 64, "/", "../../etc/passwd"):
        with pytest.raises(NotFound, match="nothing found"):
            export(filled, query, tmp_path / "out", Form.PLAIN)
    assert not (tmp_path / "out").exists()
    assert beside(tmp_path / "out") == []


def test_a_digest_stands_for_its_file_and_an_id_for_all_of_a_recording(
    archive: Archive, tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    flac = write(folder / "a.flac", 5, 30.0, {"title": "Tune", "track": "3", "album": "Tunes"})
    again = Path(shutil.copy(flac, folder / "b.flac"))
    with again.open("ab") as file:
        file.write(b"\0" * 64)
    write(folder / "c.mp3", 5, 30.0, {"title": "Tune", "track": "3", "album": "Tunes"})
    add(archive, [folder], held_as="owner")
    rematch(archive)
    [recording] = {Reader(archive.folder).why(sha256(path)).id for path in folder.iterdir()}
    _, names = exported(archive, sha256(again), tmp_path / "out")
    assert names == ["03 Tune.flac"]
    _, names = exported(archive, recording, tmp_path / "out")
    later = max(sha256(flac), sha256(again))[:8]
    assert names == sorted(["03 Tune.flac", f"03 Tune [{later}].flac", "03 Tune.mp3"])


def test_discs_are_told_apart_and_a_compilation_stays_together(archive: Archive, tmp_path: Path) -> None:
    for disc, place, artist in ((1, 1, "Ann"), (1, 2, "Bob"), (2, 1, "Cy")):
        tags = {"artist": artist, "album": "Many", "album_artist": "Various", "title": f"By {artist}"}
        tags |= {"disc": str(disc), "track": str(place)}
        write(tmp_path / "music" / f"{disc}{place}.flac", disc * 10 + place, 2.0, tags)
    add(archive, [tmp_path / "music"], held_as="owner")
    rematch(archive)
    export(archive, None, tmp_path / "out", Form.PLAIN)
    assert sorted(music(tmp_path / "out")) == [
        "Various/Many/1-01 By Ann.flac",
        "Various/Many/1-02 By Bob.flac",
        "Various/Many/2-01 By Cy.flac",
    ]


def test_hostile_names_stay_in_the_folder_and_apart(archive: Archive, tmp_path: Path) -> None:
    said = [
        {"artist": "../../..", "album": "..", "title": "../../../etc/passwd"},
        {"artist": "CON", "album": "PRN ", "title": "AUX"},
        {"artist": "a\tb\u202e\x1b[31m", "album": "/", "title": "\\\\server\\share"},
        {"artist": "Café", "album": "x", "title": "Même"},
        {"artist": "Cafe\u0301", "album": "X", "title": "MÊME"},
        {"artist": "SHA256SUMS", "album": "decisions.json", "title": "é" * 200},
        {"artist": "decisions.json.", "album": "x" * 400, "title": " . "},
    ]
    for seed, tags in enumerate(said):
        write(tmp_path / "music" / f"{seed}.flac", seed, 1.0, tags)
    add(archive, [tmp_path / "music"], held_as="owner")
    rematch(archive)
    for form in (Form.PLAIN, Form.BAGIT):
        export(archive, None, tmp_path / form, form)
        names = [path for path in tree(tmp_path / form) if path.endswith(".flac")]
        assert len(names) == len(said)
        check_paths([tuple(path.split("/")) for path in tree(tmp_path / form)])
        assert not [name for name in names if re.search(r"[\x00-\x1f\x7f\\%:]|(^|/)\.", name)]
    assert {path.name for path in tmp_path.iterdir()} == {"music", "archive", "plain", "bagit"}


# The gate --------------------------------------------------------------------------------------------------------


def test_what_the_gate_does_not_give_for_a_use_is_left_out_with_its_reason(
    filled: Archive, album: Album, tmp_path: Path
) -> None:
    report = export(filled, None, tmp_path / "out", Form.PLAIN, Use.SHARE)
    assert sorted(music(tmp_path / "out").values()) == sorted(
        digest
        for digest in map(sha256, (*album.free, *album.closed))
        if judge(filled, digest, Use.SHARE).allow
    )
    assert [(item.name, item.code) for item in report.left_out] == [("closed/nothing.opus", "R-HELD-ONLY")]
    assert "allows keeping it" in report.left_out[0].detail
    report = export(filled, None, tmp_path / "mine", Form.PLAIN, Use.MINE)
    assert sorted(item.code for item in report.left_out) == ["R-HELD-ONLY", "R-MINE-UNSURE"]


def test_a_withdrawal_outweighs_the_owner_s_own_copy(filled: Archive, album: Album, tmp_path: Path) -> None:
    digest = sha256(album.free[0])
    no = Evidence(Says.WITHDRAWN, "letter", "Take it down.")
    link = LinkRow(blob=digest, source="", record="", track="", evidence=no.id)
    filled.commit("ruled", {}, {"links": [link]}, [no])
    report = export(filled, digest, tmp_path / "out", Form.PLAIN)
    assert [item.code for item in report.left_out] == ["R-WITHDRAWN"]
    assert (report.files, (tmp_path / "out").exists()) == (0, False), "an export of nothing writes nothing"


def test_a_file_that_is_not_matched_yet_is_named(filled: Archive, tmp_path: Path) -> None:
    new = write(tmp_path / "more" / "new.flac", 77, 2.0)
    add(filled, [tmp_path / "more"], held_as="owner")
    report = export(filled, None, tmp_path / "out", Form.PLAIN)
    assert [(item.name, item.code) for item in report.left_out] == [(sha256(new), "not-matched")]
    assert report.files == 6


# Damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("state", ["flipped", "truncated", "longer", "missing", "a link", "noted"])
def test_a_damaged_blob_is_named_and_left_out(
    filled: Archive, album: Album, tmp_path: Path, form: Form, state: str
) -> None:
    digest = sha256(album.free[2])
    blob = blob_of(filled, digest)
    data = blob.read_bytes()
    blob.unlink()
    if state in ("flipped", "noted"):
        blob.write_bytes(data[:1000] + bytes([data[1000] ^ 1]) + data[1001:])
    elif state == "truncated":
        blob.write_bytes(data[:-1])
    elif state == "longer":
        blob.write_bytes(data + b"x")
    elif state == "a link":
        blob.symlink_to(album.free[2])
    if state == "noted":
        check(filled)
    report = export(filled, None, tmp_path / "out", form)
    expected = {"longer": "flipped", "a link": "unreadable", "noted": "flipped"}.get(state, state)
    assert [(bad.what, bad.state) for bad in report.damaged] == [(digest, expected)]
    assert report.damaged[0].detail.startswith("free/3.mp3: ")
    assert report.files == 5
    assert not list((tmp_path / "out").rglob("*.mp3"))
    if form is Form.OCFL:
        validate(tmp_path / "out")
    else:
        assert digest not in {file["sha256"] for file in decisions(tmp_path / "out")["files"]}
        assert digest not in (tmp_path / "out" / "CREDITS.md").read_text("utf-8")


def test_folders_of_damaged_files_are_not_left_behind(filled: Archive, album: Album, tmp_path: Path) -> None:
    for path in album.closed:
        blob_of(filled, sha256(path)).unlink()
    export(filled, None, tmp_path / "out", Form.BAGIT)
    assert {path.name for path in (tmp_path / "out" / "data").iterdir()} == {"The Test Tones"}


def test_a_disk_that_is_not_mounted_is_said(filled: Archive, tmp_path: Path) -> None:
    (filled.folder / "blobs").rename(tmp_path / "elsewhere")
    with Archive.open(filled.folder, filled.clock) as archive:
        report = export(archive, None, tmp_path / "out", Form.PLAIN)
    assert {bad.state for bad in report.damaged} == {"not-mounted"}
    assert len(report.damaged) == 6 and not (tmp_path / "out").exists()


# BagIt -----------------------------------------------------------------------------------------------------------


def test_a_bag_has_what_its_papers_say(filled: Archive, tmp_path: Path) -> None:
    report = export(filled, None, tmp_path / "bag", Form.BAGIT)
    bag = tree(tmp_path / "bag")
    payload = {name: digest for name, digest in bag.items() if name.startswith("data/")}
    assert len(payload) == 6
    assert read_sums(tmp_path / "bag" / "manifest-sha256.txt") == payload
    tags = read_sums(tmp_path / "bag" / "tagmanifest-sha256.txt")
    assert tags == {
        name: digest for name, digest in bag.items() if name not in payload and not name.startswith("tagm")
    }
    assert tags.keys() >= {"bagit.txt", "bag-info.txt", "decisions.json", "CREDITS.md"}
    info = (tmp_path / "bag" / "bag-info.txt").read_text("utf-8").splitlines()
    assert f"External-Identifier: {filled.id}" in info
    assert f"Payload-Oxum: {report.bytes}.6" in info


def test_bags_validate(filled: Archive, tmp_path: Path) -> None:
    bagit = pytest.importorskip("bagit", reason="needs bagit")
    export(filled, None, tmp_path / "bag", Form.BAGIT)
    bagit.Bag(str(tmp_path / "bag")).validate(processes=1)
    file = next((tmp_path / "bag" / "data").rglob("*.mp3"))
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(bagit.BagValidationError, match="sha256"):
        bagit.Bag(str(tmp_path / "bag")).validate(processes=1)


# OCFL ------------------------------------------------------------------------------------------------------------


def object_of(archive: Archive, root: Path, digest: str) -> Path:
    recording = Reader(archive.folder).why(digest).id
    return root / ocfl.path_of(f"urn:onrecord:{archive.id}:{recording}")


def test_each_recording_is_an_object(filled: Archive, album: Album, tmp_path: Path) -> None:
    report = export(filled, None, tmp_path / "root", Form.OCFL)
    assert (report.objects, report.versions, report.files) == (6, 0, 6)
    for path in (*album.free, *album.closed):
        made = object_of(filled, tmp_path / "root", sha256(path))
        assert faults(made) == []
        held = tree(made / "v1" / "content")
        assert sha256(path) in held.values()
        [file] = decisions(made / "v1" / "content")["files"]
        assert held[file["path"]] == sha256(path)
    validate(tmp_path / "root")


def test_exporting_again_makes_no_version_until_something_changes(
    filled: Archive, album: Album, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    export(filled, None, root, Form.OCFL)
    first = tree(root)
    opened = filled.store.opened
    report = export(filled, None, root, Form.OCFL)
    assert (report.objects, report.versions, report.unchanged, report.held, report.files) == (0, 0, 6, 6, 0)
    assert tree(root) == first
    assert filled.store.opened == opened, "what an object has already is not read"
    again = write(tmp_path / "more" / "again.flac", 2, 8.0, {"title": "Piece 2, another master"})
    with again.open("ab") as file:
        file.write(b"\0" * 32)
    add(filled, [tmp_path / "more"], held_as="owner")
    rematch(filled)
    assert Reader(filled.folder).why(sha256(again)).id == Reader(filled.folder).why(sha256(album.free[1])).id
    report = export(filled, sha256(again), root, Form.OCFL)
    assert (report.objects, report.versions, report.files, report.held) == (0, 1, 1, 1)
    made = object_of(filled, root, sha256(again))
    assert faults(made) == []
    assert sha256(again) in tree(made / "v2" / "content").values()
    assert sha256(album.free[1]) not in tree(made / "v2" / "content").values(), "it stays where v1 put it"
    now = tree(root)
    place = made.relative_to(root).as_posix()
    papers = {f"{place}/inventory.json", f"{place}/inventory.json.sha512"}
    assert {name for name, digest in first.items() if now[name] != digest} == papers
    validate(root)


def test_a_new_answer_makes_a_version_and_moves_no_sound(
    filled: Archive, album: Album, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    export(filled, None, root, Form.OCFL)
    digest = sha256(album.closed[0])
    yes = Evidence(Says.ALLOWED, "ruling", "Free to share.", license="CC-BY-4.0")
    link = LinkRow(blob=digest, source="", record="", track="", evidence=yes.id)
    filled.commit("ruled", {}, {"links": [link]}, [yes])
    report = export(filled, None, root, Form.OCFL)
    assert (report.versions, report.unchanged, report.files) == (1, 5, 0)
    made = object_of(filled, root, digest)
    assert tree(made / "v2" / "content").keys() == {"decisions.json", "CREDITS.md"}
    validate(root)


def test_what_an_object_has_stays_in_it_when_the_blob_is_damaged(
    filled: Archive, album: Album, tmp_path: Path
) -> None:
    export(filled, None, tmp_path / "root", Form.OCFL)
    before = tree(tmp_path / "root")
    blob_of(filled, sha256(album.free[0])).unlink()
    report = export(filled, None, tmp_path / "root", Form.OCFL)
    assert (report.unchanged, report.damaged) == (6, [])
    assert tree(tmp_path / "root") == before


def test_an_object_whose_commit_was_killed_is_completed_by_the_next_run(
    filled: Archive, album: Album, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    digest = sha256(album.closed[0])
    export(filled, None, root, Form.OCFL)
    made = object_of(filled, root, digest)
    before = (made / "inventory.json").read_bytes()
    yes = Evidence(Says.ALLOWED, "ruling", "Free to share.", license="CC-BY-4.0")
    link = LinkRow(blob=digest, source="", record="", track="", evidence=yes.id)
    filled.commit("ruled", {}, {"links": [link]}, [yes])
    export(filled, digest, root, Form.OCFL)
    whole = tree(root)
    # As a kill between the version's rename and its inventory leaves things.
    (made / "inventory.json").write_bytes(before)
    left = tmp_path / ".root.exporting"
    left.mkdir()
    recording = Reader(filled.folder).why(digest).id
    (left / "placing").write_text(f"urn:onrecord:{filled.id}:{recording}")
    assert faults(made) != []
    export(filled, "free/1.opus", root, Form.OCFL)
    assert tree(root) == whole
    assert beside(root) == []


# Where it may be written -----------------------------------------------------------------------------------------


def test_targets_that_cannot_be_are_refused_before_anything_is_written(
    filled: Archive, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep")
    (tmp_path / "file").write_text("keep")
    (tmp_path / "to-full").symlink_to(tmp_path / "full")
    (tmp_path / "to-nothing").symlink_to(tmp_path / "nowhere" / "at" / "all")
    for form in Form:
        for place, expected in (
            (tmp_path / "full", "neither" if form is Form.OCFL else "something is in it"),
            (tmp_path / "to-full", "neither" if form is Form.OCFL else "something is in it"),
            (tmp_path / "file", "empty or new"),
            (filled.folder, "lies in the archive"),
            (filled.folder / "blobs" / "out", "lies in the archive"),
            (tmp_path / "x" / ".." / "filled" / "editions", "lies in the archive"),
            (Path("/proc"), "disk's own folder"),
        ):
            with pytest.raises(UsageError, match=expected):
                export(filled, None, place, form)
        assert beside(tmp_path / "full") == []
    assert (tmp_path / "full" / "mine.txt").read_text() == "keep"
    assert not (filled.folder / "blobs" / "out").exists()


def test_an_empty_folder_and_a_new_one_below_new_ones_will_do(filled: Archive, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "new" / "and" / "deep"):
        export(filled, "piece", place, Form.PLAIN)
        assert len(music(place)) == 4


@contextmanager
def held(target: Path) -> Iterator[None]:
    """Another process that exports there."""
    folder = target.with_name(f".{target.name}.exporting")
    program = (
        "import fcntl, os, sys; fd = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(fd, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        yield
        other.communicate()


def test_two_exports_do_not_write_to_one_place(filled: Archive, tmp_path: Path) -> None:
    with held(tmp_path / "out"), pytest.raises(ArchiveLocked, match="another export"):
        export(filled, None, tmp_path / "out", Form.PLAIN)
    assert export(filled, None, tmp_path / "out", Form.PLAIN).files == 6


@pytest.mark.parametrize("form", Form)
def test_a_killed_export_leaves_only_its_own_folder_and_the_next_run_removes_it(
    filled: Archive, tmp_path: Path, form: Form
) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from onrecord.archive import Archive
from onrecord.archive.exporting import Form, export

def die(files, size):
    if files == 3:
        os.kill(os.getpid(), signal.SIGKILL)

export(Archive.open(Path(sys.argv[1])), None, Path(sys.argv[2]), Form(sys.argv[3]), progress=die)
"""
    out = tmp_path / "out"
    done = subprocess.run([sys.executable, "-c", program, filled.folder, out, form], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    assert beside(out) == [".out.exporting"]
    assert export(filled, None, out, form).files == 6
    assert beside(out) == []


def test_an_interrupted_export_cleans_up(filled: Archive, tmp_path: Path) -> None:
    def stop(files: int, size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(filled, None, tmp_path / "out", Form.PLAIN, progress=stop)
    assert not (tmp_path / "out").exists() and beside(tmp_path / "out") == []


def test_a_link_where_the_temporary_folder_would_be_is_not_followed(filled: Archive, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("keep")
    (tmp_path / ".out.exporting").symlink_to(tmp_path / "precious")
    with pytest.raises(OnrecordError, match="link"):
        export(filled, None, tmp_path / "out", Form.PLAIN)
    assert (tmp_path / "precious" / "file").read_text() == "keep"


# The command -----------------------------------------------------------------------------------------------------


def test_exit_codes_and_json(filled: Archive, album: Album, tmp_path: Path) -> None:
    command = ("-C", filled.folder, "export")
    told = answer(*command, "piece", "1", "--plain", tmp_path / "one")
    assert (told["schema"], told["hits"], told["files"]) == ("onrecord.export/1", 1, 1)
    told = answer(*command, "--all", "--bagit", tmp_path / "bag", "--use", "share", code=3)
    assert [item["code"] for item in told["left_out"]] == ["R-HELD-ONLY"]
    blob_of(filled, sha256(album.free[0])).unlink()
    told = answer(*command, "--all", "--ocfl", tmp_path / "root", "--use", "share", code=4)
    assert [bad["state"] for bad in told["damaged"]] == ["missing"]
    done = onrecord(*command, "--all", "--ocfl", tmp_path / "root")
    assert done.returncode == 4
    assert "missing" in done.stdout and "unchanged" in done.stdout and "Traceback" not in done.stderr
    for wrong in (
        ["--all"],
        ["piece"],
        ["--plain", tmp_path / "x"],
        ["piece", "--all", "--plain", tmp_path / "x"],
        ["piece", "--plain", tmp_path / "x", "--bagit", tmp_path / "y"],
        ["piece", "--plain", tmp_path / "bag"],
        ["piece", "--plain", tmp_path / "x", "--use", "sell"],
    ):
        done = onrecord(*command, *wrong)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_disk_that_takes_no_more_is_said_and_nothing_is_left(filled: Archive, tmp_path: Path) -> None:
    process = start(
        "-C",
        filled.folder,
        "export",
        "--all",
        "--plain",
        tmp_path / "out",
        limit=(resource.RLIMIT_FSIZE, 100_000),
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be written" in err and "Traceback" not in err
    assert out == "" and os.listdir(tmp_path) == ["filled"]  # noqa: PTH208


def test_nothing_is_written_among_what_the_archive_holds(archive: Archive) -> None:
    """Neither an answer nor an export, by whatever way round."""
    inside = archive.folder / "log" / "000000000001.jsonl"
    for place in (inside, archive.folder / ".." / archive.folder.name / "new"):
        with pytest.raises(UsageError, match="lies in the archive"):
            refuse_inside(archive, place)
    refuse_inside(archive, archive.folder / ".." / "beside.csv")
    before = inside.read_bytes()
    asked = onrecord(
        "sql", "SELECT 1 AS one", "--out", archive.folder / "log" / "1.csv", "-C", archive.folder
    )
    assert asked.returncode == 2 and "lies in the archive" in asked.stderr and inside.read_bytes() == before
