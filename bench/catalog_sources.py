# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps through the connectors: MusicBrainz JSON lines and Discogs XML, on one core, beside other programs.

The dumps are made: copies of a recorded MusicBrainz release and of a made Discogs release, each with ids, names and
lengths of its own. Rates are MB (10^6 bytes, unpacked) per CPU-second.
"""

import gzip
import json
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from measure import cost, progress, spread
from peers import python_with

from onrecord.model.records import Record
from onrecord.sources import discogs_records, json_texts, musicbrainz_claims, packed, strict_json
from onrecord.sources.discogs import Discogs
from onrecord.sources.musicbrainz_json import MusicBrainzJson
from onrecord.sources.seam import Source

ROOT = Path(__file__).resolve().parent.parent
RECORDED: Final = ROOT / "demo" / "records" / "recorded" / "release_multidisc.json"
SMALL: Final = 1_000
LARGE: Final = 1_000_000
#: Bytes of each dump whose rate is taken, and of the part of it that the slow peers get.
BYTES: Final = 60_000_000
PEER_BYTES: Final = 15_000_000
SEED: Final = 2026
PEERS: Final = ("orjson", "xmltodict")
#: What runs in the peers' own environment: a name, a file, and the CPU-seconds as the answer.
PEER: Final = """
import importlib, sys, time
name, path = sys.argv[1:]
module = importlib.import_module(name)
data = open(path, "rb").read()
lines = data.splitlines()
start = time.process_time()
if name == "xmltodict":
    module.parse(data, item_depth=2, item_callback=lambda _, item: True)
else:
    for line in lines:
        module.loads(line)
print(time.process_time() - start)
"""


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    progress("making the dumps")
    lines, xml = folder / "release.jsonl", folder / "discogs_releases.xml"
    lines_part, xml_part = folder / "part.jsonl", folder / "part.xml"
    write(lines, musicbrainz_releases(), BYTES)
    write(lines_part, musicbrainz_releases(), PEER_BYTES)
    write(xml, discogs_releases(), BYTES, b"releases")
    write(xml_part, discogs_releases(), PEER_BYTES, b"releases")
    python = python_with(*PEERS)
    return {
        "rounds": rounds,
        "unit": "MB of unpacked dump per CPU-second",
        "json_lines": json_lines(lines, lines_part, rounds, python),
        "discogs_xml": discogs_xml(xml, xml_part, rounds, python),
        "memory": memory(folder, size or LARGE),
    }


# --- dumps that are made ----------------------------------------------------------------------------------------------


def musicbrainz_releases() -> Iterator[bytes]:
    """A recorded release again and again, with what tells copies apart changed everywhere."""
    chance = random.Random(SEED)
    release = json.loads(RECORDED.read_text("utf-8"))
    while True:
        _vary(release, chance)
        yield json.dumps(release, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _vary(value: Any, chance: random.Random) -> None:
    if isinstance(value, list):
        for element in value:
            _vary(element, chance)
    elif isinstance(value, dict):
        for key, element in value.items():
            if key == "id":
                value[key] = str(uuid.UUID(int=chance.getrandbits(128)))
            elif key in ("title", "name") and isinstance(element, str):
                value[key] = _words(chance)
            elif key == "length":
                value[key] = chance.randrange(30_000, 900_000)
            else:
                _vary(element, chance)


def musicbrainz_recordings() -> Iterator[bytes]:
    chance = random.Random(SEED)
    for number in range(LARGE * 100):
        artist = {"id": str(uuid.UUID(int=number % 100_003)), "name": _words(chance), "sort-name": "x"}
        recording = {
            "id": str(uuid.UUID(int=chance.getrandbits(128))),
            "title": _words(chance),
            "length": chance.randrange(30_000, 900_000),
            "video": False,
            "isrcs": [],
            "artist-credit": [{"name": artist["name"], "joinphrase": "", "artist": artist}],
        }
        yield msgspec.json.encode(recording) + b"\n"


def discogs_releases() -> Iterator[bytes]:
    chance = random.Random(SEED)
    for number in range(1, LARGE * 100):
        tracks = "".join(
            f"<track><position>{place}</position><title>{_words(chance)}</title>"
            f"<duration>{chance.randrange(9)}:{chance.randrange(10, 60)}</duration></track>"
            for place in range(1, chance.randrange(4, 18))
        )
        videos = "".join(
            f'<video src="https://example.org/{_words(chance, "")}" duration="200" embed="true"><title>{_words(chance)}'
            f"</title><description>{_words(chance)} &#214; &amp; {_words(chance)}</description></video>"
            for _ in range(chance.randrange(5))
        )
        extra = "".join(
            f"<artist><id>{chance.randrange(10**6)}</id><name>{_words(chance)}</name><anv/><join/><role>{role}</role>"
            "<tracks/></artist>"
            for role in ("Written-By", "Producer", "Mastered By")
        )
        yield (
            f'<release id="{number}" status="Accepted"><artists><artist><id>{chance.randrange(10**6)}</id>'
            f"<name>{_words(chance)}</name><anv/><join/><role/><tracks/></artist></artists><title>{_words(chance)}"
            f'</title><labels><label name="{_words(chance)}" catno="X {number}" id="5"/></labels><extraartists>{extra}'
            '</extraartists><formats><format name="CD" qty="1" text=""><descriptions><description>Album</description>'
            "</descriptions></format></formats><genres><genre>Rock</genre></genres><country>UK</country>"
            f"<released>1999-03-00</released><notes>{_words(chance)} {_words(chance)}</notes><tracklist>{tracks}"
            '</tracklist><identifiers><identifier type="Barcode" value="5099902943527"/></identifiers>'
            f"<videos>{videos}</videos></release>\n"
        ).encode()


def _words(chance: random.Random, between: str = " ") -> str:
    return between.join(f"{chance.getrandbits(24):x}" for _ in range(3))


def write(path: Path, records: Iterator[bytes], size: int, root: bytes = b"") -> None:
    with path.open("wb") as out:
        out.write(b"<%b>\n" % root if root else b"")
        while out.tell() < size:
            out.write(next(records))
        out.write(b"</%b>\n" % root if root else b"")


# --- rates ------------------------------------------------------------------------------------------------------------


def json_lines(path: Path, part: Path, rounds: int, python: Path | None) -> dict[str, Any]:
    texts = path.read_bytes().splitlines()
    records = _records(MusicBrainzJson(path, {}))
    source = MusicBrainzJson(path, {})
    work: dict[str, Callable[[], object]] = {
        "texts": lambda: _exhaust(
            text
            for part in packed.parts(path)
            for text in json_texts.texts_in(part.stream, document=json_texts.may_be_document(path.name))
        ),
        "validating": lambda: _each(strict_json.read, texts),
        "typed_check": lambda: _each(lambda text: musicbrainz_claims.check("release", text), texts),
        "pages": lambda: _exhaust(source.pages()),
        "mapping": lambda: _each(source.claims, records),
        "peer_json": lambda: _each(json.loads, texts),
        "peer_msgspec_untyped": lambda: _each(msgspec.json.decode, texts),
        "careful_reading": lambda: _each(strict_json.read_with_care, texts),
    }
    found = rates(work, path.stat().st_size, rounds)
    found["peer_orjson"] = peer(python, "orjson", part, rounds)
    return {
        "records": len(records),
        "bytes": path.stat().st_size,
        "pages_is": "texts + validating + typed check + records: what a harvest does before it maps",
        **found,
    }


def discogs_xml(path: Path, part: Path, rounds: int, python: Path | None) -> dict[str, Any]:
    records = _records(Discogs(path, {}))
    source = Discogs(path, {})
    zipped = path.with_suffix(".xml.gz")
    zipped.write_bytes(gzip.compress(path.read_bytes(), 6))
    work: dict[str, Callable[[], object]] = {
        "cutting": lambda: _exhaust(
            cut for file in packed.parts(path) for cut in discogs_records.cut(file.stream)
        ),
        "pages": lambda: _exhaust(source.pages()),
        "pages_of_gzip": lambda: _exhaust(Discogs(zipped, {}).pages()),
        "mapping": lambda: _each(source.claims, records),
    }
    found = rates(work, path.stat().st_size, rounds)
    found["peer_xmltodict"] = peer(python, "xmltodict", part, rounds)
    return {
        "records": len(records),
        "bytes": path.stat().st_size,
        "mapping_is": "parsing the record again, as one that was stored years ago, and its claims",
        **found,
    }


def rates(work: dict[str, Callable[[], object]], size: int, rounds: int) -> dict[str, Any]:
    seen: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}: {', '.join(work)}")
        for name, run in work.items():
            start = time.process_time()
            run()
            seen[name].append(size / 1e6 / (time.process_time() - start))
    return {name: spread(values) for name, values in seen.items()}


def _records(source: Source) -> list[Record]:
    return [record for page in source.pages() for record in page.records]


def _exhaust(things: Iterator[object]) -> None:
    for _ in things:
        pass


def _each(do: Callable[[Any], object], things: list[Any]) -> None:
    for thing in things:
        do(thing)


# --- peers ------------------------------------------------------------------------------------------------------------


def peer(python: Path | None, name: str, path: Path, rounds: int) -> dict[str, float] | str:
    if python is None:
        return "not installed"
    progress(f"peer: {name}")
    command = [str(python), "-c", PEER, name, str(path)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(rounds)]
    return spread(path.stat().st_size / 1e6 / float(run.stdout) for run in runs)


# --- memory -----------------------------------------------------------------------------------------------------------


def memory(folder: Path, large: int) -> dict[str, Any]:
    """Peak memory of a process that reads a whole dump and maps each record, small and large."""
    found: dict[str, Any] = {}
    for count in (SMALL, large):
        for name, made, root in (
            ("musicbrainz-json", musicbrainz_recordings, b""),
            ("discogs", discogs_releases, b"releases"),
        ):
            progress(f"memory: {name}, {count} records")
            path = folder / "memory.gz"
            with gzip.open(path, "wb", compresslevel=1) as out:
                out.write(b"<%b>\n" % root if root else b"")
                for record, _ in zip(made(), range(count), strict=False):
                    out.write(record)
                out.write(b"</%b>\n" % root if root else b"")
            spent = cost([sys.executable, __file__, name, path])
            if spent["exit_code"]:
                raise SystemExit(
                    f"{name}, {count} records: exit code {spent['exit_code']}: {spent['stdout'][:300]}"
                )
            read = json.loads(spent.pop("stdout"))
            found.setdefault(name, {})[str(count)] = {**read, **spent}
            path.unlink()
    return found


def _child(name: str, path: Path) -> None:
    source: Source = (MusicBrainzJson if name == "musicbrainz-json" else Discogs)(path, {})
    records = tracks = 0
    for page in source.pages():
        if page.rejected:
            raise SystemExit(f"rejected: {page.rejected[0]}")
        for record in page.records:
            records += 1
            tracks += len(source.claims(record).tracks)
    print(json.dumps({"records": records, "tracks": tracks}))


if __name__ == "__main__":
    _child(sys.argv[1], Path(sys.argv[2]))
