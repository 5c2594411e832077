# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence from documents beside sound and from its tags. The documents here were written for these tests."""

import csv
import datetime as dt
import hashlib
import json
import os
import re
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.model.rights import Evidence, Says, Use
from onrecord.model.sound import Tags
from onrecord.rights import decide
from onrecord.sources.sidecars import Sidecars, documents, tag_evidence
from onrecord.sources.sidecars.patterns import literal, matches
from onrecord.sources.sidecars.prose import prose_license

DATA = Path(__file__).parents[3] / "shared" / "data" / "debian-music"
DAY = dt.date(2026, 11, 22)
FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"


def _scan(root: Path, files: dict[str, str | bytes]) -> Sidecars:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Sidecars.scan(root)


def _said(sidecars: Sidecars, path: str) -> list[str]:
    said = sidecars.evidence(PurePosixPath(path))
    return sorted(evidence.license for evidence in said if evidence.says is Says.LICENSE)


def _share(evidence: list[Evidence]) -> bool:
    return decide(evidence, Use.SHARE, "Worldwide", DAY).allow


DEP5 = (
    FORMAT
    + """Files: *
Copyright: 2001 Everybody
License: GPL-2+

Files: music/* sfx/b?ll.ogg
Copyright: 2012 Ann Example
 2013 Bob Example
License: CC-BY-SA-3.0

Files: music/extra/one.ogg
Copyright: 2014 Cy Example
License: Own-License
 Ask me, mostly I say yes.

Files: music/nc.ogg
Copyright: 2014 Cy Example
License: CC-BY-3.0
Comment: for non-commercial use only, says the site

Files: music/two.ogg
Copyright: 2014 Cy Example
License: CC-BY-3.0
Comment: the forum post said CC BY-SA 4.0

License: GPL-2+
 The usual words.
"""
)


def test_debian_last_matching_paragraph_counts_and_wildcards_cross_slashes(tmp_path: Path) -> None:
    sidecars = _scan(tmp_path, {"copyright": DEP5, "music/a.ogg": ""})
    assert _said(sidecars, "engine/x.ogg") == ["GPL-2.0-or-later"]
    assert _said(sidecars, "music/deep/er/a.ogg") == ["CC-BY-SA-3.0"]
    assert _said(sidecars, "sfx/ball.ogg") == ["CC-BY-SA-3.0"]
    assert _said(sidecars, "music/extra/one.ogg") == [""]
    (evidence,) = sidecars.evidence(PurePosixPath("music/a.ogg"))
    assert evidence.holder == "2012 Ann Example / 2013 Bob Example"
    assert evidence.text.startswith("Files: music/* sfx/b?ll.ogg\nCopyright: 2012 Ann Example\n 2013")
    assert evidence.document == hashlib.sha256(DEP5.encode()).hexdigest()
    assert evidence.origin == "debian-copyright"


def test_debian_words_beside_the_license_stop_it(tmp_path: Path) -> None:
    sidecars = _scan(tmp_path, {"copyright": DEP5})
    assert _said(sidecars, "music/nc.ogg") == [""]
    assert _said(sidecars, "music/two.ogg") == [""]


def test_debian_folder_and_reuse_dep5_speak_of_their_parent(tmp_path: Path) -> None:
    for name in ("debian/copyright", "a/debian/copyright", "b/.reuse/dep5"):
        base = name.rsplit("/", 2)[0] + "/" if name.count("/") == 2 else ""
        sidecars = _scan(tmp_path / name.replace("/", "-"), {name: DEP5, f"{base}music/a.ogg": ""})
        assert _said(sidecars, f"{base}music/a.ogg") == ["CC-BY-SA-3.0"]
        assert _said(sidecars, f"{base}debian/x.ogg") == ["GPL-2.0-or-later"]


def test_debian_tree_installed_below_another_folder(tmp_path: Path) -> None:
    text = DEP5.replace("music/extra/one.ogg", "music/extra/one.ogg music/known.ogg")
    files = {"copyright": text, "usr/share/games/x/music/known.ogg": "", "usr/share/games/x/music/a.ogg": ""}
    sidecars = _scan(tmp_path, files)
    assert _said(sidecars, "usr/share/games/x/music/a.ogg") == ["CC-BY-SA-3.0"]
    assert _said(sidecars, "usr/share/games/x/engine/a.ogg") == ["GPL-2.0-or-later"]


def test_debian_default_and_another_that_might_mean_it_are_both_evidence(tmp_path: Path) -> None:
    """`Data/*` in the source, no folder `Data` where it is installed: the default alone would be a wrong license."""
    text = FORMAT + (
        "Files: *\nCopyright: A\nLicense: GPL-2+\n\nFiles: Data/*\nCopyright: B\nLicense: CC-BY-SA-3.0\n\n"
        "Files: lib/known.ogg\nCopyright: C\nLicense: CC-BY-3.0\n"
    )
    moved = _scan(tmp_path / "moved", {"copyright": text, "Sounds/a.ogg": ""})
    assert _said(moved, "Sounds/a.ogg") == ["CC-BY-SA-3.0", "GPL-2.0-or-later"]
    assert not _share(moved.evidence(PurePosixPath("Sounds/a.ogg")))
    assert _said(moved, "elsewhere/known.ogg") == ["CC-BY-3.0", "CC-BY-SA-3.0", "GPL-2.0-or-later"]
    same = _scan(tmp_path / "same", {"copyright": text, "Data/b.ogg": "", "Sounds/a.ogg": ""})
    assert _said(same, "Sounds/a.ogg") == ["GPL-2.0-or-later"]
    assert _said(same, "Data/b.ogg") == ["CC-BY-SA-3.0"]


def test_debian_broken_document_is_not_understood_for_any_file(tmp_path: Path) -> None:
    """The paragraph of `music/nc.ogg` is lost; `music/*` must not speak for it, nor anything for files unnamed."""
    text = DEP5.replace("Files: music/nc.ogg", "Fles music/nc.ogg")
    sidecars = _scan(tmp_path, {"copyright": text})
    for name in ("engine/x.ogg", "music/a.ogg", "music/nc.ogg"):
        assert _said(sidecars, name) == [""]
    unnamed = FORMAT + "Files: a.ogg\nCopyright: A\nLicense: GPL-2+\n\nFles b.ogg\nLicense: Mine\n"
    sidecars = _scan(tmp_path, {"copyright": PERMISSIVE, "sub/copyright": unnamed})
    assert _said(sidecars, "sub/b.ogg") == ["", "CC-BY-SA-3.0"]


def test_prose_is_read_only_where_it_says_one_thing(tmp_path: Path) -> None:
    notice = (
        "This package was put together by Ann.\n\nCopyright: 2001 Bob\n\nLicense:\n"
        "   This music is free; you can redistribute it and/or modify it under the terms of the\n"
        "   GNU General Public License as published by the Free Software Foundation; either\n"
        "   version 2 of the License, or (at your option) any later version.\n\n"
        "On Debian systems the text is in /usr/share/common-licenses/GPL-2.\n"
    )
    assert prose_license(notice) == "GPL-2.0-or-later"
    assert _said(_scan(tmp_path / "one", {"copyright": notice}), "a/b.ogg") == ["GPL-2.0-or-later"]
    for more in (
        "\n-----\n\nfonts are under the MIT License\n",
        "\nSome files are CC BY 3.0.\n",
        "\nsrc/win32/x.c\n\n  other words\n",
        "\nThe songs may not be sold.\n",
        "\nExcept track3.ogg.\n",
        "\nArtwork: Creative Commons\n",
    ):
        sidecars = _scan(tmp_path / str(abs(hash(more))), {"copyright": notice + more})
        assert _said(sidecars, "a/b.ogg") == []
        assert [document.kind for document in sidecars.documents] == ["debian-copyright"]


ALBUM = {
    "title": "T",
    "author": "Ann",
    "tracks": [{"filename": "one.opus"}, {"filename": "Two.opus", "author": "Bob"}],
}
STATEMENT = """'T' - Copyright (C) 2021 Ann

'T' is licensed and available under:
CC-BY-SA-3.0 (or, at your discretion, any later version)

Alternatively, 'T' may be used & distributed under the terms of
the GNU General Public License Version 2 or later (the "GPL").
"""
BUT_TWO = f"""For all track *except* two:

{STATEMENT}
---

two is derived from Bob's original two, and is licensed under the terms of the GNU General Public License Version 2.
"""
SUMMARY = (
    "\n[EN]\nAttribution-ShareAlike 3.0\n-----\nShare: copy it\n\nGNU GENERAL PUBLIC LICENSE\nVersion 2\n"
)


def test_album_license_with_an_exception(tmp_path: Path) -> None:
    dual = "CC-BY-SA-3.0 OR CC-BY-SA-4.0 OR GPL-2.0-or-later"
    for newline in ("\n", "\r\n"):
        files = {"album.json": json.dumps(ALBUM), "license.txt": (BUT_TWO + SUMMARY).replace("\n", newline)}
        sidecars = _scan(tmp_path / repr(newline)[1:-1].replace("\\", ""), files)
        assert _said(sidecars, "one.opus") == [dual]
        assert _said(sidecars, "Two.opus") == ["GPL-2.0-only"]
        assert {one.holder for one in sidecars.evidence(PurePosixPath("Two.opus"))} == {"Bob"}
        assert _said(sidecars, "sub/one.opus") == []


@pytest.mark.parametrize(
    "text",
    [
        STATEMENT + "\nBut ask Ann.\n",
        STATEMENT.replace("CC-BY-SA-3.0", "My-License"),
        BUT_TWO.replace("except* two", "except* three"),
        BUT_TWO.replace("---", "---\n\none is mine.\n\n---"),
        STATEMENT + SUMMARY + "\nNot for commercial, I mean non-commercial use.\n",
        "ask Ann",
    ],
)
def test_album_license_that_is_not_understood_whole_says_nothing_is(tmp_path: Path, text: str) -> None:
    sidecars = _scan(tmp_path, {"album.json": json.dumps(ALBUM), "license.txt": text})
    assert _said(sidecars, "one.opus") == [""]
    assert _said(sidecars, "Two.opus") == [""]


def test_license_file_speaks_of_its_own_folder(tmp_path: Path) -> None:
    whole = (Path(__file__).parents[2] / "LICENSES" / "CC0-1.0.txt").read_bytes()
    sidecars = _scan(
        tmp_path,
        {"a/LICENSE": whole, "b/COPYING.txt": "CC BY 4.0", "c/License.md": "My rules.", "d/x.ogg": ""},
    )
    assert _said(sidecars, "a/x.ogg") == ["CC0-1.0"]
    assert _said(sidecars, "a/sub/x.ogg") == []
    assert _said(sidecars, "b/x.ogg") == ["CC-BY-4.0"]
    assert _said(sidecars, "c/x.ogg") == [""]
    assert _said(sidecars, "d/x.ogg") == []
    assert not _share(
        [*sidecars.evidence(PurePosixPath("c/x.ogg")), *tag_evidence(Tags(licenses=("CC BY 4.0",)))]
    )


def test_game_music(tmp_path: Path) -> None:
    music = '<?xml version="1.0"?>\n<music title="X" composer="Ann" file="x.ogg" fast-filename="y.ogg"/>\n'
    sidecars = _scan(
        tmp_path,
        {
            "a/x.music": music + "<!-- Released under CC-BY-SA 3.0 -->",
            "b/x.music": music + "<!-- louder than most -->",
            "c/x.music": '<!DOCTYPE music [<!ENTITY a "CC BY 4.0">]><music file="x.ogg" license="&a;"/>',
            "d/x.music": '<music file="../a/x.ogg" license="CC0"/>',
            "e/x.music": "<music file='x.ogg'",
        },
    )
    assert _said(sidecars, "a/x.ogg") == _said(sidecars, "a/y.ogg") == ["CC-BY-SA-3.0"]
    assert _said(sidecars, "a/z.ogg") == _said(sidecars, "b/x.ogg") == _said(sidecars, "c/x.ogg") == []
    assert {str(one.path) for one in sidecars.refused} == {"c/x.music", "e/x.music"}
    assert len(sidecars.documents) == 5


def test_reuse(tmp_path: Path) -> None:
    toml = """version = 1
[[annotations]]
path = "**"
SPDX-FileCopyrightText = "2020 Ann"
SPDX-License-Identifier = "CC-BY-4.0"
[[annotations]]
path = ["songs/*.ogg", "x.ogg"]
SPDX-FileCopyrightText = ["2020 Ann", "2021 Bob"]
SPDX-License-Identifier = ["CC-BY-SA-4.0", "LicenseRef-House"]
"""
    beside = "SPDX-FileCopyrightText: 2020 Ann\nSPDX-License-Identifier: CC0-1.0\n"
    sidecars = _scan(
        tmp_path, {"REUSE.toml": toml, "other/y.ogg.license": beside, "bad/REUSE.toml": "version = 2"}
    )
    assert _said(sidecars, "songs/deep/x.ogg") == ["CC-BY-4.0"]
    assert _said(sidecars, "songs/x.ogg") == [""], "a LicenseRef is its author's own text"
    assert _said(sidecars, "other/y.ogg") == ["CC-BY-4.0", "CC0-1.0"], "both are evidence, a person decides"
    assert [str(one.path) for one in sidecars.refused] == ["bad/REUSE.toml"]


def test_bounds_links_and_names(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("CC0")
    root = tmp_path / "root"
    sidecars = _scan(
        root, {"a/LICENSE": b"x" * (1024 * 1024 + 1), "b/LICENSE": b"CC0 \xff\xfe", "c/x.ogg": ""}
    )
    (root / "c" / "LICENSE").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "COPYING")
    (root / "debian").symlink_to(tmp_path)
    name = os.fsdecode(b"\xffdir")
    (root / name).mkdir()
    (root / name / "LICENSE").write_text("CC0")
    sidecars = Sidecars.scan(root)
    assert {str(one.path) for one in sidecars.refused} == {"a/LICENSE", "c/LICENSE", "COPYING"}
    assert _said(sidecars, "c/x.ogg") == _said(sidecars, "a/x.ogg") == _said(sidecars, "x.ogg") == [""]
    assert _said(sidecars, "d/x.ogg") == _said(sidecars, "a/below/x.ogg") == []
    assert _said(sidecars, "b/x.ogg") == [""]
    assert _said(sidecars, f"{name}/x.ogg") == _said(sidecars, "\ufffddir/x.ogg") == ["CC0-1.0"]
    shallow = Sidecars.scan(root, deep=False)
    assert shallow.documents == [] and [str(one.path) for one in shallow.refused] == ["COPYING"]


def test_hostile_patterns_are_refused(tmp_path: Path) -> None:
    paragraph = "\nCopyright: A\nLicense: GPL-2+\n"
    sidecars = _scan(
        tmp_path,
        {
            "a/copyright": FORMAT + "Files: " + "*a" * 40 + paragraph,
            "b/copyright": FORMAT + "Files: " + " ".join(f"{n}*" for n in range(6_000)) + paragraph,
        },
    )
    assert {str(one.path) for one in sidecars.refused} == {"a/copyright", "b/copyright"}
    assert _said(sidecars, "b/x.ogg") == [""]


#: A broken document of each kind that states a license, a file it speaks for, and one that it never did.
BROKEN = {
    "sub/copyright": (
        FORMAT + "Files: " + "*a" * 40 + "\nLicense: GPL-2+\n",
        "sub/deep/x.ogg",
        "other/x.ogg",
    ),
    "sub/debian/copyright": (
        FORMAT + "Files: " + "a" * 5000 + "\nLicense: X\n",
        "sub/deep/x.ogg",
        "other/x.ogg",
    ),
    "sub/album.json": ('{"tracks": "none"}', "sub/x.ogg", "other/x.ogg"),
    "a/album.json": ('{"tracks": [], "license": ["CC-BY-NC-4.0"]}', "a/x.ogg", "other/x.ogg"),
    "b/album.json": ('{"tracks": [{"filename": "x.ogg", "license": 4}]}', "b/x.ogg", "other/x.ogg"),
    "sub/REUSE.toml": ("version = 2", "sub/deep/x.ogg", "other/x.ogg"),
    "a/REUSE.toml": ("version = 1\nx = " + "1" * 5000, "a/x.ogg", "other/x.ogg"),
    "b/REUSE.toml": (
        'version = 1\n[[annotations]]\npath = "x.ogg"\nSPDX-License-Identifier = ["GPL-2.0-or-later", 5]',
        "b/x.ogg",
        "other/x.ogg",
    ),
    "c/REUSE.toml": ("version = 1\nannotations = [5]", "c/x.ogg", "other/x.ogg"),
}
PERMISSIVE = FORMAT + "Files: *\nCopyright: A\nLicense: CC-BY-SA-3.0\n"


def _asks(sidecars: Sidecars, path: str) -> bool:
    """The answer is no, and a person is asked."""
    decision = decide(sidecars.evidence(PurePosixPath(path)), Use.SHARE, "Worldwide", DAY)
    return not decision.allow and decision.review


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_stands_against_a_permissive_one_above(tmp_path: Path, name: str) -> None:
    content, inside, outside = BROKEN[name]
    sidecars = _scan(tmp_path, {"copyright": PERMISSIVE, name: content})
    assert [str(one.path) for one in sidecars.refused] == [name]
    assert _asks(sidecars, inside)
    assert _share(sidecars.evidence(PurePosixPath(outside)))
    (said,) = [one for one in sidecars.evidence(PurePosixPath(inside)) if not one.license]
    assert said.document == hashlib.sha256(content.encode()).hexdigest()
    assert sidecars.refused[0].reason in said.text and said.text.startswith(
        f"{name.rsplit('/', 1)[1]} could not"
    )


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("sub/copyright", "sub/deep/x.ogg", "x.ogg"),
        ("sub/debian/copyright", "sub/deep/x.ogg", "x.ogg"),
        ("sub/album.json", "sub/x.ogg", "x.ogg"),
        ("sub/REUSE.toml", "sub/deep/x.ogg", "x.ogg"),
        ("sub/LICENSE", "sub/x.ogg", "sub/deep/x.ogg"),
        ("sub/COPYING.txt", "sub/x.ogg", "sub/deep/x.ogg"),
        ("sub/x.ogg.license", "sub/x.ogg", "sub/y.ogg"),
        (os.fsdecode(b"sub/\xff.ogg.license"), os.fsdecode(b"sub/\xff.ogg"), "sub/y.ogg"),
    ],
)
@pytest.mark.parametrize("fault", ["large", "link", "bytes", "count"])
def test_a_document_that_was_not_taken_stands_against_a_permissive_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, inside: str, outside: str, fault: str
) -> None:
    path = tmp_path / name
    _scan(
        tmp_path,
        {"copyright": PERMISSIVE, name: "x" * (documents.LONGEST + 1) if fault == "large" else "CC0"},
    )
    if fault == "link":
        path.unlink()
        path.symlink_to(tmp_path / "copyright")
    elif fault == "bytes":
        monkeypatch.setattr(documents, "MOST_BYTES", len(PERMISSIVE))
    elif fault == "count":
        monkeypatch.setattr(documents, "MOST_DOCUMENTS", 1)
    sidecars = Sidecars.scan(tmp_path)
    assert [one.path for one in sidecars.refused] == [PurePosixPath(name)]
    assert _asks(sidecars, inside)
    assert _share(sidecars.evidence(PurePosixPath(outside)))


def test_a_broken_music_file_says_nothing(tmp_path: Path) -> None:
    sidecars = _scan(tmp_path, {"copyright": PERMISSIVE, "a/x.music": "<music file='x.ogg'"})
    assert [str(one.path) for one in sidecars.refused] == ["a/x.music"]
    assert _said(sidecars, "a/x.ogg") == ["CC-BY-SA-3.0"]


def test_a_license_named_by_the_fault_is_no_statement(tmp_path: Path) -> None:
    """`CC-BY` without version would agree with the license above."""
    above = PERMISSIVE.replace("CC-BY-SA-3.0", "CC-BY-4.0")
    twice = '{"CC-BY": 1, "CC-BY": 2}'
    sidecars = _scan(tmp_path, {"copyright": above, "a/album.json": twice, "b/CC-BY.license": b"x" * 2**21})
    assert _asks(sidecars, "a/x.ogg")
    assert _asks(sidecars, "b/CC-BY")


def test_a_license_beside_a_name_that_is_no_text_counts(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.ogg")
    sidecars = _scan(
        tmp_path, {"copyright": PERMISSIVE, f"{name}.license": "SPDX-License-Identifier: CC0-1.0"}
    )
    assert _said(sidecars, name) == ["CC-BY-SA-3.0", "CC0-1.0"]


def test_a_statement_is_read_once_for_all_files(tmp_path: Path) -> None:
    toml = 'version = 1\n[[annotations]]\npath = "**"\nSPDX-License-Identifier = "CC-BY-4.0"'
    album = {"license": "CC BY 4.0", "tracks": [{"filename": "one.opus"}, {"filename": "two.opus"}]}
    sidecars = _scan(
        tmp_path,
        {
            "copyright": PERMISSIVE,
            "REUSE.toml": toml,
            "album.json": json.dumps(album),
            "license.txt": "'T' is licensed under: CC-BY-4.0",
        },
    )
    one, two = (sidecars.evidence(PurePosixPath(name)) for name in ("one.opus", "two.opus"))
    assert len(one) == 4
    assert all(first is second for first, second in zip(one, two, strict=True))


def test_patterns() -> None:
    assert matches("a*c", "a/b/c", crossing=True) and not matches("a*c", "a/b/c", crossing=False)
    assert matches("a/**/c", "a/b/x/c", crossing=False) and matches("**", "a/b", crossing=False)
    assert matches("a?c", "abc", crossing=True) and not matches("a?c", "ac", crossing=True)
    assert matches(r"a\*c", "a*c", crossing=True) and not matches(r"a\*c", "abc", crossing=True)
    assert literal(r"a\*c") == "a*c" and literal("a*") == ""


@given(st.text("ab/", max_size=12), st.text("ab*?/", max_size=8))
def test_patterns_like_the_plain_definition(path: str, pattern: str) -> None:
    def plain(pattern: str, path: str) -> bool:
        if not pattern:
            return not path
        if pattern[0] == "*":
            return any(plain(pattern[1:], path[cut:]) for cut in range(len(path) + 1))
        return bool(path) and pattern[0] in ("?", path[0]) and plain(pattern[1:], path[1:])

    assert matches(re.sub(r"\*+", "*", pattern), path, crossing=True) is plain(pattern, path)


def test_tags_say_a_license_and_a_notice_names_a_holder() -> None:
    tags = Tags(
        licenses=("GPL",),
        copyright="2012 Ann",
        frames=(("TITLE", "x"), ("LICENSE", "GPL"), ("COPYRIGHT", "2012 Ann")),
    )
    (evidence,) = tag_evidence(tags)
    assert (evidence.origin, evidence.license, evidence.holder, evidence.text) == (
        "tag:LICENSE",
        "GPL-1.0-or-later",
        "2012 Ann",
        "GPL",
    )


@pytest.mark.parametrize(
    ("tags", "licenses"),
    [
        (Tags(), []),
        (Tags(copyright="Copyright (C) 2001-2014, Ann, Example SA & Team."), []),
        (Tags(licenses=("Ann Example (C) 2007", "")), []),
        (Tags(copyright="(c) Ann, licensed under CC BY 4.0"), ["CC-BY-4.0"]),
        (Tags(copyright="2012 Ann. All rights reserved.", licenses=("CC BY 4.0",)), ["CC-BY-4.0", ""]),
        (Tags(licenses=("contains material from space",)), [""]),
        (Tags(licenses=("CC BY 4.0", "CC BY 4.0")), ["CC-BY-4.0"]),
        (Tags(licenses=("CC BY 4.0",), comment="for non-commercial use"), ["CC-BY-4.0", ""]),
        (Tags(comment="http://creativecommons.org/licenses/by/3.0/"), ["CC-BY-3.0"]),
        (Tags(comment="encoded by GPL software"), []),
        (Tags(copyright="free to use"), [""]),
    ],
)
def test_tag_statements(tags: Tags, licenses: list[str]) -> None:
    assert [evidence.license for evidence in tag_evidence(tags)] == licenses


#: Where Debian installs the tree of a package whose copyright file we put there; the others get it at the top.
_BASES = {
    "hedgewars-data": "usr/share/games/hedgewars",
    "hyperrogue-music": "usr/share/hyperrogue",
    "lugaru-data": "usr/share/games/lugaru",
    "supertuxkart-data": "usr/share/games/supertuxkart",
    "warzone2100-music": "usr/share/games/warzone2100/music",
}


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/debian-music beside the repository")
@pytest.mark.parametrize("beside", [True, False], ids=["beside", "at-top"])
def test_debian_music(tmp_path: Path, beside: bool) -> None:
    """424 pieces of 14 packages; which of them should pass is in tests/data/rights_labels."""
    with (DATA / "tracks.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        path = tmp_path / row["package"] / row["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for package in {row["package"] for row in rows}:
        base = tmp_path / package / (_BASES.get(package, "") if beside else "")
        (base / "copyright").write_bytes((DATA / "copyright" / f"{package}.copyright").read_bytes())
    albums = tmp_path / "warzone2100-music" / _BASES["warzone2100-music"] / "albums"
    for path in (DATA / "sidecar" / "warzone2100-music").glob("*/*"):
        target = albums / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    sidecars = {package: Sidecars.scan(tmp_path / package) for package in {row["package"] for row in rows}}
    allowed: Counter[str] = Counter()
    for row in rows:
        tag = row["tag_licence"]
        notice = "(C)" in tag or "©" in tag
        licenses = (tag,) if tag and not notice else ()
        tags = Tags(artist=row["tag_artist"], copyright=tag if notice else "", licenses=licenses)
        evidence = sidecars[row["package"]].evidence(PurePosixPath(row["path"]))
        allowed[row["package"]] += _share([*evidence, *tag_evidence(tags)])
    assert (
        {package: count for package, count in allowed.items() if count}
        == {
            "asc-music": 3,
            "colobot-common-sounds": 12,  # of 21: the others' makers are not named, or not among the holders
            "flare-game": 12,
            "freedroidrpg-data": 3,
            "hyperrogue-music": 16,
            "supertuxkart-data": 31,  # of 48: doubts in words; makers who are not among the holders of everything
            "warzone2100-music": 26,
            "wesnoth-1.16-music": 29,  # of 37: eight have no license tag, the copyright file is prose with exceptions
            "xmoto-data": 4,
        }
    )  # none of drascula (custom text), openclonk, pingus (prose), lugaru; hedgewars' makers are not named
