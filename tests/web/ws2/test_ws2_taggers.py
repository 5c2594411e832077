# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients, in a process of their own, tag files from the archive: musicbrainzngs, `beet import` and Picard.

They run on the Python that ONRECORD_TAGGERS names, else on this one, and are skipped by name where it has them not.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.reading import open_reader
from onrecord.web.serve import prepare
from onrecord.web.site import site_of
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save
from tests.tones import Album, write

PYTHON = os.environ.get("ONRECORD_TAGGERS") or sys.executable
ISRC = "GBAAA2600001"


def run(program: str, *arguments: str, home: Path) -> str:
    """Runs a program text on the clients' Python; its home is empty, and it may reach loopback alone."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "BEETSDIR": str(home), "NO_PROXY": "*"}
    done = subprocess.run(
        [PYTHON, "-c", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs(*modules: str) -> None:
    for module in modules:
        found = subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False)
        if found.returncode:
            pytest.skip(f"{module} is not installed")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An archive with an album that nobody else knows, and one that MusicBrainz knows."""
    folder = tmp_path_factory.mktemp("taggers")
    album = Album.make(folder / "album")
    known = release(
        "Known Album",
        "Known Singer & Friends",
        [("First Known", 201_000), ("Second Known", 202_000)],
        country="GB",
        barcode="5099902943527",
    )
    known["release-group"] = {"id": mbid("group"), "title": "Known Album", "primary-type": "Album"}
    known["label-info"] = [{"catalog-number": "K 1", "label": {"id": mbid("label"), "name": "Known Label"}}]
    single = recording("Single Known", "Known Singer & Friends", 180_000, isrcs=[ISRC])
    with Archive.create(folder / "archive", "Taggers", lambda: DAY) as archive:
        add(archive, [album.folder / "free"], held_as="owner")
        harvest(archive, "musicbrainz-json", save(folder / "answers", known=known, single=single))
        rematch(archive)
    ready = threading.Event()
    addresses: list[str] = []

    def tell(address: str) -> None:
        addresses.append(address)
        ready.set()

    server = prepare(open_reader(folder / "archive"), "127.0.0.1", 0, tell, site=site_of(folder / "archive"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield urlsplit(addresses[0]).netloc
    server.should_exit = True
    thread.join(20)


ASKING = """
import json, sys
import musicbrainzngs as mb
mb.set_useragent("test", "1", "http://localhost")
mb.set_hostname(sys.argv[1], use_https=False)
mb.set_rate_limit(False)
said = json.loads(sys.argv[2])
answers = {}
for name, (function, arguments, more) in said.items():
    try:
        answers[name] = getattr(mb, function)(*arguments, **more)
    except mb.ResponseError as error:
        answers[name] = {"refused": error.cause.code}
print(json.dumps(answers))
"""


def test_musicbrainzngs_looks_up_browses_and_searches(host: str, tmp_path: Path) -> None:
    needs("musicbrainzngs")
    album = ["recordings", "artists", "labels", "release-groups", "isrcs", "media"]
    singer = mbid("Known Singer & Friends")
    said: dict[str, Any] = {
        "album": ("get_release_by_id", [mbid("Known Album")], {"includes": album}),
        "found": ("search_releases", [], {"query": "", "release": "known album", "artist": "known singer"}),
        "strict": ("search_recordings", [], {"recording": "second known", "strict": True, "limit": 5}),
        "none": ("search_recordings", [], {"recording": "second", "artist": "nobody", "strict": True}),
        "browsed": ("browse_releases", [], {"artist": singer, "includes": ["labels"], "limit": 5}),
        "groups": ("browse_release_groups", [], {"artist": singer, "release_type": ["album"]}),
        "singer": ("get_artist_by_id", [singer], {"includes": ["recordings", "release-groups"]}),
        "isrc": ("get_recordings_by_isrc", [ISRC], {"includes": ["artists"]}),
        "label": ("get_label_by_id", [mbid("label")], {"includes": ["releases"]}),
        "missing": ("get_artist_by_id", [mbid("nobody at all")], {}),
        "bad": ("get_artist_by_id", ["no-uuid"], {}),
    }
    answers = json.loads(run(ASKING, host, json.dumps(said), home=tmp_path))
    album_found = answers["album"]["release"]
    assert (album_found["title"], album_found["barcode"], album_found["country"]) == (
        "Known Album",
        "5099902943527",
        "GB",
    )
    assert album_found["artist-credit-phrase"] == "Known Singer & Friends"
    assert album_found["release-group"]["id"] == mbid("group")
    assert album_found["label-info-list"][0]["catalog-number"] == "K 1"
    tracks = album_found["medium-list"][0]["track-list"]
    assert [(track["position"], track["recording"]["title"], track["length"]) for track in tracks] == [
        ("1", "First Known", "201000"),
        ("2", "Second Known", "202000"),
    ]
    best = answers["found"]["release-list"][0]
    assert (best["id"], best["ext:score"]) == (mbid("Known Album"), "100")
    [second] = answers["strict"]["recording-list"]
    assert second["id"] == mbid("recording Second Known")
    assert second["release-list"][0]["id"] == mbid("Known Album")
    assert answers["none"]["recording-list"] == []
    assert [item["id"] for item in answers["browsed"]["release-list"]] == [mbid("Known Album")]
    assert answers["browsed"]["release-count"] == 1
    assert [item["id"] for item in answers["groups"]["release-group-list"]] == [mbid("group")]
    assert {item["title"] for item in answers["singer"]["artist"]["recording-list"]} == {
        "First Known",
        "Second Known",
        "Single Known",
    }
    assert [item["title"] for item in answers["isrc"]["isrc"]["recording-list"]] == ["Single Known"]
    assert [item["id"] for item in answers["label"]["label"]["release-list"]] == [mbid("Known Album")]
    assert (answers["missing"], answers["bad"]) == ({"refused": 404}, {"refused": 400})


def test_musicbrainzngs_asks_again_by_the_ids_that_it_was_given(host: str, tmp_path: Path) -> None:
    needs("musicbrainzngs")
    said: dict[str, Any] = {"found": ("search_recordings", [], {"recording": "piece 3", "strict": True})}
    [piece] = json.loads(run(ASKING, host, json.dumps(said), home=tmp_path))["found"]["recording-list"]
    [tones] = piece["release-list"]
    artist = piece["artist-credit"][0]["artist"]
    again = {
        "recording": ("get_recording_by_id", [piece["id"]], {"includes": ["artists", "releases"]}),
        "release": ("get_release_by_id", [tones["id"]], {"includes": ["recordings", "artists"]}),
        "group": ("get_release_group_by_id", [tones["release-group"]["id"]], {"includes": ["releases"]}),
        "artist": ("get_artist_by_id", [artist["id"]], {}),
    }
    answers = json.loads(run(ASKING, host, json.dumps(again), home=tmp_path))
    assert answers["recording"]["recording"]["title"] == "Piece 3"
    tracks = answers["release"]["release"]["medium-list"][0]["track-list"]
    assert [track["recording"]["title"] for track in tracks] == [f"Piece {number}" for number in range(1, 5)]
    assert tracks[2]["recording"]["id"] == piece["id"]
    assert answers["group"]["release-group"]["release-list"][0]["id"] == tones["id"]
    assert answers["artist"]["artist"]["name"] == "The Test Tones"


IMPORTING = """
import sys
from beets.ui import main
main(["-c", sys.argv[1], "import", "-q", sys.argv[2]])
"""
READING = """
import json, pathlib, sys
from mediafile import MediaFile
found = {}
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.flac")):
    file = MediaFile(path)
    found[file.title] = [file.artist, file.album, file.mb_trackid, file.mb_albumid, file.track]
print(json.dumps(found))
"""
CONFIG = """
directory: {home}/library
library: {home}/library.db
plugins: [musicbrainz]
import: {{quiet_fallback: skip, copy: yes, write: yes, log: {home}/log}}
match: {{strong_rec_thresh: 0.2}}
musicbrainz: {{host: "{host}", https: no, ratelimit: 100}}
"""


def test_beet_import_tags_files_from_the_archive(host: str, tmp_path: Path) -> None:
    needs("beets", "mediafile")
    for number in range(1, 5):
        tags = {"title": f"peice {number}", "artist": "test tones", "album": "Tones", "track": str(number)}
        write(tmp_path / "mine" / f"{number}.flac", number, tags=tags)
    (tmp_path / "config.yaml").write_text(CONFIG.format(home=tmp_path, host=host))
    run(IMPORTING, str(tmp_path / "config.yaml"), str(tmp_path / "mine"), home=tmp_path)
    found = json.loads(run(READING, str(tmp_path / "library"), home=tmp_path))
    assert sorted(found) == [f"Piece {number}" for number in range(1, 5)]
    said: dict[str, Any] = {"piece": ("search_recordings", [], {"recording": "piece 3", "strict": True})}
    needs("musicbrainzngs")
    [piece] = json.loads(run(ASKING, host, json.dumps(said), home=tmp_path))["piece"]["recording-list"]
    artist, album, track, release_id, number = found["Piece 3"]
    assert (artist, album, number) == ("The Test Tones", "Tones", 3)
    assert (track, release_id) == (piece["id"], piece["release-list"][0]["id"])


#: Picard as it is, but for the screen; it does what `-e` says, one after the other.
PICARD = """
import os, sys
home = sys.argv[1]
os.environ.update(QT_QPA_PLATFORM="offscreen", XDG_RUNTIME_DIR=home, LC_ALL="C.UTF-8")
from picard.tagger import main
options = ["-c", home + "/picard.ini", "-N", "-P", "-M", "-s", "--no-crash-dialog"]
sys.argv = ["picard", *options, *(part for said in sys.argv[2:] for part in ("-e", *said.split(" ", 1)))]
main(autoupdate=False)
"""
SETTINGS = """
[setting]
server_host={host}
server_port={port}
browser_integration=false
check_for_updates=false
quit_confirmation=false
save_images_to_tags=false
"""


@pytest.mark.slow
def test_picard_tags_files_from_the_archive(host: str, tmp_path: Path) -> None:
    """An album by its name and a file by its own, each looked for, loaded and written by Picard itself."""
    needs("picard.tagger", "mediafile")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    name, port = host.split(":")
    (home / "picard.ini").write_text(SETTINGS.format(host=name, port=port))
    for number in (1, 2, 4):
        tags = {
            "title": f"Piece {number}",
            "artist": "Test Tones",
            "album": "Tones",
            "tracknumber": str(number),
        }
        write(tmp_path / "album" / f"{number}.flac", number, tags=tags)
    write(tmp_path / "alone" / "3.flac", 3, tags={"title": "peice 3", "artist": "the test tones"})
    said = [
        "CLUSTER",
        "LOOKUP clustered",
        "PAUSE 4",
        f"LOAD {tmp_path}/alone",
        "LOOKUP unclustered",
        "PAUSE 4",
    ]
    run(PICARD, str(home), f"LOAD {tmp_path}/album", *said, "SAVE_MATCHED", "QUIT", home=home)
    found = json.loads(run(READING, str(tmp_path), home=home))
    assert sorted(found) == [f"Piece {number}" for number in range(1, 5)]
    artist, album, track, release_id, number = found["Piece 3"]
    assert (artist, album, number) == ("The Test Tones", "Tones", 3)
    asked = urlopen(f"http://{host}/ws/2/recording?query=recording:%22piece%203%22&fmt=json", timeout=20)
    with asked as answer:
        [piece] = json.load(answer)["recordings"]
    assert (track, release_id) == (piece["id"], piece["releases"][0]["id"])
    assert {item[3] for item in found.values()} == {release_id}
