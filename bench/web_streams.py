# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners who take sound at the rate at which it plays; a stall is a buffer of two seconds that runs empty."""

import asyncio
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from measure import progress, spread
from msgspec import Struct
from web_asking import request
from web_load import VISITORS, told, visit
from web_questions import questions
from web_server import Served, cost_since, served

LISTENERS: Final = 200
#: Seconds of sound that a listener holds at most.
_BUFFER: Final = 2.0
#: What the kernel may hold besides, so that a server is really asked for the whole of the time.
_RECEIVE: Final = 16 * 1024
#: Seconds in which all begin.
_BEGINNING: Final = 5.0
_TICK: Final = 0.05
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_TARGETS: Final = {"stalls": 0}


class Piece(Struct, frozen=True):
    sha256: str
    size: int
    seconds: float


class Heard(Struct, frozen=True):
    """Seconds until two seconds of sound were there, stalls, seconds that they lasted, the least that was held."""

    begun: float
    stalls: int
    silent: float
    least: float


def measure(archive: Path, seconds: int) -> dict[str, Any]:
    pieces = _pieces(archive)
    found: dict[str, Any] = {"targets": _TARGETS, "listeners": LISTENERS, "seconds": seconds}
    found["pieces"] = len(pieces)
    found["bytes_a_second"] = round(sum(piece.size / piece.seconds for piece in pieces) / len(pieces))
    asked = questions(archive)
    next(asked)  # the names are read now, not while somebody listens
    with served(archive) as server:
        for name, visitors in (("alone", False), ("with_visitors", True)):
            progress(f"{LISTENERS} listeners for {seconds} s" + f", and {VISITORS} visitors" * visitors)
            cpu, begun = (server.cpu(), time.process_time()), time.monotonic()

            async def both(visitors: bool = visitors) -> tuple[list[Heard], list[Any]]:
                heard = asyncio.create_task(listen_all(server, pieces, seconds))
                answered = await visit(server, asked, seconds) if visitors else []
                return await heard, answered

            heard, answered = asyncio.run(both())
            found[name] = {**_told(heard), **cost_since(server, cpu, begun)}
            if answered:
                of_all = told(answered)
                found[name] |= {name: of_all[name] for name in ("statuses", "search", "page")}
    return found


async def listen_all(server: Served, pieces: Sequence[Piece], seconds: float) -> list[Heard]:
    async def one(number: int) -> Heard:
        await asyncio.sleep(number * _BEGINNING / LISTENERS)
        return await listen(server, pieces, number, seconds)

    return await asyncio.gather(*map(one, range(LISTENERS)))


async def listen(server: Served, pieces: Sequence[Piece], number: int, seconds: float) -> Heard:
    """Plays one piece after another, and fetches the next while the end of this one plays, as the page's queue does."""
    held, played, arrived, stalls, silent, least = 0.0, 0.0, 0.0, 0, 0.0, _BUFFER
    begun = last = time.monotonic()
    playing, turn = False, number
    while True:
        piece = pieces[turn % len(pieces)]
        turn += 1
        reader, writer = await _open(server, piece, f"198.51.100.{number + 1}")
        left, rate = piece.size, piece.size / piece.seconds
        while left:
            chunk = b""
            if held < _BUFFER:
                wanted = min(int((_BUFFER - held) * rate) + 1, left)
                try:
                    async with asyncio.timeout(_TICK):
                        chunk = await reader.read(wanted)
                    if not chunk:
                        raise SystemExit(f"bench: {piece.sha256} ended {left} bytes before its end")
                except TimeoutError:
                    pass
            else:
                await asyncio.sleep(_TICK)
            left -= len(chunk)
            now = time.monotonic()
            held += len(chunk) / rate
            if playing:
                held -= now - last
                played += now - last
                least = min(least, max(held, 0.0))
                if held < 0:
                    stalls, playing, held = stalls + 1, False, 0.0
            elif arrived:
                silent += now - last
            last = now
            if not playing and (held >= _BUFFER * 0.95 or not left):
                arrived, playing = arrived or now - begun, True
            if now - begun >= seconds:
                writer.close()
                return Heard(arrived, stalls, silent, least)
        writer.close()


async def _open(
    server: Served, piece: Piece, address: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (server.host, server.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=_RECEIVE)
    writer.write(request(f"/sound/{piece.sha256}", server.host, address, "Range: bytes=0-\r\n"))
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 206") or not length or int(length[1]) != piece.size:
        raise SystemExit(f"bench: {piece.sha256}: expected all {piece.size} bytes of it, got {head[:300]!r}")
    return reader, writer


def _pieces(archive: Path) -> list[Piece]:
    """What everybody may hear, of ten seconds or more."""
    from onrecord.archive.reading import open_reader
    from onrecord.model.rights import Use

    reader = open_reader(archive)
    held = [answer for answer in reader.rights(1_000) if reader.may(answer.sha256, Use.STREAM).allow]
    sounds = [sound for answer in held for sound in reader.recording(answer.recording).sounds]
    found = {sound.sha256: Piece(sound.sha256, sound.size, sound.seconds) for sound in sounds}
    may = {answer.sha256 for answer in held}
    return [piece for sha256, piece in sorted(found.items()) if piece.seconds >= 10 and sha256 in may]


def _told(heard: Sequence[Heard]) -> dict[str, Any]:
    return {
        "stalls": sum(one.stalls for one in heard),
        "silent_s": round(sum(one.silent for one in heard), 2),
        "listeners_that_stalled": sum(one.stalls > 0 for one in heard),
        "until_it_plays_s": spread(one.begun for one in heard),
        "least_held_s": spread(one.least for one in heard),
    }
