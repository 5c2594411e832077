# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables through a mapping: encodings, formats, mistakes in the mapping, rows that cannot be read, and real tables."""

import csv
import datetime as dt
import gzip
import io
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.errors import ConfigError, RecordRejected, SourceFailed, SourceRefused, UsageError
from onrecord.model.records import Record
from onrecord.sources import packed, table_rows
from onrecord.sources.mapped_table import MappedTable
from onrecord.testing import check_source

DATA = Path(__file__).parents[3] / "shared" / "data"
MAPPING = """
id = "Nr"
empty = ["NA"]
[track]
title = "Titel"
artist = { column = "Wer", split = "/" }
duration_ms = { column = "Dauer", form = "m:ss" }
date = { column = "Tag", form = "DD.MM.YYYY" }
isrc = "Code"
genre = { constant = "Walzer" }
[artist]
name = { column = "Wer", split = "/" }
[license]
text = "Lizenz"
holder = "Wer"
"""
COLUMNS = ["Nr", "Titel", "Wer", "Dauer", "Tag", "Code", "Lizenz"]
ROW = ["1", 'Straße, "die"', "Änne / Bob", "3:45", "5.12.1931", "us-rc1-76-07839", "CC BY 4.0"]


def table(rows, delimiter=",", columns=COLUMNS):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([columns, *rows])
    return text.getvalue()


def numbered(count):
    return [[str(number), f"piece {number}", "Somebody", "NA", "", "", ""] for number in range(count)]


def make(folder, content, name="table.csv", mapping=MAPPING):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "mapping.toml").write_text(mapping)
    return MappedTable(folder / name, {"mapping": str(folder / "mapping.toml")})


def harvest(source, cursor=""):
    pages = list(source.pages(cursor))
    return (
        [r for page in pages for r in page.records],
        dict(r for page in pages for r in page.rejected),
        pages,
    )


def tracks(source):
    return [track for record in harvest(source)[0] for track in source.claims(record).tracks]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.jsonl", "t.json", "t.parquet"])
def test_it_holds_the_contract(tmp_path, name):
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in numbered(1700)]
    if name == "t.parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name, row_group_size=600)
        content = (tmp_path / name).read_bytes()
    elif "csv" in name:
        content = table(numbered(1700)).encode()
    else:
        content = (json.dumps(rows) if name == "t.json" else "\n".join(map(json.dumps, rows))).encode()
    source = make(tmp_path, gzip.compress(content) if name.endswith("gz") else content, name)
    records = check_source(
        lambda: MappedTable(tmp_path / name, {"mapping": str(tmp_path / "mapping.toml"), "name": "x"})
    )
    assert [record.id for record in records] == [str(number) for number in range(1700)]
    pages = harvest(source)[2]
    assert len(pages) > 3
    assert [record.id for record in harvest(source, pages[1].cursor)[0]] == [
        str(n) for n in range(1000, 1700)
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_row_claims_what_the_mapping_says(tmp_path, encoding, delimiter):
    named = 'encoding = "latin-1"\n' if encoding == "latin-1" else ""
    source = make(tmp_path, table([ROW], delimiter).encode(encoding), mapping=named + MAPPING)
    [record], wrong, _ = harvest(source)
    assert wrong == {}
    claims = source.claims(record)
    [track] = claims.tracks
    assert (track.id, track.title, track.artist, track.genre) == ("1", 'Straße, "die"', "Änne, Bob", "Walzer")
    assert (track.duration_ms, track.date, track.isrc) == (225_000, "1931-12-05", "USRC17607839")
    assert [artist.name for artist in claims.artists] == ["Änne", "Bob"]
    assert track.artist_id == claims.artists[0].id
    [(about, fact)] = claims.evidence
    assert (about, fact.text, fact.license, fact.holder) == ("1", "CC BY 4.0", "CC-BY-4.0", "Änne / Bob")


def test_the_record_holds_the_row_as_it_stands_and_the_mapping(tmp_path):
    source = make(tmp_path, table([]) + '1,"a ""b""",\u00e9,,,,\n2,c,d,,,,\n')
    records, _, _ = harvest(source)
    kept = json.loads(records[0].payload)
    assert (kept["line"], kept["columns"]) == ('1,"a ""b""",\u00e9,,,,', COLUMNS)
    # What was kept goes on saying the same, whatever is set later; only a reading anew says something else.
    changed = make(tmp_path, table([]) + "1,x,y,,,,\n", mapping=MAPPING.replace("Walzer", "Tango"))
    assert changed.claims(records[0]).tracks[0].genre == "Walzer"


def test_json_rows_are_kept_byte_for_byte(tmp_path):
    raw = b'{"Nr": 7,  "Titel": "\\u00e9", "Wer": {"name": "x"}, "Dauer": "0:10"}'
    mapping = 'id = "Nr"\nrows = "data.items"\n[track]\ntitle = "Titel"\nartist = "Wer.name"\n'
    source = make(tmp_path, b'{"data": {"items": [%s, 5]}}' % raw, "t.json", mapping)
    [record], wrong, _ = harvest(source)
    assert raw in record.payload
    assert wrong == {"t.json: row 2": "expected an object, got int"}
    [track] = source.claims(record).tracks
    assert (track.id, track.title, track.artist) == ("7", "é", "x")


def test_rows_of_parquet_that_are_too_long_are_refused_before_they_are_values(tmp_path):
    """A few kilobytes of Parquet may hold a row of gigabytes."""
    mapping = 'id = "Nr"\n[track]\ntitle = "Titel"\n'
    numbers = [str(number) for number in range(60)]

    def read(titles, dictionary=True):
        values = pa.table({"Nr": numbers[: len(titles)], "Titel": titles})
        pq.write_table(values, tmp_path / "t.parquet", use_dictionary=dictionary)
        content = (tmp_path / "t.parquet").read_bytes()
        assert len(content) < 2_000_000
        records, wrong, _ = harvest(make(tmp_path, content, "t.parquet", mapping))
        return [record.id for record in records], list(wrong), set(wrong.values())

    ids, where, why = read(["x" * 40_000_000])
    assert (ids, where) == ([], ["t.parquet: row 1"]) and "row group 1" in why.pop()
    # A dictionary holds a value once, for as many rows as there are.
    ids, where, why = read(pa.DictionaryArray.from_arrays(pa.array([0] * 60), pa.array(["x" * 4_000_000])))
    assert (ids, where) == ([], ["t.parquet: row 60"]) and "row group 1" in why.pop()
    # Beside short ones, both kinds: what is unpacked row by row, and what is seen to be too long once it is.
    ids, where, why = read(["a"] * 57 + ["x" * 40_000_000, "y" * 2_000_000, "b"], dictionary=False)
    assert ids == [*numbers[:57], "59"]
    assert where == ["t.parquet: row 58", "t.parquet: row 59"] and "more than" in why.pop()


def test_parquet_types(tmp_path):
    values = {
        "Nr": [1, 2],
        "Titel": ["a", None],
        "s": [61.5, float("nan")],
        "d": [dt.date(1931, 5, 2), None],
        "t": [b"x", b"y"],
    }
    pq.write_table(pa.table(values), tmp_path / "t.parquet")
    mapping = 'id = "Nr"\n[track]\ntitle = "Titel"\nduration_ms = { column = "s", form = "s" }\ndate = "d"\n'
    one, two = tracks(make(tmp_path, (tmp_path / "t.parquet").read_bytes(), "t.parquet", mapping))
    assert (one.id, one.title, one.duration_ms, one.date) == ("1", "a", 61_500, "1931-05-02")
    assert (two.id, two.title, two.duration_ms, two.date) == ("2", "", None, "")


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        (MAPPING.replace('"Titel"', '"Titl"'), r"\[track\] title: table.csv has no column 'Titl'"),
        (MAPPING.replace("title =", "titel ="), r"\[track\]: no key is called 'titel'"),
        (MAPPING.replace("form =", "from ="), r"duration_ms: no key is called 'from'"),
        (MAPPING.replace("m:ss", "minutes"), "duration_ms: form: 'minutes' is not known"),
        (MAPPING.replace("DD.MM.YYYY", "d.m.y"), "date: form 'd.m.y'"),
        (MAPPING.replace("empty =", "emtpy ="), "the mapping: no key is called 'emtpy'"),
        (MAPPING.replace("[artist]", "[artists]"), "no key is called 'artists'"),
        (MAPPING.replace('id = "Nr"', ""), "missing required field `id`"),
        ('id = "Nr"\nencoding = "klingon"\n[track]\ntitle = "Titel"', "'klingon' is not known"),
        ('id = "Nr"\n', "it maps nothing"),
        ('id = "Nr"\n[license]\ntext = "Lizenz"\n[artist]\nname = "Wer"', "a .track. that it is about"),
        ('id = "Nr"\n[track]\ntitle = { column = "Titel", constant = "x" }', "a column or a constant"),
        ("id = [", "at end of document"),
    ],
)
def test_a_mistake_in_the_mapping_is_named_with_what_there_is(tmp_path, mapping, why):
    with pytest.raises(ConfigError, match=why) as raised:
        harvest(make(tmp_path, table([ROW]), mapping=mapping))
    assert raised.value.hint or why in (
        "at end of document",
        "a .track. that it is about",
        "a column or a constant",
    )


def test_where_the_mapping_is_looked_for(tmp_path):
    (tmp_path / "t.csv").write_text(table([ROW]))
    with pytest.raises(ConfigError, match="no mapping") as raised:
        harvest(MappedTable(tmp_path / "t.csv", {}))
    assert "t.csv.toml or t.toml" in raised.value.hint
    (tmp_path / "t.toml").write_text(MAPPING)
    assert len(harvest(MappedTable(tmp_path / "t.csv", {}))[0]) == 1
    (tmp_path / "mapping.toml").write_text(MAPPING)
    (tmp_path / "readme.md").write_text("left alone")
    assert len(harvest(MappedTable(tmp_path, {}))[0]) == 1
    with pytest.raises(ConfigError, match="cannot be read"):
        harvest(MappedTable(tmp_path, {"mapping": str(tmp_path / "none.toml")}))
    with pytest.raises(UsageError, match="no setting is called 'maping'"):
        MappedTable(tmp_path, {"maping": "x"})


BAD_ROWS = {
    "cells": ("1,a,b\n", "expected 7 cells, as the header has, got 3"),
    "no id": (",a,b,,,,\n", "nothing stands in 'Nr', which names a row"),
    "duration": ("1,a,b,long,,,\n", "a duration of the form 'm:ss' was expected, got 'long'"),
    "date": ("1,a,b,,1931-05-02,,\n", "a date of the form 'DD.MM.YYYY' was expected, got '1931-05-02'"),
    "day": ("1,a,b,,31.2.1931,,\n", "a date of the form"),
    "quote": ('1,"a,b,,,,\n', "a quotation mark that nothing closes"),
    "behind": ('1,"a"x,b,,,,\n', "not a row of CSV"),
    "long": (f"1,{'x' * 2_000_000},b,,,,\n", "a line of more than"),
    "bytes": ("1,caf\udce9,b,,,,\n", "expected utf-8, got the byte 0xe9; name the file's `encoding`"),
}


@pytest.mark.parametrize("what", BAD_ROWS)
def test_a_bad_row_is_rejected_with_its_number_and_the_next_is_read(tmp_path, what):
    bad, why = BAD_ROWS[what]
    text = table(numbered(1)) + bad + "8,next,b,,,,\n9,last,b,,,,\n"
    records, wrong, _ = harvest(make(tmp_path, text.encode("utf-8", "surrogateescape")))
    assert [record.id for record in records] == ["0", "8", "9"]
    assert list(wrong) == ["table.csv: row 2"]
    assert why in wrong["table.csv: row 2"]


def test_a_cell_may_hold_lines_and_a_mark_may_mean_nothing(tmp_path):
    source = make(tmp_path, table([["1", "two\r\nlines", *ROW[2:]], ["2", '7" single', *ROW[2:]]]))
    assert [track.title for track in tracks(source)] == ["two lines", '7" single']
    plain = 'Nr\tTitel\n1\t7" single\n2\t"open\n'
    mapping = 'id = "Nr"\nquoted = false\n[track]\ntitle = "Titel"\n'
    assert [track.title for track in tracks(make(tmp_path, plain, mapping=mapping))] == ['7" single', '"open']


def test_marks_inside_cells_and_marks_left_open_cost_no_other_row(tmp_path):
    text = table([]) + '1,7" single,b,,,,\n2,x,b,,,,\n3,"open,b,,,,\n4,y,b,,,,\n5,"open,b,,,,\n6,z,b,,,,\n'
    source = make(tmp_path, text)
    assert [track.title for track in tracks(source)] == ['7" single', "x", "y", "z"]
    assert list(harvest(source)[1]) == ["table.csv: row 3", "table.csv: row 5"]


def test_lines_above_the_header_and_none_at_all(tmp_path):
    mapping = 'id = "Nr"\nskip = 2\n[track]\ntitle = "Titel"\n'
    source = make(tmp_path, "A table\nof 2026\n" + table([ROW]), mapping=mapping)
    assert [track.title for track in tracks(source)] == [ROW[1]]
    mapping = 'id = "1"\nheader = false\n[track]\ntitle = "2"\n'
    source = make(tmp_path, "7;x\n8;y\n", mapping=mapping)
    assert [(track.id, track.title) for track in tracks(source)] == [("7", "x"), ("8", "y")]


@pytest.mark.parametrize("sign", ["\u010a", "\u0a0a", "\u2200"])
def test_signs_whose_bytes_look_like_line_ends_and_marks_in_utf_16(tmp_path, sign):
    for encoding in ("utf-16-le", "utf-16-be"):
        content = ("\ufeff" + table([["1", sign * 3, *ROW[2:]], ["2", "x", *ROW[2:]]])).encode(encoding)
        assert [track.title for track in tracks(make(tmp_path, content))] == [sign * 3, "x"]


def test_a_table_that_is_cut_off_keeps_what_stands_before(tmp_path):
    whole = gzip.compress(table([[str(n), *ROW[1:]] for n in range(20_000)]).encode())
    records, wrong, _ = harvest(make(tmp_path, whole[: len(whole) // 2], "t.csv.gz"))
    assert 100 < len(records) < 20_000
    assert "fetch the file again" in next(iter(wrong.values()))
    pq.write_table(pa.table({"Nr": ["1"]}), tmp_path / "t.parquet")
    cut = (tmp_path / "t.parquet").read_bytes()[:-30]
    records, wrong, _ = harvest(make(tmp_path, cut, "t.parquet"))
    assert (records, list(wrong)) == ([], ["t.parquet"])


def test_a_mapping_that_was_corrected_begins_anew(tmp_path):
    source = make(tmp_path, table(numbered(10)))
    cursor = harvest(source)[2][-1].cursor
    assert harvest(source, cursor)[0] == []
    corrected = make(tmp_path, table(numbered(10)), mapping=MAPPING.replace("Walzer", "Tango"))
    assert len(harvest(corrected, cursor)[0]) == 10
    with pytest.raises(UsageError, match="cursor of an earlier page"):
        harvest(source, "[1]")


def test_pages_are_read_lazily_and_bounded(tmp_path):
    source = make(tmp_path, table([[str(n), "x" * 20_000, *ROW[2:]] for n in range(1000)]))
    first = next(source.pages())
    assert 100 < len(first.records) < 300


def test_a_set_that_was_taken_is_refused_whatever_the_mapping_takes_of_it(tmp_path):
    ids = ["4uLU6hMCjMI75M1A2tKUQC", "7ouMYWpwJ422jRcDASZB7P"]
    columns = ["track_id", "Titel", "popularity", "preview_url", "external_id_isrc", "available_markets"]
    rows = [[id, "x", "50", "", "USRC17607839", "DE"] for id in ids]
    mapping = 'id = "track_id"\n[track]\ntitle = "Titel"\n'
    for name, content in (
        ("songs.csv", table(rows, columns=columns)),
        ("songs.jsonl", "\n".join(json.dumps(dict(zip(columns, row, strict=True))) for row in rows)),
    ):
        with pytest.raises(SourceRefused, match="Spotify"):
            harvest(make(tmp_path, content, name, mapping))
    pq.write_table(
        pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows]), tmp_path / "s.parquet"
    )
    with pytest.raises(SourceRefused, match="Spotify"):
        harvest(make(tmp_path, (tmp_path / "s.parquet").read_bytes(), "s.parquet", mapping))


def test_a_set_behind_harmless_rows_is_refused_where_it_begins(tmp_path):
    made = random.Random(1)
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ids = [str(number) for number in range(700)]
    ids += ["4" + "".join(made.choices(letters, k=21)) for _ in range(300)]
    rows = [[id, "x", f"USRC1{number:07}"] for number, id in enumerate(ids)]
    mapping = 'id = "key"\n[track]\ntitle = "Titel"\n'
    columns = ["key", "Titel", "code"]
    assert len(harvest(make(tmp_path, table(rows[:700], columns=columns), mapping=mapping))[0]) == 700
    with pytest.raises(SourceRefused, match=r"own ids name its rows \(column 'key'\)"):
        harvest(make(tmp_path, table(rows, columns=columns), mapping=mapping))
    with pytest.raises(SourceRefused, match="own ids"):
        harvest(make(tmp_path, table(rows[:795], columns=columns), mapping=mapping))


def test_lines_that_end_with_a_carriage_return_alone_are_named(tmp_path):
    with pytest.raises(ConfigError, match="a carriage return alone") as raised:
        harvest(make(tmp_path, table([ROW]).replace("\r\n", "\n").replace("\n", "\r")))
    assert "line ends" in raised.value.hint


def test_nothing_there_and_an_empty_file(tmp_path):
    (tmp_path / "mapping.toml").write_text(MAPPING)
    with pytest.raises(SourceFailed, match="nowhere"):
        harvest(MappedTable(tmp_path / "nowhere.csv", {"mapping": str(tmp_path / "mapping.toml")}))
    with pytest.raises(ConfigError, match="it is empty"):
        harvest(make(tmp_path, ""))


@pytest.mark.parametrize(
    "mapping",
    [
        '{"id":["a"],"sections":{"track":{"nope":{"constant":"x"}}}}',
        '{"id":["a"],"delimiter":"ab"}',
        '{"id":["a"],"delimiter":"\\n"}',
    ],
)
def test_a_kept_mapping_that_cannot_be_followed_is_rejected(mapping):
    payload = f'{{"mapping":{mapping},"columns":["a"],"line":"x"}}'.encode()
    with pytest.raises(RecordRejected):
        MappedTable(Path(), {}).claims(Record("table", "row", "x", "application/json", payload))


def test_the_longest_row_is_bounded_in_lines_too(tmp_path):
    text = table([]) + '1,"open' + "\nx" * 5000 + "\n9,last,b,,,,\n"
    records, wrong, _ = harvest(make(tmp_path, text))
    assert [record.id for record in records] == ["9"]
    assert len(wrong) == 5001
    assert table_rows.LONGEST == 1024 * 1024


def needs(name):
    return pytest.mark.skipif(not (DATA / name).is_dir(), reason=f"needs ../shared/data/{name}")


def real(tmp_path, path, mapping):
    (tmp_path / "mapping.toml").write_text(mapping)
    source = MappedTable(DATA / path, {"mapping": str(tmp_path / "mapping.toml")})
    records, wrong, _ = harvest(source)
    return [source.claims(record) for record in records], wrong


@needs("billboard-2000")
def test_the_chart_of_2000(tmp_path):
    mapping = """
id = ["artist.inverted", "track"]
encoding = "latin-1"
[track]
title = "track"
artist = "artist.inverted"
duration_ms = { column = "time", form = "m:ss" }
date = "year"
genre = "genre"
"""
    claims, wrong = real(tmp_path, "billboard-2000/billboard.csv", mapping)
    found = {claim.tracks[0].title: claim.tracks[0] for claim in claims}
    assert (len(claims), wrong) == (317, {})
    assert (found["Maria, Maria"].artist, found["Maria, Maria"].duration_ms) == ("Santana", 258_000)
    assert found["Give Me Just One Night (Una Noche)"].artist.startswith("98")


@needs("pudding-one-hit-wonders")
def test_a_table_of_people(tmp_path):
    mapping = 'id = ["id", "year"]\n[artist]\nid = "id"\nname = "name"\n'
    claims, wrong = real(tmp_path, "pudding-one-hit-wonders/data.csv", mapping)
    assert (len(claims), wrong) == (14_982, {})
    assert claims[0].artists[0].name == "Derrick Rose"


@needs("jamendolyrics")
def test_a_hand_typed_license_column(tmp_path):
    mapping = """
id = "URL"
[track]
title = "Title"
artist = "Artist"
genre = "Genre"
[license]
text = "LicenseType"
holder = "Artist"
"""
    claims, wrong = real(tmp_path, "jamendolyrics/JamendoLyrics.csv", mapping)
    assert (len(claims), wrong) == (79, {})
    texts = {fact.text for claim in claims for _, fact in claim.evidence}
    assert {"BY-ND", "CC BY-ND"} <= texts
    assert {fact.license for claim in claims for _, fact in claim.evidence} == {""}  # never a version


@needs("openverse-audio")
def test_a_table_with_text_in_cells_that_goes_over_lines(tmp_path):
    mapping = """
id = "identifier"
[track]
title = "title"
artist = "creator"
duration_ms = "duration"
[license]
text = { column = ["license", "license_version"], join = " " }
"""
    claims, wrong = real(tmp_path, "openverse-audio/sample_audio_data.csv", mapping)
    assert (len(claims), wrong) == (100, {})
    assert claims[0].evidence[0][1].text == "by-nc-sa 2.0"


@needs("debian-music")
def test_a_table_that_names_bytes(tmp_path):
    mapping = """
id = ["package", "path"]
[track]
title = "tag_title"
artist = "tag_artist"
duration_ms = { column = "seconds", form = "s" }
blob = "sha256"
[license]
text = "copyright_licence"
holder = "copyright_holder"
"""
    claims, wrong = real(tmp_path, "debian-music/tracks.tsv", mapping)
    assert (len(claims), wrong) == (424, {})
    assert all(len(claim.tracks[0].blob) == 64 for claim in claims)


ODD = [
    '"1,open\n2,two\n3,three\n',
    '4,"two\nlines"\n5,"too\nmany",6\n',
    f'"6,open\n7,seven\n{"x" * (table_rows.LONGEST + 5)}\n8,eight\n',
    '9,"to the end\n10,ten',
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("headed", [True, False])
@pytest.mark.parametrize("text", ODD)
def test_a_packed_table_gives_what_the_plain_one_gives(tmp_path, text, headed, encoding):
    """Lines are given back where a quotation mark took too many, and a packed file cannot be sought in."""
    names, head = (("a", "b"), "") if headed else (("1", "2"), "header = false\n")
    mapping = f'{head}delimiter = ","\nid = "{names[0]}"\n[track]\ntitle = "{names[1]}"\n'
    content = (("a,b\n" if headed else "") + "0,none\n" + text).encode(encoding)
    plain, wrong, _ = harvest(make(tmp_path, content, mapping=mapping))
    assert wrong and plain
    source = make(tmp_path, gzip.compress(content), "table.csv.gz", mapping)
    records, rejected, _ = harvest(source)
    assert records == plain
    assert list(rejected.items()) == [(f"{where[:9]}.gz{where[9:]}", why) for where, why in wrong.items()]


def test_a_table_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "FREE", 1024 * 1024)
    content = gzip.compress(b"a,b\n1,x\n" + (b"0" * 1_000_000 + b"\n") * 12)
    mapping = 'id = "b"\n[track]\ntitle = "b"\n'
    records, wrong, _ = harvest(make(tmp_path, content, "t.csv.gz", mapping))
    assert [record.id for record in records] == ["x"]
    assert "refused" in list(wrong.values())[-1] and "times as much" in list(wrong.values())[-1]
