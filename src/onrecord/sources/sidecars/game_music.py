# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SuperTuxKart's `.music` files: XML that names a piece, its composer and its file; a comment may state the license."""

from collections.abc import Iterator

from lxml import etree

from onrecord.errors import RecordRejected
from onrecord.rights.names import mentions
from onrecord.rights.texts import takes_back
from onrecord.sources import safe_xml
from onrecord.sources.sidecars.documents import SidecarDocument
from onrecord.sources.sidecars.said import NamedFiles, license_evidence, one_line, performer_evidence


def read_game_music(document: SidecarDocument) -> NamedFiles:
    """Statements about the piece and its fast version. RecordRejected where it is no such file."""
    root = safe_xml.read(
        document.content
    )  # refuses document types and what is too deep, before comments are looked at
    if root.tag != "music":
        raise RecordRejected(f"expected the element `music`, got {str(root.tag)[:60]!r}")
    files = [name for key in ("file", "fast-filename") if (name := root.get(key)) and "/" not in name]
    holder = root.get("composer") or ""
    said = [license_evidence(document, words, holder=holder) for words in _statements(document.content, root)]
    if performer := one_line(holder):
        said.append(performer_evidence(performer, document.kind, document.sha256))
    return NamedFiles(document.path.parent, tuple((name, evidence) for name in files for evidence in said))


def _statements(content: bytes, root: etree._Element) -> Iterator[str]:
    if license := root.get("license"):
        yield license
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    tree = etree.fromstring(content, parser)
    beside = [*tree.itersiblings(preceding=True), *tree.iter(), *tree.itersiblings()]
    for node in beside:
        words = (node.text or "").strip() if isinstance(node, etree._Comment) else ""
        if words and (mentions(words) or takes_back(words)):
            yield words
