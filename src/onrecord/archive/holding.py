# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps files of another archive's edition on that archive's signed word, before anybody here has looked into them.

Their SHA-256 is read here, and they are what their torrent says; what else is known of them is as the edition says
(docs/decisions/0012). `looking` does the rest. Where there is no such word, or it proved false before, a file comes
in as any other does: read and decoded first (`letting_in`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive.allowed import Allowed
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Admission, admit_vouched
from onrecord.archive.foreign import RECORD, source_of
from onrecord.archive.ingest import refused_by_ends
from onrecord.archive.letting_in import LettingIn, SyncReport, digest_in, expect
from onrecord.archive.quarantining import Listed
from onrecord.archive.seeing import Seeing
from onrecord.archive.vouching import Vouch, vouches
from onrecord.errors import MirrorFailed, NotFound
from onrecord.model.rights import Evidence
from onrecord.publish.contents import Listed as Named
from onrecord.rights import RULES
from onrecord.store import Seen

#: Files that are kept by one commit.
_COMMIT: Final = 1024


class Came(Struct, frozen=True):
    """A file that came for a torrent, which calls it `file`; `layer` is that of its pieces, empty where it has one."""

    path: Path
    file: Named
    layer: bytes


class Holding:
    """Keeps files of one archive's edition. `listed` is the archive's list of withdrawals."""

    def __init__(
        self,
        archive: Archive,
        archive_id: str,
        edition: Path,
        report: SyncReport,
        listed: Listed | None,
        letting_in: LettingIn,
    ) -> None:
        self._archive = archive
        self._archive_id = archive_id
        self._edition = edition
        self._report = report
        self._listed = listed
        self._letting_in = letting_in

    def take(self, came: Sequence[Came], seeing: Seeing, allowed: Allowed) -> None:
        """Keep files that have come to rest. The write lock is held to commit alone.

        DigestMismatch where one is not what it is called, MirrorFailed where one is no sound by its first bytes.
        """
        seen: dict[str, tuple[Came, Seen]] = {}
        for each in came:
            digest = digest_in(each.path.name)
            found = seeing.seen(each.path, digest)
            if found is None:
                raise NotFound(f"{each.path}: it came and is gone", "run the command again")
            expect(each.path.name, found.sha256, digest)
            if refused := refused_by_ends(each.path, found.size):
                raise MirrorFailed(
                    f"{each.path.name}: {refused[1]} [{refused[0]}]", "ask the archive's owner"
                )
            seen[digest] = each, found
        seeing.settle()
        allowed.look_up(seen)
        if not self._archive.ledger.meta(f"liar {self._archive_id}"):
            every = self._vouched(seen)
            while portion := list(islice(every, _COMMIT)):
                self._commit(portion, seen, allowed)
                for vouch in portion:
                    del seen[vouch.digests.sha256]
        self._letting_in.take([each.path for each, _ in seen.values()], allowed)

    def _vouched(self, seen: Mapping[str, tuple[Came, Seen]]) -> Iterator[Vouch]:
        """Those facts of the edition that do not contradict its own torrent, by which the bytes were verified."""
        for vouch in vouches(self._edition, self._archive_id, frozenset(seen)):
            each, found = seen[vouch.digests.sha256]
            said = (vouch.digests.size, vouch.digests.v2_root, vouch.digests.v2_layer)
            if said == (found.size, each.file.root, each.layer):
                yield vouch

    def _commit(
        self,
        portion: Sequence[Vouch],
        seen: Mapping[str, tuple[Came, Seen]],
        allowed: Allowed,
    ) -> None:
        archive, source = self._archive, source_of(self._archive_id)
        with archive.writing(moment=True):
            batch, staged = Batch(archive.ledger), []
            for vouch in portion:
                digest = vouch.digests.sha256
                each, found = seen[digest]
                admission = self._admit(vouch, allowed.get(digest, ()))
                if admission.code:
                    self._report.refused += 1
                    allowed.refuse(digest)
                    batch.refuse(f"{source}:{each.path.name}", digest, admission.code, admission.detail)
                    continue
                kept = archive.store.stage_seen(each.path, found, vouch.digests)
                staged.append(kept)
                batch.hold_vouched(kept, vouch.sound)
                # Whoever looks into it may come before the edition itself is committed, which says all of this again.
                batch.link(digest, allowed.get(digest, ()), source, RECORD)
                self._report.files += 1
                self._report.bytes += found.size
            if batch.rows or batch.repaired:
                data = {"files": len(staged), "archive": self._archive_id, **batch.repaired_data()}
                archive.commit("vouched", data, batch.rows, batch.evidence, staged)
        for vouch in portion:
            seen[vouch.digests.sha256][0].path.unlink(missing_ok=True)

    def _admit(self, vouch: Vouch, said: Sequence[Evidence]) -> Admission:
        digest, audio = vouch.digests.sha256, vouch.sound.audio_sha256
        if self._listed is not None and self._listed.has(digest, audio):
            return Admission(digest, code="R-WITHDRAWN", detail=RULES["R-WITHDRAWN"].sentence)
        return admit_vouched(self._archive, digest, audio, vouch.sound.fingerprint, said)
