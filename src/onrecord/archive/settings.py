# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of an archive: `onrecord.toml`, read once, every key known (format clause 1.2)."""

import os
import re
import tomllib
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from onrecord.errors import ConfigError
from onrecord.publish.volume import Form
from onrecord.rights.signals import Signals, Wish
from onrecord.store.s3 import S3Settings, lowered

if TYPE_CHECKING:
    from onrecord.engine.spark import Cluster

#: What the files of a shelf may have in common. Popularity is not among them: the archive counts no plays.
Facet = Literal["collection", "license"]


class _Section(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class ArchiveSettings(_Section, frozen=True):
    """name: what a reader sees."""

    name: str = "An onrecord archive"


class StoreSettings(_Section, frozen=True):
    """roots: folders that hold blobs, one a disk; relative ones are below the archive. `s3://BUCKET/PREFIX` is a place
    in a bucket, see [s3]; new blobs go there when no disk has room.
    reserve_mb: room that is left free on every disk.
    cache: folder for copies of what lies in a bucket, and for what is on its way there.
    cache_mb: bound of those copies, for each bucket; the least used leave first.
    tables: `s3://BUCKET/PREFIX`, which has the tables and the log as well: each command puts there what it committed,
    and what of the tables is lacking here comes from there. "" for this machine alone."""

    roots: tuple[str, ...] = ("blobs",)
    reserve_mb: int = 64
    cache: str = "cache"
    cache_mb: int = 10_240
    tables: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "roots", tuple(map(lowered, self.roots)))


class WorkSettings(_Section, frozen=True):
    """workers: processes that read and decode (0: one a core). memory: bound for table jobs.
    decode_seconds: the longest that reading may take for each 100 MB of a file. decode_mb: the memory for one file."""

    workers: Annotated[int, Meta(ge=0, le=1024)] = 0
    memory: Annotated[str, Meta(pattern=r"^[1-9][0-9]*(\.[0-9]+)? ?[KMGT]i?B$")] = "6GB"
    decode_seconds: int = 120
    decode_mb: int = 1024


class EngineSettings(_Section, frozen=True):
    """What runs jobs over tables and files (docs/howto/grow-past-one-machine.md).

    kind: "embedded" for this machine, "spark" for a cluster, or for Spark on this machine.
    master: spark://host:port, or local[2] for Spark on this machine.
    python: a Python that has pyspark; this program itself never loads it.
    environment: a packed environment with onrecord for the cluster's machines; "" where they have this very one.
    options: settings of Spark, each "name=value", such as "spark.executor.memory=8g"."""

    kind: Literal["embedded", "spark"] = "embedded"
    master: str = ""
    python: str = ""
    environment: str = ""
    options: tuple[str, ...] = ()

    @property
    def cluster(self) -> "Cluster":
        from onrecord.engine.spark import Cluster

        return Cluster(self.master, self.python, self.environment, self.options)


class MatchSettings(_Section, frozen=True):
    """precedence: whose word counts first, source by source; then the others, and what files say of themselves last."""

    precedence: tuple[str, ...] = ("musicbrainz-json", "ddex-ern")


class PublishSettings(_Section, frozen=True):
    """What an edition asks of the gate beyond `share` (docs/decisions/0004).

    commercial: everyone who gets the edition may use it for money, too.
    adaptable: everyone may make other versions.
    keys: folder of the signing keys, outside the archive.
    shelves: what the files of a volume have in common: "license", and "collection" (the source that a file was fetched
    from, the archive that it is mirrored from, or the deposits). Volumes that are there already stay as they are.
    torrents: "hybrid" for clients of BitTorrent v1 and v2, "v2" for half the metainfo, which clients without v2
    (Transmission, aria2) cannot read. Volumes that are there already stay as they are.
    web_seeds: addresses below which the volumes are served, too (BEP 19): of an archive's own page, its `/volumes/`.
    trackers: addresses of trackers, written into new editions' torrents; none unless named here. Other trackers or web
    seeds make a new edition, whose volumes are the same to whoever holds them."""

    commercial: bool = True
    adaptable: bool = True
    keys: str = ""
    shelves: tuple[Facet, ...] = ("license",)
    torrents: Form = "hybrid"
    web_seeds: tuple[str, ...] = ()
    trackers: tuple[str, ...] = ()


class RightsSettings(_Section, frozen=True):
    """What the archive says to machines of files that nobody else speaks of; it goes out with them.

    train_ai: training of models on them: "allow", "reserve", or "" to say nothing.
    tdm: text and data mining of them (TDMRep), likewise.
    tdm_policy: address where a license for what is reserved may be had."""

    train_ai: Wish = ""
    tdm: Wish = ""
    tdm_policy: str = ""

    @property
    def default(self) -> Signals:
        return Signals(train_ai=self.train_ai, tdm=self.tdm, policy=self.tdm_policy)


class SeedSettings(_Section, frozen=True):
    """What `mirror seed` does without being told.

    shards: sessions, each in a process and with a port of its own; 0 takes one for every 5 million files.
    trackers: announce to the trackers that torrents name, and ask them how many hold each.
    copies_mb: room for copies of what lies in buckets, for seeding reads files of this machine. Volumes are brought
    whole when it begins, those that are held least first; 0 leaves them to web seeds."""

    shards: int = 0
    trackers: bool = False
    copies_mb: int = 0


class WebSettings(_Section, frozen=True):
    """What the page does for whoever reaches it.

    country_header: the header in which a proxy names the listener's country (ISO 3166-1), such as "CF-IPCountry".
    trusted_proxies: addresses or networks of proxies whose word counts on the country, the address (X-Forwarded-For)
    and the scheme (X-Forwarded-Proto) of whoever asks; from anybody else it is not heard.
    requests_per_second: requests of one client that are answered, on average; 0 for any number. Nobody on this machine
    is counted, so behind a proxy it holds once that is trusted.
    things_per_hour: different recordings, releases, artists and sounds that one client may ask for in an hour before
    its answers are slowed; at twice as many it is told where the editions are. 0 for any number.
    notices_per_hour: rights notices taken by form and interface together; 0 closes both.
    agent: who answers notices here, shown with the form: a name, an address, an e-mail.
    disallow: paths that robots.txt asks every robot to leave alone, beside those of the owner.
    disallow_agents: robots that it asks to leave everything alone, such as "GPTBot".
    processes: so many answer together, of which each takes memory and a core; 0 for one a core, at most two. All limits
    hold for all of them together."""

    country_header: str = ""
    trusted_proxies: tuple[str, ...] = ()
    requests_per_second: float = 20.0
    things_per_hour: int = 3600
    notices_per_hour: int = 20
    agent: str = ""
    disallow: tuple[str, ...] = ()
    disallow_agents: tuple[str, ...] = ()
    processes: Annotated[int, Meta(ge=0, le=64)] = 0


class HarvestSettings(_Section, frozen=True):
    """contact: an address or a page where a service that is harvested can reach you; every request bears it.
    requests_per_second: at most so many requests to one host, fewer where the host asks for it."""

    contact: str = ""
    requests_per_second: float = 1.0


class DdexSettings(_Section, frozen=True):
    """party_id: the archive's own DPID; messages to anybody else are refused."""

    party_id: str = ""


class Settings(_Section, frozen=True):
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    s3: S3Settings = field(default_factory=S3Settings)
    work: WorkSettings = field(default_factory=WorkSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    match: MatchSettings = field(default_factory=MatchSettings)
    publish: PublishSettings = field(default_factory=PublishSettings)
    rights: RightsSettings = field(default_factory=RightsSettings)
    harvest: HarvestSettings = field(default_factory=HarvestSettings)
    ddex: DdexSettings = field(default_factory=DdexSettings)
    web: WebSettings = field(default_factory=WebSettings)
    seed: SeedSettings = field(default_factory=SeedSettings)

    def of_source(self, name: str) -> dict[str, str]:
        """The settings that a connector is constructed with."""
        return {"party_id": self.ddex.party_id} if name == "ddex-ern" else {}

    @property
    def workers(self) -> int:
        return self.work.workers or os.cpu_count() or 1


def read_settings(path: Path) -> Settings:
    """Read `onrecord.toml`; ConfigError names the file, the line and the key that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path}, line {line}: expected UTF-8, got byte {error.object[error.start]:#04x}"
        ) from None
    try:
        return msgspec.convert(tomllib.loads(text), Settings)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"{path}, line {_line_of(text, str(error))}: {error}{_expected(str(error))}"
        ) from None


def write_settings(path: Path, values: dict[str, dict[str, Any]]) -> None:
    lines = []
    for section, keys in values.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {toml(value)}" for key, value in keys.items()]
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")


def toml(value: Any) -> str:
    """A setting's value as `onrecord.toml` has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        # JSON's escapes are TOML's.
        return msgspec.json.encode(value).decode()
    return "[" + ", ".join(toml(item) for item in value) + "]"


def _expected(message: str) -> str:
    """What may stand at the end of the path that a message of msgspec names, where that is one of a few words."""
    place: Any = Settings
    for key in (re.findall(r"Invalid enum value .* at `\$\.([\w.]*)", message) or [""])[0].split("."):
        place = typing.get_type_hints(place).get(key) if isinstance(place, type) else None
    words = [word for word in typing.get_args(place) if isinstance(word, str)]
    return f"; expected one of {', '.join(word or repr(word) for word in words)}" if words else ""


def _line_of(text: str, message: str) -> int:
    """The line of the key that a message of msgspec is about: an unknown field, or the end of a path."""
    unknown = re.findall(r"unknown field `(\w+)`", message)
    path = re.findall(r"at `\$\.?([\w.]*)", message)
    for key in [*unknown, *reversed(path[0].split(".") if path else [])]:
        for number, line in enumerate(text.splitlines(), start=1):
            if re.match(rf"\s*\[?{re.escape(key)}\b", line):
                return number
    return 1
