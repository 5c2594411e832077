# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence in, decision out: the two ends of the rights gate."""

import datetime as dt
import hashlib
from enum import IntEnum, StrEnum
from typing import Final

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


class Part(StrEnum):
    """A right of its own. Of the sound, recording and composition must both be cleared; artwork, lyrics and metadata
    have evidence of their own."""

    RECORDING = "recording"
    COMPOSITION = "composition"
    ARTWORK = "artwork"
    LYRICS = "lyrics"
    METADATA = "metadata"


#: Rights that stand beside the sound: what is said of them is said of nothing else.
BESIDE_SOUND: Final = frozenset({Part.ARTWORK.value, Part.LYRICS.value, Part.METADATA.value})


class Says(StrEnum):
    """What kind of fact a piece of evidence states."""

    LICENSE = "license"  # a license is named, or a text stands where a license would
    HELD = "held"  # the depositor says why they hold it: owner, deposit, licensed
    DEAL = "deal"  # a delivery allows some uses in some places for some time
    ALLOWED = "allowed"  # a person ruled yes
    REFUSED = "refused"  # a person ruled no
    WITHDRAWN = "withdrawn"  # a dated, signed no
    NOT_OFFERED = (
        "not-offered"  # the provider does not offer its file for some uses, whatever the license says
    )
    WRITER = "writer"  # somebody is named as the writer of the composition
    PERFORMER = "performer"  # somebody is named as who made or performs it
    DATED = "dated"  # when it was published, fixed or communicated, or when an author died: for the term of protection
    PREFERENCE = "preference"  # a wish about machines: training, mining, search


#: Facts that an edition passes on and that count at whoever mirrors it. Statements to this archive (a depositor's, a
#: deal, a ruling) are no word to anybody else.
PASSED_ON: Final = frozenset(
    {Says.LICENSE, Says.NOT_OFFERED, Says.WRITER, Says.PERFORMER, Says.DATED, Says.PREFERENCE}
)


class Event(StrEnum):
    """What a date is about, for the term of protection."""

    PUBLISHED = "published"
    COMMUNICATED = "communicated"
    FIXED = "fixed"
    CREATED = "created"
    DIED = "died"


class Strength(IntEnum):
    """How much a word weighs, by who gives it. A weaker word never lifts the no of a stronger one."""

    INDEX = 1  # a third party's list of other people's works
    FILE = 2  # the file's own tags
    DOCUMENT = 3  # a document that came with the sound: copyright file, sidecar; a provider's own record
    HOLDER = 4  # whoever may grant or refuse: a depositor's statement, a delivery, a notice
    PERSON = 5  # somebody of this archive who looked at all the others


class Deal(Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of a delivery: which uses, where, when. `territories` are ISO 3166-1 codes or `Worldwide`."""

    uses: tuple[Use, ...]
    territories: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    start: dt.date | None = None
    end: dt.date | None = None
    model: str = ""


#: Start and end of a deal whose dates cannot be read: no day lies between them, and a person is asked.
UNREAD_DATES: Final = (dt.date.max, dt.date.min)


class Dated(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A date for the term of protection. `date` is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; a term counts to the end of the
    year that is not told more exactly. `person` is who died; `territory` (ISO 3166-1) where it was published first."""

    event: Event
    date: str
    person: str = ""
    territory: str = ""


class Preference(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A wish about machines. `purpose` is a category of the IETF vocabulary (`train-ai`, `search`) or `tdm` (TDMRep);
    `policy` is an address where a license for it may be had."""

    purpose: str
    allow: bool
    policy: str = ""


class Target(Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """What a ruling or a withdrawal is about: `kind` is `blob`, `recording`, `release` or `artist`; `id` is a digest
    or a canonical id. A ruling may also be about a `question` (all files that had one profile of evidence), or be taken
    over from another `archive`."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Evidence(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fact about rights, verbatim, with where it stood.

    says      what kind of fact
    origin    how it was read: `tag:LICENSE`, `debian-copyright`, `album.json`, `license-file`, `ddex-ern`,
              `depositor`, `ruling`, …
    document  SHA-256 of the document that it was read from ("" for a statement made to the archive)
    text      the words themselves, whole
    license   the SPDX expression that the text was read as; "" where it was not understood
    holder    who grants, as the text names them
    part      which right: one of `Part`; `all` is recording and composition
    held_as   with HELD: `owner`, `deposit` or `licensed`
    uses      with ALLOWED, REFUSED and NOT_OFFERED: which uses it is about, all where empty
    deal      with DEAL
    dated     with DATED
    preference  with PREFERENCE
    by        with ALLOWED, REFUSED and WITHDRAWN: who ruled or asked, as they want to be named
    note      with a ruling: why, in the person's own words
    scope     how a document comes to speak of the file: "" by its name or its folder's, `pattern` by a pattern that it
              falls under, `everything` because it speaks of a whole tree
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
    dated: Dated | None = None
    preference: Preference | None = None
    by: str = ""
    note: str = ""
    scope: str = ""

    @property
    def strength(self) -> Strength:
        """By kind of fact and origin; a connector's own record weighs as a document."""
        if self.says in (Says.ALLOWED, Says.REFUSED):
            return Strength.PERSON
        if self.says in (Says.HELD, Says.DEAL, Says.WITHDRAWN):
            return Strength.HOLDER
        if self.origin.startswith("tag:"):
            return Strength.FILE
        if self.origin.startswith("index:"):
            return Strength.INDEX
        return Strength.DOCUMENT

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
    clause        with an allowing answer by a license or a term of protection: where in its text that stands
    """

    use: Use
    allow: bool
    codes: tuple[str, ...]
    evidence: tuple[str, ...]
    would_change: str = ""
    review: bool = False
    license: str = ""
    clause: str = ""


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of the gate: its code, one sentence, the clause of the license or statute that it comes from."""

    code: str
    sentence: str
    clause: str
    allows: bool
