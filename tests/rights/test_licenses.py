# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read as a license, and above all what is not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.rights import read_license
from onrecord.rights.expressions import ways

TEXTS = Path(__file__).parent.parent.parent / "LICENSES"

READ = {
    # Debian and SPDX
    "GPL": "GPL-1.0-or-later",
    "GPL-2": "GPL-2.0-only",
    "GPL-2+": "GPL-2.0-or-later",
    "gpl-2.0-or-later": "GPL-2.0-or-later",
    "LGPL-2.1+": "LGPL-2.1-or-later",
    "GFDL-1.3": "GFDL-1.3-only",
    "Expat": "MIT",
    "BSD-3-clause": "BSD-3-Clause",
    "CC0": "CC0-1.0",
    "CC-BY-SA-3.0": "CC-BY-SA-3.0",
    "CC-BY-SA-3.0+": "CC-BY-SA-3.0 OR CC-BY-SA-4.0",
    "CC-BY-3.0-US": "CC-BY-3.0-US",
    "GPL-2+ and CC-BY-SA-3.0": "CC-BY-SA-3.0 AND GPL-2.0-or-later",
    "CC-BY-SA-3.0 or GPL-3 or GPL-2": "CC-BY-SA-3.0 OR GPL-2.0-only OR GPL-3.0-only",
    "GPL-2+ OR CC-BY-SA": "GPL-2.0-or-later",
    "GPL-2+ or Artistic-2.0, and BSD-2-clause": "BSD-2-Clause AND (Artistic-2.0 OR GPL-2.0-or-later)",
    "(GPL-2.0-or-later OR CC-BY-4.0) AND MIT": "MIT AND (CC-BY-4.0 OR GPL-2.0-or-later)",
    "GPL-2.0-only WITH Font-exception-2.0": "GPL-2.0-only WITH Font-exception-2.0",
    # names
    "CC BY-SA 4.0": "CC-BY-SA-4.0",
    "cc  by-nc-sa 3.0": "CC-BY-NC-SA-3.0",
    "Creative Commons Attribution-ShareAlike 4.0 International License": "CC-BY-SA-4.0",
    "Creative Commons Attribution Share Alike 3.0 Unported": "CC-BY-SA-3.0",
    "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International (CC BY-NC-ND 4.0)": "CC-BY-NC-ND-4.0",
    "Creative Commons BY-SA 3.0": "CC-BY-SA-3.0",
    "Released under CC-BY-SA 3.0": "CC-BY-SA-3.0",
    "GPLv2": "GPL-2.0-only",
    "GPL v3 or later": "GPL-3.0-or-later",
    "GNU GPL version 2 or (at your option) any later version": "GPL-2.0-or-later",
    "GNU Lesser General Public License, version 2.1": "LGPL-2.1-only",
    "Licence Art Libre 1.3": "LAL-1.3",
    "OGA-BY 3.0": "LicenseRef-OGA-BY-3.0",
    "MIT License": "MIT",
    "CC BY 3.0 or CC BY-SA 4.0": "CC-BY-3.0 OR CC-BY-SA-4.0",
    # addresses
    "http://creativecommons.org/licenses/by/3.0/": "CC-BY-3.0",
    "https://www.creativecommons.org/licenses/by-nc-nd/2.5/deed.en_US": "CC-BY-NC-ND-2.5",
    "HTTPS://CREATIVECOMMONS.ORG/LICENSES/BY-SA/4.0": "CC-BY-SA-4.0",
    "creativecommons.org/licenses/by-sa/3.0/legalcode": "CC-BY-SA-3.0",
    "http://creativecommons.org/licenses/by-sa/2.0/uk/": "CC-BY-SA-2.0-UK",
    "http://creativecommons.org/licenses/by/3.0/fr/": "LicenseRef-CC-BY-3.0-FR",
    "http://creativecommons.org/licenses/by-nd-nc/1.0/": "CC-BY-NC-ND-1.0",
    "http://creativecommons.org/licenses/sampling+/1.0/": "LicenseRef-CC-Sampling-Plus-1.0",
    "http://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
    "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html": "GPL-2.0-only",
    "https://spdx.org/licenses/CC-BY-4.0.html": "CC-BY-4.0",
    # sentences that say it and nothing else
    "© 2014, Brett Example. Licensed under the Creative Commons Attribution ShareAlike 4.0, "
    "https://creativecommons.org/licenses/by-sa/4.0/": "CC-BY-SA-4.0",
    "2012 Foo. Licensed to the public under http://creativecommons.org/licenses/by/3.0/ verify at "
    "http://foo.example/x": "CC-BY-3.0",
    "CC-BY (http://creativecommons.org/licenses/by/3.0/)": "CC-BY-3.0",
    "(c) 2012 Foo. Some rights reserved. This music is licensed under CC BY 4.0": "CC-BY-4.0",
}
NOT_READ = {
    "": "empty",
    " \n\t\x00 ": "empty",
    # a version is missing
    "CC-BY-SA": "no-version",
    "BY-ND": "no-version",
    "CC  BY-NC-SA": "no-version",
    "Creative Commons": "no-version",
    "http://creativecommons.org/licenses/by/": "no-version",
    "GPL and CC-BY-SA": "no-version",
    "Free Art License": "no-version",
    # no license
    "public-domain": "public-domain",
    "This work is in the public domain.": "public-domain",
    "http://creativecommons.org/publicdomain/mark/1.0/": "public-domain",
    "http://creativecommons.org/licenses/publicdomain/": "public-domain",
    "http://rightsstatements.org/vocab/InC/1.0/": "unknown-text",
    # other hosts, other pages
    "http://creativecommons.org.evil.example/licenses/by/3.0/": "unknown-text",
    "http://evil.example/?u=http://creativecommons.org/licenses/by/3.0/": "unknown-text",
    "http://evil.example/creativecommons.org/licenses/by/3.0/": "unknown-text",
    "https://creativecommons.org/licenses/by/3.0/something-else": "unknown-text",
    "http://evilcreativecommons.org/licenses/by/3.0/": "unknown-text",
    "https://spdx.org/licenses/Foo-1.0": "unknown-text",
    # versions that do not exist
    "GPL-4": "unknown-text",
    "CC BY 5.0": "unknown-text",
    # words that take back
    "CC BY 3.0, non-commercial use only": "contradiction",
    "CC BY 3.0 NonCommercial": "contradiction",
    "CC-BY 3.0. All rights reserved.": "contradiction",
    "CC BY 4.0 (no commercial use)": "contradiction",
    "CC BY 3.0 http://creativecommons.org/licenses/by-sa/3.0/": "contradiction",
    "This work is not licensed under CC BY 3.0": "unknown-text",
    "CC BY 4.0 but ask me first": "unknown-text",
    "CC BY 4.0 for €5": "unknown-text",
    "All the rights reserved, CC BY 4.0": "unknown-text",
    "Artwork: CC BY 4.0": "unknown-text",
    "This recording is licensed under CC BY 4.0": "unknown-text",
    "Some tracks are under CC BY 4.0": "unknown-text",
    "This track may be under CC BY 4.0": "unknown-text",
    "(c) 2012 Foo, contact us for licensing, CC BY 4.0": "unknown-text",
    "CC BY 4.0 \ufffd\ufffd": "unknown-text",
    "CC BY 4.0 for personal listening": "unknown-text",
    "(c) 2012 Foo. Do not redistribute. CC BY 3.0": "unknown-text",
    # custom
    "Drascula-License": "unknown-text",
    "free to use": "unknown-text",
    "GPL-3 with font exception": "unknown-text",
    "GPL-2+-with-autoconf-exception": "unknown-text",
    "Attribution 3.0 SoundBible.com": "unknown-text",
    "contains material from NASA": "unknown-text",
    "2012 Foo": "unknown-text",
}


@pytest.mark.parametrize(("text", "license"), READ.items())
def test_read(text: str, license: str) -> None:
    reading = read_license(text)
    assert reading.license == license, reading
    assert ways(reading.license)
    # A LicenseRef means what its document says it means: from outside it is not taken for ours.
    assert read_license(license).license == ("" if "LicenseRef" in license else license)


@pytest.mark.parametrize(("text", "reason"), NOT_READ.items())
def test_not_read(text: str, reason: str) -> None:
    reading = read_license(text)
    assert (reading.license, reading.reason) == ("", reason)


def test_a_missing_version_keeps_the_kind() -> None:
    assert read_license("Creative Commons Attribution-ShareAlike").kind == "CC-BY-SA"
    assert read_license("Creative Commons").kind == "CC"


@pytest.mark.parametrize(
    ("file", "license"), [("GPL-3.0-or-later.txt", "GPL-3.0-only"), ("CC0-1.0.txt", "CC0-1.0")]
)
def test_whole_texts(file: str, license: str) -> None:
    text = (TEXTS / file).read_text(encoding="utf-8")
    assert read_license(text).license == license
    assert read_license(text.replace("\n", "\r\n")).license == license
    for altered in (
        f"All but track 3:\n\n{text}",
        f"{text}\nThe music may not be sold.\n",
        text[: len(text) // 2],
        text + text,
    ):
        assert read_license(altered).license == ""


def test_a_title_alone_is_no_text() -> None:
    assert (
        read_license("GNU GENERAL PUBLIC LICENSE\nVersion 2, June 1991\n" + "lorem ipsum " * 400).license
        == ""
    )


@given(st.text())
def test_any_text_has_a_reason(text: str) -> None:
    reading = read_license(text)
    assert reading.reason
    assert not reading.license or ways(reading.license)


@given(st.sampled_from(sorted(READ)), st.text(st.characters(categories=["Lu", "Ll", "Zs"]), max_size=12))
def test_words_behind_a_license_are_not_overlooked(text: str, more: str) -> None:
    """With words behind it a license reads as it did, or not at all; never as another one."""
    assert read_license(f"{text} zyxw{more}").license in ("", READ[text])
    assert read_license(f"{text}; no sharing {more}").license == ""


@pytest.mark.parametrize(
    "seed", ["cc by ", "gpl or ", "(", "cc/by/", "sa-", "© x ", "+", "version 2 of the ", "1."]
)
def test_long_texts_come_to_an_end(seed: str) -> None:
    assert read_license(seed * (200_000 // len(seed))).license == ""
    assert read_license(seed * (1_990 // len(seed)) + "zyxw").license == ""
