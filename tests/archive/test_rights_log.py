# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log, read anew: whatever is done to it is found and named; what happened to a thing; the words of PREMIS."""

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.archive import Archive
from onrecord.archive.checking import check
from onrecord.archive.premis import EVENT_TYPES, export_premis
from onrecord.archive.publishing import publish
from onrecord.archive.rights_log import LogReport, history, verify_log
from onrecord.archive.ruling import rule, undo
from onrecord.errors import ArchiveNotFound, LogBroken, UsageError
from onrecord.ledger import Log
from onrecord.ledger.log import Entry, hash_of
from onrecord.model.rights import Target, Use
from tests.conftest import DAY
from tests.tones import Album

WHO: dict[str, Any] = {"by": "Ada & Söhne <a@b>", "note": "She wrote\x07 to us."}
PREMIS = "{http://www.loc.gov/premis/v3}"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As much of an archive as `verify_log` reads: twelve entries in three files."""
    (tmp_path / "a" / "log").mkdir(parents=True)
    (tmp_path / "a" / "onrecord.toml").touch()
    log = Log(tmp_path / "log", lambda: DAY)
    for number in range(12):
        log.append("noted", {"number": number})
    lines = (tmp_path / "log" / "000000000001.jsonl").read_bytes().splitlines(keepends=True)
    for start in (0, 4, 8):
        (tmp_path / "a" / "log" / f"{start + 1:012}.jsonl").write_bytes(b"".join(lines[start : start + 4]))
    return tmp_path / "a"


Lines = list[bytes]


def change(folder: Path, file: int, edit: Callable[[Lines], Lines]) -> None:
    path = folder / "log" / f"{file:012}.jsonl"
    path.write_bytes(b"".join(edit(path.read_bytes().splitlines(keepends=True))))


def faults(report: LogReport) -> list[tuple[str, int, str]]:
    return [(fault.file.removeprefix("log/").lstrip("0"), fault.line, fault.fault) for fault in report.faults]


def resealed(line: bytes) -> bytes:
    """An entry that somebody has changed, with the hash that fits."""
    entry = msgspec.json.decode(line, type=Entry)
    return msgspec.json.encode(msgspec.structs.replace(entry, hash=hash_of(entry))) + b"\n"


# Verifying -----------------------------------------------------------------------------------------------------------


def test_a_whole_log_has_no_faults_and_a_head(folder: Path) -> None:
    report = verify_log(folder)
    assert (report.files, report.entries, report.newest, report.faults) == (3, 12, 12, ())
    last = (folder / "log" / "000000000009.jsonl").read_bytes().splitlines()[-1]
    assert report.head == msgspec.json.decode(last)["hash"]


CASES: list[tuple[str, int, Callable[[Lines], Lines], list[tuple[str, int, str]]]] = [
    ("altered", 5, lambda x: [x[0], x[1].replace(b'number":5', b'number":6'), *x[2:]], [("5.jsonl", 2, "altered")]),
    ("altered hash", 5, lambda x: [x[0].replace(b'"hash":"', b'"hash":"0'), *x[1:]], [("5.jsonl", 1, "altered")]),
    ("no entry", 5, lambda x: [x[0], b"{}\n", *x[2:]], [("5.jsonl", 2, "altered")]),
    ("no text", 5, lambda x: [x[0], b"\xff\n", *x[2:]], [("5.jsonl", 2, "altered")]),
    ("resealed", 5, lambda x: [x[0], resealed(x[1].replace(b"noted", b"other")), *x[2:]], [("5.jsonl", 3, "altered")]),
    ("removed", 5, lambda x: [x[0], *x[2:]], [("5.jsonl", 2, "missing")]),
    ("two removed", 5, lambda x: [x[0], x[3]], [("5.jsonl", 2, "missing")]),
    ("swapped", 5, lambda x: [x[0], x[2], x[1], x[3]], [("5.jsonl", 3, "reordered")]),
    ("twice", 5, lambda x: [x[0], x[1], x[1], *x[2:]], [("5.jsonl", 3, "duplicated")]),
    ("twice, later", 5, lambda x: [*x, x[0]], [("5.jsonl", 5, "duplicated")]),
    ("cut off", 9, lambda x: [*x[:3], x[3][:-9]], [("9.jsonl", 4, "truncated")]),
    ("cut off within", 5, lambda x: [*x[:3], x[3][:-9]], [("5.jsonl", 4, "truncated"), ("9.jsonl", 1, "missing")]),
    ("first removed", 1, lambda x: x[1:], [("1.jsonl", 1, "misnamed"), ("1.jsonl", 1, "missing")]),
    ("last first", 1, lambda x: [x[3], *x[:3]],
     [("1.jsonl", 1, "misnamed"), *(("1.jsonl", n, "reordered") for n in (2, 3, 4))]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "edit", "named"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_done_to_a_line_is_named(
    folder: Path, file: int, edit: Callable[[Lines], Lines], named: list[tuple[str, int, str]]
) -> None:
    change(folder, file, edit)
    assert faults(verify_log(folder)) == named


def test_a_fault_says_the_hash_that_must_stand_there(folder: Path) -> None:
    path = folder / "log" / "000000000005.jsonl"
    stated = msgspec.json.decode(path.read_bytes().splitlines()[1])["hash"]
    change(folder, 5, lambda x: [x[0], x[1].replace(b'number":5', b'number":6'), *x[2:]])
    [fault] = verify_log(folder).faults
    altered = msgspec.json.decode(path.read_bytes().splitlines()[1], type=Entry)
    assert (fault.got, fault.expected) == (stated, hash_of(altered))


def test_a_file_that_is_gone_or_renamed_is_named(folder: Path) -> None:
    path = folder / "log" / "000000000005.jsonl"
    path.rename(folder / "log" / "000000000006.jsonl")
    assert faults(verify_log(folder)) == [("6.jsonl", 1, "misnamed")]
    (folder / "log" / "000000000006.jsonl").unlink()
    [fault] = verify_log(folder).faults
    assert (fault.fault, fault.file) == ("missing", "log/000000000009.jsonl")
    assert "entries 5 to 8" in fault.expected
    for left in (folder / "log").iterdir():
        left.unlink()
    assert [fault.fault for fault in verify_log(folder).faults] == ["missing"]
    with pytest.raises(ArchiveNotFound):
        verify_log(folder / "log")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, 2**32), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(folder: Path, place: int, bit: int) -> None:
    path = folder / "log" / "000000000005.jsonl"
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[place % len(whole)] ^= 1 << bit
    path.write_bytes(flipped)
    try:
        assert verify_log(folder).faults
    finally:
        path.write_bytes(whole)


def test_a_line_that_is_no_text_breaks_the_log_by_name(folder: Path) -> None:
    change(folder, 5, lambda x: [x[0], x[1].replace(b"noted", b"not\xff"), *x[2:]])
    with pytest.raises(LogBroken, match=r"log/000000000005.jsonl, line 2"):
        list(Log(folder / "log").entries())


def test_a_log_that_lost_its_end_is_told_by_the_ledger(filled: Archive) -> None:
    assert verify_log(filled.folder).faults == ()
    [path] = (filled.folder / "log").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    [fault] = verify_log(filled.folder).faults
    assert fault.fault == "missing"
    assert f"entries to {len(lines)}" in fault.expected


def test_deep_reads_the_segments_too_and_nothing_is_written(filled: Archive) -> None:
    report = verify_log(filled.folder, deep=True)
    assert (report.segments, report.faults) == (len(filled.ledger.segments()), ())
    first, second = (filled.folder / "catalog" / segment.path for segment, _ in filled.ledger.segments()[:2])
    first.write_bytes(first.read_bytes()[:-1] + b"!")
    second.unlink()
    assert verify_log(filled.folder).faults == ()
    before = sorted(path.name for path in (filled.folder / "log").iterdir())
    found = verify_log(filled.folder, deep=True).faults
    assert [fault.fault for fault in found] == ["segment", "segment"]
    assert {fault.expected.split(" ")[0] for fault in found} == {
        str(path.relative_to(filled.folder)) for path in (first, second)
    }
    assert sorted(path.name for path in (filled.folder / "log").iterdir()) == before


# History -------------------------------------------------------------------------------------------------------------


def test_history_is_of_one_thing(filled: Archive, album: Album) -> None:
    one, other = (sha256(path) for path in album.closed)
    ruled = rule(filled, Target("blob", one), True, **WHO).ruling
    rule(filled, Target("blob", other), False, **WHO)
    undo(filled, ruled.id, **WHO)
    check(filled)
    assert [entry.event for entry in history(filled, one, 10)] == ["added", "ruled", "ruling-undone"]
    assert [entry.event for entry in history(filled, "closed/nc.opus", 10)] == ["added", "ruled"]
    everything = history(filled, "", 100)
    assert [entry.seq for entry in everything] == list(range(1, filled.ledger.seq + 1))
    assert history(filled, "", 2) == everything[-2:]
    assert everything[-2].data["note"] == WHO["note"]
    assert next(entry for entry in everything if entry.event == "added").rows["files"] == 6


def test_history_of_a_recording_begins_with_the_claim_that_founds_it(filled: Archive, album: Album) -> None:
    from onrecord.archive.reading import open_reader

    blob = sha256(album.free[0])
    recording = open_reader(filled.folder).why(blob).id
    rule(filled, Target("recording", recording), True, **WHO)
    assert [entry.event for entry in history(filled, recording, 10)] == ["added", "ruled"]


# PREMIS --------------------------------------------------------------------------------------------------------------

#: What each element holds, in the order of the schema; * may stand several times.
SHAPE = {
    "premis": "object* event* agent* rights*",
    "object": "objectIdentifier* objectCharacteristics* originalName",
    "objectCharacteristics": "fixity* size format*",
    "fixity": "messageDigestAlgorithm messageDigest",
    "format": "formatDesignation",
    "formatDesignation": "formatName",
    "event": "eventIdentifier eventType eventDateTime eventDetailInformation* eventOutcomeInformation*"
    " linkingAgentIdentifier* linkingObjectIdentifier*",
    "eventDetailInformation": "eventDetail",
    "eventOutcomeInformation": "eventOutcome eventOutcomeDetail*",
    "eventOutcomeDetail": "eventOutcomeDetailNote",
    "agent": "agentIdentifier* agentName* agentType",
    "rights": "rightsStatement*",
    "rightsStatement": "rightsStatementIdentifier rightsBasis licenseInformation otherRightsInformation"
    " rightsGranted* linkingObjectIdentifier*",
    "licenseInformation": "licenseTerms licenseNote*",
    "otherRightsInformation": "otherRightsBasis otherRightsNote*",
    "rightsGranted": "act restriction* termOfGrant rightsGrantedNote*",
    "termOfGrant": "startDate endDate",
    **{
        f"{name}Identifier": f"{name}IdentifierType {name}IdentifierValue"
        for name in ("object", "event", "agent", "rightsStatement", "linkingObject")
    },
    "linkingAgentIdentifier": "linkingAgentIdentifierType linkingAgentIdentifierValue linkingAgentRole*",
}


def assert_shape(element: ET.Element) -> None:
    """Children are those that the schema knows, in its order, and no more often than it allows."""
    name = element.tag.removeprefix(PREMIS)
    allowed = SHAPE.get(name, "").split()
    order = [child.rstrip("*") for child in allowed]
    found = [child.tag.removeprefix(PREMIS) for child in element]
    assert set(found) <= set(order), name
    assert found == sorted(found, key=order.index), name
    assert all(f"{child}*" in allowed or found.count(child) == 1 for child in found), name
    for child in element:
        assert_shape(child)


def texts(element: ET.Element, name: str) -> list[str]:
    return [found.text or "" for found in element.iter(f"{PREMIS}{name}")]


def test_the_log_in_the_words_of_premis(filled: Archive, album: Album, tmp_path: Path) -> None:
    blob, other = (sha256(path) for path in album.closed)
    rule(filled, Target("blob", blob), True, uses=[Use.SHARE], license="CC-BY-4.0", **WHO)
    undo(filled, rule(filled, Target("blob", other), True, **WHO).ruling.id, **WHO)
    rule(filled, Target("blob", other), False, **WHO)
    publish(filled)
    path = filled.store.path(blob, filled.ledger.blob(blob).root)  # type: ignore[union-attr]
    path.chmod(0o644)
    path.write_bytes(b"gone")
    check(filled)
    check(filled)

    report = export_premis(filled, tmp_path / "premis.xml")
    document = ET.parse(tmp_path / "premis.xml").getroot()
    assert document.tag == f"{PREMIS}premis"
    assert document.get("version") == "3.0"
    assert_shape(document)
    objects, events, rights = (document.findall(f"{PREMIS}{name}") for name in ("object", "event", "rights"))
    assert (len(objects), len(events), len(rights)) == (report.objects, report.events, report.rights)
    assert report.left_out == {"created": 1}

    described = set(texts(document, "objectIdentifierValue"))
    assert described == {filled.id, *(row.sha256 for row in filled.ledger.blobs())}
    linked = set(texts(document, "linkingObjectIdentifierValue"))
    assert linked <= described
    kinds = texts(document, "eventType")
    assert set(kinds) == {
        "ingestion", "message digest calculation", "policy assignment", "dissemination", "fixity check"
    }  # fmt: skip
    ingested = next(event for event in events if texts(event, "eventType") == ["ingestion"])
    assert len(texts(ingested, "linkingObjectIdentifierValue")) == 6
    checks = [event for event in events if texts(event, "eventType") == ["fixity check"]]
    assert [texts(event, "eventOutcome") for event in checks] == [["failure"], ["failure"]], "still damaged"
    assert len(set(texts(document, "eventIdentifierValue"))) == len(events)
    agents = [
        agent for agent in document.findall(f"{PREMIS}agent") if texts(agent, "agentType") == ["person"]
    ]
    assert [texts(agent, "agentName") for agent in agents] == [[WHO["by"]]]
    acts = [(texts(one, "act"), texts(one, "restriction")) for one in document.iter(f"{PREMIS}rightsGranted")]
    assert (["share"], ["allow"]) in acts
    assert (["every use"], ["disallow"]) in acts
    assert (["every use"], ["allow"]) not in acts, "what was undone holds no more"
    assert any("wrote\ufffd to us" in note for note in texts(document, "licenseNote"))


def test_premis_of_an_empty_archive_is_valid_too_and_overwrites_nothing(
    archive: Archive, tmp_path: Path
) -> None:
    report = export_premis(archive, tmp_path / "premis.xml")
    assert (report.objects, report.events, report.rights) == (1, 0, 0)
    assert_shape(ET.parse(tmp_path / "premis.xml").getroot())
    with pytest.raises(UsageError, match="not overwritten"):
        export_premis(archive, tmp_path / "premis.xml")


def test_the_words_are_those_of_the_list() -> None:
    """From the event types of the Library of Congress, http://id.loc.gov/vocabulary/preservation/eventType."""
    known = {
        "accession", "capture", "creation", "deaccession", "deletion", "dissemination", "fixity check", "ingestion",
        "message digest calculation", "metadata extraction", "metadata modification", "migration", "policy assignment",
        "quarantine", "recovery", "replication", "unquarantine", "validation",
    }  # fmt: skip
    assert {kind for types in EVENT_TYPES.values() for kind, _ in types} <= known
