# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""License addresses and the SPDX identifiers they stand for, in both directions. An address of another host is none."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote


class Mention(NamedTuple):
    """A license named in a text, at [start:end]. `license` is "" where no version is named; `kind` never has one."""

    start: int
    end: int
    license: str
    kind: str


PUBLIC_DOMAIN: Final = "public-domain"
#: Kind of a mention with a version that no license of that name has.
UNKNOWN: Final = "unknown"
#: Ported Creative Commons licenses that SPDX has an identifier for; any other port gets a LicenseRef that keeps it.
_SPDX_PORTS: Final = frozenset(
    """BY-2.5-AU BY-3.0-AT BY-3.0-AU BY-3.0-DE BY-3.0-IGO BY-3.0-NL BY-3.0-US BY-NC-3.0-DE BY-NC-ND-3.0-DE
    BY-NC-ND-3.0-IGO BY-NC-SA-2.0-DE BY-NC-SA-2.0-FR BY-NC-SA-2.0-UK BY-NC-SA-3.0-DE BY-NC-SA-3.0-IGO BY-ND-3.0-DE
    BY-SA-2.0-UK BY-SA-2.1-JP BY-SA-3.0-AT BY-SA-3.0-DE BY-SA-3.0-IGO""".split()  # noqa: SIM905
)
_KINDS: Final = frozenset({"BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND"})
_VERSIONS: Final = frozenset({"1.0", "2.0", "2.1", "2.5", "3.0", "4.0"})
#: An address ends here: what goes on below it is another page, of which nothing is known.
_END = r"/?(?![\w%~/-]|\.\w)"
_HTTP = r"(?<![\w.@/=?&%-])(?:https?://)?(?:www\.)?"
_CC = re.compile(
    _HTTP + r"creativecommons\.org(?::80|:443)?/(?P<shelf>licen[cs]es|publicdomain)/(?P<kind>[a-z+%0-9-]+)"
    r"(?:/(?P<version>\d\.\d)(?:/(?!deed|legalcode)(?P<port>[a-z]{2,3}))?)?"
    r"(?:/(?:deed|legalcode)(?:\.[a-z]{2,3}(?:[-_][a-z]{2,4})?)?)?" + _END + r"(?:[?#][^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
_GNU = re.compile(
    _HTTP + r"gnu\.org/(?:licen[cs]es|copyleft)/(?:old-licenses/)?(?P<family>gpl|lgpl|agpl|fdl)"
    r"(?:-(?P<version>\d(?:\.\d)?))?(?:-standalone)?(?:\.(?:[a-z]{2}\.)?(?:html|txt|md))?" + _END,
    re.IGNORECASE,
)
_SPDX = re.compile(_HTTP + r"spdx\.org/licenses/(?P<id>[A-Za-z0-9.+-]+?)(?:\.(?:html|json|txt))?" + _END)
_APACHE = re.compile(_HTTP + r"apache\.org/licenses/LICENSE-2\.0(?:\.txt|\.html)?" + _END, re.IGNORECASE)
_MIT = re.compile(
    _HTTP + r"opensource\.org/licenses?/mit(?:-license)?(?:\.php|\.html)?" + _END, re.IGNORECASE
)
_FAMILIES: Final = {"gpl": "GPL", "lgpl": "LGPL", "agpl": "AGPL", "fdl": "GFDL"}
_GNU_VERSIONS: Final = {
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
    "AGPL": ("3.0",),
    "GFDL": ("1.1", "1.2", "1.3"),
}


def addresses(text: str) -> list[Mention]:
    """Every license address in a text, in order."""
    found = [_creative_commons(match) for match in _CC.finditer(text)]
    for match in _GNU.finditer(text):
        family = _FAMILIES[match["family"].lower()]
        license = gnu(family, match["version"] or "", later=False)
        found.append(Mention(*match.span(), license, family if license else UNKNOWN))
    found += [Mention(*match.span(), match["id"], match["id"]) for match in _SPDX.finditer(text)]
    found += [Mention(*match.span(), "Apache-2.0", "Apache") for match in _APACHE.finditer(text)]
    found += [Mention(*match.span(), "MIT", "MIT") for match in _MIT.finditer(text)]
    return sorted(found)


def address_of(license: str) -> str:
    """Where a license can be read: its own publisher's address, else SPDX's. "" for a LicenseRef of nobody's."""
    match = re.fullmatch(r"(?:LicenseRef-)?CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2,3}))?", license)
    if match:
        port = f"{match[3].lower()}/" if match[3] else ""
        return f"https://creativecommons.org/licenses/{match[1].lower()}/{match[2]}/{port}"
    if license == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    match = re.fullmatch(r"([AL]?GPL)-(\d)\.(\d)-(?:only|or-later)", license)
    if match and match[1] + match[2] != "GPL1":
        version = match[2] + (f".{match[3]}" if match[1] == "LGPL" and match[2] == "2" else ".0")
        old = "old-licenses/" if match[2] == "2" else ""
        return f"https://www.gnu.org/licenses/{old}{match[1].lower()}-{version}.html"
    if license.startswith("LicenseRef-OGA-BY-"):
        return f"https://static.opengameart.org/OGA-BY-{license.rsplit('-', 1)[1]}.txt"
    return "" if license.startswith("LicenseRef-") else f"https://spdx.org/licenses/{license}.html"


def gnu(family: str, version: str, *, later: bool) -> str:
    """The SPDX identifier of a GNU license. Where no version is stated one may choose any that was ever published
    (GPL 2 section 9, GPL 3 section 14; the same words stand in LGPL, AGPL and GFDL). "" for a version that is none."""
    versions = _GNU_VERSIONS[family]
    if not version:
        return f"{family}-{versions[0]}-or-later"
    full = version if "." in version else f"{version}.0"
    return f"{family}-{full}-{'or-later' if later else 'only'}" if full in versions else ""


def later_gnu(family: str, version: str) -> tuple[str, ...]:
    """That version and every later one."""
    versions = _GNU_VERSIONS[family]
    return versions[versions.index(version) :] if version in versions else ()


def creative_commons(elements: str, version: str, port: str) -> Mention:
    """What `by-nc-sa`, `3.0`, `us` name; positions are left 0. Kind UNKNOWN: no such license exists."""
    parts = [part for part in re.split(r"[^a-z+]+", elements.lower()) if part]
    if "sampling" in "".join(parts):
        return _sampling(parts, version)
    kind = "-".join(part.upper() for part in ("by", "nc", "nd", "sa") if part in parts)
    if kind not in _KINDS or len(set(parts)) != len(kind.split("-")):
        return Mention(0, 0, "", UNKNOWN)
    if not version:
        return Mention(0, 0, "", f"CC-{kind}")
    if version not in _VERSIONS or (version == "4.0" and port) or (version == "2.1" and not port):
        return Mention(0, 0, "", UNKNOWN)
    name = "-".join(filter(None, (kind, version, port.upper())))
    known = not port or name in _SPDX_PORTS
    return Mention(0, 0, f"CC-{name}" if known else f"LicenseRef-CC-{name}", f"CC-{kind}")


def _creative_commons(match: re.Match[str]) -> Mention:
    kind, version, port = unquote(match["kind"]).lower(), match["version"] or "", match["port"] or ""
    if match["shelf"].lower() == "publicdomain" or kind == "publicdomain":
        license = "CC0-1.0" if (kind, version, port) == ("zero", "1.0", "") else ""
        return Mention(*match.span(), license, "CC0" if kind == "zero" else PUBLIC_DOMAIN)
    named = creative_commons(kind, version, port)
    return Mention(*match.span(), named.license, named.kind)


def _sampling(parts: list[str], version: str) -> Mention:
    plus = "-Plus" if any(part.endswith("+") or part == "plus" for part in parts) else ""
    kind = f"LicenseRef-CC-{'NC-' if 'nc' in parts else ''}Sampling{plus}"
    return Mention(0, 0, f"{kind}-{version}" if version == "1.0" else "", kind)
