# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to credit, in the form that each license asks for, and what nobody knows."""

from pathlib import Path

import pytest

from onrecord.model.rights import Evidence, Says
from onrecord.rights import attribution
from onrecord.rights import credit as credit_module
from onrecord.rights.credit import credit, license_text, texts_for
from onrecord.rights.texts import titled


def _license(license: str, holder: str = "") -> Evidence:
    return Evidence(says=Says.LICENSE, origin="tag:LICENSE", text=license, license=license, holder=holder)


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


def _asked(license: str, title: str, author: str) -> tuple[str, ...]:
    """What is missing of a credit under this license."""
    return credit(title, author, [_license(license)]).missing


@pytest.mark.parametrize(
    ("license", "title", "author", "missing"),
    [
        ("CC-BY-4.0", "", "Ann", ()),
        ("CC-BY-4.0", "Song", "", ("author",)),
        ("CC-BY-3.0", "", "", ("author", "title")),
        ("CC-BY-SA-3.0-DE", "", "Ann", ("title",)),
        ("LicenseRef-CC-BY-3.0-ES", "", "Ann", ("title",)),
        ("CC0-1.0", "", "", ()),
        ("Unlicense", "", "", ()),
        ("GPL-2.0-or-later", "Song", "Ann", ("copyright notice",)),
        ("AGPL-3.0-only", "Song", "Ann", ("copyright notice", "license text")),
        ("LAL-1.3", "Song", "Ann", ("address of the original",)),
        ("CC-BY-3.0 OR CC0-1.0", "", "", ()),
        ("CC-BY-4.0 AND LAL-1.3", "Song", "", ("address of the original", "author")),
        ("LicenseRef-of-nobody", "Song", "Ann", ("license",)),
        ("", "Song", "Ann", ("license",)),
    ],
)
def test_what_a_license_asks_for_and_is_not_known_is_named(
    license: str, title: str, author: str, missing: tuple[str, ...]
) -> None:
    assert _asked(license, title, author) == missing


def test_a_holder_or_a_notice_is_what_a_notice_needs() -> None:
    assert credit("S", "A", [_license("GPL-3.0-only", holder="2012 Ann")]).missing == ()
    found = credit(
        "S", "A", [_license("GPL-3.0-only")], notices=["© 2012 Ann", "https://a.example/copyright", "©"]
    )
    assert (found.notice, found.missing) == (("© 2012 Ann",), ())
    assert "“S” by A, © 2012 Ann, " in found.line


def test_the_address_of_the_original_is_told_and_only_where_it_is_one() -> None:
    found = credit("S", "A", [_license("LAL-1.3")], source="jamendo", source_address="https://j.example/1")
    assert found.missing == ()
    assert ", jamendo (https://j.example/1), licensed under" in found.line
    assert credit("S", "A", [_license("LAL-1.3")], source_address="javascript:1").source_address == ""


def test_license_texts_that_must_go_along() -> None:
    assert texts_for(credit("S", "A", [_license("GPL-2.0-or-later", holder="A")])) == ("GPL-2.0",)
    assert texts_for(credit("S", "A", [_license("LGPL-3.0-only", holder="A")])) == ("GPL-3.0", "LGPL-3.0")
    assert texts_for(credit("S", "A", [_license("CC-BY-4.0")])) == ()
    assert texts_for(credit("S", "A", [_license("GPL-2.0-only OR CC-BY-4.0")])) == ()
    assert "GNU GENERAL PUBLIC LICENSE" in license_text("GPL-2.0")
    assert (license_text("../__init__"), license_text("MIT")) == ("", "")


def test_each_license_text_is_whole_and_is_what_it_is_called() -> None:
    folder = Path(credit_module.__file__).parent / "license_texts"
    names = {path.name.removeprefix("LICENSE-").removesuffix(".txt"): path for path in folder.iterdir()}
    assert names
    for name, path in names.items():
        assert titled(path.read_text("utf-8")).removesuffix("-only") == name


def test_a_whole_license_text_among_the_evidence_is_the_text() -> None:
    text = (Path(__file__).parents[2] / "LICENSES" / "GPL-2.0-or-later.txt").read_text("utf-8")
    given = Evidence(says=Says.LICENSE, origin="license-file", text=text, license="GPL-2.0-only", holder="A")
    assert credit("S", "A", [given]).missing == ()


def test_the_license_that_a_decision_rests_on_is_the_one_that_is_named() -> None:
    found = credit("S", "A", [_license("CC-BY-4.0 OR GPL-2.0-only")], license="CC-BY-4.0")
    assert found.license_address == ("https://creativecommons.org/licenses/by/4.0/",)
    assert "GPL" not in found.line
