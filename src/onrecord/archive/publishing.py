# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an edition: choose, cut volumes from digest records, write tables, seal, rename, commit. Reads no sound."""

import hashlib
import importlib.metadata
import itertools
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.archive.choosing import Choice, choose
from onrecord.archive.chunks import Group, assemble
from onrecord.archive.core import Archive
from onrecord.archive.crediting import Origin, credit_for, origins
from onrecord.archive.editions import read_manifest, refresh_feed, tags_of
from onrecord.archive.filework import FileWork
from onrecord.archive.keyholding import key_folder, online_keys, signing_key
from onrecord.archive.leaving import lay_open, load_files
from onrecord.archive.matching import is_matched, rematch_locked
from onrecord.catalog.tables import VolumeRow
from onrecord.durable import replace, sync, sync_tree
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.parquet import read_rows
from onrecord.model.digests import Digests
from onrecord.publish.comparing import Told, as_files, compare
from onrecord.publish.credits import Credited, is_paper, volume_papers, write_credits
from onrecord.publish.dataset import SQLITE, Published, lay_out, write_sqlite, write_tables
from onrecord.publish.describing import About, describe
from onrecord.publish.edition import (
    FORMAT,
    Manifest,
    VolumeEntry,
    listing,
    seal,
    volume_entry,
)
from onrecord.publish.signing import Key
from onrecord.publish.volume import Form, Volume, VolumeFile, cut, name_for, shelf_for
from onrecord.rights.signals import signals

#: Papers that a volume may have beside the files of every bag: credits, wishes, and license texts.
_MOST_PAPERS = 6
#: What a shelf may be named by, in the order in which it is.
_FACETS = ("collection", "license")
#: Files of an edition that are other ones only where it has something else to tell than the one before.
_TELLING = ("dataset/", "volumes/")
_ENGINES = ("onrecord", "duckdb", "pyarrow", "apsw", "libtorrent")


class PublishReport(Struct, frozen=True):
    """`number` 0 means that nothing has changed since the last edition, so none was made."""

    number: int
    folder: Path
    published: int
    bytes: int
    volumes: int
    new_volumes: int
    held_back: Mapping[str, int]
    sound_opened: int


def publish(archive: Archive, progress: Callable[[str], None] = lambda _: None) -> PublishReport:
    """Make the next edition of an archive. Everything that its claims need is matched first.

    Only the log names an edition: a run that is killed leaves the archive as it was, and the next one makes the same.
    """
    with archive.writing():
        if not is_matched(archive):
            progress("matching")
            rematch_locked(archive)
        first = not archive.ledger.editions()
        key = signing_key(archive)
        if first:
            progress(
                f"keys in {key_folder(archive)}; were the one root key lost, this archive would end for its mirrors: "
                "`onrecord keys show` says how a second person holds one, too"
            )
        online_keys(archive)  # said before an edition is made that no feed could name
        with archive.duck() as duck:
            return _Edition(archive, duck, key, progress).make()


class _Edition:
    """One run of `publish` under the write lock."""

    def __init__(self, archive: Archive, duck: Duck, key: Key, progress: Callable[[str], None]) -> None:
        self._archive = archive
        self._duck = duck
        self._key = key
        self._progress = progress
        numbers = [edition["number"] for edition in archive.ledger.editions()]
        self._last = read_manifest(archive, numbers[-1]) if numbers else None
        self._number = self._last.number + 1 if self._last else 1
        self._day = archive.today
        self._folder = archive.folder / "editions" / f".building-{self._number}"

    def make(self) -> PublishReport:
        opened = self._archive.store.opened
        self._progress("asking the rights of every file")
        choices = choose(self._archive, self._duck, self._day)
        chosen = {sha256: choice for sha256, choice in choices.items() if choice.chosen}
        held_back: dict[str, int] = defaultdict(int)
        for choice in choices.values():
            if not choice.chosen:
                held_back[choice.codes[0]] += 1
        self._folder.mkdir(parents=True)
        self._progress("cutting volumes")
        lay_open(self._archive, self._duck, chosen)
        credits = self._credits(chosen)
        kept, rows, entries = self._volumes(chosen, credits)
        self._progress("writing tables")
        published = _published(chosen, kept, credits)
        tables = self._dataset(published, entries)
        name = self._archive.settings.archive.name
        write_credits(self._folder, self._archive.id, name, self._number, published)
        final = self._archive.folder / "editions" / str(self._number)
        files = listing(self._folder)
        if self._is_unchanged(entries, files):
            shutil.rmtree(self._folder)
            refresh_feed(self._archive)
            number, final = 0, self._archive.folder / "editions" / str(self._number - 1)
        else:
            described = {**self._described(files, tables), **self._changes(files, tables, entries)}
            for path, content in described.items():
                (self._folder / path).write_bytes(content)
                files[path] = hashlib.sha256(content).hexdigest(), len(content)
            self._seal(entries, tables, files, set(kept), final, rows)
            number = self._number
        return PublishReport(
            number=number,
            folder=final,
            published=len(kept),
            bytes=sum(entry.size for entry in entries),
            volumes=len(entries),
            new_volumes=len({row.volume for row in rows}),
            held_back=dict(held_back),
            sound_opened=self._archive.store.opened - opened,
        )

    def _volumes(
        self, chosen: Mapping[str, Choice], credits: Mapping[str, Credited]
    ) -> tuple[dict[str, VolumeRow], list[VolumeRow], list[VolumeEntry]]:
        """Each chosen blob's place, the places that are new, and the volumes of the edition.

        A volume stays as it is while all that it holds may be published, and its papers are those that it was published
        with; else what is left of it is cut anew.
        """
        last = {volume.name: volume for volume in self._last.volumes} if self._last else {}
        kept: dict[str, VolumeRow] = {}
        former: dict[str, str] = {}
        entries = []

        def unchanged() -> Iterator[Group]:
            for name, shelf, files in self._held(last):
                if all(file.sha256 in chosen for file in files):
                    yield self._group(name, shelf, files, self._papers(name), _form(last[name]))
                else:
                    former.update({file.sha256: name for file in files})

        for group, volume in self._assembled(unchanged()):
            entry = _entry(group, volume)
            if entry == last[group.name]:
                self._write_volume(volume, group.name)
                kept |= {row.sha256: row for row in _places(group)}
                entries.append(entry)
            else:
                former.update({file.sha256: group.name for file in group.listed})
        fresh = [
            (sha256, choice.license, former.get(sha256, ""))
            for sha256, choice in sorted(chosen.items())
            if sha256 not in kept
        ]
        form = self._archive.settings.publish.torrents
        order: dict[str, int] = {}

        def anew() -> Iterator[Group]:
            for name, shelf, files, papers in self._cut(fresh, credits):
                order[name] = len(order)
                yield self._group(name, shelf, files, papers, form)

        places: dict[str, list[VolumeRow]] = {}
        for group, volume in self._assembled(anew()):
            self._write_volume(volume, group.name)
            places[group.name] = _places(group)
            entries.append(_entry(group, volume))
        # As they were cut, whoever made them: the same input gives the same bytes.
        new = [row for name in order for row in places[name]]
        kept |= {row.sha256: row for row in new}
        return kept, new, sorted(entries, key=lambda entry: entry.name)

    def _group(
        self, name: str, shelf: str, files: Sequence[VolumeFile], papers: Mapping[str, bytes], form: Form
    ) -> Group:
        settings = self._archive.settings.publish
        return Group("assemble", name, shelf, files, papers, form, settings.web_seeds, settings.trackers)

    def _assembled(self, groups: Iterator[Group]) -> Iterator[tuple[Group, Volume]]:
        """The volumes, by the engine of the settings; here one after the other, elsewhere in no order."""
        if self._archive.settings.engine.kind == "embedded":
            yield from ((group, assemble(group)) for group in groups)
            return
        with FileWork(self._archive, "assemble") as work:
            for group, rows in work.each(groups):
                [row] = rows
                yield group, msgspec.msgpack.decode(row["volume"], type=Volume)

    def _held(self, last: Mapping[str, VolumeEntry]) -> Iterator[tuple[str, str, list[VolumeFile]]]:
        """Name, shelf and files of the last edition's volumes, in one pass over the digest records; the engine can
        be asked nothing else meanwhile."""
        self._duck.table("last_volumes", {"volume": "VARCHAR"}, [(name,) for name in sorted(last)])
        rows = self._duck.stream(sql_file("onrecord.catalog", "volume_files"))
        for (name, shelf), listed in itertools.groupby(rows, key=itemgetter(0, 1)):
            # A volume that went and came back was logged each time: the newest row of a file counts.
            files = {row[3]: VolumeFile(row[3], row[2], Digests(*row[3:])) for row in listed}
            yield name, shelf, list(files.values())

    def _cut(
        self, fresh: Sequence[tuple[str, str, str]], credits: Mapping[str, Credited]
    ) -> Iterator[tuple[str, str, list[VolumeFile], dict[str, bytes]]]:
        """Name, shelf, files and papers of the new volumes, one in memory at a time. What is left of a volume is not
        mixed with what is left of another, nor with what is new."""
        for (facets, _), listed in itertools.groupby(self._fresh(fresh), key=itemgetter(0, 1)):
            shelf = shelf_for(*facets)
            for group in cut((file for _, _, file in listed), papers=_MOST_PAPERS):
                papers = volume_papers([credits[file.sha256] for file in group])
                yield name_for(shelf, group, papers), shelf, group, papers

    def _fresh(
        self, fresh: Sequence[tuple[str, str, str]]
    ) -> Iterator[tuple[tuple[str, ...], str, VolumeFile]]:
        """Digest records of files (SHA-256, license, volume before) with what their shelf is called by and the volume
        before, those of both together in the order of their digests; the engine can be asked nothing else meanwhile."""
        facets = [facet for facet in _FACETS if facet in self._archive.settings.publish.shelves]
        self._duck.table("fresh", dict.fromkeys(("sha256", "license", "former"), "VARCHAR"), fresh)
        order = ", ".join([*facets, "former", "sha256"])
        rows = self._duck.stream(f"{sql_file('onrecord.catalog', 'fresh_files')} ORDER BY {order}")
        for collection, license, former, container, *digests in rows:
            known = {"collection": collection, "license": license}
            file = VolumeFile(digests[0], _extension(container), Digests(*digests))
            yield tuple(known[facet] for facet in facets), former, file

    def _papers(self, name: str) -> dict[str, bytes]:
        """The papers that a volume was published with; one that is from before there were any has none."""
        tags = tags_of(self._archive.folder / "editions", name)
        if not tags.is_dir():
            return {}
        return {path.name: path.read_bytes() for path in tags.iterdir() if is_paper(path.name)}

    def _write_volume(self, volume: Volume, name: str) -> None:
        folder = self._folder / "volumes"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.torrent").write_bytes(volume.torrent.metainfo)
        tags = tags_of(self._archive.folder / "editions", name)
        tags.mkdir(parents=True, exist_ok=True)
        for tag, content in volume.tag_files.items():
            replace(tags / tag, content)

    def _credits(self, chosen: Mapping[str, Choice]) -> dict[str, Credited]:
        """Whom to credit for each file, and what is wished of machines, by what leaves."""
        named = {
            row[0]: row[1:]
            for row in self._duck.run(
                "SELECT m.blob, min(r.id), min(r.title), min(r.artist) FROM recording_members m"
                " JOIN canonical_recordings r ON r.id = m.recording WHERE m.source = 'file' GROUP BY m.blob"
            )
        }
        known = origins(self._duck, chosen)
        default = self._archive.settings.rights.default
        credits = {}
        for sha256, choice in sorted(chosen.items()):
            recording, title, artist = named[sha256]
            evidence = [item for item, _ in self._archive.ledger.evidence(sha256).values()]
            made = credit_for(title, artist, evidence, known.get(sha256, Origin()), choice.license)
            wishes = signals(evidence, default, self._day)
            credits[sha256] = Credited(sha256, recording, made.line, made, wishes)
        return credits

    def _dataset(self, published: Sequence[Published], volumes: Sequence[VolumeEntry]) -> dict[str, int]:
        load_files(self._archive, self._duck, published)
        editions = self._archive.folder / "editions"
        heads = {
            entry.name: {tag.name: tag.stat().st_size for tag in tags_of(editions, entry.name).iterdir()}
            for entry in volumes
        }
        lay_out(self._duck, heads)
        folder = self._folder / "dataset"
        tables = write_tables(self._duck, folder)
        write_sqlite(self._duck, folder / SQLITE)
        return tables

    def _described(
        self, files: Mapping[str, tuple[str, int]], tables: Mapping[str, int]
    ) -> Mapping[str, bytes]:
        """What says of the edition what it is, to machines, by the names of the files that it is in."""
        settings = self._archive.settings.archive
        about = About(self._archive.id, settings.name, self._number, self._day)
        return describe(about, self._folder, files, tables)

    def _changes(
        self, files: Mapping[str, tuple[str, int]], tables: Mapping[str, int], entries: Sequence[VolumeEntry]
    ) -> Mapping[str, bytes]:
        """What changed since the edition before, in numbers, by the names of the files that it is in."""
        before = None
        if self._last:
            before = Told.by(self._last, self._archive.folder / "editions" / str(self._last.number))
        digests = {path: sha256 for path, (sha256, _) in files.items()}
        return as_files(
            compare(self._duck, before, Told(self._folder, self._number, tables, entries, digests))
        )

    def _is_unchanged(self, entries: Sequence[VolumeEntry], files: Mapping[str, tuple[str, int]]) -> bool:
        """Whether nothing would be told but what the last edition told; its torrents name other addresses as soon as
        the settings do."""
        if self._last is None:
            return False
        now, before = (
            {name: sha256 for name, (sha256, _) in listed.items() if name.startswith(_TELLING)}
            for listed in (files, self._last.files)
        )
        return now == before and tuple(entries) == self._last.volumes

    def _seal(
        self,
        entries: Sequence[VolumeEntry],
        tables: dict[str, int],
        files: dict[str, tuple[str, int]],
        now: set[str],
        final: Path,
        rows: Sequence[VolumeRow],
    ) -> None:
        before = _blobs_of(self._archive, self._last)
        manifest = Manifest(
            format=FORMAT,
            archive=self._archive.id,
            name=self._archive.settings.archive.name,
            number=self._number,
            day=self._day,
            recordings=tables["recordings"],
            tables=tables,
            volumes=tuple(entries),
            added=tuple(sorted(now - before)),
            # What was withdrawn is in the list of withdrawals, hashed; here it would be advertised.
            removed=tuple(sorted(before - now - {row.blob for row in self._archive.ledger.withdrawn()})),
            engines={name: importlib.metadata.version(name) for name in _ENGINES},
            files=files,
        )
        sums = seal(self._folder, manifest, self._key)
        sync_tree(self._folder)
        if final.exists():
            # A run was killed between this rename and the log: nobody was told of that folder.
            shutil.rmtree(final)
        self._folder.rename(final)
        sync(final.parent)
        self._archive.commit(
            "published",
            {
                "number": self._number,
                "day": self._day.isoformat(),
                "sums": sums,
                "recordings": tables["recordings"],
                "published": len(now),
                "public_key": self._key.public.splitlines()[1],
            },
            {"volumes": list(rows)},
        )
        refresh_feed(self._archive)


def _form(entry: VolumeEntry) -> Form:
    return "hybrid" if entry.info_hash_v1 else "v2"


def _entry(group: Group, volume: Volume) -> VolumeEntry:
    size = sum(file.digests.size for file in group.listed)
    return volume_entry(group.name, group.shelf, len(group.listed), size, volume.torrent)


def _places(group: Group) -> list[VolumeRow]:
    return [VolumeRow(group.name, group.shelf, file.sha256, file.ext) for file in group.listed]


def _published(
    chosen: Mapping[str, Choice], places: Mapping[str, VolumeRow], credits: Mapping[str, Credited]
) -> list[Published]:
    return [
        Published(
            sha256=sha256,
            recording=credits[sha256].recording,
            volume=places[sha256].volume,
            extension=places[sha256].extension,
            license=choice.license,
            credit=credits[sha256].credit,
            signals=credits[sha256].signals,
        )
        for sha256, choice in sorted(chosen.items())
    ]


def _blobs_of(archive: Archive, edition: Manifest | None) -> set[str]:
    if edition is None:
        return set()
    path = archive.folder / "editions" / str(edition.number) / "dataset" / "files.parquet"
    return {row["sha256"] for row in read_rows(path, ["sha256"])}


def _extension(container: str) -> str:
    return re.sub(r"[^a-z0-9]", "", container.lower())[:8] or "bin"
