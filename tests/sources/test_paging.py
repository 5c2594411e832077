# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files become pages: cursors inside a long list, bounded pages, flat memory, elements as they stand in the bytes."""

import gzip
import io
import json
import tarfile
import tracemalloc

import pytest

from onrecord.errors import RecordRejected, UsageError
from onrecord.model.records import Record
from onrecord.sources import json_elements, paging, strict_json
from onrecord.sources.json_elements import Element


def record(element):
    value = strict_json.read(element.raw)
    if not isinstance(value, dict):
        raise RecordRejected("no object")
    return Record("test", "thing", str(value["id"]), "application/json", element.raw)


def elements(data):
    return json_elements.elements(data) if data.startswith(b"[") else [Element(data)]


def read(location, cursor=""):
    return list(paging.pages(location, cursor, elements, record))


def ids(pages):
    return [found.id for page in pages for found in page.records]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"id": number} for number in range(1_700)]))
    (tmp_path / "b.jsonl").write_text("".join(f'{{"id": {number}}}\n' for number in range(1_700, 2_600)))
    (tmp_path / "c.json").write_text('[{"id": 2600}, 7, {"id": 2601}]')
    (tmp_path / "link.json").symlink_to("c.json")
    return tmp_path


def test_a_long_list_is_cut_into_pages_that_go_on_exactly(folder):
    pages = read(folder)
    assert ids(pages) == [str(number) for number in range(2_602)]
    assert max(len(page.records) for page in pages) == 500
    for at, page in enumerate(pages):
        assert ids(read(folder, page.cursor)) == ids(pages[at + 1 :])


def test_what_is_rejected_has_its_place(folder):
    rejected = [why for page in read(folder) for why in page.rejected]
    assert [where for where, _ in rejected] == ["c.json:1#[1]", "link.json"]


def test_memory_is_that_of_two_pages(tmp_path):
    def peak(lines):
        (tmp_path / "a.jsonl").write_text(
            "".join(f'{{"id": {number}, "x": "{"x" * 200}"}}\n' for number in range(lines))
        )
        tracemalloc.start()
        count = sum(len(page.records) for page in paging.pages(tmp_path, "", elements, record))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == lines
        return most

    assert peak(5_100) < 1.2 * peak(1_100)


def test_a_cursor_of_something_else_is_a_usage_error(folder):
    for cursor in ('["a.json", 1]', '["a.json", 1, 1, 0, -1]', '["a.json", 1, 1, 0, 0, 0]', "x"):
        with pytest.raises(UsageError, match="cursor"):
            read(folder, cursor)


def test_cursors_stand_in_the_lists_of_a_tar(tmp_path):
    with tarfile.open(tmp_path / "lists.tar.gz", "w:gz") as tar:
        for first in (0, 700, 1_400):
            content = json.dumps([{"id": first + number} for number in range(700)]).encode()
            entry = tarfile.TarInfo(f"{first}.json")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    pages = read(tmp_path)
    assert ids(pages) == [str(number) for number in range(2_100)]
    for at, page in enumerate(pages):
        assert ids(read(tmp_path, page.cursor)) == ids(pages[at + 1 :])


def test_a_tar_of_folders_alone_holds_nothing(tmp_path):
    with tarfile.open(tmp_path / "folders.tar", "w") as tar:
        entry = tarfile.TarInfo("folder")
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
    assert read(tmp_path) == []


def test_a_fault_of_a_file_is_told_once_and_that_of_its_namesake_too(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/x.jsonl", "x.jsonl"):
        (tmp_path / name).write_text("7\n")
    (tmp_path / "y.json.gz").write_bytes(gzip.compress(b'{"id": 1}\n' * 9)[:-8])
    rejected = [where for page in read(tmp_path) for where, _ in page.rejected]
    assert rejected == ["a/x.jsonl:1", "x.jsonl:1", "y.json.gz:10"]


def test_a_cursor_behind_the_end_of_a_tar_is_named(folder):
    (page,) = read(folder / "c.json", '["c.json", 0, 0, 2, 0]')
    assert page.records == () and page.rejected[0][0] == "c.json" and "shorter" in page.rejected[0][1]


def test_elements_are_bytes_as_they_stand_there():
    data = b' {"q": {"p": {"7": {"a" : 1.50},\n "8":{"b":"\\u00e9"}}}, "l": [ 1 ,"x" ]}'
    assert json_elements.elements(data, "q", "p") == [
        Element(b'{"a" : 1.50}', "#q.p[7]"),
        Element(b'{"b":"\\u00e9"}', "#q.p[8]"),
    ]
    assert [element.raw for element in json_elements.elements(data, "l")] == [b"1", b'"x"']
    for path in (("x",), ("l", "y"), ("q", "p", "7", "a")):
        with pytest.raises(RecordRejected):
            json_elements.elements(data, *path)
