# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The papers that say whom to credit and what is wished of machines: of an edition, and of a volume (format clauses 5.6
and 7.6)."""

from collections.abc import Iterable, Mapping, Sequence
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
    lines = [f"# {title}", "", _DISCLAIMER, ""]
    for item in sorted(listed, key=lambda item: item.sha256):
        lacks = f" (not known: {', '.join(item.credit.missing)})" if item.credit.missing else ""
        lines.append(f"- {item.line}{lacks} `{item.sha256}`")
    return "\n".join(lines) + "\n"


def write_credits(folder: Path, archive: str, name: str, number: int, published: Sequence[Published]) -> None:
    """CREDITS.md, CREDITS.json and the license texts that must go along, in the folder of an edition."""
    listed = [credited(item) for item in published]
    (folder / CREDITS).write_text(credits_text(f"Credits of {name}, edition {number}", listed), "utf-8")
    head = msgspec.json.encode(
        {"format": FORMAT, "archive": archive, "name": name, "number": number}, order="sorted"
    )
    with (folder / CREDITS_JSON).open("wb") as file:
        file.write(head[:-1] + b',"files":[')
        for place, item in enumerate(sorted(listed, key=lambda item: item.sha256)):
            file.write((b",\n" if place else b"\n") + msgspec.json.encode(item, order="sorted"))
        file.write(b"\n]}\n")
    texts = _texts(item.credit for item in listed)
    if texts:
        (folder / "licenses").mkdir()
    for text, content in texts.items():
        (folder / "licenses" / text).write_bytes(content)


def read_credits(path: Path) -> list[Credited]:
    """What a CREDITS.json lists. Raises msgspec.MsgspecError for one that cannot be read."""

    class Document(Struct):
        format: int
        files: list[Credited]

    return msgspec.json.decode(path.read_bytes(), type=Document).files


def volume_papers(listed: Sequence[Credited]) -> dict[str, bytes]:
    """The tag files of a new volume beside those of every bag, by name. The same files with the same credits give the
    same bytes, whoever publishes them: the archive is not named."""
    papers = {CREDITS: credits_text("Credits", listed).encode(), **_texts(item.credit for item in listed)}
    wished = {item.sha256: _wished(item.signals) for item in listed if item.signals}
    if wished:
        body: dict[str, Any] = {"format": FORMAT, "files": wished}
        papers[SIGNALS] = msgspec.json.encode(body, order="sorted") + b"\n"
    return papers


def is_paper(name: str) -> bool:
    """Is a tag file of a volume one of its papers?"""
    return name in (CREDITS, SIGNALS) or (name.startswith("LICENSE-") and name.endswith(".txt"))


def credited(item: Published) -> Credited:
    return Credited(
        sha256=item.sha256,
        recording=item.recording,
        line=item.attribution,
        credit=item.credit,
        signals=item.signals,
        volume=item.volume,
    )


def _wished(found: Signals) -> Mapping[str, str]:
    """What somebody wishes; the evidence is in the dataset."""
    said = {"train-ai": found.train_ai, "tdm": found.tdm, "search": found.search, "policy": found.policy}
    return {name: value for name, value in said.items() if value}


def _texts(credits: Iterable[Credit]) -> dict[str, bytes]:
    names = sorted({name for one in credits for name in texts_for(one)})
    return {f"LICENSE-{name}.txt": license_text(name).encode() for name in names}
