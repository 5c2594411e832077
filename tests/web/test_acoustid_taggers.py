# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients, in processes of their own, name files by their sound: pyacoustid with fpcalc, and beets with `chroma`.

Skipped by name where they are not installed.
"""

import json
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.matching import rematch
from onrecord.archive.reading import open_reader
from onrecord.web.serve import prepare
from onrecord.web.site import site_of
from tests.conftest import DAY
from tests.tones import write
from tests.web.ws2.test_ws2_taggers import needs, run

KEY = "the-key-that-serve-prints"


def piece(path: Path, number: int, **tags: str) -> Path:
    return write(path, number, 20.0, tags)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("acoustid")
    for number in range(1, 4):
        said = {
            "title": f"Piece {number}",
            "artist": "The Test Tones",
            "album": "Tones",
            "track": str(number),
        }
        piece(folder / "music" / f"{number}.flac", number, **said)
    with Archive.create(folder / "archive", "Taggers", lambda: DAY) as archive:
        add(archive, [folder / "music"], held_as="owner")
        rematch(archive)
    ready = threading.Event()
    addresses: list[str] = []

    def tell(address: str) -> None:
        addresses.append(address)
        ready.set()

    site = site_of(folder / "archive", KEY)
    server = prepare(open_reader(folder / "archive"), "127.0.0.1", 0, tell, site=site)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield urlsplit(addresses[0]).netloc
    server.should_exit = True
    thread.join(20)


def with_fpcalc(home: Path) -> None:
    """Puts fpcalc where the clients look for it. Some versions take the end of a file that is shorter than two minutes
    for a fault."""
    program = shutil.which("fpcalc")
    if program is None:
        pytest.skip("fpcalc is not installed")
    (home / "fpcalc").write_text(f'#!/bin/sh\nexec {program} -ignore-errors "$@"\n')
    (home / "fpcalc").chmod(0o755)


#: Without the library of Chromaprint a client asks fpcalc, whatever else can decode on this machine.
SETTING = """
import json, pathlib, sys
import acoustid
acoustid.have_chromaprint = False
acoustid.FPCALC_COMMAND = str(pathlib.Path.home() / "fpcalc")
"""
BEGINNING = f"""{SETTING}
acoustid.set_base_url(f"http://{{sys.argv[1]}}/v2")
said = json.loads(sys.argv[2])
"""
MATCHING = """
found = {path: list(acoustid.match("any key", path)) for path in said}
print(json.dumps(found))
"""
SUBMITTING = """
duration, fingerprint = acoustid.fingerprint_file(said["path"])
sent = {"fingerprint": fingerprint.decode(), "duration": duration, "mbid": said["mbid"], "track": "Told"}
made = acoustid.submit("any key", said["user"], [dict(sent), dict(sent)])
states = [acoustid.get_submission_status("any key", each["id"]) for each in made["submissions"]]
found = acoustid.lookup("any key", fingerprint, duration, ["recordings", "sources"])
print(json.dumps([made, states, found]))
"""
REFUSED = """
answers = {}
answers["lookup"] = acoustid.lookup("any key", "AQAA", 20)
for user, name in (("", "nobody"), ("x", "nothing")):
    try:
        acoustid.submit("any key", user, {"fingerprint": "AQAA", "duration": 20, "mbid": said["mbid"]})
    except acoustid.WebServiceError as error:
        answers[name] = error.message
print(json.dumps(answers))
"""


def test_pyacoustid_matches_files_by_fpcalc(host: str, tmp_path: Path) -> None:
    needs("acoustid")
    with_fpcalc(tmp_path)
    files = [piece(tmp_path / "a.mp3", 2), piece(tmp_path / "b.flac", 3), piece(tmp_path / "c.flac", 50)]
    paths = json.dumps([str(path) for path in files])
    found = json.loads(run(BEGINNING + MATCHING, host, paths, home=tmp_path))
    [[score, _, title, artist]] = found[str(files[0])]
    assert (title, artist) == ("Piece 2", "The Test Tones")
    assert score > 0.8
    [[score, id, title, artist]] = found[str(files[1])]
    assert (score, title, artist) == (1.0, "Piece 3", "The Test Tones")
    assert uuid.UUID(id)
    assert found[str(files[2])] == []


def test_pyacoustid_submits_and_finds_again(host: str, tmp_path: Path) -> None:
    needs("acoustid")
    with_fpcalc(tmp_path)
    for number, user in enumerate((KEY, "whatever the tagger sends"), start=60):
        mbid = str(uuid.uuid4())
        path = piece(tmp_path / f"{mbid}.flac", number)
        said = json.dumps({"path": str(path), "mbid": mbid, "user": user})
        made, states, found = json.loads(run(BEGINNING + SUBMITTING, host, said, home=tmp_path))
        assert [each["status"] for each in made["submissions"]] == ["imported"] * 2
        [track] = {state["submissions"][0]["result"]["id"] for state in states}
        [result] = found["results"]
        assert (result["id"], result["score"]) == (track, 1.0)
        [recording] = result["recordings"]
        assert (recording["id"], recording["sources"], recording["confidence"]) == (mbid, 2, "low")


def test_pyacoustid_reads_the_faults(host: str, tmp_path: Path) -> None:
    needs("acoustid")
    said = json.dumps({"mbid": str(uuid.uuid4())})
    answers = json.loads(run(BEGINNING + REFUSED, host, said, home=tmp_path))
    assert answers["lookup"] == {"status": "error", "error": {"code": 3, "message": "invalid fingerprint"}}
    assert answers["nobody"] == 'error 2: missing required parameter "user"'
    assert answers["nothing"] == "error 3: invalid fingerprint"


IMPORTING = f"""{SETTING}
acoustid.set_base_url(f"http://{{sys.argv[3]}}/v2")
from beets.ui import main
main(["-c", sys.argv[1], "import", "-q", sys.argv[2]])
"""
READING = """
import json, pathlib, sys
from mediafile import MediaFile
found = {}
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.flac")):
    file = MediaFile(path)
    found[file.title] = [file.artist, file.album, file.track, file.mb_trackid, file.acoustid_id]
print(json.dumps(found))
"""
CONFIG = """
directory: {home}/library
library: {home}/library.db
plugins: [musicbrainz, chroma]
import: {{quiet_fallback: skip, copy: yes, write: yes, log: {home}/log}}
match: {{strong_rec_thresh: 0.9}}
musicbrainz: {{host: "{host}", https: no, ratelimit: 100}}
"""


def test_beets_finds_the_album_of_files_without_names_by_their_sound(host: str, tmp_path: Path) -> None:
    needs("beets", "mediafile", "acoustid")
    with_fpcalc(tmp_path)
    for number in range(1, 4):
        # Of the sound beets takes the album; which file is which of its tracks it takes from the number.
        piece(tmp_path / "mine" / f"{number}.flac", number, track=str(number))
    (tmp_path / "config.yaml").write_text(CONFIG.format(home=tmp_path, host=host))
    run(IMPORTING, str(tmp_path / "config.yaml"), str(tmp_path / "mine"), host, home=tmp_path)
    found: dict[str, Any] = json.loads(run(READING, str(tmp_path / "library"), home=tmp_path))
    assert sorted(found) == ["Piece 1", "Piece 2", "Piece 3"]
    artist, album, number, recording, track = found["Piece 2"]
    assert (artist, album, number) == ("The Test Tones", "Tones", 2)
    assert track == recording  # MusicBrainz does not know it: its own id is that of its track, too
