# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord keys`"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from onrecord.cli.output import Output, options

if TYPE_CHECKING:
    from onrecord.archive import Archive
    from onrecord.publish.trust import Roles


@click.group("keys")
def command() -> None:
    """Keep the keys that an archive's feed is trusted by: who holds them, and what happens when one is lost.

    \b
    Example:  onrecord keys show
    """


@command.command("show")
@options
def show(folder: Path, out: Output) -> None:
    """Say who holds the archive's keys, what a loss or a theft would do, and until when the feed is good.

    \b
    Example:  onrecord keys show
    """
    from onrecord.archive import Archive, keyholding
    from onrecord.archive.editions import feed_good_until

    with Archive.open(folder) as archive:
        keys, until = keyholding.shown(archive), feed_good_until(archive)
    here = set(keys.here)

    def text() -> Iterator[str]:
        yield f"archive {keys.roles.archive}, root {keys.roles.version}, good until {keys.roles.expires:%Y-%m-%d}"
        yield f"  for mirrors to pin: {keys.root_sha256}"
        for holder in keys.roles.holders:
            yield f"  holder {holder.name}: {holder.key}{_here(holder.key in here)}"
        yield f"  editions are signed by {keys.roles.edition_key}{_here(keys.roles.edition_key in here)}"
        yield f"  the feed's time by {keys.roles.timestamp_key}{_here(keys.roles.timestamp_key in here)}"
        for each in keys.roles.succeeds:
            yield f"  goes on for archive {each.archive} from its edition {each.number}"
        yield from _advice(keys.roles)
        yield f"the feed is good until {until:%Y-%m-%d}" if until else "there is no feed yet"
        if keys.waiting:
            yield f"a change waits: root {keys.waiting.version}, {_who(keys.waiting)}"
            yield from (f"  it lacks {line}" for line in keys.lacking)

    value = msgspec.to_builtins(keys) | {"feed_good_until": until.isoformat() if until else None}
    out.result("keys.show", value, text)


@command.command("make")
@click.argument("file", type=click.Path(path_type=Path))
@options
def make(file: Path, folder: Path, out: Output) -> None:
    """Make a holder's key: the secret in FILE, the public half in FILE.pub. On the holder's own machine; no archive.

    \b
    Example:  onrecord keys make ada.key
    """
    from onrecord.errors import UsageError
    from onrecord.publish.signing import Key

    beside = file.with_name(file.name + ".pub")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: is no folder", "make it, or name another place")
    if beside.exists():
        raise UsageError(f"{beside}: is here already, it is not overwritten", "name another file")
    key = Key.generate()
    key.save(file)
    beside.write_text(key.public, encoding="ascii")
    line = key.public.splitlines()[1]

    def text() -> Iterator[str]:
        yield f"{file}: keep it, copy it once, show it to nobody"
        yield f"{beside}: for the archive, `onrecord keys add NAME {line}`"

    out.result("keys.make", {"file": str(file), "public_key": line}, text)


@command.command("add")
@click.argument("name")
@click.argument("public_key")
@click.option(
    "--threshold", type=click.IntRange(1), help="So many holders must sign.  [default: half of them]"
)
@options
def add(name: str, public_key: str, threshold: int | None, folder: Path, out: Output) -> None:
    """Let somebody else hold a key too: NAME, and the line that `keys make` printed to them.

    \b
    Example:  onrecord keys add Ada RWQ...
    """
    from onrecord.archive import keyholding

    _change(folder, out, lambda archive: keyholding.add_holder(archive, name, public_key, threshold or 0))


@command.command("remove")
@click.argument("name")
@click.option(
    "--threshold", type=click.IntRange(1), help="So many holders must sign.  [default: half of them]"
)
@options
def remove(name: str, threshold: int | None, folder: Path, out: Output) -> None:
    """Let somebody hold a key no longer, as when it was lost or stolen.

    \b
    Example:  onrecord keys remove Ada
    """
    from onrecord.archive import keyholding

    _change(folder, out, lambda archive: keyholding.remove_holder(archive, name, threshold or 0))


@command.command("rotate")
@options
def rotate(folder: Path, out: Output) -> None:
    """Make new keys for editions and feed, as when the server's were lost or stolen.

    \b
    Example:  onrecord keys rotate
    """
    from onrecord.archive import keyholding

    _change(folder, out, keyholding.rotate)


@command.command("extend")
@options
def extend(folder: Path, out: Output) -> None:
    """Make the root good for three years more.

    \b
    Example:  onrecord keys extend
    """
    from onrecord.archive import keyholding

    _change(folder, out, keyholding.extend)


@command.command("succeed")
@click.argument("predecessor")
@options
def succeed(predecessor: str, folder: Path, out: Output) -> None:
    """Go on for an archive whose owner is gone, from its last edition that is mirrored here. PREDECESSOR is its id.

    \b
    Example:  onrecord keys succeed 0123456789abcdef
    """
    from onrecord.archive import keyholding

    _change(folder, out, lambda archive: keyholding.succeed(archive, predecessor))


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@options
def export(file: Path, folder: Path, out: Output) -> None:
    """Write the change that waits for signatures to FILE, to be carried to a holder.

    \b
    Example:  onrecord keys export next-root.json
    """
    from onrecord.archive import Archive, carried, keyholding

    with Archive.open(folder) as archive:
        carried.write_carried(file, keyholding.export(archive), carried.DRAFT)
    line = f"{file}: for a holder, `onrecord keys sign {file} --with THEIR.key`, and back with `onrecord keys bring`"
    out.result("keys.export", {"file": str(file)}, lambda: iter([line]))


@command.command("sign")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--with", "key", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True,
              help="The holder's secret key.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Sign without asking.")
@options
def sign(file: Path, key: Path, yes: bool, folder: Path, out: Output) -> None:
    """Sign a change of keys that was carried here, in place, after showing what it changes. Needs no archive.

    \b
    Example:  onrecord keys sign next-root.json --with ada.key
    """
    from onrecord.archive.carried import DRAFT, read_carried
    from onrecord.archive.keyholding import read_carried_roots, read_draft, sign_draft
    from onrecord.durable import replace
    from onrecord.publish.signing import Key
    from onrecord.publish.trust import roles_of, still_to_sign

    content = read_carried(file, DRAFT)
    now, metadata = read_draft(content, str(file))
    # Before anybody is asked to say yes: may this key sign it at all?
    signed = sign_draft(content, Key.load(key), str(file))
    following = roles_of(metadata.signed)
    for line in _difference(now, following):
        out.say(line)
    if signed == content:
        line = f"{file} bears the signature of {key} already; nothing was changed"
        out.result("keys.sign", {"file": str(file), "root": following.version}, lambda: iter([line]))
        return
    if not yes:
        click.confirm("Sign this?", abort=True, err=True)
    replace(file, signed)

    def text() -> Iterator[str]:
        yield f"{file} is signed: bring it back, `onrecord keys bring {file}`"
        before, after = read_carried_roots(signed, str(file))
        for lacking in still_to_sign(before.signed, after):
            yield f"  before it holds it lacks {lacking}"

    out.result("keys.sign", {"file": str(file), "root": following.version}, text)


@command.command("bring")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options
def bring(file: Path, folder: Path, out: Output) -> None:
    """Take the signatures of FILE; with enough of them the change comes into force.

    \b
    Example:  onrecord keys bring next-root.json
    """
    from onrecord.archive import keyholding
    from onrecord.archive.carried import DRAFT, read_carried

    content = read_carried(file, DRAFT)
    _change(folder, out, lambda archive: keyholding.bring(archive, content, str(file)))


@command.command("cancel")
@options
def cancel(folder: Path, out: Output) -> None:
    """Let go of the change that waits for signatures.

    \b
    Example:  onrecord keys cancel
    """
    from onrecord.archive import Archive, keyholding

    with Archive.open(folder) as archive, archive.writing():
        keyholding.cancel(archive)
    out.result("keys.cancel", {}, lambda: iter(["no change of keys waits"]))


@command.command("renew")
@options
def renew(folder: Path, out: Output) -> None:
    """Say anew that the feed is the newest there is, for 30 days; for cron, once a day. `publish` does it, too.

    \b
    Example:  onrecord keys renew
    """
    from onrecord.archive import Archive, keyholding
    from onrecord.archive.editions import renew_feed

    with Archive.open(folder) as archive:
        with archive.writing():
            until = renew_feed(archive)
        roles = keyholding.shown(archive).roles
        left = (roles.expires - archive.clock()).days

    def text() -> Iterator[str]:
        yield f"the feed is good until {until:%Y-%m-%d}"
        if left < _SOON:
            yield f"the root ends on {roles.expires:%Y-%m-%d}: let its holders sign `onrecord keys extend` before that"

    out.result("keys.renew", {"good_until": until.isoformat(), "root_days": left}, text)


#: Days before the end of a root from which on it is spoken of.
_SOON = 120


def _change(folder: Path, out: Output, change: Callable[["Archive"], bool]) -> None:
    """Change the root; when it is in force, sign the feed by it. Else say whose signatures it lacks."""
    from onrecord.archive import Archive, keyholding
    from onrecord.archive.editions import refresh_feed

    with Archive.open(folder) as archive:
        with archive.writing():
            done = change(archive)
            if done:
                refresh_feed(archive)
        keys = keyholding.shown(archive)

    def text() -> Iterator[str]:
        if done:
            yield f"root {keys.roles.version} is in force: {_who(keys.roles)}"
            yield f"  for mirrors to pin: {keys.root_sha256}"
            yield from _advice(keys.roles)
        elif keys.waiting:
            yield f"root {keys.waiting.version} waits for signatures: {_who(keys.waiting)}"
            yield from (f"  it lacks {line}" for line in keys.lacking)
            yield "  carry it to them: `onrecord keys export FILE`"

    value: dict[str, Any] = {"in_force": done, "root": keys.roles.version, "lacking": list(keys.lacking)}
    out.result("keys.change", value, text)


def _who(roles: "Roles") -> str:
    names = ", ".join(holder.name for holder in roles.holders)
    return f"{roles.threshold} of {len(roles.holders)} holders must sign ({names})"


def _advice(roles: "Roles") -> Iterator[str]:
    """What a loss and a theft would do, said plainly."""
    holders, threshold = len(roles.holders), roles.threshold
    yield _who(roles)
    if holders == 1:
        yield "  One key: were it lost, this archive would end for its mirrors; whoever stole it could take it over."
        yield "  Let a second person make one with `onrecord keys make`, then: onrecord keys add NAME PUBLIC-KEY"
        return
    lost = holders - threshold
    loss = f"{lost} of the {holders} keys may be lost" if lost else "none may be lost: the archive would end"
    theft = f"{threshold - 1} may be stolen" if threshold > 1 else "whoever stole one could take it over"
    yield f"  {loss}; {theft}."
    if not lost or threshold == 1:
        yield "  With three holders and --threshold 2 one key may be lost, and one stolen."


def _difference(now: "Roles", following: "Roles") -> Iterator[str]:
    """A change of the root in words, for somebody who is to sign it."""
    yield f"archive {following.archive}: root {now.version} becomes {following.version}"
    yield f"  good until {following.expires:%Y-%m-%d}"
    if following.archive != now.archive:
        yield f"  IT WAS ARCHIVE {now.archive} BEFORE"
    before, after = ({(each.name, each.key) for each in roles.holders} for roles in (now, following))
    yield from (f"  holder goes: {name} {key}" for name, key in sorted(before - after))
    yield from (f"  holder comes: {name} {key}" for name, key in sorted(after - before))
    yield from (f"  holder stays: {name} {key}" for name, key in sorted(after & before))
    yield f"  {now.threshold} of {len(before)} had to sign, now {following.threshold} of {len(after)}"
    for what, old, new in (
        ("the key that signs editions", now.edition_key, following.edition_key),
        ("the key of the feed's time", now.timestamp_key, following.timestamp_key),
    ):
        if old != new:
            yield f"  {what} changes from {old} to {new}"
    for each in following.succeeds:
        if each not in now.succeeds:
            yield f"  it goes on for archive {each.archive} from its edition {each.number}"


def _here(held: bool) -> str:
    return " (its secret is on this machine)" if held else ""
