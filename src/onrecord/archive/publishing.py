# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an edition: choose, cut volumes from digest records, write tables, seal, rename, commit. Reads no sound."""

import hashlib
import importlib.metadata
import itertools
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import starmap
from operator import itemgetter
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.archive.choosing import CHOSEN, choose
from onrecord.archive.chunk import Group
from onrecord.archive.chunks import assemble
from onrecord.archive.core import Archive
from onrecord.archive.crediting import credit_chosen
from onrecord.archive.editions import read_manifest, refresh_feed, tags_of
from onrecord.archive.filework import FileWork
from onrecord.archive.keyholding import key_folder, online_keys, signing_key
from onrecord.archive.last_match import is_matched
from onrecord.archive.leaving import lay_open, load_files
from onrecord.archive.matching import rematch_locked
from onrecord.catalog.tables import VolumeRow
from onrecord.durable import replace, sync, sync_tree
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.parquet import as_tables
from onrecord.errors import IntegrityError
from onrecord.model.digests import Digests
from onrecord.publish.comparing import Told, as_files, compare
from onrecord.publish.credits import as_published, is_paper, read_credited, volume_papers, write_credits
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
        choose(self._archive, self._duck, self._day)
        self._folder.mkdir(parents=True)
        self._progress("cutting volumes")
        lay_open(self._archive, self._duck, CHOSEN)
        credit_chosen(self._archive, self._duck, self._day)
        entries, new = self._volumes()
        self._progress("writing tables")
        tables = self._dataset(entries)
        name = self._archive.settings.archive.name
        write_credits(self._folder, self._archive.id, name, self._number, self._published())
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
            self._seal(entries, tables, files, final)
            number = self._number
        held_back = "SELECT code, count(*) FROM choices WHERE NOT chosen GROUP BY code ORDER BY min(sha256)"
        return PublishReport(
            number=number,
            folder=final,
            published=sum(entry.files for entry in entries),
            bytes=sum(entry.size for entry in entries),
            volumes=len(entries),
            new_volumes=new,
            held_back=dict(self._duck.run(held_back)),
            sound_opened=self._archive.store.opened - opened,
        )

    def _volumes(self) -> tuple[list[VolumeEntry], int]:
        """The volumes of the edition, and how many of them are new. Leaves the tables `placed`, with the volume of each
        chosen blob (sha256, volume, extension), and `placed_anew`, those of new volumes as they were cut.

        A volume stays as it is while all that it holds may be published, and its papers are those that it was published
        with; else what is left of it is cut anew.
        """
        last = {volume.name: volume for volume in self._last.volumes} if self._last else {}
        entries, broken = list[VolumeEntry](), list[str]()

        def unchanged() -> Iterator[Group]:
            for name, shelf, files, whole in self._held(last):
                if whole:
                    yield self._group(name, shelf, files, self._papers(name), _form(last[name]))
                else:
                    broken.append(name)

        for group, volume in self._assembled(unchanged()):
            entry = _entry(group, volume)
            if entry == last[group.name]:
                self._write_volume(volume, group.name)
                entries.append(entry)
            else:
                broken.append(group.name)
        for table, names in (("stays", [entry.name for entry in entries]), ("broken", sorted(broken))):
            self._duck.table(table, {"volume": "VARCHAR"}, ((name,) for name in names))
        self._duck.run(sql_file("onrecord.catalog", "placed_before"))
        form = self._archive.settings.publish.torrents
        turns: dict[str, int] = {}

        def anew() -> Iterator[Group]:
            for name, shelf, files, papers in self._cut():
                turns[name] = len(turns)
                yield self._group(name, shelf, files, papers, form)

        def places() -> Iterator[tuple[int, str, str, str, str]]:
            for group, volume in self._assembled(anew()):
                self._write_volume(volume, group.name)
                entries.append(_entry(group, volume))
                for file in group.listed:
                    yield turns[group.name], group.name, group.shelf, file.sha256, file.ext

        texts = dict.fromkeys(("volume", "shelf", "sha256", "extension"), "VARCHAR")
        self._duck.table("placed_anew", {"turn": "INTEGER", **texts}, places())
        self._duck.run("INSERT INTO placed SELECT sha256, volume, extension FROM placed_anew")
        for (sha256,) in self._duck.run(
            f"SELECT sha256 FROM ({CHOSEN}) ANTI JOIN placed USING (sha256) LIMIT 1"
        ):
            raise IntegrityError(
                f"file {sha256}: nothing is known of its sound", "`onrecord add --reanalyze`"
            )
        return sorted(entries, key=lambda entry: entry.name), len(turns)

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

    def _held(self, last: Mapping[str, VolumeEntry]) -> Iterator[tuple[str, str, list[VolumeFile], bool]]:
        """Name, shelf and files of the last edition's volumes, in one pass over the digest records, and whether all of
        the files are chosen."""
        self._duck.table("last_volumes", {"volume": "VARCHAR"}, [(name,) for name in sorted(last)])
        rows = self._duck.rows(sql_file("onrecord.catalog", "volume_files"))
        for (name, shelf), listed in itertools.groupby(rows, key=itemgetter(0, 1)):
            whole, files = True, {}
            for _, _, extension, chosen, *digests in listed:
                # A volume that went and came back was logged each time: the newest row of a file counts.
                files[digests[0]] = VolumeFile(digests[0], extension, Digests(*digests))
                whole = whole and chosen
            yield name, shelf, list(files.values()), whole

    def _cut(self) -> Iterator[tuple[str, str, list[VolumeFile], dict[str, bytes]]]:
        """Name, shelf, files and papers of the new volumes, one in memory at a time. What is left of a volume is not
        mixed with what is left of another, nor with what is new."""
        credits: dict[str, bytes] = {}
        for (facets, _), listed in itertools.groupby(self._fresh(credits), key=itemgetter(0, 1)):
            shelf = shelf_for(*facets)
            for group in cut((file for _, _, file in listed), papers=_MOST_PAPERS):
                papers = volume_papers([read_credited(credits.pop(file.sha256)) for file in group])
                yield name_for(shelf, group, papers), shelf, group, papers

    def _fresh(self, credits: dict[str, bytes]) -> Iterator[tuple[tuple[str, ...], str, VolumeFile]]:
        """Digest records of files that have no volume with what their shelf is called by and the volume before, those
        of both together in the order of their digests; the credit of each goes into `credits`."""
        facets = [facet for facet in _FACETS if facet in self._archive.settings.publish.shelves]
        order = ", ".join([*facets, "former", "sha256"])
        for collection, license, former, container, credit, *digests in self._duck.rows(
            f"{sql_file('onrecord.catalog', 'fresh_files')} ORDER BY {order}"
        ):
            known = {"collection": collection, "license": license}
            credits[digests[0]] = credit
            file = VolumeFile(digests[0], _extension(container), Digests(*digests))
            yield tuple(known[facet] for facet in facets), former, file

    def _published(self) -> Iterator[Published]:
        """The files of the edition, in the order of their digests."""
        for license, volume, extension, credit in self._duck.rows(
            "SELECT c.license, p.volume, p.extension, c.credit FROM credits c JOIN placed p USING (sha256)"
            " ORDER BY c.sha256"
        ):
            known = read_credited(credit)
            yield as_published(known, known.recording, volume, extension, license)

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

    def _dataset(self, volumes: Sequence[VolumeEntry]) -> dict[str, int]:
        load_files(self._archive, self._duck, self._published())
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
        final: Path,
    ) -> None:
        manifest = Manifest(
            format=FORMAT,
            archive=self._archive.id,
            name=self._archive.settings.archive.name,
            number=self._number,
            day=self._day,
            recordings=tables["recordings"],
            tables=tables,
            volumes=tuple(entries),
            engines={name: importlib.metadata.version(name) for name in _ENGINES},
            files=files,
        )
        rows = "SELECT volume, shelf, sha256, extension FROM placed_anew ORDER BY turn, sha256"
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
                "published": sum(entry.files for entry in entries),
                "public_key": self._key.public.splitlines()[1],
            },
            tables={"volumes": as_tables(VolumeRow, starmap(VolumeRow, self._duck.rows(rows)))},
        )
        refresh_feed(self._archive)


def _form(entry: VolumeEntry) -> Form:
    return "hybrid" if entry.info_hash_v1 else "v2"


def _entry(group: Group, volume: Volume) -> VolumeEntry:
    size = sum(file.digests.size for file in group.listed)
    return volume_entry(group.name, group.shelf, len(group.listed), size, volume.torrent)


def _extension(container: str) -> str:
    return re.sub(r"[^a-z0-9]", "", container.lower())[:8] or "bin"
