# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CWR 2.1: works with their writers and shares; a file that counts wrong says so."""

from decimal import Decimal
from io import BytesIO

import pytest

from onrecord.model.royalties import LineRejected
from onrecord.royalties.statements.cwr import Work, read_works
from tests.audio.tones import SHARED

HEAD = f"{'HDRPB000000199OWN':<59}01.102026010110000020260101"
WORK = (
    f"NWR{'0' * 16}{'SONG ONE':<60}  {'S0001':<14}{'T1006000026':<11}",
    f"SWR0000000000000001{'IP1':<9}{'DOE':<45}{'ANNA':<30} CA{'0' * 9}00968003558052{'05000':<5}"
    "   00000   00000 N",
    f"PER0000000000000002{'BAND':<45}{'THE':<30}",
)


def made(*lines, works=1):
    rows = [HEAD, "GRHNWR0000102.100000000000", *lines]
    trailer = f"TRL00001{works:08}{len(rows) + 2:08}"
    return "\r\n".join([*rows, f"GRT00001{works:08}{len(rows):08}", trailer, ""]).encode("latin-1")


def test_a_work_with_its_writer():
    [work] = read_works(BytesIO(made(*WORK)))
    assert (work.row, work.title, work.number, work.iswc) == (3, "SONG ONE", "S0001", "T1006000026")
    [writer] = work.writers
    assert (writer.name, writer.role, writer.performance, writer.controlled) == (
        "ANNA DOE",
        "CA",
        Decimal(50),
        True,
    )
    assert work.performers == ("THE BAND",)


def test_wrong_counts_wrong_shares_and_a_cut_off_file_are_told():
    *_, wrong = read_works(BytesIO(made(*WORK, works=3)))
    assert (wrong.column, wrong.got) == ("TRL", "00000003 in the trailer")
    _, late = sorted(
        read_works(BytesIO(made(WORK[0], WORK[1].replace("05000", "99999")))), key=lambda one: one.row
    )
    assert (late.row, late.column) == (4, "SWR")
    cut = made(*WORK)
    *_, end = read_works(BytesIO(cut[: cut.index(b"GRT")]))
    assert "cut off" in end.got


def test_what_is_no_cwr_is_rejected_whole():
    [wrong] = read_works(BytesIO(b"a,b\n1,2\n"))
    assert wrong.column == "HDR"


def test_a_file_of_a_hundred_works():
    found = sorted((SHARED / "cwr" / "musicmetadata-edi").glob("*.V21"))
    if not found:
        pytest.skip("shared data cwr/musicmetadata-edi is not here")
    with found[0].open("rb") as stream:
        rows = list(read_works(stream))
    works = [row for row in rows if isinstance(row, Work)]
    assert len(works) == 100
    assert works[0].isrcs == ("JMK401175550",)
    # Its makers spoilt two records, and the trailer counts works and lines that are not there.
    assert [row.row for row in rows if isinstance(row, LineRejected)] == [19, 1612, 1614]
