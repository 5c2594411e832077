# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each page says of itself in schema.org's words (JSON-LD): a block of data in the page, which no browser runs."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from markupsafe import Markup

from onrecord.model.views import (
    ArtistView,
    CoverView,
    EditionView,
    Glance,
    NamedView,
    RecordingView,
    ReleaseView,
    TrackRow,
)
from onrecord.rights.addresses import address_of
from onrecord.web import text
from onrecord.web.picture_address import path_of

#: Tracks that a page's description names.
_MOST: Final = 100
Tree = dict[str, Any]
_KINDS: Final = {"work": "MusicComposition", "label": "Organization", "release-group": "MusicAlbum"}


def described(archive: str, base: str, path: str, values: Mapping[str, Any]) -> Markup:
    """The block for a page of these values. `base` is the address of the site, which ends with a slash."""
    tree = _page(archive, base, path, values)
    if isinstance(cover := values.get("cover"), CoverView):
        tree["image"] = _image(base, cover)
    encoded = msgspec.json.encode(_plain({"@context": "https://schema.org", **tree})).decode()
    # Nothing in it may end the block, nor open a comment in it.
    for sign, spelled in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        encoded = encoded.replace(sign, spelled)
    return Markup('<script type="application/ld+json">') + Markup(encoded) + Markup("</script>")


def _plain(value: Any) -> Any:
    """Without control characters, and without what reorders text."""
    if isinstance(value, str):
        return text.plain(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _page(archive: str, base: str, path: str, values: Mapping[str, Any]) -> Tree:
    view = values.get("view")
    if isinstance(view, RecordingView):
        return _recording(base, view)
    if isinstance(view, ReleaseView):
        return _release(base, view)
    if isinstance(view, ArtistView):
        return _artist(base, view)
    if isinstance(view, NamedView):
        return _named(base, view)
    editions = values.get("editions")
    if isinstance(editions, list) and all(isinstance(edition, EditionView) for edition in editions):
        return {
            "@type": "DataCatalog",
            "name": f"Editions of {archive}",
            "url": f"{base}editions",
            "dataset": [_edition(archive, base, edition) for edition in editions[:_MOST]],
        }
    if isinstance(values.get("glance"), Glance):
        return {
            "@type": "WebSite",
            "name": archive,
            "url": base,
            "potentialAction": {
                "@type": "SearchAction",
                "target": f"{base}search?q={{query}}",
                "query-input": "required name=query",
            },
        }
    return {
        "@type": "WebPage",
        "url": base.rstrip("/") + path,
        "isPartOf": {"@type": "WebSite", "name": archive, "url": base},
    }


def _image(base: str, cover: CoverView) -> Tree:
    return _said(
        {
            "@type": "ImageObject",
            "contentUrl": base.rstrip("/") + path_of(cover.picture),
            "license": address_of(cover.license) or cover.license,
        }
    )


def _recording(base: str, view: RecordingView) -> Tree:
    licenses = dict.fromkeys(fact.license for fact in view.evidence if fact.license and fact.is_of_sound)
    return _said(
        {
            "@type": "MusicRecording",
            "@id": f"{base}recording/{view.id}",
            "url": f"{base}recording/{view.id}",
            "name": view.title,
            "byArtist": _maker(base, view.artist, view.artist_id),
            "duration": _duration(view.seconds),
            "datePublished": view.date,
            "genre": view.genre,
            "isrcCode": list(view.isrcs),
            "inAlbum": [
                {"@type": "MusicAlbum", "@id": f"{base}release/{id}", "name": title}
                for id, title in view.releases[:_MOST]
            ],
            "recordingOf": _said({"@type": "MusicComposition", "composer": _person(view.composer)})
            if view.composer
            else "",
            "license": [address_of(license) or license for license in licenses],
            "creditText": view.attribution,
            "sameAs": [f"https://musicbrainz.org/recording/{mbid}" for mbid in view.mbids[:5]],
        }
    )


def _release(base: str, view: ReleaseView) -> Tree:
    return _said(
        {
            "@type": "MusicAlbum",
            "@id": f"{base}release/{view.id}",
            "url": f"{base}release/{view.id}",
            "name": view.title,
            "byArtist": _maker(base, view.artist, view.artist_id),
            "datePublished": view.date,
            "numTracks": len(view.tracks),
            "recordLabel": _said({"@type": "Organization", "name": view.label}) if view.label else "",
            "gtin": view.barcode,
            "track": [_track(base, row) for row in view.tracks[:_MOST]],
        }
    )


def _artist(base: str, view: ArtistView) -> Tree:
    return _said(
        {
            "@type": "MusicGroup",
            "@id": f"{base}artist/{view.id}",
            "url": f"{base}artist/{view.id}",
            "name": view.name,
            "album": [
                _said(
                    {
                        "@type": "MusicAlbum",
                        "@id": f"{base}release/{id}",
                        "name": title,
                        "datePublished": date,
                    }
                )
                for id, title, date in view.releases[:_MOST]
            ],
            "track": [_track(base, row) for row in view.recordings[:_MOST]],
        }
    )


def _named(base: str, view: NamedView) -> Tree:
    facts = dict(view.facts)
    return _said(
        {
            "@type": _KINDS.get(view.kind, "Thing"),
            "@id": f"{base}{view.kind}/{view.id}",
            "url": f"{base}{view.kind}/{view.id}",
            "name": view.name,
            "iswcCode": facts.get("iswc", "") if view.kind == "work" else "",
            "composer": _person(view.artist) if view.kind == "work" else "",
            "byArtist": _maker(base, view.artist, view.artist_id) if view.kind == "release-group" else "",
        }
    )


def _edition(archive: str, base: str, edition: EditionView) -> Tree:
    return _said(
        {
            "@type": "Dataset",
            "@id": f"{base}editions#edition-{edition.number}",
            "name": f"{archive}, edition {edition.number}",
            "description": f"Metadata of {edition.recordings} recordings, {edition.files} files of sound.",
            "version": str(edition.number),
            "datePublished": edition.day.isoformat(),
            "url": f"{base}editions#edition-{edition.number}",
            "isAccessibleForFree": True,
            "distribution": [
                {
                    "@type": "DataDownload",
                    "name": path,
                    "contentUrl": f"{base}editions/{edition.number}/{path}",
                    "contentSize": f"{size} B",
                    "sha256": sha256,
                }
                for path, size, sha256 in edition.parts[:_MOST]
            ],
        }
    )


def _track(base: str, row: TrackRow) -> Tree:
    return _said(
        {
            "@type": "MusicRecording",
            "@id": f"{base}recording/{row.id}",
            "name": row.title,
            "duration": _duration(row.seconds),
        }
    )


def _maker(base: str, name: str, id: str) -> Tree | str:
    named = {"@type": "MusicGroup", "@id": f"{base}artist/{id}" if id else "", "name": name}
    return _said(named) if name else ""


def _person(name: str) -> Tree | str:
    return {"@type": "Person", "name": name} if name else ""


def _duration(seconds: float) -> str:
    whole = round(text.seconds(seconds))
    return f"PT{whole // 60}M{whole % 60}S" if whole else ""


def _said(tree: Mapping[str, Any]) -> Tree:
    return {name: value for name, value in tree.items() if value not in ("", None, [], {})}
