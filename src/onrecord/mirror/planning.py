# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which volumes a mirror holds, where it cannot hold all: those that are held least, as far as its space goes.

The same volumes, proofs, key, day and space give the same plan. More space never loses a volume, unless to one that is
needed more; what is here already stays before anything new.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

#: Days for which a proof counts in full. After that a holder counts half for every further `HALVED` days.
FRESH: Final = 30
HALVED: Final = 90
#: A copy that is surely there. Copies are counted in hundredths, so that sums are exact.
WHOLE: Final = 100


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """The last that a holder showed of a volume: blocks asked for and proved, so many days ago."""

    holder: str
    volume: str
    age: int
    asked: int
    proved: int


class Offered(Struct, frozen=True, forbid_unknown_fields=True):
    """A volume that could be held. `held` counts bytes of its `size` that are here; `unwanted` is why the operator does
    not want it, "" where they do."""

    name: str
    archive: str
    size: int
    held: int = 0
    unwanted: str = ""

    @property
    def is_here(self) -> bool:
        """Half of it is worth completing: it counts as held, also where a withdrawal cut it anew."""
        return 0 < self.size <= 2 * self.held


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """What the plan says of a volume, and why. `copies` are hundredths of copies elsewhere."""

    volume: str
    archive: str
    size: int
    held: int
    copies: int
    chosen: bool
    why: str


def worth(proof: Proof) -> int:
    """How much of a copy, in hundredths, a holder's last proof is worth today.

    The one rule: the share of the blocks that were shown, in full while the proof is fresh, then half of it for each
    further 90 days. A holder that is offline so counts less and less, and one that showed nothing not at all.
    """
    if proof.asked <= 0 or proof.proved <= 0:
        return 0
    share = WHOLE * min(proof.proved, proof.asked) // proof.asked
    late = max(proof.age - FRESH, 0)
    halves, rest = divmod(late, HALVED)
    # Between two halves in a straight line: whole numbers give the same sum on every machine.
    return int(share * (2 * HALVED - rest) // (2 * HALVED * 2**halves))


def copies(proofs: Iterable[Proof], without: str = "") -> dict[str, int]:
    """Hundredths of copies by volume; `without` is our own key, for our own copy is not one elsewhere.

    Where a holder showed a volume more than once, the last of `proofs` counts.
    """
    last = {(proof.volume, proof.holder): worth(proof) for proof in proofs if proof.holder != without}
    found: dict[str, int] = {}
    for (volume, _), value in last.items():
        found[volume] = found.get(volume, 0) + value
    return found


def need(counted: Mapping[str, int], key: str) -> Callable[[str], tuple[int, bytes, str]]:
    """The order of volumes by need: what is held least comes first.

    Among equals each mirror has an order of its own, which follows from its key (rendezvous hashing), so that mirrors
    that know the same do not all choose the same.
    """

    def order(volume: str) -> tuple[int, bytes, str]:
        return counted.get(volume, 0), hashlib.sha256(f"{key}\n{volume}".encode()).digest(), volume

    return order


def plan(offered: Collection[Offered], counted: Mapping[str, int], space: int, key: str) -> list[Choice]:
    """Every volume once, the chosen ones first, in the order in which they were chosen or left out.

    First what is here and wanted, then what is wanted and not here, each by need; then, while there is room, what is
    here and no longer wanted. One that does not fit is left out, and smaller ones behind it may still fit.
    """
    order = need(counted, key)
    chosen: list[Choice] = []
    left: list[Choice] = []
    room = space

    def say(volume: Offered, why: str, fits: bool) -> None:
        (chosen if fits else left).append(
            Choice(
                volume=volume.name,
                archive=volume.archive,
                size=volume.size,
                held=volume.held,
                copies=counted.get(volume.name, 0),
                chosen=fits,
                why=why,
            )
        )

    for volume in sorted(offered, key=lambda each: (_turn(each), order(each.name))):
        if volume.unwanted and not volume.is_here:
            say(volume, volume.unwanted, fits=False)
            continue
        fits = volume.size <= room
        room -= volume.size if fits else 0
        say(volume, _why(volume, counted.get(volume.name, 0), room, space, fits=fits), fits)
    return chosen + left


def basis(offered: Collection[Offered]) -> str:
    """A digest of what there was to choose from: a plan is made anew when this is another."""
    lines = sorted(f"{each.archive} {each.name} {each.size} {each.unwanted}\n" for each in offered)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def total(choices: Sequence[Choice]) -> int:
    """Bytes of what is chosen."""
    return sum(choice.size for choice in choices if choice.chosen)


def shown(hundredths: int) -> str:
    """A count of copies for a person."""
    return f"{hundredths / WHOLE:.2f}".rstrip("0").rstrip(".")


def _turn(volume: Offered) -> int:
    if volume.unwanted:
        return 2 if volume.is_here else 3
    return 0 if volume.is_here else 1


def _why(volume: Offered, counted: int, room: int, space: int, *, fits: bool) -> str:
    if not fits and volume.size > space:
        return f"it alone needs more than the whole space; {shown(counted)} copies elsewhere"
    if not fits:
        behind = f"{volume.unwanted}, and " if volume.unwanted else ""
        return f"{behind}{room:,} bytes are left, too few; {shown(counted)} copies elsewhere"
    if volume.unwanted:
        return f"{volume.unwanted}; it is here, and there is room"
    if volume.is_here:
        return f"it is here; {shown(counted)} copies elsewhere"
    return f"{shown(counted)} copies elsewhere"
