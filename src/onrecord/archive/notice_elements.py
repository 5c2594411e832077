# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a notice and a counter-notice must say (17 U.S.C. 512(c)(3) and (g)(3)), element by element. Pure."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from onrecord.errors import UsageError

#: A notice names at most so many things.
MOST_THINGS: Final = 100
_LONGEST: Final = 300
_LONGEST_TEXT: Final = 5_000
_Said = TypeVar("_Said", bound="Notice | Counter")


class Notice(Struct, frozen=True, forbid_unknown_fields=True):
    """A notice as it came. `material` are ids or addresses of this archive; the two booleans are the sender's
    statements."""

    work: str = ""
    material: tuple[str, ...] = ()
    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    good_faith: bool = False
    accurate: bool = False
    signature: str = ""


class Counter(Struct, frozen=True, forbid_unknown_fields=True):
    """A counter-notice as it came. It answers a notice, and so names the material by it."""

    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    mistake: bool = False
    jurisdiction: bool = False
    signature: str = ""


class Element(Struct, frozen=True):
    """Something that must be said: its name, where the statute asks for it, and what that is."""

    name: str
    clause: str
    sentence: str


_C3: Final = "17 U.S.C. 512(c)(3)(A)"
_G3: Final = "17 U.S.C. 512(g)(3)"
ELEMENTS: Final = (
    Element("signature", f"{_C3}(i)", "a signature of the owner of the right, or of a person who may act for them"),
    Element("work", f"{_C3}(ii)", "which copyrighted work is said to be infringed"),
    Element("material", f"{_C3}(iii)", "where it lies here: an id or address of this archive that leads to something"),
    Element("contact", f"{_C3}(iv)", "how to reach the sender: an address, a telephone number or an e-mail address"),
    Element("good-faith", f"{_C3}(v)", "a statement of the belief, in good faith, that the use is not authorized"),
    Element("accurate", f"{_C3}(vi)",
            "a statement that it is accurate and, under penalty of perjury, that the sender may act for the owner"),
)  # fmt: skip
COUNTER_ELEMENTS: Final = (
    Element("signature", f"{_G3}(A)", "a signature of whoever deposited it"),
    Element("mistake", f"{_G3}(C)",
            "a statement under penalty of perjury that it was taken away by mistake or misidentification"),
    Element("name", f"{_G3}(D)", "the name"),
    Element("address", f"{_G3}(D)", "the address"),
    Element("phone", f"{_G3}(D)", "the telephone number"),
    Element("jurisdiction", f"{_G3}(D)",
            "consent to the jurisdiction of the federal court there, and to service of process by the claimant"),
)  # fmt: skip
#: Where these are there, the sender must be asked for the rest (17 U.S.C. 512(c)(3)(B)(ii)).
_SUBSTANTIAL: Final = frozenset({"work", "material", "contact"})


def missing(notice: Notice, found: int) -> tuple[Element, ...]:
    """The elements that a notice lacks; `found` is how many of the things that it names are here."""
    said = {
        "signature": bool(notice.signature.strip()),
        "work": bool(notice.work.strip()),
        "material": found > 0,
        "contact": any(way.strip() for way in (notice.address, notice.phone, notice.email)),
        "good-faith": notice.good_faith,
        "accurate": notice.accurate,
    }
    return tuple(element for element in ELEMENTS if not said[element.name])


def missing_of_counter(counter: Counter) -> tuple[Element, ...]:
    said = {
        "signature": bool(counter.signature.strip()),
        "mistake": counter.mistake,
        "name": bool(counter.name.strip()),
        "address": bool(counter.address.strip()),
        "phone": bool(counter.phone.strip()),
        "jurisdiction": counter.jurisdiction,
    }
    return tuple(element for element in COUNTER_ELEMENTS if not said[element.name])


def ask_for_the_rest(lacking: Sequence[str]) -> bool:
    """Must the sender of a notice that lacks these be asked for them?"""
    return bool(lacking) and not _SUBSTANTIAL & {*lacking}


def read_said(kind: type[_Said], fields: Any) -> _Said:
    """A notice or counter-notice from fields that came from outside; UsageError says which is wrong, and how."""
    try:
        said = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"notice: {error}", f"the fields are {', '.join(kind.__struct_fields__)}") from None
    check_lengths(said)
    return said


def check_lengths(said: Notice | Counter) -> None:
    """UsageError where a field is longer than anybody needs, or more things are named than one notice may name."""
    for name, value in msgspec.structs.asdict(said).items():
        most = _LONGEST_TEXT if name in ("work", "address") else _LONGEST
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str) and len(each) > most:
                raise UsageError(f"notice, {name}: expected at most {most:,} characters, got {len(each):,}")
    if isinstance(said, Notice) and len(said.material) > MOST_THINGS:
        raise UsageError(
            f"notice, material: expected at most {MOST_THINGS} things, got {len(said.material):,}",
            "send several notices",
        )
