# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds what: challenges that this archive sends, answers that it gives, and what came of both in its log."""

import base64
import os
import secrets
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.keyholding import key_folder
from onrecord.archive.newest_editions import volume_torrents
from onrecord.archive.seeding import payload
from onrecord.durable import replace
from onrecord.errors import NotFound, SourceRefused, UsageError
from onrecord.ledger import Possession
from onrecord.mirror.possession import (
    FORMAT,
    MOST_ANSWER,
    MOST_VOLUMES,
    Challenge,
    Look,
    Pick,
    answer,
    chance,
    proved,
    read_answer,
)
from onrecord.model.digests import BLOCK, PIECE
from onrecord.model.merkle import leaves, path_of
from onrecord.net import fetch
from onrecord.publish.contents import Contents, layers, read
from onrecord.publish.signing import Key
from onrecord.rights import territories

#: Blocks that may be drawn of a challenge online, and volumes that it may name; each costs the reading of a piece.
MOST_ONLINE: Final = 256
#: Seconds that a challenge may be answered: a disk may travel by post.
_OPEN: Final = 60 * 24 * 3600


class Outcome(Struct, frozen=True):
    """What an answer showed. `volumes` maps names to blocks (asked for, proved); `finds` is the probability with which
    so many blocks would have shown that one byte in a hundred is lost."""

    holder: str
    day: str
    volumes: Mapping[str, tuple[int, int]]
    finds: float
    country: str = ""

    @property
    def asked(self) -> int:
        return sum(asked for asked, _ in self.volumes.values())

    @property
    def proved(self) -> int:
        return sum(right for _, right in self.volumes.values())


class Health(Struct, frozen=True):
    """How a volume is held: `copies` counts holders who showed all that their last answer was asked for, `partly`
    those who showed some of it; `last` is the day of the newest of these answers, "" where there is none."""

    volume: str
    copies: int
    partly: int
    last: str
    holders: tuple[Possession, ...]


def holder_key(archive: Archive) -> Key:
    """The pseudonymous key that this archive's own answers bear. Made when it is first needed."""
    folder = key_folder(archive)
    path = folder / f"holder-{archive.id}.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        Key.generate().save(path)
    return Key.load(path)


def challenge(
    archive: Archive, names: Sequence[str], blocks: int, *, keyed: bool = False, most: int = MOST_VOLUMES
) -> Challenge:
    """A challenge about volumes of editions that this archive published or mirrors.

    No names means all of them, or where there are more than `most`, those about which nobody was asked for longest.
    It stays open for 60 days, and for one answer of each holder. Raises NotFound, UsageError.
    """
    known = volume_torrents(archive)
    wanted = tuple(dict.fromkeys(names)) or _least_asked(archive, list(known), most)
    if unknown := [name for name in wanted if name not in known]:
        raise NotFound(
            f"volume {unknown[0]!r}: no edition here has it", "`onrecord mirror holders` lists them"
        )
    if not wanted:
        raise NotFound("there is no volume yet", "`onrecord publish` or `onrecord mirror sync` brings some")
    if len(wanted) > most:
        raise UsageError(f"{len(wanted):,} volumes: expected at most {most:,}", "ask about them in parts")
    made = Challenge(FORMAT, archive.id, secrets.token_bytes(32), wanted, blocks, keyed)
    folder = archive.folder / "challenges"
    folder.mkdir(exist_ok=True)
    replace(folder / f"{made.digest}.json", msgspec.json.encode(made))
    return made


def respond(archive: Archive, asked: Challenge, country: str = "") -> bytes:
    """This archive's signed answer. Blocks of files that it does not hold, or may not share today, are left out.

    SourceRefused where it has none of the volumes: then there is nothing to compare with.
    """
    if country and country not in territories.CODES:
        raise SourceRefused(f"country {country!r}: expected two letters of ISO 3166-1", "or leave it out")
    found = volume_torrents(archive)
    missing = [name for name in asked.volumes if name not in found]
    if missing:
        raise SourceRefused(
            f"volume {missing[0]!r}: no edition here has it, so its blocks cannot be numbered",
            "`onrecord mirror sync` brings the newest edition, or ask about other volumes",
        )
    chosen = {name: found[name].read_bytes() for name in asked.volumes}
    contents = {name: read(torrent) for name, torrent in chosen.items()}
    looking = _look(archive, contents, chosen)
    made = answer(asked, contents, looking, holder_key(archive), archive.today.isoformat(), country)
    return msgspec.json.encode(made)


def take(archive: Archive, content: bytes, where: str = "answer") -> Outcome:
    """Check an answer to one of this archive's challenges, and log what it shows. `where` names its file.

    Raises SignatureInvalid where the holder vouched for bytes that are not the volume's, SourceRefused where the
    challenge is not open (any more), or this holder answered it already.
    """
    given = read_answer(content, where)
    asked = _open_challenge(archive, given.challenge, given.holder)
    held = volume_torrents(archive)
    if gone := [name for name in asked.volumes if name not in held]:
        raise SourceRefused(f"volume {gone[0]!r}: it is in no edition here any more", "make a new challenge")
    chosen = {name: held[name].read_bytes() for name in asked.volumes}
    contents = {name: read(torrent) for name, torrent in chosen.items()}
    own = _look(archive, contents, chosen) if asked.keyed else None
    counts = proved(asked, contents, given, own)
    country = given.country if given.country in territories.CODES else ""
    outcome = Outcome(
        holder=given.holder,
        day=archive.today.isoformat(),
        volumes=counts,
        # What was asked for beyond those, one of each small volume, was not drawn of all blocks.
        finds=chance(min(sum(right for _, right in counts.values()), asked.blocks), 0.01),
        country=country,
    )
    with archive.writing():
        with (archive.folder / "challenges" / f"{asked.digest}.answered").open("a") as answered:
            answered.write(f"{given.holder}\n")
        archive.commit(
            "possession",
            {"holder": outcome.holder, "day": outcome.day, "country": country, "volumes": dict(counts)},
        )
    return outcome


def ask(archive: Archive, address: str, names: Sequence[str], blocks: int, *, keyed: bool = False) -> Outcome:
    """Challenge the holder whose onrecord serves at an address, and log what it shows."""
    made = challenge(archive, names, blocks, keyed=keyed, most=MOST_ONLINE)
    words = base64.urlsafe_b64encode(msgspec.json.encode(made)).decode()
    where = f"{address.rstrip('/')}/exchange/possession?{urlencode({'challenge': words})}"
    return take(archive, fetch(where, MOST_ANSWER, seconds=120.0))


def health(archive: Archive) -> list[Health]:
    """How each volume of the newest editions is held, those that are held least first."""
    last: dict[str, dict[str, Possession]] = defaultdict(dict)
    for item in archive.ledger.possessions():
        last[item.volume][item.holder] = item
    found = []
    for name in volume_torrents(archive):
        holders = tuple(item for _, item in sorted(last[name].items()))
        days = [item.day for item in holders if item.proved]
        found.append(
            Health(
                volume=name,
                copies=sum(item.proved == item.asked for item in holders),
                partly=sum(0 < item.proved < item.asked for item in holders),
                last=max(days, default=""),
                holders=holders,
            )
        )
    return sorted(found, key=lambda item: (item.copies, item.partly, item.volume))


def _least_asked(archive: Archive, names: Sequence[str], most: int) -> tuple[str, ...]:
    asked: dict[str, str] = {}
    for item in archive.ledger.possessions():
        asked[item.volume] = max(item.day, asked.get(item.volume, ""))
    return tuple(sorted(names, key=lambda name: (asked.get(name, ""), name))[:most])


def _open_challenge(archive: Archive, digest: str, holder: str) -> Challenge:
    """A challenge of ours that is still open to a holder."""
    path = archive.folder / "challenges" / f"{digest}.json"
    known = len(digest) == 64 and digest.isalnum() and path.is_file()
    if not known or time.time() - path.stat().st_mtime > _OPEN:
        raise SourceRefused(
            f"challenge {digest[:12]!r}: this archive has none of that name open", "make a new challenge"
        )
    answered = path.with_suffix(".answered")
    if answered.exists() and holder in answered.read_text().splitlines():
        raise SourceRefused(
            f"challenge {digest[:12]}: {holder} answered it already",
            "an answer counts once; make a new challenge",
        )
    return msgspec.json.decode(path.read_bytes(), type=Challenge)


def _look(archive: Archive, contents: Mapping[str, Contents], metainfo: Mapping[str, bytes]) -> Look:
    """Reads blocks from the blobs; None for what is not held, not whole, or not to be shared today."""
    known = {name: layers(metainfo[name]) for name in contents}
    places: dict[str, Path | None] = {}

    def look(pick: Pick) -> tuple[bytes, tuple[bytes, ...]] | None:
        file = contents[pick.volume].files[pick.file]
        name = file.path[-1]
        if name not in places:
            places[name] = payload(archive, name)
        if (place := places[name]) is not None and not place.exists():
            place = places[name] = payload(archive, name)  # a copy of what lies in a bucket had left again
        if place is None:
            return None
        at = pick.block * BLOCK
        first = at // PIECE * PIECE
        fd = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            piece = os.pread(fd, PIECE, first)
        finally:
            os.close(fd)
        path = path_of(pick.block, file.size, leaves(piece), known[pick.volume].get(file.root, b""))
        return piece[at - first : at - first + BLOCK], path

    return look
