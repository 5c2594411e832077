# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings as a person asks for them: each with its value, where it was set, and what it is."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.archive.settings import Settings, read_settings
from onrecord.errors import UsageError


class Setting(Struct, frozen=True):
    """`line` is where `onrecord.toml` sets it; 0 where it does not, and `value` is the default."""

    name: str
    value: Any
    default: Any
    line: int
    about: str


def shown(path: Path, names: tuple[str, ...] = ()) -> list[Setting]:
    """The settings of these names ("work.memory", or all of "work"), or all of them; ConfigError as `read_settings`,
    UsageError where there is none of a name."""
    settings, text = read_settings(path), path.read_text(encoding="utf-8")
    every = list(_every(settings, tomllib.loads(text), text))
    for name in names:
        if not any(_is_of(one, name) for one in every):
            sections = ", ".join(Settings.__struct_fields__)
            raise UsageError(f"{name!r}: expected a section, or SECTION.KEY, of {sections}")
    return [one for one in every if not names or any(_is_of(one, name) for name in names)]


def explained(section: type[Struct]) -> tuple[str, dict[str, str]]:
    """The sentences of a section's docstring: those of the section, and those of each key (`key: …`, `a, b: …`)."""
    text = " ".join((section.__doc__ or "").split())
    names = "|".join(section.__struct_fields__)
    pieces = re.split(rf"(?:^|(?<=[.;] ))((?:{names})(?:, (?:{names}))*): ", text)
    said: dict[str, str] = {}
    for listed, sentence in zip(pieces[1::2], pieces[2::2], strict=True):
        sentence = sentence.strip().rstrip(";.")
        said |= dict.fromkeys(listed.split(", "), f"{sentence[0].upper()}{sentence[1:]}.")
    return pieces[0].strip(), said


def _every(settings: Settings, written: dict[str, Any], text: str) -> Iterator[Setting]:
    lines = _lines(text)
    for field in msgspec.structs.fields(Settings):
        section = getattr(settings, field.name)
        _, said = explained(type(section))
        for key in msgspec.structs.fields(type(section)):
            name = f"{field.name}.{key.encode_name}"
            is_set = key.encode_name in written.get(field.name, {})
            yield Setting(
                name,
                getattr(section, key.name),
                key.default,
                lines.get(name, 1) if is_set else 0,
                said.get(key.name, ""),
            )


def _is_of(setting: Setting, name: str) -> bool:
    return setting.name == name or setting.name.startswith(f"{name}.")


def _lines(text: str) -> dict[str, int]:
    """Where keys stand, by "section.key"."""
    section, found = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*(\w+)\s*\]", line):
            section = f"{header[1]}."
        elif key := re.match(r"\s*([\w.]+)\s*=", line):
            found.setdefault(f"{section}{key[1]}", number)
    return found
