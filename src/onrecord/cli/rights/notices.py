# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights notice`, `notices`, and what follows a notice: `counter`, `sued`, `putback`, …"""

import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.cli.output import Output, options

if TYPE_CHECKING:
    from onrecord.archive.notices import Case

_BY = click.option("--by", required=True, help="Who decides, as they want to be named.")
_NOTE = click.option(
    "--note", required=True, help="Why. It goes into the log for ever: name no private person."
)
_FILE = click.argument(
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=False,
    metavar="[FILE.toml]",
)


@click.command("notice")
@_FILE
@click.option("--work", default="", help="Which work is infringed.")
@click.option(
    "--where", multiple=True, metavar="THING", help="An id or an address here; may be given several times."
)
@click.option("--name", default="", help="Who sends it.")
@click.option("--address", default="")
@click.option("--phone", default="")
@click.option("--email", default="")
@click.option(
    "--good-faith", is_flag=True, help="It states the belief, in good faith, that the use is not authorized."
)
@click.option("--accurate", is_flag=True,
              help="It states that it is accurate and, under penalty of perjury, that the sender may act.")  # fmt: skip
@click.option("--signature", default="")
@options
def notice(file: Path | None, where: tuple[str, ...], folder: Path, out: Output, **said: Any) -> None:
    """Take a rights owner's notice: a complete one hides at once, else it says what is missing.

    What must be said is in 17 U.S.C. 512(c)(3). FILE.toml bears the same fields: work, material (a list), name,
    address, phone, email, good_faith, accurate, signature. Exit code 3 where an element is missing: the notice is kept,
    and nothing is hidden.

    \b
    Example:  onrecord rights notice notice.toml
    """
    from onrecord.archive import Archive
    from onrecord.archive.notice_elements import Notice, read_said
    from onrecord.archive.notices import receive

    fields = _fields(file, {**said, "material": where})
    with Archive.open(folder) as archive:
        case = receive(archive, read_said(Notice, fields))
    out.result("rights.notice", case, lambda: _lines(case))
    if case.missing:
        sys.exit(3)


@click.command("notices")
@options
def list_notices(folder: Path, out: Output) -> None:
    """List the notices: where each stands, when it may be put back; who deposited what they are about.

    \b
    Example:  onrecord rights notices
    """
    from onrecord.archive import Archive
    from onrecord.archive.notices import answerer, cases, claimant, depositors

    with Archive.open(folder) as archive:
        found = cases(archive)
        parties = {
            case.id: {"claimant": claimant(archive, case.id), "answer": answerer(archive, case.id)}
            for case in found
        }
        counted = depositors(archive)

    def text() -> Iterator[str]:
        for case in found:
            yield from _lines(case)
            for role, party in parties[case.id].items():
                if party is not None:
                    reached = ", ".join(filter(None, (party.email, party.phone, party.address)))
                    yield f"  {role}: {party.name or 'no name'} ({' / '.join(reached.splitlines())[:300]})"
        for depositor in counted:
            yield f"from {depositor.origin}: {depositor.upheld:,} notices upheld, {depositor.standing:,} unanswered"
        yield f"{len(found):,} notices, {sum(case.state == 'due' for case in found):,} due to be put back"

    out.result("rights.notices", {"notices": found, "parties": parties, "depositors": counted}, text)


@click.command("counter")
@click.argument("id")
@_FILE
@click.option("--name", default="", help="Who deposited it.")
@click.option("--address", default="")
@click.option("--phone", default="")
@click.option("--email", default="")
@click.option("--mistake", is_flag=True,
              help="It states under penalty of perjury that it was a mistake or a misidentification.")  # fmt: skip
@click.option("--jurisdiction", is_flag=True,
              help="It consents to the jurisdiction of the federal court, and to service of process.")  # fmt: skip
@click.option("--signature", default="")
@options
def counter(id: str, file: Path | None, folder: Path, out: Output, **said: Any) -> None:
    """Take a counter-notice to the notice ID: it starts the clock of the put-back window.

    What must be said is in 17 U.S.C. 512(g)(3). FILE.toml bears the same fields. Exit code 3 where an element is
    missing: it is kept, and the clock does not start.
    Send a copy to whoever gave the notice: they have ten business days to go to court.

    \b
    Example:  onrecord rights counter n42 answer.toml
    """
    from onrecord.archive import Archive
    from onrecord.archive.notice_elements import Counter, read_said
    from onrecord.archive.notices import counter as take

    answer = read_said(Counter, _fields(file, said))
    with Archive.open(folder) as archive:
        case = take(archive, id, answer)
    out.result("rights.counter", case, lambda: _lines(case))
    if case.missing:
        sys.exit(3)


@click.command("accept")
@click.argument("id")
@_BY
@_NOTE
@options
def accept(id: str, by: str, note: str, folder: Path, out: Output) -> None:
    """Let a notice that waits for a person hide what it names.

    \b
    Example:  onrecord rights accept n42 --by Ada --note "It is all theirs"
    """
    _decide("accept", id, by, note, folder, out)


@click.command("sued")
@click.argument("id")
@_BY
@_NOTE
@options
def sued(id: str, by: str, note: str, folder: Path, out: Output) -> None:
    """Record that the claimant went to court after a counter-notice: it stays hidden.

    \b
    Example:  onrecord rights sued n42 --by Ada --note "Case 1:26-cv-01234"
    """
    _decide("sued", id, by, note, folder, out)


@click.command("uphold")
@click.argument("id")
@_BY
@_NOTE
@options
def uphold(id: str, by: str, note: str, folder: Path, out: Output) -> None:
    """Find a notice right: it stays hidden, and counts for where the files came from.

    \b
    Example:  onrecord rights uphold n42 --by Ada --note "The depositor agrees"
    """
    _decide("uphold", id, by, note, folder, out)


@click.command("putback")
@click.argument("id")
@_BY
@_NOTE
@options
def putback(id: str, by: str, note: str, folder: Path, out: Output) -> None:
    """Put back what a countered notice hid, not before ten business days after the counter-notice.

    \b
    Example:  onrecord rights putback n42 --by Ada --note "Nobody went to court"
    """
    _decide("put_back", id, by, note, folder, out)


@click.command("reject")
@click.argument("id")
@_BY
@_NOTE
@options
def reject(id: str, by: str, note: str, folder: Path, out: Output) -> None:
    """Find that a notice does not hold: abusive, mistaken, taken back. Whatever it hid is restored.

    \b
    Example:  onrecord rights reject n42 --by Ada --note "The sender does not own it"
    """
    _decide("reject", id, by, note, folder, out)


@click.command("notice-erase")
@click.argument("id")
@options
def erase(id: str, folder: Path, out: Output) -> None:
    """Erase who the parties to a notice are and what they wrote. What was decided stands, the log still verifies.

    \b
    Example:  onrecord rights notice-erase n42
    """
    from onrecord.archive import Archive
    from onrecord.archive.notices import erase

    with Archive.open(folder) as archive:
        case = erase(archive, id)
    out.result("rights.notice-erase", case, lambda: _lines(case))


def _decide(what: str, id: str, by: str, note: str, folder: Path, out: Output) -> None:
    from onrecord.archive import Archive, notices

    decide: Callable[..., Case] = getattr(notices, what)
    with Archive.open(folder) as archive:
        case = decide(archive, id, by=by, note=note)
    out.result(f"rights.{what.replace('_', '')}", case, lambda: _lines(case))


def _fields(file: Path | None, said: dict[str, Any]) -> dict[str, Any]:
    """What the file says, and above it what the options say."""
    from onrecord.errors import UsageError

    fields: dict[str, Any] = {}
    if file is not None:
        try:
            fields = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: expected TOML in UTF-8: {error}") from None
    return fields | {name: value for name, value in said.items() if value}


def _lines(case: "Case") -> Iterator[str]:
    named = ", ".join(str(target) for target in case.targets[:5]) or "nothing that is here"
    yield f"notice {case.id}: {case.state}; came {case.received} by {case.channel}"
    yield f"  about {named}{f' and {len(case.targets) - 5} more' if len(case.targets) > 5 else ''}"
    if case.unknown:
        yield f"  {case.unknown:,} of the things that it names are not here"
    if case.files:
        yield f"  hides {case.files:,} files"
    if case.missing:
        yield f"  lacks: {', '.join(_missing(case))}"
    if case.state == "incomplete" and case.ask:
        yield "  ask the sender for the rest, promptly: 17 U.S.C. 512(c)(3)(B)(ii)"
    if case.waits:
        yield f"  a person had to look first: {case.waits}"
    if case.countered:
        window = f"; to be put back from {case.opens} to {case.closes}, unless the claimant sues"
        yield f"  countered {case.countered}{window if case.state in ('countered', 'due') else ''}"
    if case.by:
        court = "; the claimant went to court" if case.sued else ""
        yield f"  {case.decided}, {case.by}: {' / '.join(case.note.splitlines())[:300]}{court}"
    if case.erased:
        yield "  what the parties said is erased"


def _missing(case: "Case") -> Iterator[str]:
    from onrecord.archive.notice_elements import COUNTER_ELEMENTS, ELEMENTS

    elements = ELEMENTS if case.state == "incomplete" else COUNTER_ELEMENTS
    sentences = {element.name: f"{element.sentence} [{element.clause}]" for element in elements}
    return (sentences.get(name, name) for name in case.missing)
