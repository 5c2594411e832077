# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MusicBrainz answers and dumps: what they claim, and what happens to the ones that cannot be read."""

import gzip
import io
import json
import lzma
import tarfile
from pathlib import Path

import pytest

from onrecord.errors import RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Record
from onrecord.sources import json_texts
from onrecord.sources.musicbrainz_json import MusicBrainzJson
from onrecord.testing import check_source

DATA = Path(__file__).parents[3] / "shared" / "data" / "musicbrainz-ws2-json"
RELEASE = "b84ee12a-09ef-421b-82de-0441a926375b"
ARTIST = {
    "name": "Nobody",
    "joinphrase": "",
    "artist": {"id": "83d91898-7763-47d7-b03b-b92132375c47", "name": "Nobody"},
}


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def recording(number, **more):
    return {"id": uuid(number), "title": f"piece {number}", "length": 1000 + number, "video": False, **more}


def harvest(location, cursor="", **settings):
    pages = list(MusicBrainzJson(location, settings).pages(cursor))
    return (
        [r for page in pages for r in page.records],
        dict(r for page in pages for r in page.rejected),
        pages,
    )


def test_a_release_claims_its_tracks_artists_and_itself(tmp_path):
    release = {
        "id": RELEASE,
        "title": "Album",
        "date": "1973-03",
        "country": "GB",
        "barcode": "5099902943527",
        "artist-credit": [{**ARTIST, "joinphrase": " & "}, {**ARTIST, "name": "Also Nobody"}],
        "label-info": [{"label": None}, {"label": {"name": "Label"}}],
        "release-group": {"primary-type": "Album"},
        "genres": [
            {"name": "of few", "count": 1},
            {"name": "of many", "count": 3},
            {"name": "also", "count": 3},
        ],
        "media": [
            {
                "position": 1,
                "tracks": [
                    {
                        "id": uuid(1),
                        "position": 1,
                        "title": "One",
                        "recording": recording(2, genres=[{"name": "its own", "count": 1}]),
                    }
                ],
            },
            {
                "position": 2,
                "pregap": {"id": uuid(3), "position": 0, "title": "Hidden", "length": 5, "recording": None},
                "tracks": [
                    {
                        "id": uuid(4),
                        "position": 1,
                        "title": None,
                        "length": 7,
                        "recording": recording(5, isrcs=["nonsense", "gb-ahs-14-00099"]),
                    }
                ],
            },
        ],
    }
    (tmp_path / "r.json").write_text(json.dumps(release, indent=1))
    [record], rejected, _ = harvest(tmp_path)
    assert rejected == {}
    claims = MusicBrainzJson(tmp_path, {}).claims(record)
    [said] = claims.releases
    assert (said.title, said.artist, said.barcode, said.label) == (
        "Album",
        "Nobody & Also Nobody",
        "5099902943527",
        "Label",
    )
    assert (said.date, said.country, said.kind, said.tracks, said.mbid) == (
        "1973-03",
        "GB",
        "Album",
        2,
        RELEASE,
    )
    one, hidden, last = claims.tracks
    assert (one.disc, one.position, one.duration_ms, one.mbid, one.release_id) == (
        1,
        1,
        1002,
        uuid(2),
        RELEASE,
    )
    assert (hidden.disc, hidden.position, hidden.mbid) == (2, 0, "")
    assert (last.title, last.duration_ms, last.isrc, last.artist) == (
        "piece 5",
        7,
        "GBAHS1400099",
        said.artist,
    )
    assert [track.genre for track in claims.tracks] == ["its own", "also", "also"]
    assert [artist.name for artist in claims.artists] == ["Nobody"]


def test_what_musicbrainz_did_not_write_claims_no_mbid(tmp_path):
    (tmp_path / "r.json").write_text(
        json.dumps(recording(1, **{"onrecord:origin": "us", "artist-credit": [ARTIST]}))
    )
    [record], _, _ = harvest(tmp_path, name="ours")
    claims = MusicBrainzJson(tmp_path, {"name": "ours"}).claims(record)
    assert claims.tracks[0].id == uuid(1)
    assert {claims.tracks[0].mbid, claims.artists[0].mbid} == {""}
    assert {claims.tracks[0].source, claims.artists[0].source} == {"ours"}


def test_a_list_answer_gives_its_elements_byte_for_byte(tmp_path):
    first = b'{"id": "%s",   "title": "\\u00e9"}' % uuid(1).encode()
    (tmp_path / "search.json").write_bytes(
        b'{"count": 3, "releases": [%s, {"id": null}, {"id":"%s"}]}' % (first, uuid(2).encode())
    )
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(1), uuid(2)]
    assert records[0].payload == first
    assert list(rejected) == ["search.json:1#releases[1]"]


BAD = {
    "deep": b'{"id": "x", "media": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "NaN": b'{"id": "x", "length": NaN}',
    "infinite": b'{"id": "x", "length": -Infinity}',
    "twice": b'{"id": "x", "length": 1, "length": 2}',
    "surrogate": b'{"id": "x", "length": 1, "title": "\\ud800"}',
    "1e400": b'{"id": "x", "length": 1, "other": 1e400}',
    "cut": b'{"id": "x", "length": 1, "tit',
    "latin": b'{"id": "x", "length": 1, "title": "caf\xe9"}',
    "type": json.dumps(recording(9, length="long")).encode(),
    "digits": b'{"id": "x", "length": ' + b"9" * 5000 + b"}",
    "error": b'{"error": "Not Found", "help": "..."}',
    "number": b"17",
    "other": b'{"id": "x", "name": "an area"}',
    "no id": b'{"id": null, "length": 1}',
}
WHY = {
    "deep": "nested too deeply",
    "NaN": "NaN is not",
    "infinite": "-Infinity is not",
    "twice": "'length' stands twice",
    "surrogate": "half a surrogate",
    "1e400": "beyond what a double",
    "cut": "cut off",
    "latin": "expected UTF-8, got the byte 0xe9",
    "type": r"Expected `int | null`, got `str` - at `$.length`",
    "digits": "5000 digits",
    "error": "an error answer",
    "number": "expected an object, got int",
    "other": "expected one of release, recording, artist, work, label, release-group",
    "no id": "UUID",
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_line_is_rejected_with_its_place_and_the_next_is_read(tmp_path, what):
    lines = [json.dumps(recording(1)).encode(), BAD[what], json.dumps(recording(2)).encode()]
    (tmp_path / "recording").write_bytes(b"\n".join(lines) + b"\n")
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(1), uuid(2)]
    assert list(rejected) == ["recording:2"]
    assert WHY[what] in rejected["recording:2"]


@pytest.mark.parametrize("what", BAD)
def test_a_bad_document_is_rejected_and_the_next_file_is_read(tmp_path, what):
    (tmp_path / "a.json").write_bytes(b"\n" + BAD[what])
    (tmp_path / "b.json").write_text(json.dumps(recording(2), indent=2))
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(2)]
    assert list(rejected) == ["a.json:1"]


def test_a_line_longer_than_any_record_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(json_texts, "LONGEST", 5000)
    lines = [json.dumps(recording(1)), '{"x": "' + "y" * 20_000 + '"}', json.dumps(recording(2))]
    (tmp_path / "dump.jsonl").write_text("\n".join(lines))
    (tmp_path / "whole.json").write_text(json.dumps({**recording(3), "x": "y" * 20_000}, indent=1))
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(1), uuid(2)]
    assert list(rejected) == ["dump.jsonl:2", "whole.json:1"]


def test_a_truncated_gzip_keeps_what_stands_before(tmp_path):
    whole = gzip.compress(b"\n".join(json.dumps(recording(n)).encode() for n in range(2000)))
    (tmp_path / "dump.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    records, rejected, _ = harvest(tmp_path)
    assert 10 < len(records) < 2000
    assert "fetch the file again" in next(iter(rejected.values()))


def test_a_second_gzip_member_is_read_too(tmp_path):
    parts = [gzip.compress(json.dumps(recording(n)).encode() + b"\n") for n in (1, 2)]
    (tmp_path / "dump.jsonl.gz").write_bytes(b"".join(parts))
    assert [record.id for record in harvest(tmp_path)[0]] == [uuid(1), uuid(2)]


@pytest.mark.parametrize("name", ["dump", "dump.json.gz"])
def test_reading_goes_on_behind_any_cursor(tmp_path, name):
    text = b"".join(json.dumps(recording(n)).encode() + b"\n" for n in range(1700))
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    records, _, pages = harvest(tmp_path)
    assert len(records) == 1700
    assert len(pages) == 4
    for at, page in enumerate(pages):
        rest = harvest(tmp_path, page.cursor)[0]
        assert rest == [record for later in pages[at + 1 :] for record in later.records]


def test_what_is_added_behind_the_cursor_is_read_next_time(tmp_path):
    dump = tmp_path / "b.jsonl"
    dump.write_text(json.dumps(recording(1)) + "\n")
    cursor = harvest(tmp_path)[2][-1].cursor
    dump.write_text(dump.read_text() + json.dumps(recording(2)) + "\n")
    (tmp_path / "c.json").write_text(json.dumps(recording(3)))
    assert [record.id for record in harvest(tmp_path, cursor)[0]] == [uuid(2), uuid(3)]


def test_a_page_is_bounded_and_read_lazily(tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(recording(n)) + "\n" for n in range(600)))
    (tmp_path / "b.jsonl").write_text("not JSON\n")
    pages = MusicBrainzJson(tmp_path, {}).pages()
    assert len(next(pages).records) == 500
    (tmp_path / "b.jsonl").write_text(json.dumps(recording(700)) + "\n")
    assert [record.id for page in pages for record in page.records][-1] == uuid(700)


def test_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(recording(1)))
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "link.json").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    records, rejected, _ = harvest(folder)
    assert records == []
    assert sorted(rejected) == ["link.json", "up"]


def published(folder, kind, things, name=""):
    """A dump as MusicBrainz publishes it: a tar in xz, one table, no line break at its end. Made, not fetched."""
    out = io.BytesIO()
    table = "\n".join(
        json.dumps(thing, separators=(",", ":"), ensure_ascii=False) for thing in things
    ).encode()
    about = {
        "TIMESTAMP": b"2026-11-21 00:10:01\n",
        "COPYING": b"CC0\n" * 99,
        "JSON_DUMPS_SCHEMA_NUMBER": b"1\n",
    }
    with tarfile.open(fileobj=out, mode="w") as tar:
        for inside, content in {**about, (name or f"mbdump/{kind}"): table}.items():
            entry = tarfile.TarInfo(inside)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    (folder / f"{kind}.tar.xz").write_bytes(lzma.compress(out.getvalue(), preset=0))
    return folder / f"{kind}.tar.xz"


WORK = {
    "id": uuid(20),
    "title": "A work",
    "type": "Song",
    "language": "eng",
    "iswcs": ["T-000.000.000-0", "T-034.524.680-1"],
    "relations": [
        {"type": "composer", "artist": {"id": uuid(21), "name": "Composer"}},
        {"type": "lyricist", "artist": {"id": uuid(22), "name": "Lyricist"}},
        {"type": "performance", "recording": recording(1)},
    ],
    "genres": [{"name": "supplementary"}],
}
LABEL = {
    "id": uuid(30),
    "name": "A label",
    "sort-name": "Label, A",
    "label-code": 542,
    "type": "Original Production",
    "country": "GB",
    "life-span": {},
    "isnis": ["0000000115935851"],
}
GROUP = {
    "id": uuid(40),
    "title": "A group",
    "primary-type": "Album",
    "secondary-types": [],
    "artist-credit": [ARTIST],
}


def test_works_labels_and_release_groups(tmp_path):
    for kind, thing in (("work", WORK), ("label", LABEL), ("release-group", GROUP)):
        (tmp_path / f"{kind}.json").write_text(json.dumps(thing))
    (tmp_path / "search.json").write_text(
        json.dumps({"count": 1, "labels": [{"id": uuid(31), "name": "Another"}]})
    )
    records, rejected, _ = harvest(tmp_path)
    assert rejected == {}
    assert [record.kind for record in records] == ["label", "release-group", "label", "work"]
    source = MusicBrainzJson(tmp_path, {})
    label, group, other, work = map(source.claims, records)
    assert [said.name for said in other.labels] == ["Another"]
    [said] = label.labels
    assert (said.name, said.code, said.mbid, said.isni) == (
        "A label",
        "LC00542",
        uuid(30),
        "0000000115935851",
    )
    assert (group.releases, [artist.name for artist in group.artists]) == ((), ["Nobody"])
    [said] = work.works
    assert (said.title, said.iswc, said.composer, said.lyricist) == (
        "A work",
        "T0345246801",
        "Composer",
        "Lyricist",
    )
    assert (said.language, said.kind, said.mbid) == ("eng", "Song", uuid(20))
    assert [artist.id for artist in work.artists] == [uuid(21), uuid(22)]


def test_dumps_as_they_are_published_hold_the_contract(tmp_path):
    artist = {**ARTIST["artist"], "sort-name": "Nobody", "life-span": {}}
    published(tmp_path, "recording", (recording(n) for n in range(1, 1200)))
    published(tmp_path, "artist", [artist])
    published(tmp_path, "work", [WORK, {**WORK, "id": "x"}, {**WORK, "id": uuid(23)}])
    published(tmp_path, "label", [LABEL])
    # The name of its table says what a line is, also where no key does.
    published(tmp_path, "release", [{"id": uuid(50), "title": "Bare"}])
    records = check_source(lambda: MusicBrainzJson(tmp_path, {}))
    kinds = {
        kind: sum(record.kind == kind for record in records) for kind in ("recording", "work", "release")
    }
    assert kinds == {"recording": 1199, "work": 2, "release": 1}
    assert list(harvest(tmp_path)[1]) == ["work.tar.xz/mbdump/work:2"]


def test_a_published_dump_that_is_cut_keeps_what_stands_before(tmp_path):
    path = published(tmp_path, "recording", (recording(n, other=str(n**9)) for n in range(5000)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(n) for n in range(len(records))]
    assert 1000 < len(records) < 5000
    assert list(rejected) == [f"recording.tar.xz/mbdump/recording:{len(records) + 1}"]
    assert "fetch the file again" in next(iter(rejected.values()))


def test_other_tables_and_hostile_names_are_refused_by_name(tmp_path):
    published(tmp_path, "event", [{"id": uuid(1)}])
    published(tmp_path, "label", [LABEL], name="../../mbdump/label")
    published(tmp_path, "work", [WORK])
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(20)]
    assert "not read" in rejected["event.tar.xz/mbdump/event"]
    assert "leads out of it" in rejected["label.tar.xz/../../mbdump/label"]


def test_a_cursor_of_before_there_were_tars_still_holds(tmp_path):
    lines = [json.dumps(recording(n)) + "\n" for n in range(3)]
    (tmp_path / "dump").write_text("".join(lines))
    old = json.dumps(["dump", len(lines[0]), 1])
    assert [record.id for record in harvest(tmp_path, old)[0]] == [uuid(1), uuid(2)]


def test_no_such_location_and_no_such_cursor(tmp_path):
    with pytest.raises(SourceFailed, match="nowhere"):
        harvest(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="cursor of an earlier page"):
        harvest(tmp_path, "17")


def test_a_tombstone_claims_nothing_and_rubbish_is_rejected():
    source = MusicBrainzJson(Path("unused"), {})
    assert (
        source.claims(Record(source.name, "release", RELEASE, "application/json", b"", deleted=True)).tracks
        == ()
    )
    with pytest.raises(RecordRejected):
        source.claims(Record(source.name, "release", RELEASE, "application/json", b"[1"))


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/musicbrainz-ws2-json")
def test_answers_of_the_real_service():
    source = MusicBrainzJson(DATA, {})
    records, rejected, _ = harvest(DATA)
    titles = {release.title: release for record in records for release in source.claims(record).releases}
    assert titles["The Dark Side of the Moon"].tracks == 10
    assert titles["The Dark Side of the Moon"].barcode == ""  # "123" is not one
    multi = next(record for record in records if record.id == "7684982a-efee-49e5-baf0-82a466f12508")
    assert source.claims(multi).tracks[0].artist == "Ed Sheeran feat. Meek Mill & A Boogie Wit da Hoodie"
    assert "Bobby Scott" in {track.composer for record in records for track in source.claims(record).tracks}
    assert len(records) == 12
    assert {where.split(":")[0] for where in rejected} >= {
        "release_null.json",
        "recording_null.json",
        "track.json",
    }
