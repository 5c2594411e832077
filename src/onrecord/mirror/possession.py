# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing that one has the bytes: a nonce picks blocks of volumes, the holder answers with them (format clause 12).

An answer shows that the holder could read those blocks when it answered. It shows neither a disk of its own nor that
the bytes will be there tomorrow.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.errors import SignatureInvalid, SourceRefused
from onrecord.model.digests import BLOCK
from onrecord.model.merkle import belongs, blocks_of
from onrecord.publish.contents import Contents
from onrecord.publish.signing import Key, raw_public, sign, verify

#: Format 1 asked for nothing of a volume of which no block happened to be drawn.
FORMAT: Final = 2
#: Blocks that one challenge may have drawn of all volumes, and volumes that it may name, each of which costs one block
#: at least: 32 MiB of sound in all, and as many pieces to read.
MOST_BLOCKS: Final = 1024
MOST_VOLUMES: Final = 1024


class Challenge(Struct, frozen=True, forbid_unknown_fields=True):
    """What a holder is asked to show.

    archive  id of the archive that asks
    nonce    32 bytes that nobody could know before
    volumes  names of the volumes, each listed once
    blocks   how many blocks to draw of all of them together; a volume of which none is drawn is asked for one more
    keyed    answer with an HMAC under the nonce in place of the block; for an asker who has the bytes
    """

    format: int
    archive: str
    nonce: bytes
    volumes: tuple[str, ...]
    blocks: int
    keyed: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Pick(Struct, frozen=True, forbid_unknown_fields=True):
    """A block that a challenge asks for: `file` by its place in the volume's torrent, `block` within the file."""

    volume: str
    file: int
    block: int


class Shown(Struct, frozen=True, forbid_unknown_fields=True):
    """A block, or its HMAC, with the hashes beside its way to the root (none for an HMAC). `at` is the pick's place."""

    at: int
    data: bytes
    path: tuple[bytes, ...] = ()


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a holder shows. `holder` is the pseudonymous key that signs; `country` (ISO 3166-1) only if they say so."""

    format: int
    challenge: str
    holder: str
    day: str
    shown: tuple[Shown, ...]
    country: str = ""


class Signed(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer as it travels: its JSON, and the minisign signature over just those bytes."""

    answer: bytes
    signature: bytes


#: Bytes of a block, and the hashes beside its way up; None where it is not held.
Look = Callable[[Pick], tuple[bytes, tuple[bytes, ...]] | None]


def read_challenge(content: bytes, where: str = "challenge") -> Challenge:
    """A challenge from outside, its bounds looked at. Raises `SourceRefused`, which says `where`."""
    try:
        found = msgspec.json.decode(content, type=Challenge)
    except msgspec.MsgspecError as error:
        raise SourceRefused(f"{where}: not a challenge that this onrecord reads ({error})") from None
    wrong = ""
    if found.format != FORMAT:
        wrong = f"format {found.format}, expected {FORMAT}"
    elif len(found.nonce) != 32:
        wrong = f"a nonce of {len(found.nonce)} bytes, expected 32"
    elif not 1 <= found.blocks <= MOST_BLOCKS:
        wrong = f"{found.blocks} blocks, expected 1 to {MOST_BLOCKS}"
    elif not 1 <= len(found.volumes) <= MOST_VOLUMES or len(set(found.volumes)) != len(found.volumes):
        wrong = f"{len(found.volumes)} volumes, expected 1 to {MOST_VOLUMES}, each once"
    if wrong:
        raise SourceRefused(f"{where}: {wrong}", "ask for a new challenge, made by an onrecord like this one")
    return found


def picks(challenge: Challenge, volumes: Mapping[str, Contents], holder: str) -> list[Pick]:
    """The blocks that a challenge asks of a holder (a public key).

    First those that are drawn of all volumes, each block of sound as likely as any other; then one of each volume of
    which none was drawn, so that a small one is not taken for one that nobody has. Asker and holder get the same;
    another holder gets others, so that nobody can pass on what somebody else showed. Tag files are not asked for.
    """
    spans: list[tuple[int, str, int]] = []
    bounds: dict[str, tuple[int, int]] = {}
    total = 0
    for name in challenge.volumes:
        first = total
        for place, file in enumerate(volumes[name].files):
            if file.path[0] == "data" and file.size:
                total += blocks_of(file.size)
                spans.append((total, name, place))
        if total > first:
            bounds[name] = (first, total - first)
    if not total:
        raise SourceRefused("challenge: the volumes hold no sound", "name others")
    found = [_pick(spans, number) for number in _drawn(challenge, holder, total)]
    asked = {pick.volume for pick in found}
    start = challenge.nonce + raw_public(holder)
    for name, (first, count) in bounds.items():
        if name not in asked:
            found.append(_pick(spans, first + _number(start + name.encode(), count)))
    return found


def _drawn(challenge: Challenge, holder: str, total: int) -> Iterator[int]:
    """Numbers of different blocks, at most all there are."""
    seen: set[int] = set()
    count = 0
    start = challenge.nonce + raw_public(holder)
    while len(seen) < min(challenge.blocks, total):
        number = _number(start + count.to_bytes(8, "big"), total)
        count += 1
        if number not in seen:
            seen.add(number)
            yield number


def _number(seed: bytes, total: int) -> int:
    """A number below `total`. 512 bits against it leave no bias that could be seen."""
    return int.from_bytes(hashlib.sha512(seed).digest(), "big") % total


def _pick(spans: Sequence[tuple[int, str, int]], number: int) -> Pick:
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if spans[middle][0] <= number else (low, middle)
    before = spans[low - 1][0] if low else 0
    return Pick(spans[low][1], spans[low][2], number - before)


def answer(
    challenge: Challenge, volumes: Mapping[str, Contents], look: Look, key: Key, day: str, country: str = ""
) -> Signed:
    """The signed answer of a holder; blocks that it does not hold are left out, which the asker sees."""
    shown = []
    holder = key.public.splitlines()[1]
    for at, pick in enumerate(picks(challenge, volumes, holder)):
        found = look(pick)
        if found is not None:
            data, path = found
            shown.append(
                Shown(at, _keyed(challenge, pick, data)) if challenge.keyed else Shown(at, data, path)
            )
    body = msgspec.json.encode(Answer(FORMAT, challenge.digest, holder, day, tuple(shown), country))
    return Signed(body, sign(body, key, f"onrecord possession {challenge.digest}"))


def read_answer(content: bytes, where: str = "answer") -> Answer:
    """An answer whose signature is that of the key that it names. Raises `SourceRefused`, `SignatureInvalid`."""
    try:
        signed = msgspec.json.decode(content, type=Signed)
        found = msgspec.json.decode(signed.answer, type=Answer)
    except msgspec.MsgspecError as error:
        raise SourceRefused(f"{where}: not an answer that this onrecord reads ({error})") from None
    try:
        verify(signed.answer, signed.signature, found.holder)
    except SignatureInvalid as error:
        raise SignatureInvalid(f"{where}: {error.message}", error.hint) from None
    if found.format != FORMAT:
        raise SourceRefused(
            f"{where}: format {found.format}, expected {FORMAT}", "both sides need an onrecord of one format"
        )
    return found


def proved(
    challenge: Challenge, volumes: Mapping[str, Contents], given: Answer, own: Look | None = None
) -> dict[str, tuple[int, int]]:
    """Blocks (asked for, proved) of each volume that has sound. `own` reads the asker's bytes, for HMACs.

    A wrong block is no slip: it is refused with the whole answer (SignatureInvalid), since the holder vouched for it.
    """
    if given.challenge != challenge.digest:
        raise SignatureInvalid(
            f"the answer is to challenge {given.challenge[:12]}, expected {challenge.digest[:12]}",
            "answer this one",
        )
    wanted = picks(challenge, volumes, given.holder)
    counts = {name: [0, 0] for name in {pick.volume for pick in wanted}}
    for pick in wanted:
        counts[pick.volume][0] += 1
    seen: set[int] = set()
    for item in given.shown:
        if not 0 <= item.at < len(wanted) or item.at in seen:
            raise SignatureInvalid(
                f"the answer shows block {item.at}, which was not asked for", "answer again"
            )
        seen.add(item.at)
        pick = wanted[item.at]
        if not _is_right(challenge, volumes, pick, item, own):
            file = volumes[pick.volume].files[pick.file]
            raise SignatureInvalid(
                f"holder {given.holder}: block {pick.block} of {'/'.join(file.path)} in {pick.volume} is not what the "
                "volume holds",
                "do not count this holder",
            )
        counts[pick.volume][1] += 1
    return {name: (asked, right) for name, (asked, right) in sorted(counts.items())}


def chance(blocks: int, lost: float) -> float:
    """Probability that `blocks` drawn blocks find a loss of the share `lost` of all bytes: 1 - (1 - lost)^blocks."""
    return 1.0 - (1.0 - lost) ** blocks


def _is_right(
    challenge: Challenge, volumes: Mapping[str, Contents], pick: Pick, item: Shown, own: Look | None
) -> bool:
    file = volumes[pick.volume].files[pick.file]
    if not challenge.keyed:
        return belongs(pick.block, item.data, item.path, file.size, file.root)
    found = own(pick) if own else None
    if found is None:
        raise SourceRefused(
            f"an HMAC of {'/'.join(file.path)} can only be checked by who has the file",
            "ask without `--keyed`",
        )
    return hmac.compare_digest(item.data, _keyed(challenge, pick, found[0]))


def _keyed(challenge: Challenge, pick: Pick, data: bytes) -> bytes:
    # The place is hashed too, so that a block that occurs twice has two answers.
    place = f"{pick.volume}/{pick.file}/{pick.block}\n".encode()
    return hmac.digest(challenge.nonce, place + data, "sha256")


#: Bytes that an answer may have at most: blocks in base64, with their paths.
MOST_ANSWER: Final = (MOST_BLOCKS + MOST_VOLUMES) * (BLOCK + 64 * 40) * 2
