# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence in, decision out: the two ends of the rights gate."""

import datetime as dt
import hashlib
from enum import StrEnum

import msgspec
from msgspec import Struct


class Use(StrEnum):
    """What somebody wants to do with a recording (`docs/glossary.md`)."""

    KEEP = "keep"
    REVIEW = "review"
    STREAM = "stream"
    DOWNLOAD = "download"
    SHARE = "share"
    ADAPT = "adapt"
    MINE = "mine"


class Says(StrEnum):
    """What kind of fact a piece of evidence states."""

    LICENSE = "license"  # a license is named, or a text stands where a license would
    HELD = "held"  # the depositor says why they hold it: owner, deposit, licensed
    DEAL = "deal"  # a delivery allows some uses in some places for some time
    ALLOWED = "allowed"  # a person ruled yes
    REFUSED = "refused"  # a person ruled no
    WITHDRAWN = "withdrawn"  # a dated, signed no


class Deal(Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of a delivery: which uses, where, when. `territories` are ISO 3166-1 codes or `Worldwide`."""

    uses: tuple[Use, ...]
    territories: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    start: dt.date | None = None
    end: dt.date | None = None
    model: str = ""


class Evidence(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fact about rights, verbatim, with where it stood.

    says      what kind of fact
    origin    how it was read: `tag:LICENSE`, `debian-copyright`, `album.json`, `license-file`, `ddex-ern`,
              `depositor`, `ruling`, …
    document  SHA-256 of the document that it was read from ("" for a statement made to the archive)
    text      the words themselves, whole
    license   the SPDX expression that the text was read as; "" where it was not understood
    holder    who grants, as the text names them
    part      which right: `recording`, `composition`, `artwork`, `metadata`, or `all`
    held_as   with HELD: `owner`, `deposit` or `licensed`
    uses      with ALLOWED and REFUSED: which uses the ruling is about, all where empty
    deal      with DEAL
    day       the day the fact is about or was observed, where the text gives one
    """

    says: Says
    origin: str
    text: str
    document: str = ""
    license: str = ""
    holder: str = ""
    part: str = "all"
    held_as: str = ""
    uses: tuple[Use, ...] = ()
    deal: Deal | None = None
    day: dt.date | None = None

    @property
    def id(self) -> str:
        """SHA-256 of the evidence's canonical JSON: the same words from the same document are one fact."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer of the gate. A denial is a value, not an error.

    codes         rule codes, the deciding one first (`onrecord.rights.rules.RULES` has sentence and clause)
    evidence      ids of the evidence that the codes rest on
    would_change  what would make the answer different, in a sentence for a person
    review        a person should look at it
    license       the SPDX expression that an allowing answer rests on: what every license statement used leaves open.
                  "" where no license decided (a deal, a depositor's word, a ruling that names none)
    """

    use: Use
    allow: bool
    codes: tuple[str, ...]
    evidence: tuple[str, ...]
    would_change: str = ""
    review: bool = False
    license: str = ""


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of the gate: its code, one sentence, the clause of the license or statute that it comes from."""

    code: str
    sentence: str
    clause: str
    allows: bool
