# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The papers that say whom to credit and what is wished of machines: of an edition, and of a volume (format clauses 5.6
and 7.6)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.publish.dataset import Published
from onrecord.rights.credit import Credit, license_text, texts_for
from onrecord.rights.signals import Signals

FORMAT: Final = 1
CREDITS: Final = "CREDITS.md"
CREDITS_JSON: Final = "CREDITS.json"
SIGNALS: Final = "SIGNALS.json"

_DISCLAIMER: Final = (
    "Each license that is named here disclaims warranties and limits liability as its own text says; where it is known,"
    " its address stands beside it."
)


class Credited(Struct, frozen=True, forbid_unknown_fields=True):
    """A file with its credit and its signals, as CREDITS.json has it. `line` is the credit ready to print."""

    sha256: str
    recording: str
    line: str
    credit: Credit
    signals: Signals
    volume: str = ""


def credits_text(title: str, listed: Iterable[Credited]) -> str:
    """CREDITS.md: what each license asks to be named, a line a file."""
    return _head(title) + "".join(map(_line, sorted(listed, key=lambda item: item.sha256)))


def write_credits(folder: Path, archive: str, name: str, number: int, published: Iterable[Published]) -> None:
    """CREDITS.md, CREDITS.json and the license texts that must go along, in the folder of an edition. The files come in
    the order of their digests; one of them is in memory at a time."""
    head = msgspec.json.encode(
        {"format": FORMAT, "archive": archive, "name": name, "number": number}, order="sorted"
    )
    needed = set[str]()
    with (folder / CREDITS).open("w", encoding="utf-8") as text, (folder / CREDITS_JSON).open("wb") as file:
        text.write(_head(f"Credits of {name}, edition {number}"))
        file.write(head[:-1] + b',"files":[')
        before = b"\n"
        for item in map(credited, published):
            text.write(_line(item))
            file.write(before + msgspec.json.encode(item, order="sorted"))
            before = b",\n"
            needed.update(texts_for(item.credit))
        file.write(b"\n]}\n")
    if needed:
        (folder / "licenses").mkdir()
    for place, content in _texts(needed).items():
        (folder / "licenses" / place).write_bytes(content)


def read_credits(path: Path) -> Iterator[Credited]:
    """What a CREDITS.json lists, a file a line (format clause 7.6). Raises msgspec.MsgspecError for one that cannot be
    read."""
    with path.open("rb") as file:
        if not file.readline().rstrip().endswith(b'"files":['):
            raise msgspec.DecodeError("its first line does not begin a list of files")
        for line in file:
            if line.rstrip() == b"]}":
                return
            yield msgspec.json.decode(line.rstrip().removesuffix(b","), type=Credited)
    raise msgspec.DecodeError("it ends before its list of files does")


def volume_papers(listed: Sequence[Credited]) -> dict[str, bytes]:
    """The tag files of a new volume beside those of every bag, by name. The same files with the same credits give the
    same bytes, whoever publishes them: the archive is not named."""
    needed = {name for item in listed for name in texts_for(item.credit)}
    papers = {CREDITS: credits_text("Credits", listed).encode(), **_texts(needed)}
    wished = {item.sha256: _wished(item.signals) for item in listed if item.signals}
    if wished:
        body: dict[str, Any] = {"format": FORMAT, "files": wished}
        papers[SIGNALS] = msgspec.json.encode(body, order="sorted") + b"\n"
    return papers


def is_paper(name: str) -> bool:
    """Is a tag file of a volume one of its papers?"""
    return name in (CREDITS, SIGNALS) or (name.startswith("LICENSE-") and name.endswith(".txt"))


def as_published(known: Credited, recording: str, volume: str, extension: str, license: str) -> Published:
    """A file as an edition or a dataset holds it, of what is known of its credit."""
    return Published(known.sha256, recording, volume, extension, license, known.credit, known.signals)


def credited(item: Published) -> Credited:
    return Credited(
        sha256=item.sha256,
        recording=item.recording,
        line=item.attribution,
        credit=item.credit,
        signals=item.signals,
        volume=item.volume,
    )


def kept_credited(item: Credited) -> bytes:
    """A file with its credit, as it is kept while an edition is made; `read_credited` gives it back."""
    return msgspec.msgpack.encode(item)


def read_credited(kept: bytes) -> Credited:
    return msgspec.msgpack.decode(kept, type=Credited)


def _wished(found: Signals) -> Mapping[str, str]:
    """What somebody wishes; the evidence is in the dataset."""
    said = {"train-ai": found.train_ai, "tdm": found.tdm, "search": found.search, "policy": found.policy}
    return {name: value for name, value in said.items() if value}


def _texts(names: Collection[str]) -> dict[str, bytes]:
    return {f"LICENSE-{name}.txt": license_text(name).encode() for name in sorted(names)}


def _head(title: str) -> str:
    return f"# {title}\n\n{_DISCLAIMER}\n\n"


def _line(item: Credited) -> str:
    lacks = f" (not known: {', '.join(item.credit.missing)})" if item.credit.missing else ""
    return f"- {item.line}{lacks} `{item.sha256}`\n"
