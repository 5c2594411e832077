# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from onrecord.model.rights import Evidence, Says
from onrecord.rights import attribution


def _license(license: str, **more: str) -> Evidence:
    return Evidence(says=Says.LICENSE, origin="tag:LICENSE", text=license, license=license, **more)


def test_names_title_author_holder_source_license_and_changes() -> None:
    line = attribution(
        "Song", "Ann", [_license("CC-BY-SA-3.0", holder="2012 Ann Example")], source="https://a.example/1"
    )
    assert line == (
        "“Song” by Ann (rights: 2012 Ann Example), https://a.example/1, licensed under CC BY-SA 3.0 "
        "(https://creativecommons.org/licenses/by-sa/3.0/), unchanged"
    )


def test_choices_ports_and_gnu() -> None:
    evidence = [_license("CC-BY-3.0-US OR GPL-2.0-or-later")]
    line = attribution("S", "A", evidence, changes="cut to 30 seconds")
    assert (
        "CC BY 3.0 US (https://creativecommons.org/licenses/by/3.0/us/) or GPL-2.0-or-later (https://www.gnu.org/"
        in line
    )
    assert line.endswith(", cut to 30 seconds")


def test_the_narrower_license_holds_and_a_ruling_above_all() -> None:
    both = [_license("GPL-1.0-or-later"), _license("GPL-2.0-or-later")]
    assert "GPL-2.0-or-later (" in attribution("S", "A", both)
    torn = [_license("CC-BY-3.0"), _license("CC-BY-SA-3.0")]
    assert "no license settled" in attribution("S", "A", torn)
    ruling = Evidence(says=Says.ALLOWED, origin="ruling", text="it is SA", license="CC-BY-SA-3.0")
    assert "CC BY-SA 3.0 (" in attribution("S", "A", [*torn, ruling])


def test_one_line_whatever_comes_in() -> None:
    line = attribution("a\nb\x1b[31m\u202e", "\r\n", [])
    assert line == "“a b [31m” by unknown artist, no license settled, unchanged"
    assert line.isprintable()
    assert len(attribution("x" * 10_000, "y" * 10_000, [])) < 1_200
