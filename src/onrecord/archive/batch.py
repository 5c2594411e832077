# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that one commit of `add` writes: what files are, what they say, and what is known of their rights."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from onrecord.audio.tags import field_of
from onrecord.catalog.tables import (
    ArtistRow,
    DepositRow,
    FileRow,
    LabelRow,
    LinkRow,
    OddRow,
    PictureRow,
    RecordRow,
    RefusalRow,
    ReleaseRow,
    Row,
    SoundRow,
    TagRow,
    TrackRow,
    WorkRow,
)
from onrecord.ledger import Ledger
from onrecord.model import identifiers
from onrecord.model.records import ArtistClaim, Claims, Record, ReleaseClaim, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.model.sound import Estimate, Picture, Probe, Sound, Tags
from onrecord.sources.sidecars import SidecarDocument
from onrecord.store import Staged

#: The source name of what files say about themselves.
FILE = "file"
_ODD_CHARACTERS = 1000
#: Blobs that the ledger is asked about together.
_PORTION = 4096
#: Fields of `Tags` that are checked when they are read: what they are checked by, and the claim's field.
_CHECKED = {
    "isrc": (identifiers.isrc, "isrc"),
    "barcode": (identifiers.barcode, "barcode"),
    "mb_recording": (identifiers.mbid, "mbid"),
    "mb_release": (identifiers.mbid, "mbid"),
    "mb_artist": (identifiers.mbid, "mbid"),
}


class Batch:
    """Collects rows under one log number. Nothing is written here."""

    def __init__(self, ledger: Ledger) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.evidence: list[Evidence] = []
        self._ledger = ledger
        self.repaired: dict[str, str] = {}
        #: Blobs that were held on another archive's word, and were looked into now, with what they are from now on.
        self.looked: dict[str, str] = {}
        self._new: set[str] = set()
        self._links: set[tuple[str, str, str, str]] = set()
        self._stated: set[str] = set()
        #: Evidence that the log has, of what is being linked; None where that is asked of each.
        self._logged: set[str] | None = None

    def take(
        self,
        path: Path,
        name: str,
        staged: Staged,
        probe: Probe,
        held_as: str,
        pictures: Sequence[Staged] = (),
    ) -> bool:
        """Rows of a deposited file. Gives False where the archive holds its bytes: then only the deposit is new."""
        new = self.hold(staged, probe, pictures)
        if staged.digests.sha256 in self.repaired or not self._is_deposited(path, staged):
            self._add_deposit(path, name, staged, held_as)
        return new

    def hold(self, staged: Staged, probe: Probe, pictures: Sequence[Staged] = ()) -> bool:
        """Rows of a blob: what its one read and its one decode said. Gives False where it is held already.

        `pictures` are those of the probe, in its order, each staged.
        """
        new = self.keep(staged, "sound")
        if new:
            self._add_said(staged.digests.sha256, probe, pictures)
        return new

    def hold_vouched(self, staged: Staged, sound: SoundRow) -> None:
        """Rows of a blob on another archive's word: digests and sound are as that says until it is looked into."""
        if self.keep(staged, "sound"):
            self.rows["sounds"].append(sound)

    def look_into(self, sha256: str, probe: Probe, pictures: Sequence[Staged]) -> None:
        """Rows of a blob that was held on another archive's word, and is what that said. Ours take the place of its."""
        self.looked[sha256] = "ok"
        self._add_said(sha256, probe, pictures)

    def keep(self, staged: Staged, kind: str) -> bool:
        """The digest record of a blob, once: `sound`, `picture` or `copy`. Gives False where it is held already."""
        digests = staged.digests
        known = self._ledger.blob(digests.sha256)
        if known is not None and not known.is_held:
            self.repaired[digests.sha256] = staged.root
        if known is not None or digests.sha256 in self._new:
            return False
        self._new.add(digests.sha256)
        self.rows["files"].append(FileRow(**msgspec.structs.asdict(digests), root=staged.root, kind=kind))
        return True

    def describe(self, sha256: str, probe: Probe, pictures: Sequence[Staged]) -> None:
        """Rows of what one decode said of a blob. Later ones take the place of earlier ones."""
        for staged in pictures:
            self.keep(staged, "picture")
        if probe.sound:
            self.rows["sounds"].append(sound_row(sha256, probe.sound))
        self.rows["pictures"] += [
            _picture_row(sha256, place, picture) for place, picture in enumerate(probe.pictures)
        ]

    def link(
        self,
        blob: str,
        evidence: Sequence[Evidence],
        source: str = "",
        record: str = "",
        track: str = "",
        *,
        anew: bool = False,
    ) -> None:
        """Tie evidence to a blob (or to a source's track), once; evidence that the log does not have goes in.

        What a source says of a blob already is not tied to it as our own word as well, unless it is `anew`.
        """
        known = self._ledger.evidence(blob) if blob and not source and not anew else {}
        for item in evidence:
            key = (blob or track, item.id, source, record)
            if item.id in known or key in self._links:
                continue
            self._links.add(key)
            self.rows["links"].append(
                LinkRow(blob=blob, source=source, record=record, track=track, evidence=item.id)
            )
            if item.id not in self._stated and not self._is_logged(item.id):
                self._stated.add(item.id)
                self.evidence.append(item)

    def link_all(self, said: Iterable[tuple[str, Sequence[Evidence]]], source: str, record: str) -> None:
        """`link` for what a source's record says of many blobs. The ledger is asked about many of them together."""
        left = iter(said)
        while portion := list(islice(left, _PORTION)):
            self._logged = self._ledger.logged({item.id for _, evidence in portion for item in evidence})
            for blob, evidence in portion:
                self.link(blob, evidence, source, record)
        self._logged = None

    def keep_document(self, document: SidecarDocument) -> None:
        """Keep a document verbatim, if evidence of this batch was read from it."""
        name = f"document:{document.sha256}"
        quoted = any(item.document == document.sha256 for item in self.evidence)
        if quoted and self._ledger.record(FILE, name) is None:
            record = Record(FILE, "document", document.sha256, "text/plain", document.content)
            self.keep_record(FILE, name, record, document.sha256)

    def keep_record(self, source: str, name: str, record: Record, sha256: str) -> None:
        self.rows["records"].append(
            RecordRow(
                source=source,
                record=name,
                media_type=record.media_type,
                payload=record.payload,
                sha256=sha256,
                deleted=record.deleted,
                version=record.version,
            )
        )

    def claim(self, source: str, record: str, claims: Claims) -> None:
        """Rows of what a record claims, and of what it says about rights."""
        for name, row, listed in (
            ("artists", ArtistRow, claims.artists),
            ("releases", ReleaseRow, claims.releases),
            ("tracks", TrackRow, claims.tracks),
            ("works", WorkRow, claims.works),
            ("labels", LabelRow, claims.labels),
        ):
            self.rows[name] += [row(**msgspec.structs.asdict(claim), record=record) for claim in listed]
        self.rows["odd"] += [
            OddRow(source=source, record=record, id=claim, field=field, value=value[:_ODD_CHARACTERS])
            for claim, field, value in claims.odd
        ]
        blobs = {claim.id: claim.blob for claim in claims.tracks} | dict(claims.pictures)
        for track, evidence in claims.evidence:
            # A record speaks of the bytes that it names. Of a recording that merely looks the same it does not.
            self.link(blobs.get(track, ""), [evidence], source, record, track)

    def refuse(self, name: str, sha256: str, code: str, detail: str) -> None:
        self.rows["refusals"].append(RefusalRow(name=name, sha256=sha256, code=code, detail=detail))

    def repaired_data(self) -> Mapping[str, Any]:
        """What a commit has to say of blobs that were held before."""
        said = {"repaired": self.repaired, "looked": self.looked}
        return {key: blobs for key, blobs in said.items() if blobs}

    def _add_said(self, sha256: str, probe: Probe, pictures: Sequence[Staged]) -> None:
        if probe.sound:
            self.describe(sha256, probe, pictures)
            self._add_claims(sha256, probe.sound, probe.tags)

    def _is_logged(self, evidence: str) -> bool:
        return self._ledger.has_evidence(evidence) if self._logged is None else evidence in self._logged

    def _is_deposited(self, path: Path, staged: Staged) -> bool:
        """Was this very file deposited before? It is met again where a run that moves files was killed."""
        before = self._ledger.deposited(os.fsencode(path))
        now = (staged.size, staged.mtime_ns, staged.inode, staged.digests.sha256)
        return before is not None and now == (before.size, before.mtime_ns, before.inode, before.sha256)

    def _add_deposit(self, path: Path, name: str, staged: Staged, held_as: str) -> None:
        self.rows["deposits"].append(
            DepositRow(
                sha256=staged.digests.sha256,
                name=name,
                path=os.fsencode(path),
                size=staged.size,
                mtime_ns=staged.mtime_ns,
                inode=staged.inode,
                held_as=held_as,
            )
        )

    def _add_claims(self, sha256: str, sound: Sound, tags: Tags) -> None:
        """What a file says about itself is a source like any other: one track, and the artist and release it names."""
        record = f"file:{sha256}"
        artist = tags.artist or tags.album_artist
        release_id = f"{tags.album}\x1f{tags.album_artist or artist}" if tags.album else ""
        track = TrackClaim(
            source=FILE,
            id=sha256,
            title=tags.title,
            artist=artist,
            artist_id=artist,
            release=tags.album,
            release_id=release_id,
            disc=tags.disc_number,
            position=tags.track_number,
            duration_ms=round(sound.seconds * 1000),
            isrc=identifiers.isrc(tags.isrc),
            mbid=identifiers.mbid(tags.mb_recording),
            date=tags.date,
            genre=tags.genre,
            composer=tags.composer,
            blob=sha256,
        )
        credited = ArtistClaim(FILE, artist, artist, mbid=identifiers.mbid(tags.mb_artist))
        release = ReleaseClaim(
            source=FILE,
            id=release_id,
            title=tags.album,
            artist=tags.album_artist or artist,
            mbid=identifiers.mbid(tags.mb_release),
            barcode=identifiers.barcode(tags.barcode),
            date=tags.date,
        )
        about = {"barcode": release_id, "mb_release": release_id, "mb_artist": artist}
        odd = [(about.get(field) or sha256, named, value) for field, named, value in _odd(tags)]
        claims = Claims([credited] if artist else [], [release] if release_id else [], [track], odd=odd)
        self.claim(FILE, record, claims)
        self.rows["tags"] += [
            TagRow(sha256=sha256, place=place, key=key, value=value)
            for place, (key, value) in enumerate(tags.frames)
        ]


def sound_row(sha256: str, sound: Sound) -> SoundRow:
    """A blob's row of the table `sounds`."""
    values = msgspec.structs.asdict(sound)
    values |= {name: msgspec.json.encode(values[name]).decode() for name in ("faults", "suspicions")}
    for field, column in (("tempo", "tempo"), ("key", "musical_key")):
        estimate: Estimate | None = values.pop(field)
        values[column] = estimate.value if estimate else ("" if field == "key" else None)
        values[f"{column}_confidence"] = estimate.confidence if estimate else None
        values[f"{column}_method"] = estimate.method if estimate else ""
    return SoundRow(**values, sha256=sha256)


def _odd(tags: Tags) -> Iterator[tuple[str, str, str]]:
    """Identifiers in a file's frames that are none: (field of `Tags`, field of the claim, value)."""
    for key, value in tags.frames:
        field = field_of(key)
        if field in _CHECKED and value.strip():
            check, named = _CHECKED[field]
            if not check(value):
                yield field, named, value


def _picture_row(sha256: str, place: int, picture: Picture) -> PictureRow:
    return PictureRow(
        sha256=sha256,
        picture=picture.sha256,
        place=place,
        kind=picture.kind,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        description=picture.description,
    )
