# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims side by side, and where they differ: which is shown, and why that one."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from onrecord.model.views import ArtistView, ClaimView, NamedView, RecordingView, ReleaseView

_View = RecordingView | ReleaseView | ArtistView | NamedView
#: Who says what a person decided, and what files say of themselves.
_PERSON, _FILE = "a person", "file"


class Difference(Struct, frozen=True):
    """A field of which sources say different things. `shown` is what is shown of it, as `by` says; `why` is what
    decided. `others` are (source, what else it says)."""

    field: str
    shown: str
    by: str
    why: str
    others: tuple[tuple[str, str], ...]


def compare(claims: Sequence[ClaimView]) -> list[tuple[str, list[str], bool]]:
    """Claims side by side: field, what each source says in the order of `claims`, and whether they differ."""
    said = [dict(_readable(name, value) for name, value in claim.fields) for claim in claims]
    names = list(dict.fromkeys(name for fields in said for name in fields))
    rows = ((name, [fields.get(name, "") for fields in said]) for name in names)
    return [(name, values, _differ(name, set(filter(None, values)))) for name, values in rows]


def differences(view: _View) -> list[Difference]:
    """Where claims differ on what is shown once. Where all is shown, as identifiers are, nothing had to be decided."""
    shown = _shown(view)
    # Claims on works and labels are kept without what persons decided.
    unsaid = "a person decided it" if isinstance(view, NamedView) else "no source that is shown here says it"
    return [
        _difference(name, shown[name], view.claims, values, unsaid)
        for name, values, differ in compare(view.claims)
        if differ and shown.get(name)
    ]


def _shown(view: _View) -> Mapping[str, str]:
    match view:
        case RecordingView():
            length = f"{view.seconds:.1f} s" if view.seconds else ""
            said = {"title": view.title, "artist": view.artist, "date": view.date, "length": length}
            return said | {"genre": view.genre, "composer": view.composer}
        case ReleaseView():
            said = {"title": view.title, "artist": view.artist, "date": view.date}
            return said | {"barcode": view.barcode, "label": view.label}
        case ArtistView():
            return {"name": view.name}
        case NamedView():
            # Codes are all shown.
            said = {name: value for name, value in view.facts if name not in ("iswc", "isni", "code")}
            return said | {"title" if view.kind == "work" else "name": view.name}


def _difference(
    name: str, shown: str, claims: Sequence[ClaimView], values: Sequence[str], unsaid: str
) -> Difference:
    said = [(claim.source, value) for claim, value in zip(claims, values, strict=True) if value]
    by = next((source for source, value in said if value == shown), "")
    others = tuple(dict.fromkeys((source, value) for source, value in said if value != shown))
    return Difference(name, shown, by, _why(name, by, [source for source, _ in others], unsaid), others)


def _why(name: str, by: str, others: Iterable[str], unsaid: str) -> str:
    if by == _PERSON:
        return "a person decided it"
    if not by:
        return unsaid
    if name == "length" and by == _FILE:
        return "the file itself was measured"
    later = [other for other in dict.fromkeys(others) if other != by]
    if not later:
        return "this is the first of what the source says"
    return f"{by} stands before {' and '.join(later)} in the order of precedence"


def _readable(name: str, value: str) -> tuple[str, str]:
    if name == "duration_ms" and value.isascii() and value.isdigit() and len(value) < 12:
        return "length", f"{int(value) / 1000:.1f} s"
    return name.replace("_", " "), value


def _differ(name: str, values: set[str]) -> bool:
    """A year and a day of that year agree."""
    longest = max(values, key=len, default="")
    return len(values) > 1 and not ("date" in name and all(longest.startswith(value) for value in values))
