# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person means by a word about who is who: a canonical thing with its claims, or one claim as SOURCE:ID."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from onrecord.archive.batch import FILE
from onrecord.archive.core import Archive
from onrecord.catalog.match import KINDS, PAGED
from onrecord.engine.duck import Duck
from onrecord.errors import NotFound, UsageError
from onrecord.model.identifiers import mbid
from onrecord.search.entities import Entities
from onrecord.search.finishing import ENTITIES

#: What a kind is called to people, by its name in the tables.
CALLED: Final = dict(KINDS)
_HINT: Final = "`onrecord search` finds ids, `onrecord match why ID` lists the claims of one"

#: What files say of a release is called by its title and artist, parted by a character that nobody can type.
_PARTED: Final = "\x1f"
_WRITTEN: Final = "\\x1f"

Claim = tuple[str, str]


class Thing(Struct, frozen=True):
    """`kind` is as in the tables: `track`, `artist`, `release`, `work`, `label`; `id` the canonical id that answers
    now; `claims` (source, id) of what was named: all of the thing, the one that founded it first, or the one claim."""

    kind: str
    id: str
    claims: tuple[Claim, ...]


def written(claim: Claim) -> str:
    """A claim as SOURCE:ID, in signs that can be typed and are taken back."""
    return f"{claim[0]}:{claim[1].replace(_PARTED, _WRITTEN)}"


def load_members(archive: Archive, duck: Duck) -> None:
    """The members that the last match found, as views. NotFound where nothing was matched yet."""
    for thing in KINDS.values():
        name = f"{thing}_members"
        if not (path := archive.canonical(name)).exists():
            raise NotFound(f"{path}: nothing was matched yet", "run `onrecord match`")
        duck.run(f"CREATE OR REPLACE VIEW {name} AS {archive.canonical_rows(name)}")


def find_thing(archive: Archive, duck: Duck, word: str, kind: str = "") -> Thing:
    """The thing that a canonical id leads to, or the claim SOURCE:ID; of a kind alone where one is given. A work
    or a label is also named by the UUID that readers see it under.

    `load_members` comes first. NotFound where there is none, UsageError where a claim's name fits several kinds.
    """
    kinds = [kind] if kind else list(KINDS)
    for each in kinds:
        identifier = lead(duck, each, word)
        if claims := _claims_of(duck, each, identifier):
            return Thing(each, identifier, tuple(claims))
    if named := _named(archive, duck, word, kinds):
        return named
    found = [thing for each in kinds for thing in _of_claim(archive, duck, each, word)]
    if not found:
        what = CALLED[kind] if kind else "recording, release, artist, work or label"
        raise NotFound(f"{word[:200]!r}: expected the id of a {what}, or a claim as SOURCE:ID", _HINT)
    if len(found) > 1:
        kinds_found = ", ".join(CALLED[thing.kind] for thing in found)
        raise UsageError(f"{word[:200]!r}: is a claim of each of: {kinds_found}", "say which with --kind")
    return found[0]


def lead(duck: Duck, kind: str, identifier: str) -> str:
    """Where an id leads by now: itself, where it was not merged away."""
    seen = {identifier}
    while True:
        rows = duck.run(
            "SELECT arg_max(new, seq) FROM redirects WHERE kind = ? AND old = ? HAVING count(*) > 0",
            [kind, identifier],
        )
        if not rows or rows[0][0] in seen:
            return identifier
        identifier = str(rows[0][0])
        seen.add(identifier)


def thing_of(duck: Duck, kind: str, claim: Claim) -> str:
    """The canonical id of a claim, "" where it is of none."""
    rows = duck.run(
        f"SELECT {KINDS[kind]} FROM {KINDS[kind]}_members WHERE source = ? AND source_id = ?", list(claim)
    )
    return str(rows[0][0]) if rows else ""


def _named(archive: Archive, duck: Duck, word: str, kinds: Sequence[str]) -> Thing | None:
    uuid = mbid(word) if len(word) == 36 else ""
    for kind in (kind for kind in kinds if uuid and KINDS[kind] not in PAGED):
        entity = Entities(archive.folder / "search" / ENTITIES).find(KINDS[kind], uuid)
        if entity is not None and (claims := _claims_of(duck, kind, entity.thing)):
            return Thing(kind, entity.thing, tuple(claims))
    return None


def _claims_of(duck: Duck, kind: str, identifier: str) -> Sequence[Claim]:
    thing = KINDS[kind]
    rows = duck.run(
        f"SELECT source, source_id FROM {thing}_members WHERE {thing} = ? ORDER BY NOT founds, source, source_id",
        [identifier],
    )
    return [(str(source), str(source_id)) for source, source_id in rows]


def _of_claim(archive: Archive, duck: Duck, kind: str, word: str) -> list[Thing]:
    # A source may have a colon in its name (`archive:<id>`), and so may an id.
    word = word.replace(_WRITTEN, _PARTED)
    known = [source for source in (*archive.ledger.sources(), FILE) if word.startswith(f"{source}:")]
    for source in sorted(known, key=len, reverse=True):
        claim = (source, word.removeprefix(f"{source}:"))
        if identifier := thing_of(duck, kind, claim):
            return [Thing(kind, identifier, (claim,))]
    return []
