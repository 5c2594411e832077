# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was taken from services is refused by what it is; all such things here are made up. Everything else passes."""

import csv
import gzip
import io
import json
import lzma
import random
import sqlite3
import struct
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from onrecord.rights.taken import taken_head, taken_json, taken_table, taken_torrent
from onrecord.rights.taken_sound import taken_sound
from tests import tones

DATA = Path(__file__).parents[3] / "shared" / "data"
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def ids(count):
    """Made-up ids of the shape that one service's have."""
    chance = random.Random(1)
    return [chance.choice("01234567") + "".join(chance.choices(LETTERS, k=21)) for _ in range(count)]


DUMP = [
    "rowid",
    "id",
    "name",
    "preview_url",
    "album_rowid",
    "external_id_isrc",
    "popularity",
    "available_markets_rowid",
    "explicit",
]
KAGGLE = ["id", "name", "artists", "danceability", "energy", "valence", "liveness", "tempo"]
API = ["uri", "name", "popularity", "explicit", "preview_url", "isrc"]


def rows(columns, keys):
    return [
        [key if column in ("id", "uri") else f"{column} {at}" for column in columns]
        for at, key in enumerate(keys)
    ]


def as_csv(columns, cells):
    text = io.StringIO()
    csv.writer(text).writerows([columns, *cells])
    return text.getvalue().encode()


def as_dicts(columns, cells):
    return [dict(zip(columns, row, strict=True)) for row in cells]


@pytest.mark.parametrize("columns", [DUMP, KAGGLE, API])
@pytest.mark.parametrize("keyed", ["{}", "spotify:track:{}", "https://open.spotify.com/track/{}"])
def test_a_table_of_a_service_is_refused_in_every_form(columns, keyed):
    cells = rows(columns, [keyed.format(id) for id in ids(5)])
    values = as_dicts(columns, cells)
    lines = "\n".join(map(json.dumps, values)).encode()
    packed = [pack(lines) for pack in (gzip.compress, lzma.compress, zstd.compress)]
    reasons = [
        taken_table(columns, cells),
        taken_json(values),
        taken_json({"data": {"rows": values * 30}}),
        taken_json([{"id": number, "metadata": value} for number, value in enumerate(values)]),
        *map(
            taken_head, (as_csv(columns, cells), lines, lines[:-9], json.dumps(values).encode()[:-9], *packed)
        ),
    ]
    assert all("Spotify" in reason for reason in reasons), reasons


def test_the_published_set_is_known_without_any_row(tmp_path):
    assert "a published copy of Spotify's catalog" in taken_table(DUMP, ())
    with sqlite3.connect(tmp_path / "harmless.sqlite") as database:
        database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text VARCHAR(20))")
        database.execute(
            f"CREATE TABLE `tracks` (`id` text PRIMARY KEY NOT NULL, {', '.join(f'{name} text' for name in DUMP[2:])})"
        )
    database.close()
    assert "external_id_isrc" in taken_head((tmp_path / "harmless.sqlite").read_bytes())


@pytest.mark.parametrize(
    ("service", "columns"),
    [
        ("Deezer", ["SNG_ID", "SNG_TITLE", "MD5_ORIGIN", "MEDIA_VERSION", "TRACK_TOKEN"]),
        ("Tidal", ["id", "title", "allowStreaming", "streamReady", "premiumStreamingOnly", "djReady"]),
        ("Apple Music", ["id", "playParams", "isAppleDigitalMaster", "audioTraits", "audioLocale"]),
    ],
)
def test_internal_columns_of_other_services(service, columns):
    assert service in taken_table(columns, ())
    assert service in taken_json(as_dicts(columns, [["1"] * len(columns)] * 2))


def test_containers_are_known_by_what_they_say_of_themselves():
    line = {"aacid": "aacid__spotify_records__20250701T000000Z__x", "metadata": {"a": 1}}
    assert "taken from a streaming service" in taken_json(line)
    assert "taken from a streaming service" in taken_head(
        json.dumps(line).encode() + b"\n" + json.dumps(line).encode()
    )
    assert taken_json({"aacid": "aacid__somebody_s_letters__20250701T000000Z__x"}) == ""


def test_torrents_and_folders():
    assert taken_torrent(["a set", "data/spotify_clean.sqlite3.zst"])
    assert taken_torrent(["annas_archive_data__aacid__deezer_files__20250701T0"])
    assert "named by a streaming service's track ids" in taken_torrent(
        ["songs", *(f"songs/0/{id}.ogg" for id in ids(40))]
    )
    assert taken_torrent(["songs", *(f"{id}.ogg" for id in ids(9))]) == ""
    assert taken_torrent(["My Spotify history", "Streaming_History_Audio_2020.json", "endsong_0.json"]) == ""
    assert taken_torrent([f"{number:022d}.flac" for number in range(50)]) == ""


def keyed(count, **more):
    return [{"key": id, "what": "x", **more} for id in ids(count)]


@pytest.mark.parametrize(
    "value",
    [
        keyed(60, code="USRC17607839"),
        keyed(60, code="us-rc1-76-07839"),
        keyed(60, popularity=37),
        [*keyed(56, code="USRC17607839"), *[{"key": "", "what": "x", "code": "USRC17607839"}] * 4],
        [{"id": id, "title": "x", "isrc": "USRC17607839", "explicit": False} for id in ids(300)],
    ],
    ids=["codes", "hyphens", "popularity", "some without", "22 signs"],
)
def test_renamed_columns_are_known_by_what_stands_in_them(value):
    assert "Spotify's own ids name its rows" in taken_json(value)
    columns = list(value[0])
    assert "Spotify's own ids name its rows" in taken_head(
        as_csv(columns, [list(row.values()) for row in value])
    )


@pytest.mark.parametrize(
    "value",
    [
        keyed(49, code="USRC17607839"),
        keyed(60, code=""),
        keyed(60, popularity=1000),
        keyed(60, plays=37),
        keyed(60, code="USRC17607839", username="me", platform="ios"),
        keyed(60, code="USRC17607839", playlist_name="mine"),
        [{"link": f"spotify:track:{id}", "what": "x", "code": "USRC17607839"} for id in ids(300)],
        [{"key": id.lower(), "what": "x", "code": "USRC17607839"} for id in ids(300)],
        [*keyed(50, code="USRC17607839"), *[{"key": "7", "what": "x", "code": "USRC17607839"}] * 50],
    ],
    ids=[
        "few",
        "no codes",
        "not of hundred",
        "numbers",
        "history",
        "playlist",
        "label's links",
        "one case",
        "half",
    ],
)
def test_ids_that_look_alike_and_are_nobody_s_catalog_pass(value):
    assert taken_json(value) == ""
    assert taken_head(as_csv(list(value[0]), [list(row.values()) for row in value])) == ""


def test_a_set_may_begin_behind_harmless_rows():
    cells = [[str(number), "x", "y", "USRC17607839"] for number in range(300)]
    cells += [[id, "x", "y", "USRC17607839"] for id in ids(100)]
    columns = ["key", "what", "who", "code"]
    assert "own ids" in taken_json(as_dicts(columns, cells))
    assert "own ids" in taken_head(as_csv(columns, cells))
    torn = as_csv(columns, cells[-100:])[60:-9]
    assert "own ids" in taken_head(as_csv(columns, cells[:50]), [torn])
    assert taken_head(as_csv(columns, cells[:50]), [torn[:1000], b"", b"\xff" * 99]) == ""


HISTORY = {
    "ts": "2013-03-14T10:44:25Z",
    "ms_played": 154902,
    "master_metadata_track_name": "x",
    "spotify_track_uri": f"spotify:track:{ids(1)[0]}",
    "reason_start": "trackdone",
    "skipped": False,
}
PLAYLIST = [
    "Track URI",
    "Track Name",
    "Popularity",
    "Explicit",
    "Added By",
    "Added At",
    "Danceability",
    "Energy",
    "Valence",
    "Liveness",
]


@pytest.mark.parametrize(
    "value",
    [
        [HISTORY] * 500,
        [{"endTime": "2020-01-01", "artistName": "x", "trackName": "y", "msPlayed": 5}] * 500,
        {
            "tracks": [
                {"artist": "x", "album": "y", "track": "z", "uri": f"spotify:track:{id}"} for id in ids(500)
            ]
        },
        as_dicts(PLAYLIST, [[f"spotify:track:{id}", *["x"] * 9] for id in ids(200)]),
        [
            {"mbid": "6b9a509f-6907-4a6e-9345-2f12da09ba4b", "spotify_id": id, "isrc": "USRC17607839"}
            for id in ids(300)
        ],
        [
            {"id": str(number), "danceability": 1, "energy": 1, "valence": 1, "liveness": 1}
            for number in range(300)
        ],
        {"tracks": {"items": as_dicts(API, rows(API, ids(50)))}},
    ],
    ids=[
        "history",
        "short history",
        "library",
        "own playlist",
        "links",
        "features",
        "one answer",
    ],
)
def test_what_is_nobody_s_catalog_passes(value):
    assert taken_json(value) == ""
    assert taken_head(json.dumps(value).encode()) == ""
    if isinstance(value, list):
        assert taken_head("\n".join(map(json.dumps, value)).encode()) == ""


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def mp4(entry, *more):
    stsd = box(b"stsd", bytes(8), entry)
    media = box(b"mdia", box(b"minf", box(b"stbl", stsd)))
    return box(b"ftyp", b"M4A isom"), box(
        b"moov", box(b"mvhd", bytes(100)), box(b"trak", box(b"tkhd", bytes(84)), media), *more
    )


WIDEVINE = box(b"pssh", bytes(4), bytes.fromhex("edef8ba979d64acea3c827dcd51d21ed"), bytes(20))
PIFF = box(b"uuid", bytes.fromhex("d08a4f1810f34a82b6c832d8aba183d3"), bytes(40))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (mp4(box(b"drms", bytes(28))), "FairPlay"),
        (mp4(box(b"enca", bytes(28))), "Common Encryption"),
        (mp4(box(b"aavd", bytes(28))), "Audible"),
        (mp4(box(b"mp4a", bytes(28)), WIDEVINE), "Widevine"),
        (mp4(box(b"mp4a", bytes(28)), PIFF), "PlayReady"),
        (mp4(box(b"mp4a", bytes(28))), ""),
    ],
)
def test_locked_mp4(parts, why):
    ftyp, moov = parts
    data = box(b"mdat", random.Random(2).randbytes(50_000))
    for reason in (
        taken_sound(ftyp + moov + data),
        taken_sound((ftyp + data + moov)[:4096], (data + moov)[-4096:]),
    ):
        assert why in reason
        assert bool(reason) == bool(why)


def element(id, *parts):
    body = b"".join(parts)
    return bytes.fromhex(id) + struct.pack(">Q", 1 << 56 | len(body)) + body


def test_locked_matroska_and_asf():
    for lock, locked in (("5035", True), ("5034", False)):
        encoding = element("6240", element("5031", b"\0"), element(lock, b"\0"))
        tracks = element("1654AE6B", element("AE", element("D7", b"\1"), element("6D80", encoding)))
        segment = b"\x18\x53\x80\x67\xff" + element("1549A966", bytes(9)) + tracks
        assert bool(taken_sound(element("1A45DFA3", b"") + segment)) == locked
    asf = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(40)
    assert taken_sound(asf) == ""
    assert "ASF" in taken_sound(asf + bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"))


def page(body, kind=2):
    lacing = [255] * (len(body) // 255) + [len(body) % 255]
    return b"OggS\0" + bytes([kind]) + bytes(20) + bytes([len(lacing), *lacing]) + body


def test_a_private_page_in_front_of_ogg():
    real = page(b"\x01vorbis" + bytes(23))
    private = page(b"\x81" + bytes(167 - 29), 6)
    assert len(private) == 167
    assert "private page" in taken_sound(private + real)
    assert taken_sound(page(b"\x01vorbis" + bytes(167 - 35), 6) + real) == ""
    assert taken_sound(page(b"\x81" + bytes(200), 6) + real) == ""


def vorbis(comments):
    texts = [f"{key}={value}".encode() for key, value in comments.items()]
    body = struct.pack("<I", 4) + b"made" + struct.pack("<I", len(texts))
    return body + b"".join(struct.pack("<I", len(text)) + text for text in texts)


LINK = f"https://open.spotify.com/track/{ids(1)[0]}"


@pytest.mark.parametrize(
    ("comments", "taken"),
    [
        ({"TITLE": "x", "FILE_ID": "0123456789abcdef" * 2 + "01234567"}, True),
        ({"spotify_file_id": "0123456789abcdef" * 2}, True),
        ({"URL": LINK, "ISRC": "USRC17607839", "UPC": "036000291452"}, True),
        ({"URL": LINK}, False),
        ({"COMMENT": f"hear it at {LINK}", "ISRC": "USRC17607839", "UPC": "036000291452"}, False),
        ({"URL": "https://example.org/track/1", "ISRC": "USRC17607839", "UPC": "036000291452"}, False),
        ({"FILE_ID": "17"}, False),
    ],
)
def test_marks_in_comments(comments, taken):
    body = vorbis(comments)
    forms = (
        page(b"\x01vorbis" + bytes(23)) + page(b"\x03vorbis" + body, 0),
        page(b"OpusHead" + bytes(11)) + page(b"OpusTags" + body, 0),
        b"fLaC\x00\x00\x00\x22" + bytes(34) + b"\x84" + len(body).to_bytes(3, "big") + body,
    )
    assert [bool(taken_sound(form)) for form in forms] == [taken] * 3


@pytest.mark.parametrize("ending", [".mp3", ".flac"])
def test_every_third_block_locked(tmp_path, ending):
    whole = tones.write(tmp_path / f"a{ending}", 3, 20.0).read_bytes()[:400_000]
    noise = random.Random(3)
    blocks = [whole[at : at + 2048] for at in range(0, len(whole), 2048)]
    striped = b"".join(
        noise.randbytes(len(block)) if at % 3 == 0 else block for at, block in enumerate(blocks)
    )
    first = b"".join(noise.randbytes(len(block)) if at == 0 else block for at, block in enumerate(blocks))
    holes = b"".join(noise.randbytes(len(block)) if noise.random() < 0.3 else block for block in blocks)
    assert "every third block" in taken_sound(striped)
    for harmless in (whole, whole[5000:], first, holes, noise.randbytes(300_000), bytes(300_000)):
        assert taken_sound(harmless) == ""


def test_boxes_in_boxes_without_end():
    deep = b""
    for _ in range(3000):
        deep = box(b"moov", deep)
    assert taken_sound(box(b"ftyp", b"M4A ") + deep) == ""


STARTS = (
    b"",
    b"OggS",
    b"fLaC",
    b"\0\0\0\x14ftyp",
    b"\x1aE\xdf\xa3\x18\x53\x80\x67",
    b"SQLite format 3\0",
    b"[",
    b"\x1f\x8b",
    b"BZh9",
    b"\xff\xfe[",
    b"\xfd7zXZ\0",
    b"(\xb5/\xfd",
)


@given(st.sampled_from(STARTS), st.binary(max_size=600), st.binary(max_size=60))
def test_any_bytes_get_an_answer(start, head, tail):
    assert isinstance(taken_sound(start + head, tail), str)
    assert isinstance(taken_head(start + head, [tail, head]), str)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=30),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    )
)
def test_any_value_gets_an_answer(value):
    assert isinstance(taken_json(value), str)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
def test_no_file_of_the_real_data_is_refused():
    paths = [path for path in DATA.rglob("*") if path.is_file()]
    assert len(paths) > 1000
    refused = {}
    for path in paths:
        whole = path.read_bytes()
        head, tail = whole[: 256 * 1024], whole[-256 * 1024 :]
        values = []
        if path.suffix in (".json", ".jsonl"):
            try:
                values = [json.loads(whole)]
            except ValueError:
                values = []
        reasons = (taken_head(head), taken_sound(head, tail), taken_sound(whole), *map(taken_json, values))
        if any(reasons):
            refused[path.name] = reasons
    assert refused == {}
    assert taken_torrent([path.relative_to(DATA).as_posix() for path in paths]) == ""
